"""The templates, and how text of strangers gets into them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

HERE = Path(__file__).parent
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL = Markup('<bdi class="control" data-code="U+{:04X}">{}</bdi>')


def visible(text: str) -> Markup:
    """Return *text* with each control character of direction to be seen, and without its effect.

    The character itself stays, so that what is copied is what was sent.
    """
    parts: list[str] = []
    end = 0
    for found in _DIRECTIONS.finditer(text):
        control = found[0]
        parts += [escape(text[end : found.start()]), _CONTROL.format(ord(control), control)]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["visible"] = visible


def render(name: str, **known: Any) -> str:
    """Return the template *name* with what it is to know."""
    return _TEMPLATES.get_template(name).render(**known)
