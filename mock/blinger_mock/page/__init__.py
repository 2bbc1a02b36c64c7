"""The page at `/_mock/`: what the admin API tells, for people.

Each view is rendered here, whole. In the browser `page.js` fetches it again when an event says that
something changed, and puts in what is new; its buttons are calls of the admin API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from blinger_mock import shown, wire
from blinger_mock.page import cards, find, presets
from blinger_mock.page.html import HERE, render
from blinger_mock.rules import is_closed
from blinger_mock.version import version

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

    from blinger_mock.engine import Engine, Tenancy

_ROOT = "/_mock/"
_MOST_ROOMS = 200
_MESSAGES = 200
_REQUESTS = 100
_MOST = 2000
"""How many messages or requests are shown to whoever asks for earlier ones."""
_FIRST_WRONG = 400
VIEWS = (
    ("conversations", "Conversations", _ROOT),
    ("requests", "Requests", "/_mock/page/requests"),
    ("faults", "Faults", "/_mock/page/faults"),
    ("settings", "Settings", "/_mock/page/settings"),
)
"""The views: name, title, path."""


def base_url(request: Request) -> str:
    """Return the URL of this server, as *request* names it, without a path."""
    return f"{request.url.scheme}://{request.headers['host']}"


def routes(engine: Engine) -> list[Route]:
    """Return the routes of the page on *engine*."""
    pages = _Pages(engine)
    return [
        wire.at("/", GET=_to_page),
        wire.at("/_mock", GET=_to_page),
        wire.at(_ROOT, "conversation", "find", "last", GET=pages.conversations),
        wire.at("/_mock/page/requests", "only", "find", "last", GET=pages.requests),
        wire.at("/_mock/page/faults", GET=pages.faults),
        wire.at("/_mock/page/settings", GET=pages.settings),
        wire.at("/_mock/page/page.css", GET=_file("page.css", "text/css")),
        wire.at("/_mock/page/page.js", GET=_file("page.js", "text/javascript")),
    ]


async def _to_page(request: Request) -> Response:
    query = request.url.query
    return RedirectResponse(f"{_ROOT}?{query}" if query else _ROOT)


def _file(name: str, media_type: str) -> wire.Endpoint:
    async def endpoint(_: Request) -> Response:
        content = (HERE / "static" / name).read_bytes()
        return Response(content, media_type=media_type)

    return endpoint


def _wanted(request: Request) -> str:
    return request.query_params.get("find", "").strip()


def _last(request: Request, usual: int) -> int:
    return max(1, int(wire.number(request, "last", usual, _MOST)))


def _more(last: int) -> int:
    """Return how many to show when *last* are too few; 0 where there are no more to ask for."""
    return 0 if last >= _MOST else min(2 * last, _MOST)


class _Pages:
    """The four views."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def conversations(self, request: Request) -> Response:
        tenancy = wire.tenancy(self._engine, request)
        tenant = self._engine.state(tenancy.name)
        now = shown.moment(tenancy.clock.look())
        wanted, last = _wanted(request), _last(request, _MESSAGES)
        rooms = sorted(
            (one for one in tenant.conversations() if find.conversation(wanted, tenant, one)),
            key=lambda one: (-one.updated_at, -one.last_microseconds),
        )
        asked = request.query_params.get("conversation")
        selected = (rooms[0] if rooms else None) if asked is None else tenant.conversation(asked)
        if asked is not None and selected is None:
            raise wire.Problem(404, "there is no such conversation: /_mock/ lists them")
        messages = () if selected is None else tenant.messages(selected.id, last=last)
        return self._show(
            request,
            tenancy,
            "conversations",
            rooms=[cards.room(tenant, one, now) for one in rooms[:_MOST_ROOMS]],
            found=len(rooms),
            unlisted=max(0, len(rooms) - _MOST_ROOMS),
            find=wanted,
            selected=None if selected is None else cards.room(tenant, selected, now),
            asked=asked is not None,
            messages=cards.chat(messages, now),
            earlier=0 if selected is None else selected.messages - len(messages),
            more=_more(last),
            author=self._engine.profile["message_author"],
            closed=selected is not None and is_closed(selected, self._engine.profile),
        )

    async def requests(self, request: Request) -> Response:
        tenancy = wire.tenancy(self._engine, request)
        now = shown.moment(tenancy.clock.look())
        refused = request.query_params.get("only") == "refused"
        wanted, last = _wanted(request), _last(request, _REQUESTS)
        entries = [
            one
            for one in self._engine.journal.of(tenancy.name)
            if (not refused or one.status >= _FIRST_WRONG or one.status == 0)
            and find.request(wanted, one)
        ]
        base = base_url(request)
        listed = entries[: -last - 1 : -1]
        return self._show(
            request,
            tenancy,
            "requests",
            requests=[cards.request(one, self._engine.profile, base, now) for one in listed],
            found=len(entries),
            unlisted=len(entries) - len(listed),
            find=wanted,
            last=last,
            more=_more(last),
            only="refused" if refused else "",
        )

    async def faults(self, request: Request) -> Response:
        tenancy = wire.tenancy(self._engine, request)
        return self._show(
            request,
            tenancy,
            "faults",
            presets=presets.switches(tenancy.faults),
            rules=presets.listed(tenancy.faults),
        )

    async def settings(self, request: Request) -> Response:
        tenancy = wire.tenancy(self._engine, request)
        entries = shown.assumptions(self._engine.profile)
        return self._show(
            request,
            tenancy,
            "settings",
            assumptions=sorted(entries, key=lambda one: one["isDefault"]),
            export=shown.export_name(tenancy.name),
            changed=sum(not one["isDefault"] for one in entries),
        )

    def _show(self, request: Request, tenancy: Tenancy, view: str, **known: Any) -> Response:
        engine = self._engine
        first = next(iter(engine.tenancies))

        def link(path: str, **parameters: object) -> str:
            whose = {} if tenancy.name == first else {"tenant": tenancy.name}
            query = urlencode({**whose, **{name: it for name, it in parameters.items() if it}})
            return f"{path}?{query}" if query else path

        html = render(
            f"{view}.html",
            **known,
            view=view,
            views=VIEWS,
            link=link,
            version=version(),
            tenant=tenancy.name,
            is_first=tenancy.name == first,
            tenants=list(engine.tenancies),
            broken=engine.violations,
            seed=engine.number,
            clock=cards.clock(tenancy.clock),
            faulty=sum(not one["used_up"] for one in presets.listed(tenancy.faults)),
            base=base_url(request),
        )
        return Response(html, media_type="text/html")
