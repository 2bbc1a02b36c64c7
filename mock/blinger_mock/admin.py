"""The admin API: what a person or a program does to this server, beside the API that it serves.

Every button of the page at `/_mock/` is one of these calls. docs/emulator.md describes each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

from msgspec import Meta
from starlette.applications import Starlette

from blinger_mock import fault_calls, page, shown, snapshot, wire
from blinger_mock.app import IMPORT, IMPORT_MAX
from blinger_mock.arguments import BEST, TOKEN, VISIBLE, WORST
from blinger_mock.bus import Event
from blinger_mock.clock import Mode, TenantClock, check_move, microseconds
from blinger_mock.guard import Guard
from blinger_mock.live import EventStream, more_messages
from blinger_mock.page import wrong
from blinger_mock.record import Record
from blinger_mock.steps import Act, Caller, EndUserText, GiveReview, Refusal, Result
from blinger_mock.version import version
from blinger_mock.wire import Problem, at, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from blinger_mock.engine import Engine

_MOST_LISTED = 1000
_MOST_SECONDS = 60.0
_CENTURIES = 10_000_000_000  # seconds, some three hundred years
T = TypeVar("T")


class _Body(Record, frozen=True, gc=False):
    """A body of JSON; a name that it does not have is an error, so that a slip is not silent."""


class _Text(_Body, frozen=True, gc=False):
    text: Annotated[str, Meta(pattern=r"\S", description="a text that is not blank")]


class _Review(_Body, frozen=True, gc=False):
    mark: Annotated[int, Meta(ge=WORST, le=BEST)]
    text: str = ""


class _Token(_Body, frozen=True, gc=False):
    token: Annotated[str, Meta(pattern=rf"^{TOKEN}\Z", description=VISIBLE)]


class _Clock(_Body, frozen=True, gc=False):
    mode: Mode | None = None
    at: str | None = None
    step: float | None = None
    move: Annotated[float, Meta(ge=-_CENTURIES, le=_CENTURIES)] | None = None


def admin(engine: Engine, hosts: Collection[str] = ()) -> ASGIApp:
    """Return what answers below `/_mock` and at `/livez` and `/readyz`.

    Args:
        engine: What is looked at and changed.
        hosts: The names and addresses that the server is known by beside those of loopback;
            a request whose header `Host` is none of them is refused.
    """
    do = _Calls(engine)
    app = Starlette(
        routes=[
            at("/livez", GET=do.probe),
            at("/readyz", GET=do.probe),
            at("/_mock/state", GET=do.state),
            at("/_mock/assumptions", GET=do.assumptions),
            at("/_mock/tenants/{name}", PUT=do.put_tenant, DELETE=do.delete_tenant),
            at("/_mock/conversations", "after", "limit", GET=do.conversations),
            at("/_mock/conversations/{id}/messages", POST=do.write),
            at("/_mock/conversations/{id}/reviews/{message}", POST=do.review),
            at("/_mock/messages", "conversation", "after", "limit", "wait", GET=do.messages),
            at("/_mock/requests", "after", "limit", GET=do.requests, DELETE=do.forget),
            *fault_calls.routes(engine),
            at("/_mock/clock", GET=do.clock, PUT=do.put_clock),
            at("/_mock/reset", POST=do.reset),
            at("/_mock/export", GET=do.export),
            at(IMPORT, POST=do.import_),
            at("/_mock/events", GET=do.events),
            *page.routes(engine),
        ],
        exception_handlers=wrong.handlers(engine),
    )
    app.router.redirect_slashes = False
    return Guard(app, engine, hosts)


class _Calls:
    """The calls but those of faults, in the order of docs/emulator.md."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def probe(self, _: Request) -> Response:
        return reply({"status": "ok"})

    async def state(self, request: Request) -> Response:
        engine = self._engine
        tenancy = wire.tenancy(engine, request)
        tenant = engine.state(tenancy.name)
        rooms = tenant.conversations()[:_MOST_LISTED]
        return reply(
            {
                "version": version(),
                "tenant": tenancy.name,
                "tenants": list(engine.tenancies),
                "seed": engine.number,
                "violations": engine.violations,
                "clock": shown.clock(tenancy.clock),
                "faults": shown.faults(tenancy.faults.rules),
                "assumptions": dict(engine.profile),
                "conversations": [shown.conversation(tenant, one) for one in rooms],
                "agents": [{"id": one.id, "name": one.name} for one in tenant.agents()],
            }
        )

    async def assumptions(self, _: Request) -> Response:
        return reply({"assumptions": shown.assumptions(self._engine.profile)})

    async def put_tenant(self, request: Request) -> Response:
        engine, name = self._engine, request.path_params["name"]
        token = (await wire.said(request, _Token)).token
        if name in engine.tenancies:
            if engine.token_of(name) != token:
                text = "the tenant has another token: DELETE it first, or take another name"
                raise Problem(409, text)
            return reply({"tenant": name})
        if engine.lets_in(token):
            raise Problem(409, "the token is that of another tenant: take another token")
        engine.add_tenant(token, name)
        await wire.kept(engine)
        return reply({"tenant": name}, 201)

    async def delete_tenant(self, request: Request) -> Response:
        engine, name = self._engine, request.path_params["name"]
        if name not in engine.tenancies:
            raise Problem(404, "there is no tenant of that name: GET /_mock/state lists them")
        engine.remove_tenant(engine.token_of(name))
        await wire.kept(engine)
        return reply({"tenant": name})

    async def conversations(self, request: Request) -> Response:
        tenant = self._engine.state(wire.tenancy(self._engine, request).name)
        after, limit = _part(request)
        rooms = tenant.conversations()
        listed = [shown.conversation(tenant, one) for one in rooms[after : after + limit]]
        return reply({"count": len(rooms), "conversations": listed})

    async def write(self, request: Request) -> Response:
        text = (await wire.said(request, _Text)).text
        return await self._act(request, lambda caller: EndUserText(caller, text))

    async def review(self, request: Request) -> Response:
        given = await wire.said(request, _Review)
        message = request.path_params["message"]
        return await self._act(
            request, lambda caller: GiveReview(caller, message, given.mark, given.text)
        )

    async def _act(self, request: Request, make: Callable[[Caller], Act]) -> Response:
        tenancy = wire.tenancy(self._engine, request)
        identifier = request.path_params["id"]
        if self._engine.state(tenancy.name).conversation(identifier) is None:
            raise _no_conversation()
        done: Result | Refusal = self._engine.act(make(Caller(tenancy.name, "", identifier)))
        if isinstance(done, Refusal):
            raise Problem(done.status, done.violations[0].text)
        await wire.kept(self._engine)
        return reply({"message": shown.message(done)}, 201)  # type: ignore[arg-type]

    async def messages(self, request: Request) -> Response:
        engine = self._engine
        tenancy = wire.tenancy(engine, request)
        identifier = request.query_params.get("conversation")
        if identifier is None:
            text = "add ?conversation=ID: GET /_mock/conversations lists those that there are"
            raise Problem(400, text)
        after, limit = _part(request)
        wait = wire.number(request, "wait", 0, _MOST_SECONDS)
        if engine.state(tenancy.name).conversation(identifier) is None:
            raise _no_conversation()
        if wait:
            await more_messages(engine, tenancy.name, identifier, after, wait)
        tenant = engine.state(wire.tenancy(engine, request).name)
        one = tenant.conversation(identifier)
        if one is None:
            raise _no_conversation()
        rest = max(one.messages - after, 0)
        # Who reads on from a place needs what follows it; who gives none wants the newest.
        last = rest if "after" in request.query_params else min(rest, limit)
        found = tenant.messages(one.id, last=last)[:limit] if last else ()
        return reply({"count": one.messages, "messages": [shown.message(it) for it in found]})

    async def requests(self, request: Request) -> Response:
        engine = self._engine
        after, limit = _part(request)
        entries = list(engine.journal.of(wire.tenancy(engine, request).name, after))
        base = page.base_url(request)
        first = 0 if "after" in request.query_params else max(len(entries) - limit, 0)
        listed = entries[first : first + limit]
        return reply({"requests": [shown.exchange(one, engine.profile, base) for one in listed]})

    async def forget(self, request: Request) -> Response:
        name = wire.tenancy(self._engine, request).name
        self._engine.forget_requests(name)
        return reply({"tenant": name})

    async def clock(self, request: Request) -> Response:
        return reply(shown.clock(wire.tenancy(self._engine, request).clock))

    async def put_clock(self, request: Request) -> Response:
        change = await wire.said(request, _Clock)
        tenancy = wire.tenancy(self._engine, request)
        try:
            _turn(tenancy.clock, change)
        except ValueError as error:
            raise Problem(400, str(error)) from None
        self._engine.bus.publish(Event(tenancy.name, "clock"))
        return reply(shown.clock(tenancy.clock))

    async def reset(self, request: Request) -> Response:
        name = wire.tenancy(self._engine, request).name
        self._engine.reset(name)
        await wire.kept(self._engine)
        return reply({"tenant": name})

    async def export(self, request: Request) -> Response:
        name = wire.tenancy(self._engine, request).name
        answer = reply(None)
        answer.body = snapshot.write(self._engine.state(name).snapshot())
        answer.headers["content-length"] = str(len(answer.body))
        file = f'attachment; filename="{shown.export_name(name)}"'
        answer.headers["content-disposition"] = file
        return answer

    async def import_(self, request: Request) -> Response:
        raw = await wire.body(request, IMPORT_MAX)
        name = wire.tenancy(self._engine, request).name
        try:
            start = snapshot.read(raw)
        except snapshot.SnapshotError as error:
            text = f"the body is no export of this server (GET /_mock/export): {error}"
            raise Problem(400, text) from None
        self._engine.reset(name, start)
        await wire.kept(self._engine)
        return reply({"tenant": name})

    async def events(self, request: Request) -> Response:
        return EventStream(self._engine.bus, wire.tenancy(self._engine, request).name)


def _part(request: Request) -> tuple[int, int]:
    """Return what of a list is asked for: how many it leaves out, and how many it has then."""
    after = wire.number(request, "after", 0, 1e15)
    return int(after), int(wire.number(request, "limit", _MOST_LISTED, _MOST_LISTED))


def _no_conversation() -> Problem:
    return Problem(404, "there is no such conversation: GET /_mock/conversations lists them")


def _turn(clock: TenantClock, change: _Clock) -> None:
    """Do to *clock* what *change* says: another mode, then a move; or nothing, if it is refused."""
    now = clock.unmoved() if change.mode == "real" else clock.look()
    if change.at is not None:
        now = microseconds(change.at)
    check_move(now, change.move or 0.0)
    if (change.mode == "stepped") != (change.step is not None):
        raise Problem(400, 'mode "stepped" takes step, in seconds, and no other mode does')
    if change.at is not None and change.mode not in {"frozen", "stepped"}:
        raise Problem(400, 'at goes with mode "frozen" or "stepped"')
    match change.mode:
        case "real":
            clock.run()
        case "frozen":
            clock.freeze(now)
        case "stepped":
            clock.step(change.step or 0.0, now)
        case None:
            if change.move is None:
                raise Problem(400, "give mode (real, frozen or stepped), or move, in seconds")
    if change.move is not None:
        clock.move(change.move)
