"""Print the named assumptions as a page: `make docs` writes it to docs/assumptions.md."""

from collections.abc import Iterator

from blinger_spec import Assumption, assumptions

_HEAD = """\
# The named assumptions

What the API page leaves open, from `x-assumptions` in [openapi.yaml](../openapi.yaml). The first
value is the default; *seen* marks a default that a sample answer supports. The mock can take each
value (`blinger-mock --assume NAME=VALUE`). A profile is a TOML file of such lines that says
which hold for one deployment; `blinger-mock --profile`, `blinger-contract --profile` and
`Blinger(profile=…)` take the same file. The SDK itself asks for three of them: `auth_scheme`,
`body_encoding` and `uuid_dedupe`.

| name | question | values |
|---|---|---|"""


def page() -> Iterator[str]:
    """Yield the lines of the page."""
    yield _HEAD
    yield from map(_row, assumptions().values())


def _row(entry: Assumption) -> str:
    seen = " (seen)" if entry.seen else ""
    choices = entry.choices().split(", ")
    listed = [f"`{choice}`" if " " not in choice else choice for choice in choices]
    return f"| `{entry.name}` | {entry.question} | {' · '.join([listed[0] + seen, *listed[1:]])} |"


if __name__ == "__main__":
    for line in page():
        print(line)  # noqa: T201 - printing is what it is for
