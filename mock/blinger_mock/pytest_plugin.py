"""The pytest plugin: the fixture `blinger_server`. Nothing is imported until a test asks for it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from contextlib import AbstractContextManager

    from blinger_mock.testing import Mock

_MARK = "blinger_mock"
_JOURNAL = pytest.StashKey["Mock | str"]()
"""The server of a test, and once that is gone, its journal in lines."""
_count = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    line = (
        f"{_MARK}(in_process=False, **assumptions): run blinger_server without a port, "
        "or under these assumptions, name=value"
    )
    config.addinivalue_line("markers", line)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach to a test that failed what arrived at its server: no token, no text, no uuid."""
    report = yield
    found = item.stash.get(_JOURNAL, None)
    if found is not None and report.failed:
        text = found if isinstance(found, str) else _journal(found)
        report.sections.append(("Blinger mock: requests", text))
    return report


@pytest.fixture(scope="session")
def _blinger_session_server() -> Iterator[Mock]:
    with _open(in_process=False) as mock:
        yield mock


@pytest.fixture(scope="session")
def _blinger_session_in_process() -> Iterator[Mock]:
    with _open(in_process=True) as mock:
        yield mock


def _open(*, in_process: bool, **options: Any) -> AbstractContextManager[Mock]:
    try:
        from blinger_mock import testing  # noqa: PLC0415 - most sessions never need it
    except ModuleNotFoundError as error:
        hint = f"{error.name} is not installed; run: pip install 'blinger[mock]'"
        pytest.fail(hint, pytrace=False)
    return testing.in_process(**options) if in_process else testing.serve(**options)


@pytest.fixture
def blinger_server(request: pytest.FixtureRequest) -> Iterator[Mock]:
    """Serve the Blinger API on a real socket; each test is a tenant and starts from the seed.

    `@pytest.mark.blinger_mock(uuid_dedupe="conflict")` runs the test under other assumptions, on a
    server of its own; with `in_process=True` nothing listens, and `blinger_server.transport()`
    reaches it. What markers of the class and the module say holds too, unless a nearer one says
    otherwise. A test fails at its end if an answer of the server broke the contract.
    """
    with _tenant(request) as mock:
        request.node.stash[_JOURNAL] = mock
        before = mock.violations
        yield mock
        request.node.stash[_JOURNAL] = _journal(mock)
        broken = mock.violations - before
    if broken:
        text = f"{broken} answers of the mock broke the contract: its log says where"
        pytest.fail(text, pytrace=False)


def _tenant(request: pytest.FixtureRequest) -> AbstractContextManager[Mock]:
    assume: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers(_MARK))):
        if marker.args:
            raise pytest.UsageError(f"the marker {_MARK} takes assumptions as name=value")
        assume |= marker.kwargs
    in_process = assume.pop("in_process", False)
    if not isinstance(in_process, bool):
        raise pytest.UsageError(f"in_process of the marker {_MARK} is True or False")
    if assume:
        return _open(in_process=in_process, assume=assume)
    where = "in_process" if in_process else "server"
    session: Mock = request.getfixturevalue(f"_blinger_session_{where}")
    return session.tenant(f"mock-token-{next(_count)}", request.node.nodeid)


def _journal(mock: Mock) -> str:
    from blinger_mock import report  # noqa: PLC0415 - loaded by now

    return report.journal(mock.requests())
