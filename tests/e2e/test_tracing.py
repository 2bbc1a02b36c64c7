"""What OpenTelemetry's instrumentation of httpx sees of the SDK, and what it must not see."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from opentelemetry.instrumentation._semconv import (
    _OpenTelemetrySemanticConventionStability as Stability,
)
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from tests.unit.wrapper.samples import ok
from tests.unit.wrapper.scripted import Answer, Raw, Server

from blinger import AsyncBlinger, Blinger, BlingerError, _retries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.trace import ReadableSpan

TOKEN = "canary-token"
TEXT = "canary text"


class Traces:
    """A program that is traced: its spans are kept in memory."""

    def __init__(self) -> None:
        self._memory = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._memory))
        self.tracer = self.provider.get_tracer("the caller")

    def instrument(self) -> None:
        HTTPXClientInstrumentor().instrument(tracer_provider=self.provider)

    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._memory.get_finished_spans()

    def attempts(self) -> list[ReadableSpan]:
        return [span for span in self.spans() if span.kind is SpanKind.CLIENT]


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    """A traced program that does not wait long between its attempts."""
    monkeypatch.setattr(_retries, "FIRST_BACKOFF", 0.001)
    # Which names attributes have is read from the environment once; here, once for each test.
    monkeypatch.setattr(Stability, "_initialized", False)
    monkeypatch.setattr(Stability, "_OTEL_SEMCONV_STABILITY_SIGNAL_MAPPING", {})
    running = Traces()
    yield running
    HTTPXClientInstrumentor().uninstrument()
    running.provider.shutdown()


def _sync(traces: Traces, server: Server, **options: Any) -> None:
    with (
        Blinger(TOKEN, base_url=server.url, **options) as client,
        contextlib.suppress(BlingerError),
        traces.tracer.start_as_current_span("order shipped"),
    ):
        client.conversation("c").send_text(TEXT)


def _async(traces: Traces, server: Server, **options: Any) -> None:
    async def main() -> None:
        async with AsyncBlinger(TOKEN, base_url=server.url, **options) as client:
            with (
                contextlib.suppress(BlingerError),
                traces.tracer.start_as_current_span("order shipped"),
            ):
                await client.conversation("c").send_text(TEXT)

    asyncio.run(main())


FACES = pytest.mark.parametrize("send", [_sync, _async])


@FACES
def test_one_span_for_each_attempt(send: Any, traces: Traces) -> None:
    """Retries are spans side by side under the caller's, each with the status of its answer."""
    traces.instrument()
    with Server(Answer(503), Answer(429, headers={"Retry-After": "0"}), ok("send_text")) as server:
        send(traces, server)
        sent = server.requests
    [caller] = [span for span in traces.spans() if span.name == "order shipped"]
    attempts = traces.attempts()

    assert [dict(span.attributes or {})["http.status_code"] for span in attempts] == [503, 429, 200]
    assert [span.status.status_code for span in attempts] == [
        StatusCode.ERROR,
        StatusCode.ERROR,
        StatusCode.UNSET,
    ]
    for span, request in zip(attempts, sent, strict=True):
        assert span.name == "POST"
        assert span.parent is not None
        assert caller.context is not None
        assert span.context is not None
        assert span.parent.span_id == caller.context.span_id
        # The server can go on with the trace: each attempt tells it which span it belongs to.
        assert f"{span.context.span_id:016x}" in request.headers["traceparent"]


@FACES
@pytest.mark.parametrize(
    "steps",
    [
        [ok("send_text")],
        [Answer(503, {"status": 503, "error": f"{TEXT} {TOKEN}"})],
        [Answer(200, f"{TEXT} {TOKEN}".encode())],
        [Raw()],
        [],
    ],
)
@pytest.mark.parametrize(
    ("conventions", "names"),
    [("", ["http.url"]), ("http", ["url.full"]), ("http/dup", ["http.url", "url.full"])],
)
def test_nothing_secret_in_a_span(
    send: Any,
    steps: list[Answer | Raw],
    conventions: str,
    names: list[str],
    traces: Traces,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No attribute or event has the token, the text or a query, whatever the answer."""
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", conventions)
    traces.instrument()
    with Server(*steps) as server:
        if not steps:
            server.refuse()
        send(traces, server, retries=1)
    attempts = traces.attempts()

    assert attempts
    for span in attempts:
        written = span.to_json()
        assert "canary" not in written
        assert "eyJ" not in written
        urls = {name: str(span.attributes[name]) for name in names if span.attributes}
        assert set(urls.values()) == {f"{server.url}/conversation/c/send-text-message"}


@FACES
def test_captured_headers(send: Any, traces: Traces, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever lets headers be captured can take the token out with OpenTelemetry's filter."""
    variable = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_"
    monkeypatch.setenv(f"{variable}CLIENT_REQUEST", ".*")
    monkeypatch.setenv(f"{variable}SANITIZE_FIELDS", "authorization")
    traces.instrument()
    with Server(ok("send_text")) as server:
        send(traces, server)
    [span] = traces.attempts()

    assert "canary" not in span.to_json()
    assert (span.attributes or {})["http.request.header.authorization"] == ("[REDACTED]",)


@FACES
def test_a_lost_connection_is_an_error(send: Any, traces: Traces) -> None:
    """An attempt without an answer is a span that failed, named after what happened."""
    traces.instrument()
    with Server(Raw()) as server:
        send(traces, server, retries=0)
    [span] = traces.attempts()

    assert span.status.status_code is StatusCode.ERROR
    assert "RemoteProtocolError" in span.to_json()


def test_instrumented_after_the_client_was_used(traces: Traces) -> None:
    """The order does not matter: connections that are open are traced from then on."""
    with Server(ok("send_text")) as server:
        with Blinger(TOKEN, base_url=server.url) as client:
            chat = client.conversation("c")
            chat.send_text(TEXT)
            assert traces.spans() == ()
            traces.instrument()
            chat.send_text(TEXT)
            assert len(traces.attempts()) == 1
            HTTPXClientInstrumentor().uninstrument()
            chat.send_text(TEXT)
        assert server.connections == 1
    assert len(traces.attempts()) == 1


def test_a_given_client_alone(traces: Traces) -> None:
    """A client that is given can be instrumented by itself; others are not."""
    with Server(ok("send_text")) as server, httpx.Client() as given:
        HTTPXClientInstrumentor.instrument_client(given, tracer_provider=traces.provider)
        _sync(traces, server, http_client=given)
        _sync(traces, server)

    assert len(traces.attempts()) == 1
