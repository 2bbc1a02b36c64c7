"""What stands between a client and a scripted server: one end of TLS, and a proxy that connects."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Self

from tests.unit.wrapper.scripted import HOST

if TYPE_CHECKING:
    import trustme
    from tests.unit.wrapper.scripted import Server


class Tunnel:
    """Speaks TLS on a port of its own, and passes on what it reads to a server that does not."""

    def __init__(self, server: Server, context: ssl.SSLContext) -> None:
        """Take the *server*, and the certificate with the settings."""
        self.handshakes = 0
        self._server = server
        self._context = context
        self._listener = socket.create_server((HOST, 0))
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.url = f"https://{HOST}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of everything."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(10)

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.callback(connection.close)
            outside = stack.enter_context(self._context.wrap_socket(connection, server_side=True))
            self.handshakes += 1
            inside = stack.enter_context(socket.create_connection((HOST, self._server.port)))
            self._open += [outside, inside]
            self._start(pass_on, inside, outside)
            pass_on(outside, inside)


def pass_on(source: socket.socket, target: socket.socket) -> None:
    """Pass on what *source* says, until it says no more."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def tunnel(server: Server, authority: trustme.CA, name: str = HOST) -> Tunnel:
    """Return a tunnel with a certificate for *name*."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return Tunnel(server, context)


class Connect:
    """A proxy that connects whoever asks, with the CONNECT that asked."""

    def __init__(self) -> None:
        """Listen."""
        self.heads: list[bytes] = []
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, outside: socket.socket) -> None:
        with outside, contextlib.suppress(OSError):
            head = outside.recv(65536)
            self.heads.append(head)
            host, port = head.split()[1].decode().split(":")
            with socket.create_connection((host, int(port))) as inside:
                outside.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                threading.Thread(target=pass_on, args=(inside, outside), daemon=True).start()
                pass_on(outside, inside)
