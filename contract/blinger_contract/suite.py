"""The suite, for the command and for pytest: the contract with ids, checks, gate and ledger."""

from __future__ import annotations

import itertools
import uuid
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import schemathesis

from blinger_contract import hooks
from blinger_contract.files import FileHost
from blinger_contract.ids import Ids
from blinger_contract.ledger import Ledger
from blinger_contract.probes.run import probe
from blinger_contract.redact import Redactor
from blinger_contract.settings import settings
from blinger_contract.trail import Trail
from blinger_contract.wire import Gate
from blinger_contract.witness import Witness
from blinger_spec import contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis.specs.openapi.schemas import OpenApiSchema

    from blinger_contract.breach import Breach
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
        self.witness = Witness(options)
        self.files = FileHost(options.url)
        self.ids = Ids(options, self.run, self.witness, self.files)
        self.ledger = Ledger()
        self.redactor = Redactor(options.token)
        self.trail = Trail()
        self.gate = Gate(
            options, self.ids, self.ledger, self.redactor, trail=self.trail, witness=self.witness
        )
        self._counter = itertools.count()

    @property
    def effective(self) -> Options:
        """Return the options with the profile that was observed, as far as it was."""
        return replace(self.options, profile=self.witness.profile)

    @property
    def unknown(self) -> int:
        """Return the status of an id that does not exist."""
        return int(self.witness.profile["unknown_ids"])

    def probe(self) -> Iterator[Breach]:
        """Send the directed probes, and yield what they find; the suite learns from them.

        Under pytest this comes first: for breach in suite.probe(): …
        """
        return probe(self)

    @property
    def schema(self) -> OpenApiSchema:
        """Return the contract, as the profile of this run reads it, loaded by schemathesis."""
        config = schemathesis.Config.from_dict(settings(self.effective))
        return schemathesis.openapi.from_dict(contract(self.witness.profile), config=config)

    @property
    def headers(self) -> dict[str, str]:
        """Return what pytest must hand to `call_and_validate(headers=…)`."""
        return {"Authorization": self.effective.authorization}

    @contextmanager
    def open(self) -> Iterator[Suite]:
        """Install the hooks, the checks and the gate meanwhile."""
        with ExitStack() as stack:
            stack.enter_context(self.files)
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
