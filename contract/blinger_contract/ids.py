"""Which ids go into a case: the ones that exist, or ones made up for this run.

No operation creates a conversation, so generated ids are answered with 404 for ever, and a run
would prove nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase

if TYPE_CHECKING:
    from schemathesis import Case

    from blinger_contract.files import FileHost
    from blinger_contract.options import Options
    from blinger_contract.witness import Witness

_RANDOM_PHASES = {TestPhase.FUZZING, TestPhase.STATEFUL}
_ONE_IN = 12
"""In the random phases one case in so many keeps an unknown id: the way to 404 is tested too."""
_FILE = "https://example.com/picture.png"
"""The URL that a careful run sends, since a deployment may fetch what it is given."""
_MALFORMED = "no-uuid-"
WORD = re.compile(r"[\w~.-]+", re.ASCII)
"""Finds what may be an id as a whole (`options.check_id`): one may be a part of another."""


class Ids:
    """Fills cases with ids.

    What a case gets follows from the case and the run alone, so seeds and shrinking keep their
    meaning.
    """

    def __init__(self, options: Options, run: uuid.UUID, witness: Witness, files: FileHost) -> None:
        """Take the ids that exist, from *options*, and the *run* that others are derived from."""
        self._witness = witness
        self._files = files
        self._options = options
        self._run = run
        self._made: set[str] = set()
        self.settled = False
        """Whether cases come as they are to be sent, as in a replay: no id is left to chance."""

    @property
    def given(self) -> set[str]:
        """Return the ids that exist, as the user says."""
        return {
            *self._options.agents,
            *([self._options.conversation] if self._options.conversation else []),
        }

    @property
    def made(self) -> frozenset[str]:
        """Return every id that was made up for this run."""
        return frozenset(self._made)

    def is_made(self, value: object) -> bool:
        """Return whether *value* was made up for this run, and so exists nowhere."""
        return value in self._made

    def make(self, kind: str, drawn: object) -> str:
        """Return an id that exists nowhere: one for each *drawn* value, and another in each run."""
        made = str(uuid.uuid5(self._run, f"{kind}:{drawn}"))
        self._made.add(made)
        return made

    def spell(self, value: str) -> str:
        """Return *value*, which is nearly an id that exists, as one that exists nowhere."""
        self._made.add(value)
        return value

    def make_malformed(self) -> str:
        """Return an id that exists nowhere and is no UUID."""
        made = f"{_MALFORMED}{self.make('conversation', f'malformed:{len(self._made)}')}"
        self._made.add(made)
        return made

    def renew(self, made: str) -> str:
        """Return an id for *made*, which another run made up: malformed too, if that is."""
        renewed = self.make("conversation", made)
        if made.startswith(_MALFORMED):
            renewed = f"{_MALFORMED}{renewed}"
            self._made.add(renewed)
        return renewed

    @property
    def fetched(self) -> bool:
        """Return whether the deployment fetches the URL of a file (assumption file_fetch)."""
        return self._witness.profile["file_fetch"] == "yes" and self._files.reachable

    @property
    def file(self) -> str:
        """Return the URL of a file that may be sent, and that a deployment can fetch."""
        return f"{self._files.url}/picture.png" if self.fetched else _FILE

    def fill(self, case: Case[Any]) -> None:
        """Put ids into *case*, in place. What is wrong on purpose stays wrong."""
        meta = case.meta
        rare = not self.settled and meta is not None and meta.phase.name in _RANDOM_PHASES
        negative = meta is not None and meta.is_negative_at(ParameterLocation.PATH)
        digest = _digest(case)
        # A careful run sends into the given conversation or into none: no malformed id, even,
        # is left to chance.
        if "id" in case.path_parameters and (self._options.careful or not negative):
            drawn = case.path_parameters["id"]
            known = (self._options.conversation,) if self._options.conversation else ()
            case.path_parameters["id"] = self._choose(
                "conversation", drawn, known, digest, rare=rare
            )
        if isinstance(case.body, dict):
            body = dict(case.body)
            positive = meta is None or meta.generation.mode.is_positive
            self._fill_body(body, digest // _ONE_IN, rare=rare, positive=positive)
            if body != case.body:
                case.body = body

    def _fill_body(self, body: dict[str, Any], digest: int, *, rare: bool, positive: bool) -> None:
        if isinstance(body.get("agentId"), str):
            body["agentId"] = self._choose(
                "agent", body["agentId"], self._options.agents, digest, rare=rare
            )
        free = self._witness.profile["uuid_format"] == "accepted"
        if isinstance(body.get("uuid"), str) and (free or _is_uuid(body["uuid"])):
            # Coverage draws the same few uuids in every run: a second run would meet the messages
            # of the first, and most texts would be refused for the uuid of another.
            # One uuid for one content, then.
            body["uuid"] = str(uuid.uuid5(self._run, _canonical(body)))
        if (
            (self._options.careful or (self.fetched and positive))
            and isinstance(body.get("file"), str)
            and body["file"].lower().startswith("http")
        ):
            body["file"] = self.file

    def _choose(
        self, kind: str, drawn: object, known: tuple[str, ...], digest: int, *, rare: bool
    ) -> str:
        if self.is_made(drawn):
            return str(drawn)
        if not known or (rare and digest % _ONE_IN == 0):
            return self.make(kind, drawn)
        return str(drawn) if drawn in known else known[digest // _ONE_IN % len(known)]


def _digest(case: Case[Any]) -> int:
    drawn = _canonical([case.operation.label, case.path_parameters, case.body])
    return int.from_bytes(hashlib.sha256(drawn.encode()).digest()[:8])


def _canonical(value: object) -> str:
    return json.dumps(value, default=repr, sort_keys=True)


def _is_uuid(value: str) -> bool:
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True
