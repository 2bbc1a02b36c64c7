"""Every request of a run with its answer, as an HTTP archive."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import harfile

if TYPE_CHECKING:
    from blinger_contract.suite import Suite
    from blinger_contract.trail import Record


def write(file: IO[str], suite: Suite) -> None:
    """Write what *suite* sent to *file*."""
    creator = harfile.Creator(name="blinger-contract", version="1")
    archive = harfile.HarFile.open(file, creator=creator)
    with archive:
        for record in suite.trail.records:
            took = round(record.elapsed * 1000, 2)
            archive.add_entry(
                startedDateTime=datetime.fromtimestamp(record.started, UTC).isoformat(),
                time=took,
                request=_request(record, suite),
                response=_response(record, suite),
                timings=harfile.Timings(send=0, wait=took, receive=0),
                comment=f"{record.phase} {record.operation or ''}".strip(),
            )


def _request(record: Record, suite: Suite) -> harfile.Request:
    clean = suite.redactor.text
    url = clean(record.url)
    headers = {name.lower(): value for name, value in record.headers.items()}
    post = (
        harfile.PostData(
            mimeType=clean(headers.get("content-type", "")),
            text=clean(record.body.decode("utf-8", "backslashreplace")),
        )
        if record.body
        else None
    )
    return harfile.Request(
        method=record.method,
        url=url,
        httpVersion="HTTP/1.1",
        headers=_headers(record.headers, suite),
        queryString=[
            harfile.Record(name=name, value=value)
            for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True)
        ],
        bodySize=len(record.body),
        postData=post,
    )


def _response(record: Record, suite: Suite) -> harfile.Response:
    clean = suite.redactor.text
    headers = {name.lower(): value for name, value in record.answer_headers.items()}
    return harfile.Response(
        status=record.status or 0,
        statusText=clean(record.reason),
        httpVersion="HTTP/1.1",
        headers=_headers(record.answer_headers, suite),
        content=harfile.Content(
            size=len(record.answer),
            mimeType=clean(headers.get("content-type", "")),
            text=clean(record.answer.decode("utf-8", "backslashreplace")),
        ),
        redirectURL=clean(headers.get("location", "")),
        bodySize=len(record.answer),
    )


def _headers(headers: dict[str, str], suite: Suite) -> list[harfile.Record]:
    clean = suite.redactor.text
    return [harfile.Record(name=clean(name), value=clean(value)) for name, value in headers.items()]
