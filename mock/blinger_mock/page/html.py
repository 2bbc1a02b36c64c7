"""The templates, and how text of strangers gets into them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

HERE = Path(__file__).parent
_CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)")
_ALL = re.compile(f"{_CONTROLS.pattern}|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CODE = Markup('<bdi class="control">{}</bdi>')
_DIRECTION = Markup('<bdi class="control" data-code="{}">{}</bdi>')


def legible(text: str) -> Markup:
    """Return *text* with the code of each control character in its place.

    A tab and the end of a line are left; so is what turns the direction, which a text may need.
    """
    return _coded(_CONTROLS, text)


def visible(text: str) -> Markup:
    """Return *text* as `legible` does, and what turns the direction to be seen, without its effect.

    Such a character stays beside its code, so that what is copied is what was sent.
    """
    return _coded(_ALL, text)


def _coded(controls: re.Pattern[str], text: str) -> Markup:
    parts: list[str] = []
    end = 0
    for found in controls.finditer(text):
        parts += [escape(text[end : found.start()]), _code(found[0])]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def _code(control: str) -> Markup:
    code = f"U+{ord(control):04X}"
    if unicodedata.category(control) == "Cc":
        return _CODE.format(code)
    return _DIRECTION.format(code, control)


_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"legible": legible, "visible": visible}


def render(name: str, **known: Any) -> str:
    """Return the template *name* with what it is to know."""
    # An attribute may have what no filter went over, and HTML can have no NUL anywhere.
    return _TEMPLATES.get_template(name).render(**known).replace("\0", "\ufffd")
