"""What it costs to begin: to import, to make a client, and to have a first answer."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.candidates import HEADERS, PATH, TEXT, TOKEN
from benchmarks.environments import environ
from benchmarks.figures import Bar, Row, Section, Spread, Table, ratio_bar
from benchmarks.upstream import CONVERSATION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.context import Context

_URL = "https://widget.example.com/api/external/v1"


@dataclass(frozen=True)
class _Script:
    name: str
    environment: str
    code: str

    @property
    def ours(self) -> bool:
        return self.environment == "blinger"


_IMPORTS = (
    _Script("import httpx", "httpx", "import httpx"),
    _Script("import blinger", "blinger", "import blinger"),
    _Script("from blinger import Blinger", "blinger", "from blinger import Blinger"),
    _Script("import requests", "others", "import requests"),
    _Script("import aiohttp", "aiohttp", "import aiohttp"),
)
_CLIENTS = (
    _Script("httpx.Client()", "httpx", "import httpx; httpx.Client()"),
    _Script(
        "Blinger(…)",
        "blinger",
        f"from blinger import Blinger; Blinger({TOKEN!r}, base_url={_URL!r})",
    ),
)
_GENERATED = """
import uuid
from blinger_api import AuthenticatedClient
from blinger_api.api.conversation import send_text_message
from blinger_api.models import SendTextMessageRequest
client = AuthenticatedClient(base_url={url!r}, token={token!r}, prefix="")
body = SendTextMessageRequest(uuid=uuid.uuid4(), text={text!r})
assert send_text_message.sync({conversation!r}, client=client, body=body).data.id
"""
_HTTPX = """
import uuid
import httpx
client = httpx.Client(base_url={url!r}, headers={headers!r})
answer = client.request("POST", {path!r}, json={{"uuid": str(uuid.uuid4()), "text": {text!r}}})
assert answer.json()["data"]["id"]
"""
_BLINGER = """
from blinger import Blinger
with Blinger({token!r}, base_url={url!r}) as client:
    assert client.conversation({conversation!r}).send_text({text!r}).id
"""


def imports(context: Context) -> Section:
    """CPU time of imports and of a first client, over that of a Python that does nothing."""
    rounds = max(context.rounds, 15)
    found = _compare(context, ("import", "Imports, over bare Python"), _IMPORTS, rounds)
    clients = _compare(
        context, ("first-client", "The first client, import and all"), _CLIENTS, max(rounds // 2, 7)
    )
    own = found.rows[1].figures["ms CPU"].median
    return Section(
        "import",
        [found, clients],
        [
            ratio_bar("import blinger / import httpx", found, "import blinger", 0.15),
            Bar("import blinger", own, 0.15 * found.rows[0].figures["ms CPU"].median, 5, "ms"),
        ],
    )


def cold(context: Context) -> Section:
    """CPU time of a process from its start to its first parsed answer."""
    of = {
        "url": context.url,
        "token": TOKEN,
        "text": TEXT,
        "conversation": CONVERSATION,
        "headers": HEADERS,
        "path": PATH,
    }
    scripts = (
        _Script("generated client", "httpx", _GENERATED.format(**of)),
        _Script("httpx, .json()", "httpx", _HTTPX.format(**of)),
        _Script("blinger", "blinger", _BLINGER.format(**of)),
    )
    title = "A process and its first parsed answer, over bare Python"
    table = _compare(context, ("cold", title), scripts, 2 * max(context.rounds, 15))
    return Section("cold", [table], [ratio_bar("cold / generated", table, "blinger", 0.95, 0.8)])


def _compare(
    context: Context, table: tuple[str, str], scripts: Sequence[_Script], rounds: int
) -> Table:
    bare = [_Script(name, name, "pass") for name in sorted({it.environment for it in scripts})]
    found: dict[_Script, list[float]] = {it: [] for it in (*scripts, *bare)}
    for script in found:  # the first run of each writes what Python compiles
        _run(context, script)
    for _ in range(rounds):
        for script in random.sample(list(found), len(found)):
            found[script].append(_run(context, script) * 1000)
    nothing = Spread.of(value for it in bare for value in found[it])
    over = {it: [value - nothing.median for value in found[it]] for it in scripts}
    rows = [Row("python -c pass", {"ms CPU": nothing})]
    base = over[scripts[0]]
    rows = [
        Row(
            it.name,
            {
                "ms CPU": Spread.of(over[it]),
                "ratio": Spread.of(own / its for own, its in zip(over[it], base, strict=True)),
            },
            it.ours,
        )
        for it in scripts
    ] + rows
    return Table(*table, rows)


def _run(context: Context, script: _Script) -> float:
    """Run it and return the seconds of CPU that it took, children apart."""
    program = context.environments.python(script.environment)
    process = os.posix_spawn(program, [program, "-I", "-c", script.code], environ())
    _, status, usage = os.wait4(process, 0)
    assert status == 0, script.name
    return usage.ru_utime + usage.ru_stime
