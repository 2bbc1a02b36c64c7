"""The pytest plugin: the fixture `blinger_server`. Nothing is imported until a test asks for it."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from blinger_mock.testing import Mock

_MARK = "blinger_mock"
_SWITCHES = ("in_process", "strict")
"""What the marker takes beside assumptions: each is true or false."""
_OPTIONS = ("profile", "assume", "data", "faults", "seed", "clock")
"""What `blinger_mock_options` may say: the token and the port are the fixture's own."""
_REPORTED = pytest.StashKey["Mock | list[tuple[str, str]]"]()
"""The server of a test, and once that is gone, what its report shows of it."""
_count = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    line = (
        f"{_MARK}(in_process=False, strict=False, **assumptions): run blinger_server without a "
        "port, fail at the end over faults that no request met, or assume name=value"
    )
    config.addinivalue_line("markers", line)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach to a test that failed what arrived at its server, and which faults met nothing.

    No token, no text, no uuid is in it.
    """
    report = yield
    found = item.stash.get(_REPORTED, None)
    if found is not None and report.failed:
        report.sections += found if isinstance(found, list) else _sections(found)
    return report


@pytest.fixture(scope="session")
def blinger_mock_options() -> dict[str, Any]:
    """Return what the servers of `blinger_server` are like; override it to change that.

    They are the keyword arguments `profile`, `assume`, `data`, `faults`, `seed` and `clock` of
    `blinger_mock.testing.serve()`. What a test's marker assumes stands on top of them.
    """
    return {}


class _Servers:
    """The servers that tests share: of each kind one, as long as all want the same of it."""

    def __init__(self) -> None:
        self._kept: dict[bool, tuple[Mapping[str, Any], Mock, contextlib.ExitStack]] = {}

    def get(self, options: Mapping[str, Any], *, in_process: bool) -> Mock:
        """Return the server that is as *options* say; one that is otherwise ends."""
        if in_process not in self._kept or self._kept[in_process][0] != options:
            self._stop(in_process)
            stack = contextlib.ExitStack()
            mock = _open(stack, options, {}, in_process=in_process)
            self._kept[in_process] = (options, mock, stack)
        return self._kept[in_process][1]

    def close(self) -> None:
        for in_process in tuple(self._kept):
            self._stop(in_process)

    def _stop(self, in_process: bool) -> None:  # noqa: FBT001 - the key of a table
        if in_process in self._kept:
            self._kept.pop(in_process)[2].close()


@pytest.fixture(scope="session")
def _blinger_servers() -> Iterator[_Servers]:
    with contextlib.closing(_Servers()) as servers:
        yield servers


def _open(
    stack: contextlib.ExitStack,
    options: Mapping[str, Any],
    assume: Mapping[str, Any],
    *,
    in_process: bool,
) -> Mock:
    """Start a server as *options* say, and what is in *assume* on top."""
    try:
        from blinger_mock import arguments, testing  # noqa: PLC0415 - most sessions never need it
    except ModuleNotFoundError as error:
        _fail(f"{error.name} is not installed; run: pip install 'blinger[mock]'")
    start = testing.in_process if in_process else testing.serve
    try:
        assumed = {**arguments.assume(options.get("assume")), **assume}
        return stack.enter_context(start(**{**options, "assume": assumed}))
    except (TypeError, ValueError) as error:
        _fail(f"blinger_server cannot start: {error}")


@pytest.fixture
def blinger_server(
    request: pytest.FixtureRequest, blinger_mock_options: Mapping[str, Any]
) -> Iterator[Mock]:
    """Serve the Blinger API on a real socket; each test is a tenant and starts from the seed.

    `@pytest.mark.blinger_mock(uuid_dedupe="conflict")` runs the test under other assumptions, on a
    server of its own; with `in_process=True` nothing listens, and `blinger_server.transport()`
    reaches it. Markers of a class or a module add to those of a test, which win. A test fails at
    its end if an answer of the server broke the contract, and with `strict=True` also if no
    request met one of the faults that are set.
    """
    switches, assume = _marked(request)
    options = _options(blinger_mock_options)
    with contextlib.ExitStack() as stack:
        if assume:
            mock = _open(stack, options, assume, in_process=switches["in_process"])
        else:
            servers: _Servers = request.getfixturevalue("_blinger_servers")
            shared = servers.get(options, in_process=switches["in_process"])
            tenant = shared.tenant(f"mock-token-{next(_count)}", request.node.nodeid)
            mock = stack.enter_context(tenant)
        request.node.stash[_REPORTED] = mock
        before = mock.violations
        yield mock
        request.node.stash[_REPORTED] = _sections(mock)
        broken = mock.violations - before
        unmet = switches["strict"] and mock.faults.unmet
    if broken:
        _fail(f"{broken} answers of the mock broke the contract: its log says where")
    if unmet:
        _fail(f"no request met these faults:\n{unmet}")


def _marked(request: pytest.FixtureRequest) -> tuple[dict[str, bool], dict[str, Any]]:
    """Return the switches and the assumptions of all markers that hold for a test."""
    said: dict[str, Any] = {}
    # The closest comes first, and wins.
    for marker in reversed(list(request.node.iter_markers(_MARK))):
        if marker.args:
            _fail(f"the marker {_MARK} takes assumptions as name=value")
        said |= marker.kwargs
    switches = {name: said.pop(name, False) for name in _SWITCHES}
    for name, value in switches.items():
        if not isinstance(value, bool):
            _fail(f"the marker {_MARK} takes {name}=True or {name}=False")
    return switches, said


def _options(given: object) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        _fail("blinger_mock_options returns a mapping of arguments of serve()")
    unknown = [name for name in given if name not in _OPTIONS]
    if unknown:
        known = ", ".join(_OPTIONS)
        _fail(f"blinger_mock_options does not take {', '.join(unknown)}; it takes {known}")
    return dict(given)


def _sections(mock: Mock) -> list[tuple[str, str]]:
    from blinger_mock import report  # noqa: PLC0415 - loaded by now

    unmet = mock.faults.unmet
    faults = [("Blinger mock: faults that no request met", unmet)] if unmet else []
    return [("Blinger mock: requests", report.journal(mock.requests())), *faults]


def _fail(text: str) -> NoReturn:
    """Fail the test with one line: a traceback would lead into this file."""
    failure = pytest.fail.Exception(text, pytrace=False)
    # What it comes from is in its text, and would be shown with a traceback of its own.
    raise failure from None
