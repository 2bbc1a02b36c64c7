"""The server as a test sees it: what arrived, what is there, what is to go wrong, and the time."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from blinger_mock import arguments, fail, report, shown
from blinger_mock.bus import Event
from blinger_mock.faults import OperationName
from blinger_mock.hands import MockClock
from blinger_mock.model import Kind, Message
from blinger_mock.steps import Act, Caller, EndUserText, GiveReview, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from blinger_mock.engine import Engine
    from blinger_mock.faults import Faults, When
    from blinger_mock.journal import Exchange
    from blinger_mock.thread import Run
    from blinger_mock.transport import AsyncTransport, Transport

Author = Literal["agent", "bot", "endUser"]
"""Who wrote a message: the one of its keys that is not null."""

T = TypeVar("T")
Fit = Callable[[T], bool]


class Mock:
    """A running server as one tenant of it sees it. Its repr does not show the token.

    Any thread may use it: what it does is done between two requests.
    """

    def __init__(self, engine: Engine, url: str, token: str, tenant: str, run: Run) -> None:
        """Take an *engine* that answers at *url*, the *token* of one *tenant*, and its thread."""
        self.url = url
        self.token = token
        self.profile = engine.profile
        self.clock = MockClock(engine, tenant, run)
        """The time of this tenant, real until it is frozen, stepped or moved."""
        self._engine = engine
        self._tenant = tenant
        self._run = run
        self._since = engine.journal.count

    def __repr__(self) -> str:
        return f"<Mock {self.url}>"

    @property
    def conversation(self) -> str:
        """The id of the first conversation that takes messages: without data, the samples'.

        Raises:
            LookupError: None takes messages in what the server starts with.
        """
        return self._engine.seed.open_conversation

    @property
    def agent(self) -> str:
        """The id of the first agent: without data, the samples'."""
        return self._engine.seed.agents[0].id

    @property
    def conversations(self) -> tuple[str, ...]:
        """The ids of the conversations that take messages."""
        return self._engine.seed.open_conversations

    @property
    def locked_conversation(self) -> str:
        """The id of a conversation that is locked (assumption `locked`).

        Raises:
            LookupError: None is locked in what the server starts with.
        """
        return self._engine.seed.locked_conversation

    @property
    def agents(self) -> tuple[str, ...]:
        """The ids of the agents."""
        return tuple(one.id for one in self._engine.seed.agents)

    @property
    def violations(self) -> int:
        """How many answers of its own broke the contract: always 0, or the server has a bug."""
        return self._engine.violations

    @property
    def faults(self) -> Faults:
        """The rules by which requests of this tenant meet faults; `fail_next` adds one."""
        return self._engine.tenancies[self._tenant].faults

    def messages(self, conversation_id: str | None = None) -> list[dict[str, Any]]:
        """Return the messages of a conversation, oldest first, as the API writes them.

        No end user's `websocketToken` is among it, here and in all that a server returns: a test
        that fails prints what it compared.

        Args:
            conversation_id: Its id; by default `conversation`.

        Raises:
            LookupError: There is no such conversation.
        """
        return self._run(lambda: self._messages(self._or_first(conversation_id)))

    def requests(self) -> list[Exchange]:
        """Return what arrived, oldest first: of this tenant, and what came with no known token.

        The last thousand are kept. Each has its `operation`, its `answer` and the `status` of it,
        whether it was `applied`, the `uuid` of a send, the `violations` that it was refused for and
        the `fault` that it met.
        """
        return [shown.without_credential(one) for one in self._run(self._exchanges)]

    def wait_for(
        self,
        *,
        text: str | None = None,
        kind: Kind | None = None,
        author: Author | None = None,
        conversation: str | None = None,
        where: Fit[dict[str, Any]] | None = None,
        timeout: float = 5.0,
    ) -> dict[str, Any]:
        """Wait until there is a message that fits, and return it; the oldest, if there are more.

        Args:
            text: Its text.
            kind: Its type: `text`, `file` or `review`.
            author: Who wrote it: `agent`, `bot` or `endUser`.
            conversation: The id of its conversation; by default any.
            where: Returns whether a message, as the API writes it, fits.
            timeout: The seconds to wait.

        Raises:
            TimeoutError: There is none in time; it says what was sought and what is there instead,
                but of no text more than how long it is, and whether one there is nearly the same.
            ValueError: *kind* or *author* is none that there is.
            LookupError: There is no such conversation.
        """
        _check_choice("kind", kind, get_args(Kind))
        _check_choice("author", author, get_args(Author))
        fits: dict[str, Fit[dict[str, Any]] | bool] = {
            f"a text of {len(text or '')} characters": text is None
            or (lambda one: one["body"] == text),
            f"kind {kind}": kind is None or (lambda one: one["type"] == kind),
            f"author {author}": author is None or (lambda one: report.author(one) == author),
            f"where {getattr(where, '__name__', 'it is so')}": where or True,
        }
        return self._wait(
            lambda: self._messages(conversation),
            [one for one in fits.values() if callable(one)],
            lambda those: (
                f"no message fits {_given(fits)}; {report.messages(those)}"
                + report.near(those, text)
            ),
            timeout,
        )

    def wait_for_request(
        self,
        operation: OperationName | None = None,
        *,
        status: int | None = None,
        uuid: str | None = None,
        timeout: float = 5.0,
    ) -> Exchange:
        """Wait until a request that fits was answered, and return it; the first, if there are more.

        Args:
            operation: Its `operationId`, such as `sendTextMessage`.
            status: The status of its answer; 0 is none.
            uuid: The uuid of a send.
            timeout: The seconds to wait.

        Raises:
            TimeoutError: None arrived in time; it says which did.
            ValueError: *operation* is none that there is.
        """
        _check_choice("operation", operation, get_args(OperationName))
        fits: dict[str, Fit[Exchange] | bool] = {
            f"operation {operation}": operation is None or (lambda one: one.operation == operation),
            f"status {status}": status is None or (lambda one: one.status == status),
            "uuid": uuid is None or (lambda one: (one.uuid or "").lower() == uuid.lower()),
        }
        found = self._wait(
            self._exchanges,
            [one for one in fits.values() if callable(one)],
            lambda those: f"no request fits {_given(fits)}; {report.requests(those)}",
            timeout,
        )
        return shown.without_credential(found)

    def fail_next(
        self,
        fault: int | str,
        *,
        when: When | None = None,
        times: int | None = 1,
        operation: OperationName | None = None,
        conversation: str | None = None,
        retry_after: int | datetime | None = None,
        seconds: float | None = None,
    ) -> None:
        """Let the next request, or the next few, meet a fault.

        Args:
            fault: A status from 400 to 599, or `reset`, `close`, `hang`, `delay`, `drip`,
                `truncate` or `malformed`.
            when: `before` the request is applied (the default: it changes nothing) or `after`,
                when it has changed the state and its sender cannot know. Drip, truncate and
                malformed spoil the answer to a request that was applied, so they are `after`.
            times: How many requests; None is every one from now on.
            operation: The `operationId` of those that meet it, such as `sendTextMessage`; by
                default any.
            conversation: The id of the conversation; by default any.
            retry_after: With a status: the header `Retry-After`, in whole seconds or as a date.
            seconds: How long a delay lasts, or the pause of a drip between two bytes.

        Raises:
            ValueError: An argument is none of those allowed, which the message lists.
        """
        rule = fail.rule(fault, when, times, operation, conversation, retry_after, seconds)

        def add() -> None:
            self.faults.add(rule)
            self._engine.bus.publish(Event(self._tenant, "faults"))

        self._run(add)

    def end_user_writes(self, text: str, *, conversation: str | None = None) -> dict[str, Any]:
        """Post *text* as the end user, which the API does not offer, and return the message.

        Args:
            text: What the end user says.
            conversation: The id of the conversation; by default `conversation`.

        Raises:
            TypeError: *text* is no str.
            ValueError: *text* is blank or cannot be written in UTF-8, the conversation is locked,
                or there is none.
        """
        if not arguments.text(text, "text").strip():
            raise ValueError("an end user writes more than blanks")
        return self._act(EndUserText(self._caller("endUserWrites", conversation), text))

    def give_review(
        self, message_id: str, mark: int, text: str = "", *, conversation: str | None = None
    ) -> dict[str, Any]:
        """Fill in, as the end user, the review that a message asks for, and return the message.

        Args:
            message_id: The `id` of the message that `request_review()` returned.
            mark: The mark, from 1 to 5.
            text: What the end user says.
            conversation: The id of the conversation; by default `conversation`.

        Raises:
            TypeError: *mark* is no whole number, or *text* no str.
            ValueError: There is no such review, it was given already, *mark* is none, or *text*
                cannot be written in UTF-8.
        """
        caller = self._caller("giveReview", conversation)
        given = arguments.mark(mark), arguments.text(text, "text")
        return self._act(GiveReview(caller, message_id, *given))

    def reset(self) -> None:
        """Start anew: the data, the faults and the clock of the start, and no requests."""

        def reset() -> None:
            self._engine.reset(self._tenant)
            self._since = self._engine.journal.count

        self._run(reset)

    def transport(self) -> Transport:
        """Return a transport for `httpx.Client` that reaches this server without a socket."""
        from blinger_mock.transport import Transport  # noqa: PLC0415 - httpx, only where asked for

        return Transport(self._engine, self._run)

    def async_transport(self) -> AsyncTransport:
        """Return a transport for `httpx.AsyncClient` that reaches this server without a socket."""
        from blinger_mock.transport import AsyncTransport  # noqa: PLC0415 - as above

        return AsyncTransport(self._engine, self._run)

    @contextlib.contextmanager
    def tenant(self, token: str, name: str) -> Iterator[Mock]:
        """Let *token* in as the tenant *name*, on the same server, for as long as the block runs.

        The ids of a tenant follow from its name.

        Raises:
            TypeError: *token* or *name* is no str.
            ValueError: No header can carry *token*, or another tenant has it or *name*.
        """
        arguments.token(token)
        arguments.text(name, "the name of a tenant")
        self._run(lambda: self._add_tenant(token, name))
        try:
            yield Mock(self._engine, self.url, token, name, self._run)
        finally:
            self._run(lambda: self._engine.remove_tenant(token))

    def _add_tenant(self, token: str, name: str) -> None:
        if name in self._engine.tenancies or self._engine.lets_in(token):
            raise ValueError("another tenant has this name or this token: give each its own")
        self._engine.add_tenant(token, name)

    def _caller(self, operation: str, conversation: str | None) -> Caller:
        return Caller(self._tenant, operation, self._or_first(conversation))

    def _or_first(self, conversation: str | None) -> str:
        return self.conversation if conversation is None else conversation

    def _act(self, act: Act) -> dict[str, Any]:
        match self._run(lambda: self._engine.act(act)):
            case Refusal(violations=(first, *_)):
                raise ValueError(first.text)
            case Message() as message:
                return shown.message(message)
            case _:
                raise NotImplementedError(type(act).__name__)

    def _messages(self, conversation: str | None) -> list[dict[str, Any]]:
        state = self._engine.state(self._tenant)
        if conversation is not None and state.conversation(conversation) is None:
            raise LookupError("there is no such conversation: .conversations has those there are")
        rooms = (
            [one.id for one in state.conversations()] if conversation is None else [conversation]
        )
        return [shown.message(one) for room in rooms for one in state.messages(room)]

    def _exchanges(self) -> list[Exchange]:
        return list(self._engine.journal.of(self._tenant, after=self._since))

    def _wait(
        self,
        look: Callable[[], list[T]],
        fits: list[Fit[T]],
        say: Callable[[list[T]], str],
        timeout: float,
    ) -> T:
        """Return the first that fits of what *look* finds, now or after any event in time."""
        end = time.monotonic() + timeout
        changed = threading.Event()
        with self._engine.bus.telling(self._tenant, changed.set):
            while True:
                changed.clear()
                those = self._run(look)
                found = next((one for one in those if all(fit(one) for fit in fits)), None)
                if found is not None:
                    return found
                if not changed.wait(max(0.0, end - time.monotonic())):
                    raise TimeoutError(f"after {timeout:g} s {say(those)}")


def _check_choice(name: str, value: object, known: tuple[str, ...]) -> None:
    if value is not None and value not in known:
        raise ValueError(f"{name} is one of {', '.join(known)}")


def _given(fits: Mapping[str, object]) -> str:
    """Return what was sought, in words: the names of those in *fits* that are."""
    return " and ".join(name for name, one in fits.items() if callable(one)) or "at all"
