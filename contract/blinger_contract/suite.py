"""The suite, for the command and for pytest: the contract with ids, checks, gate and ledger."""

from __future__ import annotations

import itertools
import uuid
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import schemathesis

from blinger_contract import hooks
from blinger_contract.ids import Ids
from blinger_contract.ledger import Ledger
from blinger_contract.redact import Redactor
from blinger_contract.settings import settings
from blinger_contract.wire import Gate
from blinger_spec import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis.specs.openapi.schemas import OpenApiSchema

    from blinger_contract.options import Options


class Suite:
    """One run against one deployment.

    `open` it for as long as cases are made and sent, also under pytest:

        opened = ExitStack()
        suite = opened.enter_context(Suite(options).open())
        schema = suite.schema       # and below: @schema.parametrize()

    and at the end ask `suite.ledger.missing(suite.unknown)`: a run that saw no 200 proved nothing.
    """

    def __init__(self, options: Options) -> None:
        """Prepare a run with *options*; nothing is sent."""
        self.options = options
        self.run = uuid.uuid4()
        """What the uuids of this run are derived from; it never repeats, since messages stay."""
        self.ids = Ids(options, self.run)
        self.ledger = Ledger()
        self.redactor = Redactor(options.token)
        self.gate = Gate(options, self.ids, self.ledger, self.redactor)
        self.found: set[str] = set()
        """The ids that were answered with 200."""
        self.unknown = int(options.profile["unknown_ids"])
        """The status of an id that does not exist."""
        self._counter = itertools.count()

    @property
    def schema(self) -> OpenApiSchema:
        """Return the contract, as the profile of this run reads it, loaded by schemathesis."""
        config = schemathesis.Config.from_dict(settings(self.options))
        return schemathesis.openapi.from_dict(contract(self.options.profile), config=config)

    @property
    def headers(self) -> dict[str, str]:
        """Return what pytest must hand to `call_and_validate(headers=…)`."""
        return {"Authorization": self.options.authorization}

    @contextmanager
    def open(self) -> Iterator[Suite]:
        """Install the hooks, the checks and the gate meanwhile."""
        with ExitStack() as stack:
            stack.enter_context(self.gate.open())
            stack.enter_context(hooks.installed(self))
            yield self

    def counter(self) -> int:
        """Return another number at each call."""
        return next(self._counter)

    def operation_id(self, label: str | None) -> str:
        """Return the operationId of what schemathesis calls *label*, `POST /conversation/…`."""
        names: dict[str, Any] = {
            f"POST {path}": item["post"]["operationId"]
            for path, item in contract()["paths"].items()
        }
        return str(names.get(label or "", label or "the run"))
