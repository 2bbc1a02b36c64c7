"""The server inside a test: `with serve() as mock:`, on a real socket."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from blinger_mock import render, server
from blinger_mock.app import App
from blinger_mock.check import BASE
from blinger_mock.clock import Clock, Held, system
from blinger_mock.engine import Engine
from blinger_mock.seed import AGENT, CONVERSATION
from blinger_spec import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from blinger_mock.journal import Exchange

__all__ = ["Held", "Mock", "serve"]

_STOP_SECONDS = 10.0


class Mock:
    """A running server as one tenant of it sees it. Its repr does not show the token."""

    conversation = CONVERSATION
    """The id of a conversation that is there, that of the samples."""
    agent = AGENT
    """The id of an agent who is there, that of the samples."""

    def __init__(self, engine: Engine, url: str, token: str, tenant: str) -> None:
        """Take an *engine* that is served at *url*, and the *token* of one *tenant*."""
        self.url = url
        self.token = token
        self.profile = engine.profile
        self._engine = engine
        self._tenant = tenant
        self._since = engine.journal.count

    def __repr__(self) -> str:
        return f"<Mock {self.url}>"

    @property
    def conversations(self) -> tuple[str, ...]:
        """The ids of the conversations that take messages."""
        return self._engine.seed.open_conversations

    @property
    def locked_conversation(self) -> str:
        """The id of a conversation that is locked (assumption `locked`)."""
        return self._engine.seed.locked_conversation

    @property
    def agents(self) -> tuple[str, ...]:
        """The ids of the agents."""
        return tuple(one.id for one in self._engine.seed.agents)

    @property
    def violations(self) -> int:
        """How many answers of its own broke the contract: always 0, or the server has a bug."""
        return self._engine.violations

    def messages(self, conversation_id: str = CONVERSATION) -> list[dict[str, Any]]:
        """Return the messages of a conversation, oldest first, as the API writes them.

        Raises:
            KeyError: There is no such conversation.
        """
        stored = self._engine.store.messages(self._tenant, conversation_id)
        return [render.message(one) for one in stored]

    def requests(self) -> list[Exchange]:
        """Return what arrived, oldest first: of this tenant, and what came with no known token.

        The last thousand are kept. Each has its `operation`, the `status` of its answer, and the
        `uuid` of a send.
        """
        return list(self._engine.journal.of(self._tenant, after=self._since))

    @contextlib.contextmanager
    def tenant(self, token: str, name: str) -> Iterator[Mock]:
        """Let *token* in as the tenant *name*, on the same server, for as long as the block runs.

        The ids of a tenant follow from its name, which no other tenant may have meanwhile.
        """
        self._engine.add_tenant(token, name)
        try:
            yield Mock(self._engine, self.url, token, name)
        finally:
            self._engine.remove_tenant(token)


@contextlib.contextmanager
def serve(
    *,
    profile: Mapping[str, object] | str | Path | None = None,
    assume: Mapping[str, object] | None = None,
    token: str = "mock-token",  # noqa: S107 - a made-up one
    seed: int = 0,
    clock: Clock = system,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[Mock]:
    """Serve the API in a thread, on a real socket, for as long as the block runs.

    Args:
        profile: The assumptions that hold, as a mapping or the path of a TOML file; by default
            each has its default.
        assume: Assumptions, name to value, on top of *profile*.
        token: The token that is let in.
        seed: What the ids follow from: the same seed gives the same ids.
        clock: Returns the time in Unix microseconds; `Held` is one that a test moves.
        host: The address to listen at.
        port: The port; 0 is a free one.

    Raises:
        ProfileError: *profile* or *assume* names what does not exist.
        OSError: The port is in use.
    """
    base = Profile.of(profile)
    given = {name: base[name] for name in base.given}
    engine = Engine(Profile({**given, **(assume or {})}), seed=seed, clock=clock)
    engine.add_tenant(token, "1")
    listener = server.listen(host, port)
    url = f"http://{server.address(listener)}{BASE}"
    started = threading.Event()
    running = server.Server(App(engine), started.set)
    thread = threading.Thread(
        target=running.serve_on, args=(listener,), name="blinger-mock", daemon=True
    )
    thread.start()
    try:
        while not started.wait(0.05):
            if not thread.is_alive():
                raise RuntimeError("the mock did not start")
        yield Mock(engine, url, token, "1")
    finally:
        running.stop()
        thread.join(_STOP_SECONDS)
        listener.close()
