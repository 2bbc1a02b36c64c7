"""The server inside a test: `with serve() as mock:` on a real socket, or `in_process()` without."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from blinger_mock import arguments, server
from blinger_mock import data as seed_data
from blinger_mock import faults as fault_rules
from blinger_mock.admin import admin
from blinger_mock.app import App
from blinger_mock.check import BASE
from blinger_mock.clock import Clock, Held, parse, system
from blinger_mock.engine import Engine
from blinger_mock.hands import MockClock
from blinger_mock.mock import Mock
from blinger_mock.thread import ServerThread, Turns
from blinger_spec import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from blinger_mock.faults import Rule

__all__ = ["Held", "Mock", "MockClock", "in_process", "serve"]

_TENANT = "1"
# Nothing listens at port 0: who forgets the transport reaches nobody, and reads what was missing in
# the name of the host. It is one of loopback, to which alone a client may send plain http.
_NOWHERE = "in-process.localhost:0"


@contextlib.contextmanager
def serve(
    *,
    profile: Mapping[str, object] | str | Path | None = None,
    assume: Mapping[str, object] | None = None,
    data: Mapping[str, object] | str | Path | None = None,
    faults: Sequence[Rule | Mapping[str, object]] | str | Path = (),
    token: str = "mock-token",  # noqa: S107 - a made-up one
    seed: int = 0,
    clock: Clock | str = system,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[Mock]:
    """Serve the API in a thread, on a real socket, for as long as the block runs.

    Args:
        profile: The assumptions that hold, as a mapping or the path of a TOML file; by default
            each has its default.
        assume: Assumptions, name to value, on top of *profile*.
        data: What each tenant starts with, as docs/emulator.md has it: the path of a YAML file, or
            a mapping of the same shape; by default the nouns of the samples, and a second of each.
        faults: The rules that each tenant starts with, as docs/faults.md has them: the path of a
            YAML or JSON file, or a list, each a `Rule` or a mapping of the same shape.
        token: The token that is let in.
        seed: What the ids follow from: the same seed gives the same ids.
        clock: Returns the time in Unix microseconds; `Held` is one that a test moves. Or how the
            time goes, as `blinger-mock --clock` has it: `frozen=2026-01-01T09:00:00Z`, `step=1`.
        host: The address to listen at.
        port: The port; 0 is a free one.

    Raises:
        ProfileError: *profile* or *assume* names what does not exist.
        TypeError: An argument is of another type.
        ValueError: *data* or *faults* cannot be read, or something in it is not as it must be; or
            another argument is none that there is.
        OSError: The port is in use.
    """
    where = arguments.host(host), arguments.port(port)
    engine = _engine(profile, assume, data, faults, token, seed, clock)
    listener = server.listen(*where)
    url = f"http://{server.address(listener)}{BASE}"
    thread = ServerThread(App(engine, admin(engine, hosts=(host,))), listener)
    try:
        thread.start()
        yield Mock(engine, url, token, _TENANT, thread)
    finally:
        thread.stop()
        listener.close()


@contextlib.contextmanager
def in_process(
    *,
    profile: Mapping[str, object] | str | Path | None = None,
    assume: Mapping[str, object] | None = None,
    data: Mapping[str, object] | str | Path | None = None,
    faults: Sequence[Rule | Mapping[str, object]] | str | Path = (),
    token: str = "mock-token",  # noqa: S107 - a made-up one
    seed: int = 0,
    clock: Clock | str = system,
) -> Iterator[Mock]:
    """Answer in this process, without a port: `httpx.Client(transport=mock.transport())`.

    Nothing listens at its `url`. The arguments are those of `serve`.

    Raises:
        ProfileError: *profile* or *assume* names what does not exist.
        TypeError: As `serve` does.
        ValueError: As `serve` does.
    """
    engine = _engine(profile, assume, data, faults, token, seed, clock)
    yield Mock(engine, f"http://{_NOWHERE}{BASE}", token, _TENANT, Turns())


def _engine(  # noqa: PLR0917 - two callers, which hand on what they were given
    profile: Mapping[str, object] | str | Path | None,
    assume: Mapping[str, object] | None,
    data: Mapping[str, object] | str | Path | None,
    faults: Sequence[Rule | Mapping[str, object]] | str | Path,
    token: str,
    seed: int,
    clock: Clock | str,
) -> Engine:
    base = Profile.of(arguments.profile(profile))
    given = {name: base[name] for name in base.given}
    engine = Engine(
        Profile({**given, **arguments.assume(assume)}),
        seed=arguments.seed(seed),
        clock=system if isinstance(clock, str) else arguments.clock(clock),
        time=parse(clock) if isinstance(clock, str) else None,
        start=None if data is None else seed_data.of(data, seed),
        faults=fault_rules.of(faults),
    )
    engine.add_tenant(arguments.token(token), _TENANT)
    return engine
