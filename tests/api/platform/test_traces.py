"""One trace goes from the caller through the API and the queue into the worker."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import warnings

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from service.app import create_app
from service.errors import InvalidSettings, NothingToBrief
from service.models.base import Models
from service.pipeline.types import Brief, Emit, Memo, Progress, Request
from service.settings import Settings
from service.store.embedded import embedded_server
from service.store.workers import ModelInfo
from service.traces import configure_tracing, span
from service.worker import work
from tests.fake_worker import Named, brief_of

pytestmark = pytest.mark.slow

WORDS = "the minister's unprinted words"
TRACES = {"0" * 31 + "1": f"Traced. {WORDS}", "0" * 31 + "2": "EMPTY and traced."}
"""The caller's trace id → the text that it sends."""

CALLERS_SPAN = "b7ad6b7169203331"

COLLECTOR = """
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from opentelemetry.trace import SpanKind
from service import traces

class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        print(self.path, b"newsbrief-api" in body, b"sent away" in body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass

server = HTTPServer(("127.0.0.1", 0), Collector)
threading.Thread(target=server.serve_forever, daemon=True).start()
traces.configure_tracing(f"http://127.0.0.1:{server.server_port}/", "api")
with traces.span("sent away", SpanKind.SERVER, ""):
    assert traces.ids()
traces.flush()
"""


def run(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
    for done, stage in enumerate(("intake", "write")):
        emit(Progress(stage, done, 2))
    if "EMPTY" in request.articles[0].text:
        raise NothingToBrief(WORDS)
    return brief_of(request)


async def asked(url: str) -> list[int]:
    """The statuses of the requests, by an API and a worker that live for them."""
    settings, fakes = (
        Settings(redis_url=url),
        (Named("encoder@1"), Named("parser@1"), Named("reader@1")),
    )
    app = create_app(settings)
    served = (ModelInfo("encoder", "encoder@1", "MIT"),)
    working = asyncio.create_task(work(settings, Models(*fakes), served, run))
    transport = httpx.ASGITransport(app)
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://t") as client,
    ):
        while (await client.get("/health/ready")).status_code != 200:  # noqa: ASYNC110  # a beat in Redis
            await asyncio.sleep(0.02)
        answers = [
            await client.post(
                "/v1/briefs",
                json={"articles": [{"text": text}]},
                headers={"traceparent": f"00-{trace_id}-{CALLERS_SPAN}-01"},
            )
            for trace_id, text in TRACES.items()
        ]
    working.cancel()
    await working
    return [each.status_code for each in answers]


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    """Where all spans of this process go from now on: it can have one provider."""
    held, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(held))
    trace.set_tracer_provider(provider)
    return held


@pytest.fixture(scope="module")
def traced(
    tmp_path_factory: pytest.TempPathFactory, exporter: InMemorySpanExporter
) -> list[dict[str, ReadableSpan]]:
    """What each of the traces holds, by the spans' names."""
    with embedded_server(tmp_path_factory.mktemp("traced")) as url, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Call to deprecated setex")  # saq's
        assert asyncio.run(asked(url)) == [200, 422]
    spans = exporter.get_finished_spans()
    return [
        {each.name: each for each in spans if each.context.trace_id == int(trace_id, 16)}
        for trace_id in TRACES
    ]


def test_a_trace_goes_from_the_caller_into_every_stage(traced: list[dict[str, ReadableSpan]]):
    spans = traced[0]

    assert set(spans) == {"POST /v1/briefs", "job brief", "queue", "intake", "write"}
    request, job = spans["POST /v1/briefs"].context.span_id, spans["job brief"].context.span_id
    parents = {name: each.parent.span_id for name, each in spans.items()}
    assert parents == {
        "POST /v1/briefs": int(CALLERS_SPAN, 16), "job brief": request,
        "queue": job, "intake": job, "write": job,
    }  # fmt: skip
    assert spans["POST /v1/briefs"].attributes["http.response.status_code"] == 200
    assert WORDS not in str([each.to_json() for each in spans.values()])


def test_a_failure_is_traced_by_its_code_alone(traced: list[dict[str, ReadableSpan]]):
    job = traced[1]["job brief"]

    assert (job.status.is_ok, job.status.description) == (False, "nothing-to-brief")


def test_what_an_exception_says_is_in_no_span(exporter: InMemorySpanExporter):
    with pytest.raises(ValueError, match=WORDS), span("broken", SpanKind.INTERNAL, ""):
        raise ValueError(WORDS)

    (broken,) = [each for each in exporter.get_finished_spans() if each.name == "broken"]
    assert WORDS not in broken.to_json()


def test_spans_are_sent_to_the_collector_of_the_settings():
    done = subprocess.run(
        [sys.executable, "-c", COLLECTOR], capture_output=True, text=True, check=True
    )

    assert done.stdout == "/v1/traces True True\n"


def test_an_endpoint_without_the_extra_names_the_way_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace.export", None)

    with pytest.raises(InvalidSettings, match=r"newsbrief\[otel\]"):
        configure_tracing("http://127.0.0.1:4318", "api")
    configure_tracing(None, "api")
