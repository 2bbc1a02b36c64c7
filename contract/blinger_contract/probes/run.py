"""Send what the probes ask for, one after the other, through the gate."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import jsonschema_rs
import requests

from blinger_contract.breach import CONVERSATION_ID, Breach, at_operation, operation
from blinger_contract.probes.ask import World
from blinger_contract.probes.registry import PROBES
from blinger_spec import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blinger_contract.probes.ask import Ask
    from blinger_contract.probes.registry import Probe
    from blinger_contract.seen import Seen
    from blinger_contract.suite import Suite

_TIMEOUT_SECONDS = 10
_CAREFUL_TIMEOUT_SECONDS = 30
_PATIENCE = 60
_OK, _UNAUTHORIZED, _NOT_FOUND, _TOO_MANY, _FAILED = 200, 401, 404, 429, 500
_UNITS = {"s": 1, "m": 60, "h": 3600}


def probe(suite: Suite, only: set[str] | None = None) -> Iterator[Breach]:
    """Run every probe that *suite* may run, or those named in *only*, and yield what each found.

    At the end the suite knows what was observed, and works with that from there on.
    """
    world = World(suite)
    sender = _Sender(suite, world)
    suite.witness.learning = True
    try:
        with requests.Session() as session:
            sender.session = session
            for one in PROBES if only is None else [one for one in PROBES if one.name in only]:
                yield from sender.run(one)
    finally:
        suite.witness.probe = None
        settled = suite.witness.settle()
    yield from settled


class _Limited(Exception):
    """The deployment answered 429: what a probe sees then proves nothing."""


class _Sender:
    session: requests.Session

    def __init__(self, suite: Suite, world: World) -> None:
        self._suite = suite
        self._world = world
        self._next = 0.0
        self._seen: set[tuple[str, str, str | None]] = set()
        components = contract(suite.options.profile)["components"]
        self._schemas = {
            name: jsonschema_rs.Draft202012Validator(
                {"$ref": f"#/components/schemas/{name}Envelope", "components": components}
            )
            for name in ("Conversation", "Message")
        }

    def run(self, one: Probe) -> Iterator[Breach]:
        """Run *one* and yield what it found, each thing once."""
        why = one.not_run(self._world)
        if why:
            self._world.skip(why, *one.observes)
            return
        self._suite.witness.probe = one.name
        steps = one.steps(self._world)
        try:
            ask = next(steps, None)
            while ask is not None:
                seen = self._send(ask, one)
                try:
                    ask = steps.send(seen)
                except StopIteration:
                    ask = None
        except _Limited:
            steps.close()
            self._world.skip("it was answered with 429", *set(one.observes) - {"rate_limit"})
        except requests.RequestException as error:
            self._no_answer(error, one)
        found, self._world.found = self._world.found, []
        yield from self._once(found)

    def _send(self, ask: Ask, one: Probe) -> Seen:
        if one.name != "rate_limit":
            self._wait()
        request = self.session.prepare_request(ask.request(self._suite.options.url))
        # A request without a token has none, whatever requests thinks of it.
        if ask.authorization is None:
            request.headers.pop("Authorization", None)
        timeout = _CAREFUL_TIMEOUT_SECONDS if self._suite.options.careful else _TIMEOUT_SECONDS
        self.session.send(request, timeout=timeout, allow_redirects=False)
        seen = self._suite.witness.last
        if seen is None or seen.request is not request:
            raise RuntimeError("an exchange passed the gate unseen")
        if seen.status == _TOO_MANY and one.name != "rate_limit":
            self._limited(seen)
            raise _Limited
        found = [*self._suite.witness.pop(request), *self._always(ask, seen)]
        self._world.found += found
        return seen

    def _limited(self, seen: Seen) -> None:
        """Keep quiet for as long as the deployment asks, within reason."""
        after = seen.headers.get("Retry-After", "")
        self._next = time.monotonic() + min(int(after) if after.isdigit() else 1, _PATIENCE)
        if self._suite.options.profile["rate_limit"] == "none":
            text = "Requests are not limited; --probe rate_limit measures how many are taken."
            self._world.broken(seen, "Requests are limited", text, "rate_limit")
            self._world.skip("429 was answered; --probe rate_limit measures it", "rate_limit")

    def _always(self, ask: Ask, seen: Seen) -> Iterator[Breach]:
        """Yield what schemathesis would find in the answers to its own cases."""
        name, place = operation(seen), at_operation(operation(seen))
        if seen.status >= _FAILED:
            text = "No request makes the server fail, whatever is in it."
            yield Breach(name, "Server error", text, None, place, seen, self._suite.witness.probe)
        right = ask.authorization == self._suite.effective.authorization
        if seen.status == _UNAUTHORIZED and right and seen.asked is not None:
            text = "It was taken before, and this request carries it too."
            yield Breach(
                *(name, "The token is refused", text, None, place, seen, self._suite.witness.probe)
            )
        known = seen.asked is not None and ask.conversation == self._suite.options.conversation
        found = known and right and self._world.reached and name != "assignAgent"
        if found and seen.status == _NOT_FOUND:
            title = "An id that exists is answered as unknown"
            text = f"Received {seen.status}, though it was answered with 200 before."
            probe_name = self._suite.witness.probe
            yield Breach(name, title, text, None, CONVERSATION_ID, seen, probe_name)
        if seen.status == _OK and seen.asked is not None:
            yield from self._schema(seen, name, place)

    def _schema(self, seen: Seen, name: str, place: str) -> Iterator[Breach]:
        probe_name = self._suite.witness.probe
        kind = seen.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            text = f"A 200 says that it is application/json.\nReceived: {kind or 'nothing'}"
            yield Breach(name, "Undocumented Content-Type", text, None, place, seen, probe_name)
        if not seen.is_json:
            return
        schema = self._schemas["Conversation" if name == "assignAgent" else "Message"]
        for error in schema.iter_errors(seen.document):
            inside = "".join(f"/{part}" for part in error.instance_path)
            text = f"{error.message[:300]}\nin the answer at {inside or 'its top'}"
            title = "Response violates schema"
            yield Breach(name, title, text, None, place, seen, probe_name)
            break

    def _no_answer(self, error: requests.RequestException, one: Probe) -> None:
        seen = self._suite.witness.last
        self._world.skip("a request was not answered", *one.observes)
        if seen is not None:
            text = f"Each request is answered over HTTP.\n{type(error).__name__}"
            self._world.found.append(
                Breach("the run", "No answer", text, None, "/paths", seen, one.name)
            )

    def _once(self, found: list[Breach]) -> Iterator[Breach]:
        for breach in found:
            key = (breach.operation, breach.title, breach.assumption)
            if key not in self._seen:
                self._seen.add(key)
                yield breach

    def _wait(self) -> None:
        pause = 0.0
        if self._suite.options.rate is not None and self._suite.gate.answer is None:
            count, unit = self._suite.options.rate.split("/")
            pause = _UNITS[unit] / int(count)
        limit = self._suite.options.profile["rate_limit"]
        if not isinstance(limit, str) and self._suite.gate.answer is None:
            pause = max(pause, 1.05 / limit)
        now = time.monotonic()
        if now < self._next:
            time.sleep(self._next - now)
        self._next = max(now, self._next) + pause
