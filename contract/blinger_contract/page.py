"""The report as one HTML page, to be read and sent on: it holds no script and loads nothing."""

from __future__ import annotations

from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from blinger_contract import tables
from blinger_contract.markup import chip, escape, pretty

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>$title</title>
<style>
$style</style>
</head>
<body>
<main>
<h1>The contract of $url</h1>
$body
</main>
</body>
</html>
""")
_CARD = Template("""\
<article class="card $tone" id="$id">
<header><b>$number</b><h3>$title</h3></header>
<div class="chips">$operations</div>
$rows
</article>""")
_TONES = {0: ("good", "Kept"), 1: ("bad", "Broken"), 2: ("warn", "Incomplete")}
_OTHER_TONES = {3: ("bad", "Not tested"), 130: ("warn", "Interrupted")}
_BROKEN = (
    "Broken promises",
    "What the API page documents or shows, and what a profile pins; each fails the run.",
)
_ADVISORIES = (
    "Advisories",
    (
        "The API page leaves these open: the deployment does other than assumed. They fail no run"
        " until a profile pins the assumption, or --strict is given."
    ),
)
_LONG = 600


def html(told: dict[str, Any]) -> str:
    """Return the page for the run that *told* tells of."""
    parts = [
        _verdict(told),
        *_contents(told),
        *_section(told, "broken", "bad", *_BROKEN),
        *_section(told, "advisory", "warn", *_ADVISORIES),
        *_trouble(told),
        *tables.assumptions(told["assumptions"]),
        *tables.coverage(told["coverage"]),
        *tables.times(told["times"]),
        _footer(told),
    ]
    style = files("blinger_contract").joinpath("page.css").read_text(encoding="utf-8")
    return _PAGE.substitute(
        title=escape(f"{_tone(told)[1]}: the contract of {told['options']['url']}"),
        style=style,
        url=escape(told["options"]["url"]),
        body="\n".join(parts),
    )


def _tone(told: dict[str, Any]) -> tuple[str, str]:
    return {**_TONES, **_OTHER_TONES}[told["verdict"]["code"]]


def _verdict(told: dict[str, Any]) -> str:
    tone, word = _tone(told)
    options = told["options"]
    reason = told["verdict"]["reason"].removeprefix(f"{word}: ")
    if tone == "bad" and told["causes"]:
        reason = _counted(told)
    facts = {
        "mode": options["mode"] + (", strict" if options["strict"] else ""),
        "seed": options["seed"],
        "requests": told["requests"],
        "took": f"{told['seconds']:g} s",
        "started": told["started"].replace("T", " ").replace("+00:00", " UTC"),
        "conversation": options["conversation"] or "none was given",
    }
    listed = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in facts.items()
    )
    warnings = "".join(f"<p>{escape(warning)}</p>" for warning in told["warnings"])
    sentence = escape(reason[:1].upper() + reason[1:])
    return (
        f'<div class="verdict {tone}"><strong>{word}</strong><p>{sentence}</p>{warnings}'
        f'<dl class="facts">{listed}</dl></div>'
    )


def _counted(told: dict[str, Any]) -> str:
    tiers = [cause["tier"] for cause in told["causes"]]
    parts = []
    for tier, one, many in (
        ("broken", "broken promise", "broken promises"),
        ("advisory", "advisory", "advisories"),
    ):
        count = tiers.count(tier)
        if count:
            parts.append(f"{count} {one if count == 1 else many}")
    return f"{', '.join(parts)}."


def _contents(told: dict[str, Any]) -> Iterator[str]:
    """Yield the list of the causes, each in a line."""
    findings = {finding["id"]: finding for finding in told["findings"]}
    # Broken promises come first, as they do below.
    causes = sorted(told["causes"], key=lambda cause: cause["tier"] != "broken")
    if len(causes) < 2:  # noqa: PLR2004 - one stands right below anyway
        return
    yield '<ul class="contents">'
    for cause in causes:
        tone = "bad" if cause["tier"] == "broken" else "warn"
        every = len(cause["operations"]) == len(told["coverage"])
        operations = "all operations" if every else ", ".join(cause["operations"])
        promise = findings[cause["shown"]]["promise"].partition("\n")[0]
        yield (
            f'<li class="{tone}"><a href="#finding-{escape(cause["shown"])}">'
            f"{escape(cause['title'])}</a> <small>{escape(operations)}: {escape(promise)}</small>"
        )
    yield "</ul>"


def _section(told: dict[str, Any], tier: str, tone: str, title: str, lead: str) -> Iterator[str]:
    findings = {finding["id"]: finding for finding in told["findings"]}
    causes = [cause for cause in told["causes"] if cause["tier"] == tier]
    if not causes:
        return
    yield f"<h2>{escape(title)}</h2>\n<p class=lead>{escape(lead)}</p>"
    for number, cause in enumerate(causes, 1):
        finding = findings[cause["shown"]]
        yield _CARD.substitute(
            tone=tone,
            id=f"finding-{escape(finding['id'])}",
            number=number,
            title=escape(cause["title"]),
            operations="".join(map(chip, cause["operations"])),
            rows="\n".join(_rows(cause, finding)),
        )


def _rows(cause: dict[str, Any], finding: dict[str, Any]) -> Iterator[str]:
    yield _row("Promised", f'<div class="said">{escape(finding["promise"])}</div>')
    where = finding["where"]
    if where is not None:
        assumed = f" (assumption {finding['assumption']})" if finding["assumption"] else ""
        place = f"<code>openapi.yaml:{where['line']}</code> <code>{escape(where['pointer'])}</code>"
        yield _row("Where", place + escape(assumed))
    answer = pretty(finding["answer"])
    shown = f"<pre>{escape(answer)}</pre>"
    if len(answer) > _LONG:
        first = escape(finding["answer"].partition(" {")[0][:80])
        shown = f"<details><summary>{first}, in full</summary>{shown}</details>"
    yield _row("Came back", shown)
    if finding["curl"]:
        yield _row("Smallest case", f"<pre>{escape(finding['curl'])}</pre>")
    yield _row("Again", _again(cause, finding))


def _again(cause: dict[str, Any], finding: dict[str, Any]) -> str:
    seed = f"<code>--seed {escape(finding['seed'])}</code>"
    if finding["unrepeatable"]:
        return f"the whole run, with {seed}: {escape(finding['unrepeatable'])}"
    others = [one for one in cause["findings"] if one != finding["id"]]
    listed = f" and <code>{escape(' '.join(others))}</code>" if others else ""
    return f"<code>--replay {escape(finding['id'])}</code>{listed}, or all with {seed}"


def _row(label: str, content: str) -> str:
    return f'<div class="row"><div>{label}</div><div>{content}</div></div>'


def _trouble(told: dict[str, Any]) -> Iterator[str]:
    if told["errors"]:
        yield "<h2>What stopped the suite</h2>"
        for error in told["errors"]:
            yield f"<pre>{escape(error)}</pre>"


def _footer(told: dict[str, Any]) -> str:
    pinned = told["options"]["profile"]
    listed = ", ".join(f"{name} = {value}" for name, value in pinned.items()) or "nothing"
    return (
        f"<footer>The profile pins {escape(listed)}. blinger-contract of blinger "
        f"{escape(told['kit'])}, with schemathesis {escape(told['schemathesis'])}. Tokens are"
        " covered as [Filtered]; in a curl line, $BLINGER_TOKEN stands for yours.</footer>"
    )
