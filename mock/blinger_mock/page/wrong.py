"""What a person sees whose address or verb is wrong or old: why, and a way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from blinger_mock import wire
from blinger_mock.page.html import render

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from blinger_mock.engine import Engine

    Handler = Callable[[Request, Exception], Awaitable[Response]]


def handlers(engine: Engine) -> dict[type[Exception], Handler]:
    """Return what answers a call that cannot be carried out: JSON, or a page to a browser."""

    def for_whom(handler: Handler) -> Handler:
        async def answered(request: Request, error: Exception) -> Response:
            answer = await handler(request, error)
            reads = "text/html" in request.headers.get("accept", "")
            return _page(engine, request, answer) if reads else answer

        return answered

    failed, crashed = for_whom(wire.failed), for_whom(wire.crashed)
    return {wire.Problem: failed, HTTPException: failed, Exception: crashed}


def _page(engine: Engine, request: Request, answer: Response) -> Response:
    asked = request.query_params.get("tenant")
    html = render(
        "problem.html",
        text=msgspec.json.decode(answer.body)["error"],
        status=answer.status_code,
        asked=asked if asked in engine.tenancies else None,
        tenants=list(engine.tenancies),
    )
    headers = {name: value for name, value in answer.headers.items() if name == "allow"}
    return Response(html, answer.status_code, headers, media_type="text/html")
