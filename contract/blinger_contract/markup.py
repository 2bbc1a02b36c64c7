"""Small pieces of HTML."""

from __future__ import annotations

import html
import json

_LONGEST = 20_000


def escape(value: object) -> str:
    """Return *value* as text that HTML shows as it is; characters that cannot be seen are named."""
    text = "".join(
        one if one.isprintable() or one in "\n\t" else one.encode("unicode_escape").decode()
        for one in str(value)
    )
    return html.escape(text)


def chip(text: str) -> str:
    """Return *text* in a small box."""
    return f'<code class="chip">{escape(text)}</code>'


def mark(text: str, tone: str) -> str:
    """Return *text* in the colours of *tone*: good, warn or bad."""
    return f'<span class="mark {tone}">{escape(text)}</span>'


def table(heads: list[str], rows: list[str]) -> str:
    """Return a table, which scrolls by itself where the page is narrow."""
    return (
        f'<div class="scroll"><table><thead><tr>{"".join(heads)}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def pretty(answer: str) -> str:
    """Return *answer*, `HTTP 200 {…}`, with its JSON laid out, cut where it is very long."""
    head, brace, rest = answer.partition(" {")
    try:
        laid_out = json.dumps(json.loads(brace.strip() + rest), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        laid_out = ""
    text = f"{head}\n{laid_out}" if laid_out else answer
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}… ({len(text)} characters)"
