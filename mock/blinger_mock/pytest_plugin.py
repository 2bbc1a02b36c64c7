"""The pytest plugin: the fixture `blinger_server`. Nothing is imported until a test asks for it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from blinger_mock.testing import Mock

_MARK = "blinger_mock"
_count = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    line = f"{_MARK}(**assumptions): run blinger_server under these assumptions, name=value"
    config.addinivalue_line("markers", line)


@pytest.fixture(scope="session")
def _blinger_session_server() -> Iterator[Mock]:
    with _serve() as mock:
        yield mock


def _serve(**options: Any) -> AbstractContextManager[Mock]:
    try:
        from blinger_mock.testing import serve  # noqa: PLC0415 - most sessions never need it
    except ModuleNotFoundError as error:
        hint = f"{error.name} is not installed; run: pip install 'blinger[mock]'"
        pytest.fail(hint, pytrace=False)
    return serve(**options)


@pytest.fixture
def blinger_server(request: pytest.FixtureRequest) -> Iterator[Mock]:
    """Serve the Blinger API on a real socket; each test is a tenant and starts from the seed.

    `@pytest.mark.blinger_mock(uuid_dedupe="conflict")` runs the test under other assumptions, on a
    server of its own.
    """
    marker = request.node.get_closest_marker(_MARK)
    if marker is not None:
        with _serve(assume=marker.kwargs) as mock:
            yield mock
        return
    session: Mock = request.getfixturevalue("_blinger_session_server")
    with session.tenant(f"mock-token-{next(_count)}", request.node.nodeid) as mock:
        yield mock
