"""The witness: sees every exchange of a run, and keeps what was seen of each assumption."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from blinger_contract import answers
from blinger_contract.breach import Breach, Fact, at_assumption, operation
from blinger_contract.model import Model
from blinger_contract.seen import Seen, read
from blinger_contract.shapes import is_uuid
from blinger_spec import Profile, assumptions

if TYPE_CHECKING:
    from collections.abc import Iterable

    import requests

    from blinger_contract.options import Options
    from blinger_contract.sent import Sent
    from blinger_spec import Value

WEAK: dict[str, Value] = {
    "assignment_visible": "no",
    "end_user_stable": "no",
    "error_shape": "other",
    "error_transport": "inside_200",
    "time_order": "no",
}
"""Values that promise nothing: one sight of one decides, and under it the other is no breach."""
TITLES = {
    "error_shape": "An error has another shape",
    "error_transport": "An error arrives in another way",
    "extra_properties": "Unknown properties are treated otherwise",
    "text_echo": "The text came back changed",
    "time_order": "microseconds went back",
    "end_user_stable": "The end user changed within a conversation",
    "assignment_visible": "The review does not name the agent who was assigned",
    "unknown_ids": "An id that does not exist is refused with another status",
}
_OK, _ERROR = 200, 400


class Witness:
    """Judges each exchange by itself and by those before it."""

    def __init__(self, options: Options) -> None:
        """Start with what the profile of *options* says."""
        self.stated = options.profile
        self.profile = options.profile
        """What holds here: the stated profile, and over it what was observed."""
        self.learning = False
        """Whether facts are only kept, until `settle` judges them together."""
        self.probe: str | None = None
        self.last: Seen | None = None
        self.named: set[str] = set()
        """The ids that were asked for."""
        self.found: set[str] = set()
        """Those of them that were answered with 200."""
        self.skipped: dict[str, str] = {}
        """Why an assumption was not probed."""
        self._token = options.token
        self._model = Model(
            frozenset({*options.agents, options.conversation or "", options.locked or ""}),
            uuids=options.conversation is None or is_uuid(options.conversation),
        )
        self._facts: dict[str, dict[Value, Fact]] = {}
        self._counts: Counter[tuple[str, Value]] = Counter()
        self._pending: WeakKeyDictionary[requests.PreparedRequest, list[Breach]] = (
            WeakKeyDictionary()
        )

    def take(
        self,
        request: requests.PreparedRequest,
        asked: Sent | None,
        response: requests.Response,
        raw: bytes,
        seconds: float,
    ) -> Seen:
        """See one exchange: *raw* is the body of *response* as it came."""
        document, problems = read(raw) if raw else (None, ())
        status = response.status_code
        if self.profile["error_transport"] == "inside_200":
            status = _inside(status, document)
        seen = Seen(
            *(request, asked, response.status_code, status, response.headers.copy()),
            *(raw, document, problems, time.time(), seconds),
        )
        self.last = seen
        found: list[Breach | Fact] = list(answers.check(seen, self._token))
        if asked is not None:
            self.named |= asked.ids
            self.found |= asked.ids if status == _OK else set()
            found += self._model.take(seen, asked, self.profile)
        self._pending[request] = self._judge(found)
        return seen

    def pop(self, request: requests.PreparedRequest) -> list[Breach]:
        """Return what was wrong with the answer to *request*, once."""
        return self._pending.pop(request, [])

    def note(self, name: str, value: Value, seen: Seen) -> None:
        """Keep that the assumption *name* was seen to have *value*."""
        self._keep(Fact(name, value, seen, self.probe))

    def forget(self, name: str) -> None:
        """Drop what was seen of the assumption *name*: it proved nothing after all."""
        self._facts.pop(name, None)
        for key in [key for key in self._counts if key[0] == name]:
            del self._counts[key]

    def adopt(self, name: str, value: Value) -> None:
        """Let the assumption *name* have *value* from here on."""
        given = {one: self.profile[one] for one in self.profile.given}
        self.profile = Profile({**given, name: value})

    def seen(self, name: str) -> Value | None:
        """Return what the assumption *name* was seen to be; None if nothing was seen of it."""
        values = {value for known, value in self._counts if known == name}
        if WEAK.get(name) in values:
            return WEAK[name]
        others = sorted(
            (value for value in values if value != self.stated[name]),
            key=lambda value: -self._counts[name, value],
        )
        if others:
            return others[0]
        return self.stated[name] if values else None

    def settle(self) -> list[Breach]:
        """Adopt what was observed, and return how it differs from what was stated."""
        self.learning = False
        found = []
        for name in assumptions():
            value = self.seen(name)
            if value is None or self.stated[name] in {value, WEAK.get(name)}:
                continue
            self.adopt(name, value)
            found.append(self._breach(self._facts[name][value], self.stated[name]))
        return found

    def _judge(self, found: Iterable[Breach | Fact]) -> list[Breach]:
        breaches = []
        for one in found:
            if isinstance(one, Breach):
                breaches.append(one)
                continue
            self._keep(one)
            expected = self.profile[one.name]
            if not self.learning and one.value != expected != WEAK.get(one.name):
                breaches.append(self._breach(one, expected))
        return breaches

    def _keep(self, fact: Fact) -> None:
        self._counts[fact.name, fact.value] += 1
        self._facts.setdefault(fact.name, {}).setdefault(fact.value, fact)

    def _breach(self, fact: Fact, expected: Value) -> Breach:
        title = TITLES.get(fact.name, f"{fact.name} is not as assumed")
        question = assumptions()[fact.name].question
        text = f"{question}\nExpected: {expected}\nReceived: {fact.value}"
        return Breach(
            *(operation(fact.seen), title, text, fact.name),
            *(at_assumption(fact.name), fact.seen, fact.probe),
        )


def _inside(status: int, document: Any) -> int:
    inside = document.get("status") if isinstance(document, dict) else None
    return inside if status == _OK and type(inside) is int and inside >= _ERROR else status
