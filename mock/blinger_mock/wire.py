"""What the calls below `/_mock` share: JSON in, JSON out, and one shape of an error."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from blinger_mock import bodies, shapes
from blinger_mock.app import CALL_MAX
from blinger_mock.state import NotKeptError

if TYPE_CHECKING:
    from starlette.requests import Request

    from blinger_mock.engine import Engine, Tenancy

Endpoint = Callable[["Request"], Awaitable[Response]]
T = TypeVar("T")

_BODY_SECONDS = 30.0
_LINGER_BYTES = 8 * 1024 * 1024


class Problem(Exception):
    """A call that cannot be carried out; the text says what to do."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def reply(document: object, status: int = 200) -> Response:
    """Return *document* as JSON."""
    return Response(msgspec.json.encode(document), status, media_type="application/json")


async def crashed(_request: Request, error: Exception) -> Response:
    """Return the answer to a call that met a bug of this server, or of its disk."""
    if isinstance(error, NotKeptError):
        return reply({"error": "the change could not be kept: the log says why"}, 500)
    return reply({"error": "the mock has a bug: its log says where"}, 500)


async def failed(_request: Request, error: Exception) -> Response:
    """Return the answer to a call that raised *error*."""
    if isinstance(error, Problem):
        return reply({"error": error.text}, error.status)
    if isinstance(error, HTTPException):
        headers = error.headers or {}
        verbs = ", ".join(sorted(headers.get("Allow", "").split(", ")))
        text = {
            404: "there is nothing at this path: docs/emulator.md lists the calls",
            405: f"this path takes only {verbs}",
        }.get(error.status_code, error.detail)
        answer = reply({"error": text}, error.status_code)
        answer.headers.update(headers)
        return answer
    raise error


def at(path: str, *parameters: str, **verbs: Endpoint) -> Route:
    """Return a route for *path*, with the endpoint of each verb; any other verb is a 405.

    Its query may have `tenant` and with GET the *parameters*, each once; anything else is a 400,
    for a call with a slip in it would be about another tenant.
    """
    if "GET" in verbs:
        verbs.setdefault("HEAD", verbs["GET"])

    async def endpoint(request: Request) -> Response:
        known = ("tenant", *(parameters if request.method in {"GET", "HEAD"} else ()))
        given = [name for name, _ in request.query_params.multi_items()]
        if len(set(given)) < len(given) or not set(given) <= set(known):
            raise Problem(400, f"the query may have, each once: {', '.join(known)}")
        return await verbs[request.method](request)

    return Route(path, endpoint, methods=list(verbs))


async def body(request: Request, most: int = CALL_MAX) -> bytes:
    """Return the body of *request*.

    Raises:
        Problem: It has more than *most* bytes, or does not arrive in time.
    """
    too_large = Problem(413, f"the body has more than {most} bytes: send less")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > most + _LINGER_BYTES:
        raise too_large
    taken = bytearray()
    read = 0
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.stream():
                read += len(chunk)
                if read <= most:
                    taken += chunk
                elif read > most + _LINGER_BYTES:
                    # Up to here it is read and dropped: a busy sender would not see the answer.
                    break
    except TimeoutError:
        raise Problem(408, "the body did not arrive in time: send it again") from None
    if read > most:
        raise too_large
    return bytes(taken)


async def said(request: Request, shape: type[T]) -> T:
    """Return what the body of *request* says.

    Raises:
        Problem: It is not JSON of that *shape*, or the reasons that `body` has.
    """
    raw = await body(request)
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as error:
        text = f"the body is not what this call takes: {shapes.why(error, shape)}"
    except (ValueError, RecursionError) as error:
        text = f"this call takes JSON: {bodies.problem(raw, error)}"
    raise Problem(400, text)


async def document(request: Request) -> Any:
    """Return the body of *request*, any JSON.

    Raises:
        Problem: It is not JSON, or the reasons that `body` has.
    """
    return await said(request, object)


def number(request: Request, name: str, default: float, most: float) -> float:
    """Return the query parameter *name*, a number from 0 to *most*.

    Raises:
        Problem: It is something else.
    """
    given = request.query_params.get(name)
    try:
        value = default if given is None else float(given)
    except ValueError:
        value = -1.0
    if not 0 <= value <= most:
        raise Problem(400, f"the query parameter {name} is a number from 0 to {most:g}")
    return value


def tenancy(engine: Engine, request: Request) -> Tenancy:
    """Return the tenant whom *request* concerns: `?tenant=NAME`, or the first.

    Raises:
        Problem: There is none, or none of that name.
    """
    name = request.query_params.get("tenant")
    if name is None:
        first = next(iter(engine.tenancies.values()), None)
        if first is None:
            raise Problem(404, "no token is registered: PUT one to /_mock/tenants/NAME")
        return first
    if name not in engine.tenancies:
        raise Problem(404, "there is no tenant of that name: GET /_mock/state lists them")
    return engine.tenancies[name]


async def kept(engine: Engine) -> None:
    """Wait until what was changed is kept: as in the API, nothing is answered before."""
    committed = engine.store.committed()
    if committed is not None:
        await committed
