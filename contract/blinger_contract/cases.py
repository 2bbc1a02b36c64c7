"""What is kept of a failing case, so that it can be sent again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from schemathesis.config import SanitizationConfig
from schemathesis.reporting.crashes import build_crashes_from_recorder

from blinger_contract.ids import WORD

if TYPE_CHECKING:
    from schemathesis.core.failures import Failure
    from schemathesis.engine.recorder import RecordedScenario

    from blinger_contract.suite import Suite
    from blinger_contract.wire import Lost

_LONGEST = 64 * 1024


def stored(
    suite: Suite, recorder: RecordedScenario, case_id: str, failure: Failure
) -> dict[str, Any] | None:
    """Return the requests that led to *failure*, the oldest first; None if one had no answer."""
    crashes = build_crashes_from_recorder(
        recorder=recorder, failing_case_id=case_id, sanitization=SanitizationConfig()
    )
    said = str(failure)
    for crash in crashes:
        if crash.sequence[-1].checks[0].message == said:
            for step in crash.sequence:
                step.response_body, step.response_headers = "", {}
            document = json.loads(json.dumps(crash.to_dict(), default=str))
            return {**_ids(suite, json.dumps(document)), "crash": document}
    return None


def request(suite: Suite, lost: Lost) -> dict[str, Any] | None:
    """Return the one request that had no answer; None if it is too long to be kept."""
    body = lost.request.body or b""
    content = body if isinstance(body, bytes) else str(body).encode()
    sent = lost.request.headers.get("Authorization")
    url = str(lost.request.url)
    if len(content) > _LONGEST or not url.startswith(suite.options.url):
        return None
    kept = {
        "method": lost.request.method,
        "path": url.removeprefix(suite.options.url),
        "content_type": lost.request.headers.get("Content-Type"),
        # Each byte as a character, for what is no text.
        "body": content.decode("latin-1"),
        "authorized": None if sent is None else sent == suite.effective.authorization,
    }
    return {**_ids(suite, json.dumps(kept)), "request": kept}


def _ids(suite: Suite, text: str) -> dict[str, Any]:
    named = set(WORD.findall(text))
    return {
        # Made up in that run: a replay makes up others.
        "made_up": sorted(suite.ids.made & named),
        "conversation": suite.options.conversation,
        "agents": [one for one in suite.options.agents if one in named],
    }
