"""The suite as tests of a project: what a user of pytest writes. `test_contract_pytest.py` runs it.

It is no `test_*.py` itself: it needs a deployment, named in the environment.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from blinger_contract.options import Options
from blinger_contract.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Case

NO_DEADLINE = hypothesis.settings(deadline=None, max_examples=10, database=None)
PHASES = os.environ["CONTRACT_PHASES"].split(",")
OPTIONS = Options(
    url=os.environ["CONTRACT_URL"],
    token=os.environ["CONTRACT_TOKEN"],
    mode="full",
    conversation=os.environ["CONTRACT_CONVERSATION"],
    agents=(os.environ["CONTRACT_AGENT"],),
    seed=1,
)

# Open from here on: cases are made while pytest collects.
opened = ExitStack()
suite = opened.enter_context(Suite(OPTIONS).open())
schema = suite.schema
schema.config.phases.update(phases=PHASES)


@pytest.fixture(scope="session", autouse=True)
def _proven() -> Iterator[None]:
    """Each operation was seen to accept and to refuse, at the end."""
    with opened:
        yield
    owed = suite.ledger.missing(suite.unknown)
    assert not owed, f"never answered: {owed}"


@schema.parametrize()
@NO_DEADLINE
def test_each_operation_keeps_its_promises(case: Case[Any]) -> None:
    """Examples, coverage and fuzzing."""
    case.call_and_validate(headers=suite.headers)


@pytest.mark.skipif("stateful" not in PHASES, reason="this run goes without")
def test_a_walk_through_a_conversation() -> None:
    """The links from one operation to the next."""

    class Walk(schema.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: object) -> dict[str, Any]:
            return {"headers": suite.headers}

    Walk.run(settings=hypothesis.settings(NO_DEADLINE, stateful_step_count=5))
