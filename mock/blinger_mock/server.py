"""A socket, and uvicorn behind it: it stops at once and says nothing."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import signal
import socket
import threading
from typing import TYPE_CHECKING

import uvicorn

from blinger_mock.protocol import Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from blinger_mock.app import App

_BACKLOG = 2048
_TICK_SECONDS = 1.0
_STOP_SECONDS = 1.0
# Longer than clients keep a connection: where the server closes first, the client may lose a race.
_KEEP_ALIVE_SECONDS = 75


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at *host* and *port*; port 0 is a free one.

    Raises:
        OSError: The host is unknown, or the port is in use or not allowed.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, _, _, address = found[0]
    # IPPROTO_TCP, not 0: asyncio leaves TCP_NODELAY off on a socket that does not say it is TCP,
    # and then each request on a kept connection waits some 40 ms.
    listener = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def address(listener: socket.socket) -> str:
    """Return where *listener* is, as the authority of a URL."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Server(uvicorn.Server):
    """uvicorn that stops at once: it waits to be told, where uvicorn looks ten times a second."""

    def __init__(self, app: App, on_start: Callable[[], None]) -> None:
        loop = "uvloop" if importlib.util.find_spec("uvloop") else "asyncio"
        super().__init__(
            uvicorn.Config(
                app,
                loop=loop,
                http=Protocol,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=_BACKLOG,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            )
        )
        self._on_start = on_start
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told: asyncio.Event | None = None

    def serve_on(self, listener: socket.socket) -> None:
        """Serve on *listener* until told to stop, then close it."""
        with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
            runner.run(self.serve(sockets=[listener]))

    def stop(self) -> None:
        """Stop; may be called from any thread."""
        self.should_exit = True
        if self._loop is not None and self._told is not None:
            with contextlib.suppress(RuntimeError):
                # The loop may be closed already: then it has stopped.
                self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        """Keep the Date header current until told to stop."""
        self._loop = asyncio.get_running_loop()
        self._told = asyncio.Event()
        await self.on_tick(0)
        self._on_start()
        while not self.should_exit:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), _TICK_SECONDS)
            await self.on_tick(0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the listener, let answers that are being written go out, cut the rest."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in tuple(self.server_state.connections):
            connection.shutdown()
        # What can be answered now has been; what waits for more input is not waited for.
        await asyncio.sleep(0)
        for connection in tuple(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        tasks = tuple(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_STOP_SECONDS)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM, and end well: uvicorn would raise the signal again."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            number: signal.signal(number, lambda *_: self.stop())
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
