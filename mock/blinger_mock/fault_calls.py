"""The calls of the admin API that set faults and take them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blinger_mock import faults, shown, wire
from blinger_mock.bus import Event
from blinger_mock.wire import Problem, at, reply

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from blinger_mock.engine import Engine, Tenancy
    from blinger_mock.faults import Rule

_MOST = 100


def routes(engine: Engine) -> list[Route]:
    """Return the routes of the calls on *engine*."""
    do = _Calls(engine)
    return [
        at("/_mock/faults", GET=do.get, PUT=do.put, POST=do.add, DELETE=do.clear),
        at("/_mock/faults/{place:int}", DELETE=do.remove),
    ]


class _Calls:
    """The calls, in the order of docs/emulator.md."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def get(self, request: Request) -> Response:
        return _listed(wire.tenancy(self._engine, request))

    async def put(self, request: Request) -> Response:
        rules = _rules(await wire.document(request))
        tenancy = wire.tenancy(self._engine, request)
        tenancy.faults.set(rules)
        return self._changed(tenancy)

    async def add(self, request: Request) -> Response:
        (rule,) = _rules([await wire.document(request)])
        tenancy = wire.tenancy(self._engine, request)
        tenancy.faults.forget(rule)
        if len(tenancy.faults.rules) >= _MOST:
            raise Problem(409, f"there are {_MOST} faults already: DELETE some")
        tenancy.faults.add(rule)
        return self._changed(tenancy)

    async def clear(self, request: Request) -> Response:
        tenancy = wire.tenancy(self._engine, request)
        tenancy.faults.set([])
        return self._changed(tenancy)

    async def remove(self, request: Request) -> Response:
        tenancy = wire.tenancy(self._engine, request)
        place = request.path_params["place"]
        if place >= len(tenancy.faults.rules):
            raise Problem(404, "there is no fault at that place: GET /_mock/faults lists them")
        tenancy.faults.remove(place)
        return self._changed(tenancy)

    def _changed(self, tenancy: Tenancy) -> Response:
        self._engine.bus.publish(Event(tenancy.name, "faults"))
        return _listed(tenancy)


def _listed(tenancy: Tenancy) -> Response:
    known = tenancy.faults
    return reply({"faults": shown.faults(known.rules), "met": list(known.met)})


def _rules(document: object) -> list[Rule]:
    try:
        return faults.read(document)
    except ValueError as error:
        text = f"the body is not what this call takes (docs/emulator.md has examples): {error}"
        raise Problem(400, text) from None
