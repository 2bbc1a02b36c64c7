"""The hooks: real ids before each call, and the cases without which nothing would be proven."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import schemathesis
from schemathesis.checks import CHECKS
from schemathesis.hooks import unregister

from blinger_contract import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import APIOperation, Case, HookContext

    from blinger_contract.suite import Suite


@contextmanager
def installed(suite: Suite) -> Iterator[None]:
    """Give schemathesis the hooks and checks of *suite* meanwhile.

    They are global there: one suite at a time.
    """

    def before_call(_: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
        suite.ids.fill(case)

    def before_add_examples(context: HookContext, examples: list[Case[Any]]) -> None:
        if context.operation is not None:
            examples.extend(_proofs(suite, context.operation))

    hooks = (before_call, before_add_examples)
    for hook in hooks:
        schemathesis.hook(hook)
    names = [schemathesis.check(check).__name__ for check in checks.functions(suite)]
    try:
        yield
    finally:
        for hook in hooks:
            unregister(hook)
        for name in names:
            CHECKS.unregister(name)


def _proofs(suite: Suite, operation: APIOperation[Any, Any, Any, Any]) -> Iterator[Case[Any]]:
    """Yield a case that must be answered with 200, and one for each id that may not exist."""
    conversation = suite.options.conversation or suite.ids.make("conversation", "none was given")
    unknown = suite.ids.make("conversation", "unknown")
    operation_id = str(operation.definition.raw["operationId"])
    agent = (
        suite.options.agents[0]
        if suite.options.agents
        else suite.ids.make("agent", "none was given")
    )
    yield _case(operation, conversation, _body(suite, operation_id, agent))
    yield _case(operation, unknown, _body(suite, operation_id, agent))
    if operation_id == "assignAgent":
        yield _case(
            operation, conversation, _body(suite, operation_id, suite.ids.make("agent", "unknown"))
        )


def _body(suite: Suite, operation_id: str, agent: str) -> dict[str, Any] | None:
    if operation_id == "assignAgent":
        return {"agentId": agent}
    if operation_id == "requestReview":
        return None
    # Another one in each case, or an answer could be a repetition of the one before.
    field = {
        "sendTextMessage": {"text": "Hello"},
        "sendFileMessage": {"file": suite.ids.file},
    }
    return {
        "uuid": str(uuid.uuid5(suite.run, f"{operation_id}:{suite.counter()}")),
        **field[operation_id],
    }


def _case(
    operation: APIOperation[Any, Any, Any, Any], conversation: str, body: dict[str, Any] | None
) -> Case[Any]:
    parameters = {"id": conversation}
    if body is None:
        return operation.Case(path_parameters=parameters)
    (media_type,) = operation.definition.raw["requestBody"]["content"]
    return operation.Case(path_parameters=parameters, body=body, media_type=media_type)
