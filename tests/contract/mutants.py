"""Mechanical mutants of a source: one small change of its syntax tree each.

The list is made by rules, in the order of the source, without a look at what is checked. A name
holds the function, the rule and a count within both, so that it outlives changes elsewhere.
"""

from __future__ import annotations

import ast
import collections
import contextlib
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
}
_STATUSES = {200: 201, 400: 500, 401: 403, 404: 400, 405: 404, 409: 400, 413: 400, 415: 400}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed source, and where it was changed."""

    name: str
    line: int
    before: str
    after: str
    source: str


def mutants(source: str) -> list[Mutant]:
    """Return all mutants of *source*: each differs from it in one place."""
    tree = ast.parse(source)
    counts: collections.Counter[str] = collections.Counter()
    listed: list[Mutant] = []
    for owner, node in list(_walk(tree)):
        for rule, change in _RULES.items():
            for variant in list(change(node)):
                key = f"{owner}.{rule}"
                counts[key] += 1
                line, before = getattr(node, "lineno", 0), _shown(node)
                with _replaced(node, variant):
                    after, changed = _shown(node), ast.unparse(tree)
                listed.append(Mutant(f"{key}.{counts[key]}", line, before, after, changed))
    return listed


def _walk(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield what may be changed in each function, with the name of the function."""
    for top in tree.body:
        functions = [top] if isinstance(top, ast.FunctionDef) else []
        if isinstance(top, ast.ClassDef):
            functions = [it for it in top.body if isinstance(it, ast.FunctionDef)]
        for function in functions:
            for statement in function.body:
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    continue
                for node in ast.walk(statement):
                    yield function.name, node


@contextlib.contextmanager
def _replaced(node: ast.AST, variant: ast.AST) -> Iterator[None]:
    kind, fields = node.__class__, dict(vars(node))
    node.__class__ = variant.__class__
    vars(node).clear()
    vars(node).update({**vars(variant), "lineno": 1, "col_offset": 0})
    try:
        yield
    finally:
        node.__class__ = kind
        vars(node).clear()
        vars(node).update(fields)


def _shown(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:150]


def _compare(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            twin = copy.deepcopy(node)
            twin.ops[index] = _SWAPPED[type(operator)]()
            yield twin


def _negate(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, (ast.If, ast.IfExp)):
        twin = copy.deepcopy(node)
        twin.test = ast.UnaryOp(ast.Not(), twin.test)
        yield twin


def _and_or(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BoolOp):
        twin = copy.deepcopy(node)
        twin.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield twin


def _operand(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BoolOp):
        for index in range(len(node.values)):
            rest = [copy.deepcopy(it) for at, it in enumerate(node.values) if at != index]
            yield ast.BoolOp(copy.deepcopy(node.op), rest) if len(rest) > 1 else rest[0]


def _constant(node: ast.AST) -> Iterator[ast.AST]:
    if not isinstance(node, ast.Constant) or node.value is None:
        return
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(_STATUSES.get(value, value + 1))
    elif isinstance(value, str):
        yield ast.Constant(value + "x" if value else "x")


def _arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        twin = copy.deepcopy(node)
        twin.op = _ARITHMETIC[type(node.op)]()
        yield twin


def _drop_key(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Dict):
        for index in range(len(node.keys)):
            twin = copy.deepcopy(node)
            del twin.keys[index], twin.values[index]
            yield twin


def _null(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Dict):
        for index, value in enumerate(node.values):
            if node.keys[index] is not None and not isinstance(value, ast.Constant):
                twin = copy.deepcopy(node)
                twin.values[index] = ast.Constant(None)
                yield twin


def _drop_keyword(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call):
        for index in range(len(node.keywords)):
            twin = copy.deepcopy(node)
            del twin.keywords[index]
            yield twin


def _drop_call(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        yield copy.deepcopy(node.func.value)


def _delete(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, (ast.Raise, ast.Expr, ast.Assign, ast.AugAssign)):
        yield ast.Pass()


def _return_none(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Return) and node.value is not None:
        yield ast.Return(ast.Constant(None))


def _fail(node: ast.AST) -> Iterator[ast.AST]:
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Refused"
        and isinstance(node.args[0], ast.Constant)
    ):
        twin = copy.deepcopy(node)
        twin.args[0] = ast.Constant(500)
        yield twin


_RULES: dict[str, Callable[[ast.AST], Iterator[ast.AST]]] = {
    "compare": _compare,
    "negate": _negate,
    "and_or": _and_or,
    "operand": _operand,
    "constant": _constant,
    "arithmetic": _arithmetic,
    "drop_key": _drop_key,
    "null": _null,
    "drop_keyword": _drop_keyword,
    "drop_call": _drop_call,
    "delete": _delete,
    "return_none": _return_none,
    "fail": _fail,
}
