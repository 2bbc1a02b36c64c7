"""Each fault: what httpx makes of it on a socket, the transports do, and the state is the same."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from blinger import Blinger, BlingerError, Outcome
from blinger_mock.clock import Held
from blinger_mock.testing import Mock, in_process, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
READ_SECONDS = 0.3
ROWS: list[tuple[dict[str, Any], type[Exception] | int, int]] = [
    ({"fault": 503}, 503, 0),
    ({"fault": 503, "when": "after"}, 503, 1),
    ({"fault": "reset"}, httpx.ReadError, 0),
    ({"fault": "reset", "when": "after"}, httpx.ReadError, 1),
    ({"fault": "close"}, httpx.RemoteProtocolError, 0),
    ({"fault": "close", "when": "after"}, httpx.RemoteProtocolError, 1),
    ({"fault": "hang"}, httpx.ReadTimeout, 0),
    ({"fault": "hang", "when": "after"}, httpx.ReadTimeout, 1),
    ({"fault": "truncate"}, httpx.RemoteProtocolError, 1),
    ({"fault": "malformed"}, 200, 1),
    ({"fault": "delay", "seconds": 0.1}, 200, 1),
    ({"fault": "delay", "seconds": 0.1, "when": "after"}, 200, 1),
    ({"fault": "delay", "seconds": 9}, httpx.ReadTimeout, 0),
    ({"fault": "delay", "seconds": 9, "when": "after"}, httpx.ReadTimeout, 1),
    ({"fault": "drip", "seconds": 0.0001}, 200, 1),
    ({"fault": "drip", "seconds": 9}, httpx.ReadTimeout, 1),
]
IDS = ["-".join(str(one) for one in row[0].values()) for row in ROWS]
BODY = {"uuid": KEY, "text": "Hello"}


def _url(mock: Mock) -> str:
    return f"{mock.url}/conversation/{mock.conversation}/send-text-message"


def _options(mock: Mock) -> dict[str, Any]:
    return {
        "headers": {"Authorization": mock.token},
        "timeout": httpx.Timeout(5, read=READ_SECONDS),
    }


def _seen(send: Callable[[], httpx.Response]) -> tuple[object, ...]:
    """Return all that a caller can see: an answer, or the class of the exception."""
    try:
        answer = send()
    except httpx.TransportError as error:
        return type(error), error.request.method
    headers = sorted(one for one in answer.headers.multi_items() if one[0] != "date")
    return answer.status_code, headers, answer.content


def _by_socket(mock: Mock) -> tuple[object, ...]:
    with httpx.Client(**_options(mock)) as http:
        return _seen(lambda: http.post(_url(mock), json=BODY))


def _by_transport(mock: Mock) -> tuple[object, ...]:
    with httpx.Client(transport=mock.transport(), **_options(mock)) as http:
        return _seen(lambda: http.post(_url(mock), json=BODY))


def _by_async_transport(mock: Mock, backend: str) -> tuple[object, ...]:
    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=mock.async_transport(), **_options(mock)) as http:
            return await http.post(_url(mock), json=BODY)

    return _seen(lambda: anyio.run(send, backend=backend))


def _left(mock: Mock, seen: tuple[object, ...], stored: int) -> tuple[object, ...]:
    """Return what the fault left behind, once a server that waits has noticed that we went.

    The journal says that no answer went out, but for one that broke off, and what was applied.
    """
    began = seen[0] in {httpx.RemoteProtocolError, httpx.ReadTimeout} and _is_spoilt(mock)
    status = seen[0] if isinstance(seen[0], int) else 200 if began else 0
    entry = mock.wait_for_request(status=status, timeout=2)
    assert entry.applied == bool(stored)
    return mock.messages(), [(one.status, one.applied, one.fault) for one in mock.requests()]


def _is_spoilt(mock: Mock) -> bool:
    return (mock.wait_for_request(timeout=2).fault or "").startswith(("truncate", "drip"))


@pytest.mark.parametrize(("rule", "expected", "stored"), ROWS, ids=IDS)
def test_transport(rule: dict[str, Any], expected: type[Exception] | int, stored: int) -> None:
    """In process a fault gives the exception that a socket gives, and no wait for a timeout."""
    with in_process(clock=Held()) as mock:
        seen = []
        left = []
        for send in (
            _by_transport,
            lambda mock: _by_async_transport(mock, "asyncio"),
            lambda mock: _by_async_transport(mock, "trio"),
        ):
            mock.reset()
            mock.fail_next(**rule)
            begin = time.monotonic()
            seen.append(send(mock))
            assert (time.monotonic() - begin < READ_SECONDS) or rule.get("seconds", 9) < 1
            left.append(_left(mock, seen[-1], stored))
            assert len(mock.messages()) == stored
            assert _by_transport(mock)[0] == 200
            assert len(mock.messages()) == 1

    assert seen[1:] == seen[:1] * 2
    assert left[1:] == left[:1] * 2
    assert expected == seen[0][0]


@pytest.fixture(scope="module")
def socket_knows_faults() -> None:
    """Skip where the server carries no fault out on its socket."""
    with serve() as mock:
        mock.fail_next("close", times=None)
        if _by_socket(mock)[0] is not httpx.RemoteProtocolError:
            pytest.skip("the server carries out no fault on its socket yet")


@pytest.mark.usefixtures("socket_knows_faults")
@pytest.mark.parametrize(("rule", "expected", "stored"), ROWS, ids=IDS)
def test_as_the_socket(rule: dict[str, Any], expected: type[Exception] | int, stored: int) -> None:
    """A socket and a transport show one thing, and leave the same state and journal behind."""
    seen, left = [], []
    for start, send in ((serve, _by_socket), (in_process, _by_transport)):
        with start(clock=Held()) as mock:
            mock.fail_next(**rule)
            seen.append(send(mock))
            left.append(_left(mock, seen[-1], stored))
            assert mock.violations == 0

    assert seen[0] == seen[1]
    assert left[0] == left[1]


@pytest.fixture(params=["in process", "socket"])
def client(request: pytest.FixtureRequest) -> Iterator[tuple[Mock, Blinger]]:
    """A client of the SDK that tries once, and its server."""
    if request.param == "in process":
        with in_process() as mock, httpx.Client(transport=mock.transport()) as http:
            yield mock, Blinger(mock.token, base_url=mock.url, retries=0, http_client=http)
    else:
        request.getfixturevalue("socket_knows_faults")
        with serve() as mock, Blinger(mock.token, base_url=mock.url, retries=0) as blinger:
            yield mock, blinger


def test_the_double_send_trap(client: tuple[Mock, Blinger]) -> None:
    """A reset after the commit: the same uuid finds the message, another one sends it twice."""
    mock, blinger = client
    chat = blinger.conversation(mock.conversation)
    mock.fail_next("reset", when="after")
    with pytest.raises(BlingerError) as caught:
        chat.send_text("Hello")
    [there] = mock.messages()
    again = chat.send_text("Hello", uuid=caught.value.uuid)

    assert caught.value.outcome is Outcome.UNKNOWN
    assert (again.id, len(mock.messages())) == (there["id"], 1)
    chat.send_text("Hello", uuid=uuid.uuid4())
    assert len(mock.messages()) == 2


def test_drip__is_broken_off() -> None:
    """A caller that streams sees the head of an answer before its body breaks off."""
    with in_process() as mock, httpx.Client(transport=mock.transport(), **_options(mock)) as http:
        mock.fail_next("truncate")
        with http.stream("POST", _url(mock), json=BODY) as answer:
            assert answer.status_code == 200
            got = b""
            with pytest.raises(httpx.RemoteProtocolError):  # noqa: PT012 - how far it comes is the point
                for part in answer.iter_raw():
                    got += part

    assert len(got) == int(answer.headers["Content-Length"]) // 2
