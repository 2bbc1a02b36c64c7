"""A request of a probe, before it is one; and what a probe may use to write it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import requests

from blinger_contract.breach import Breach, at_assumption, operation
from blinger_contract.ledger import OPERATIONS
from blinger_contract.seen import Seen
from blinger_contract.shapes import is_uuid

if TYPE_CHECKING:
    from blinger_contract.files import FileHost
    from blinger_contract.options import Options
    from blinger_contract.suite import Suite
    from blinger_spec import Value

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
TEXT = "Contract test"
FILE = "https://example.com/picture.png"
_PATHS = {operation: part for part, operation in OPERATIONS.items()}

Body = dict[str, Any] | bytes | None


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to send."""

    operation: str
    conversation: str
    body: Body = field(repr=False)
    authorization: str | None = field(repr=False)
    method: str = "POST"
    content_type: str | None = None
    """None sends none; the body of a dictionary has its own."""
    small: bool = False
    """Whether the names of its headers are in small letters."""

    def request(self, url: str) -> requests.Request:
        """Return it below the base *url*."""
        body, kind = self.body, self.content_type
        if isinstance(body, dict):
            form = kind == FORM
            body = urlencode(body).encode() if form else json.dumps(body).encode()
        headers = {"Content-Type": kind} if kind is not None and body is not None else {}
        if self.authorization is not None:
            headers["Authorization"] = self.authorization
        if self.small:
            headers = {name.lower(): value for name, value in headers.items()}
        conversation = quote(self.conversation, safe="")
        part = _PATHS.get(self.operation, self.operation)
        path = f"{url}/conversation/{conversation}/{part}"
        return requests.Request(self.method, path, headers=headers, data=body)


def _other(digit: str) -> str:
    return "0" if digit != "0" else "1"


Steps = Generator[Ask, Seen, None]
"""What a probe is: it yields requests, and is sent what came of each."""


class World:
    """What a probe knows: the ids, the values that hold, and where it says what it saw."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._count = 0
        self.reached = False
        """Whether the given conversation took a message."""
        self.found: list[Breach] = []

    @property
    def options(self) -> Options:
        """Return the options, with the profile that was observed so far."""
        return self._suite.effective

    @property
    def full(self) -> bool:
        """Return whether the run may send whatever finds faults."""
        return not self.options.careful

    @property
    def conversation(self) -> str:
        """Return the conversation that may be written to."""
        return self.options.conversation or self.unknown()

    @property
    def agents(self) -> tuple[str, ...]:
        """Return the agents that may be assigned."""
        return self.options.agents

    @property
    def files(self) -> FileHost:
        """Return the host of a file on this machine."""
        return self._suite.files

    @property
    def ids_are_uuids(self) -> bool:
        """Return whether the id of the given conversation is a UUID, as in the samples."""
        return is_uuid(self.conversation)

    @property
    def encoding(self) -> str:
        """Return the media type of a body (assumption body_encoding)."""
        return FORM if self.is_("body_encoding", "form") else JSON

    def is_(self, name: str, value: Value) -> bool:
        """Return whether the assumption *name* has *value*, as far as is known."""
        return self.options.profile[name] == value

    def allows(self, name: str) -> bool:
        """Return whether *name* may be probed though it costs: in a full run, or by --probe."""
        return self.full or name in self.options.probes

    def number(self, name: str) -> int:
        """Return the assumption *name*, a whole number."""
        return int(self.options.profile[name])

    def uuid(self) -> str:
        """Return a uuid that was not used before."""
        self._count += 1
        return str(uuid.uuid5(self._suite.run, f"probe:{self._count}"))

    def unknown(self) -> str:
        """Return an id that exists nowhere."""
        self._count += 1
        return self._suite.ids.make("conversation", f"probe:{self._count}")

    def nearly(self, known: str) -> list[str]:
        """Return ids that exist nowhere, though *known* is nearly the same."""
        made = str(uuid.uuid5(self._suite.run, f"near:{known}"))
        alike = [known[:-1] + _other(known[-1]), _other(known[0]) + known[1:], known[:9] + made[9:]]
        if self.full:
            alike += [made[:24] + known[24:], known[:-1], f"{known}0", known[:8]]
            alike.append(known.replace("-", ""))
        return [self._suite.ids.spell(one) for one in alike]

    def malformed(self) -> str:
        """Return an id of a conversation that is no UUID."""
        return self._suite.ids.make_malformed()

    def ask(self, operation_id: str, body: Body = None, **given: Any) -> Ask:
        """Return a request to *operation_id*, right but for what is *given*."""
        return Ask(
            **{
                "operation": operation_id,
                "conversation": self.conversation,
                "body": body,
                "authorization": self.options.authorization,
                "content_type": self.encoding,
                **given,
            }
        )

    def right(self, operation_id: str, **given: Any) -> Ask:
        """Return a request that must be taken, but for what is *given*."""
        match operation_id:
            case "assignAgent":
                agent = self.agents[0] if self.agents else self.unknown()
                return self.ask(operation_id, {"agentId": agent}, **given)
            case "sendTextMessage":
                return self.text(**given)
            case "sendFileMessage":
                return self.file(**given)
            case _:
                return self.ask(operation_id, **given)

    def text(self, text: str | None = None, *, uuid: str | None = None, **given: Any) -> Ask:
        """Return a send of *text*, with a new uuid unless one is given."""
        text = TEXT[: self.number("text_max")] if text is None else text
        return self.ask("sendTextMessage", {"uuid": uuid or self.uuid(), "text": text}, **given)

    def file(self, url: str | None = None, *, uuid: str | None = None, **given: Any) -> Ask:
        """Return a send of the file at *url*, with a new uuid unless one is given."""
        body = {"uuid": uuid or self.uuid(), "file": self._suite.ids.file if url is None else url}
        return self.ask("sendFileMessage", body, **given)

    def note(self, name: str, value: Value, seen: Seen) -> None:
        """Say that the assumption *name* has *value*."""
        self._suite.witness.note(name, value, seen)

    def forget(self, name: str) -> None:
        """Take back what was said of the assumption *name*."""
        self._suite.witness.forget(name)

    def seen(self, name: str) -> Value | None:
        """Return what the assumption *name* was seen to be."""
        return self._suite.witness.seen(name)

    def adopt(self, name: str, value: Value) -> None:
        """Let the assumption *name* have *value* in what is sent from here on."""
        self._suite.witness.adopt(name, value)

    def skip(self, why: str, *names: str) -> None:
        """Say why the assumptions *names* were not probed."""
        self._suite.witness.skipped.update(dict.fromkeys(names, why))

    def broken(
        self, seen: Seen, title: str, text: str, assumption: str | None, place: str | None = None
    ) -> None:
        """Say that *seen* breaks a promise."""
        where = place or at_assumption(assumption or "")
        text = f"{text}\nReceived: HTTP {seen.http_status}" if seen.http_status else text
        self.found.append(
            Breach(operation(seen), title, text, assumption, where, seen, self._suite.witness.probe)
        )
