"""The templates of ours: stock text with more; the one for unions swallows no parse error."""

from __future__ import annotations

import copy
import difflib
import json
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from blinger_api.models import Conversation, Message

_ROOT = Path(__file__).parents[3]
_TEMPLATES = _ROOT / "generator" / "templates"
_GONE = {
    "models_init.py.jinja": ["{% for import in imports | sort %}", "{{ import }}", "{% endfor %}"],
    "package_init.py.jinja": ["from .client import AuthenticatedClient, Client"],
    "property_templates/union_property.py.jinja": [
        "{% set ns = namespace(contains_unmodified_properties = false) %}"
    ],
}
"""Each template that is overridden, and its stock lines that ours does not have as they are."""


def _sample(name: str) -> Any:
    text = (_ROOT / "tests" / "samples" / f"conversation_{name}.200.json").read_text("utf-8")
    return json.loads(text)["data"]


def test_no_other() -> None:
    """Only these templates are overridden; everything else is the generator's."""
    paths = {path for path in _TEMPLATES.rglob("*") if path.is_file()}
    stock = Path(str(files("openapi_python_client"))) / "templates"
    ours = {path for path in paths if not (stock / path.relative_to(_TEMPLATES)).exists()}
    assert {path.relative_to(_TEMPLATES).as_posix() for path in paths - ours} == _GONE.keys()
    assert {path.name for path in ours} == {"lazy.jinja"}


@pytest.mark.parametrize("name", _GONE)
def test_stock_with_more(name: str) -> None:
    """Of the stock text, only the lines named above are changed or moved; the rest is added."""
    stock = (files("openapi_python_client") / "templates" / name).read_text(encoding="utf-8")
    ours = (_TEMPLATES / name).read_text(encoding="utf-8")
    assert f"openapi-python-client {version('openapi-python-client')} " in ours
    gone = [
        line[2:].strip()
        for line in difflib.ndiff(stock.splitlines(), ours.splitlines())
        if line.startswith("- ")
    ]
    assert gone == _GONE[name]


@pytest.mark.parametrize(
    ("sample", "model", "path"),
    [
        ("send_text_message", Message, ("endUser",)),
        ("send_file_message", Message, ("file",)),
        ("request_review", Message, ("review",)),
        ("request_review", Message, ("review", "agent", "avatar")),
        ("assign_agent", Conversation, ("assignedAgent",)),
    ],
)
@pytest.mark.parametrize("wrong", ["a string", 5, [], {"id": "with nothing else"}])
def test_not_swallowed(
    sample: str, model: type[Message | Conversation], path: tuple[str, ...], wrong: object
) -> None:
    """Where an object or null is due, anything else raises instead of coming back as it is."""
    data = _sample(sample)
    assert model.from_dict(copy.deepcopy(data)).to_dict() == data
    holder = data
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = wrong
    with pytest.raises((TypeError, KeyError)):
        model.from_dict(data)


def test_null() -> None:
    """Null stays what it is: nothing."""
    message = Message.from_dict(_sample("send_text_message"))
    assert (message.file, message.review, message.bot, message.agent) == (None, None, None, None)
