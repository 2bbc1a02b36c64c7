"""The server in a thread of its own, and how other threads reach into it safely."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol, TypeVar

from blinger_mock import server

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from blinger_mock.app import App

T = TypeVar("T")

_STOP_SECONDS = 10.0
_LOOK_SECONDS = 0.1


class Run(Protocol):
    """Calls a function so that no request is being checked or applied meanwhile."""

    def __call__(self, function: Callable[[], T], /) -> T:
        """Call *function* and return what it returns, or raise what it raises."""
        ...


class Turns:
    """One at a time, whichever thread it is: for an engine that no loop serves."""

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __call__(self, function: Callable[[], T], /) -> T:
        """Call *function* when nobody else does."""
        with self._lock:
            return function()


class ServerThread:
    """A server on a listener, in a daemon thread."""

    def __init__(self, app: App, listener: socket.socket) -> None:
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server = server.Server(app, self._on_start)
        self._thread = threading.Thread(
            target=self._server.serve_on, args=(listener,), name="blinger-mock", daemon=True
        )

    def start(self) -> None:
        """Return when the server answers.

        Raises:
            RuntimeError: It did not start.
        """
        self._thread.start()
        while not self._started.wait(_LOOK_SECONDS):
            if not self._thread.is_alive():
                raise RuntimeError("the mock did not start")

    def stop(self) -> None:
        """Stop the server, and return when its thread has ended."""
        self._server.stop()
        self._thread.join(_STOP_SECONDS)

    def __call__(self, function: Callable[[], T], /) -> T:
        """Call *function* on the server's loop, between two requests.

        A server that has stopped answers nobody, so then it is called here.
        """
        loop = self._loop
        if loop is None or not self._thread.is_alive():
            return function()
        if threading.current_thread() is self._thread:
            return function()
        done: Future[T] = Future()
        with contextlib.suppress(RuntimeError):
            # The loop may be closed by now.
            loop.call_soon_threadsafe(_settle, done, function)
            while not done.done() and self._thread.is_alive():
                with contextlib.suppress(TimeoutError):
                    done.exception(_LOOK_SECONDS)
        return done.result() if done.done() else function()

    def _on_start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._started.set()


def _settle(done: Future[T], function: Callable[[], T]) -> None:
    try:
        done.set_result(function())
    except BaseException as error:  # noqa: BLE001 - it belongs to the thread that waits for it
        done.set_exception(error)
