"""A small FastAPI application that sends its traces to Vivace.

Run it with `uvicorn main:app --port 8000`; README.md lists what it reads from
the environment.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Annotated, Any, AsyncIterator

import httpx
from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.trace import SpanKind, Status, StatusCode
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client import generate_latest

from settings import read_settings
from shop import ShopSimulator
from tracing import Tracing, current_trace_id, set_up_logging

SLOW_SECONDS = 2.0
DEPTH_MAX = 20
TRACES_MAX = 1_000
OPERATIONS_MAX = 50
LOAD_REQUESTS_MAX = 1_000
LOAD_CONNECTIONS = 8
SYNTHETIC_TRACES = 20

ENDPOINTS = {
    "/": "this list",
    "/hello": "a greeting",
    "/slow": "takes two seconds",
    "/error": "fails with status 500 and an exception on its span",
    "/trace-example?depth=3": f"nested spans, depth 1 to {DEPTH_MAX}",
    "/generate-traces?count=10&operations_per_trace=5":
        f"traces of their own, count 1 to {TRACES_MAX}, "
        f"operations_per_trace 1 to {OPERATIONS_MAX}",
    "/generate-synthetic-data": "traces of a made-up shop with eight services",
    "/generate-load?requests=50": f"requests to this application, 1 to {LOAD_REQUESTS_MAX}",
    "/metrics": "figures in Prometheus's text format",
}

tracing = Tracing(read_settings())
tracer = tracing.tracer
log = set_up_logging()

registry = CollectorRegistry()
requests_total = Counter("demo_requests", "Requests answered.", ["endpoint", "status"],
                         registry=registry)
request_seconds = Histogram("demo_request_duration_seconds", "Time to answer.", ["endpoint"],
                            registry=registry)
generated_total = Counter("demo_generated_traces", "Traces written by the generators.",
                          registry=registry)


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    await asyncio.to_thread(tracing.shutdown)


app = FastAPI(title="Vivace example", lifespan=_lifespan)


@app.middleware("http")
async def _measure(request: Request, call_next: Any) -> Response:
    started = time.perf_counter()
    response = await call_next(request)
    # Only the paths that exist become labels; anything else would grow without bound.
    known = request.url.path in {path.split("?")[0] for path in ENDPOINTS}
    endpoint = request.url.path if known else "other"
    requests_total.labels(endpoint, str(response.status_code)).inc()
    request_seconds.labels(endpoint).observe(time.perf_counter() - started)
    return response


@app.exception_handler(RequestValidationError)
async def _bad_parameter(_: Request, error: RequestValidationError) -> JSONResponse:
    reasons = "; ".join(
        f"{fault['loc'][-1]}: {fault['msg']}, found {fault.get('input')!r}"
        for fault in error.errors())
    return JSONResponse({"error": reasons, "trace_id": current_trace_id()}, status_code=400)


@app.get("/")
async def index() -> dict[str, Any]:
    return {"endpoints": ENDPOINTS, "trace_id": current_trace_id()}


@app.get("/hello")
async def hello() -> dict[str, str]:
    with tracer.start_as_current_span("say_hello") as span:
        span.set_attribute("greeting.language", "en")
        log.info("saying hello")
    return {"message": "Hello from the example application", "trace_id": current_trace_id()}


@app.get("/slow")
async def slow() -> dict[str, Any]:
    with tracer.start_as_current_span("slow_operation") as span:
        span.set_attribute("wait.seconds", SLOW_SECONDS)
        span.add_event("wait begins")
        await asyncio.sleep(SLOW_SECONDS)
        log.info("the slow operation is done")
    return {"message": "done", "seconds": SLOW_SECONDS, "trace_id": current_trace_id()}


@app.get("/error")
async def error() -> JSONResponse:
    try:
        with tracer.start_as_current_span("failing_operation"):
            log.error("about to fail, as asked")
            raise RuntimeError("this operation fails on purpose")
    except RuntimeError as failure:
        return JSONResponse({"error": str(failure), "trace_id": current_trace_id()},
                            status_code=500)


def _nest(level: int, depth: int) -> None:
    with tracer.start_as_current_span(f"operation_{level}") as span:
        span.set_attributes({"operation.level": level, "operation.depth": depth})
        span.add_event("operation begins", {"operation.level": level})
        if level < depth:
            _nest(level + 1, depth)


@app.get("/trace-example")
def trace_example(depth: Annotated[int, Query(ge=1, le=DEPTH_MAX)] = 3) -> dict[str, Any]:
    _nest(1, depth)
    log.info("wrote %d nested operations", depth)
    return {"depth": depth, "trace_id": current_trace_id()}


@app.get("/generate-traces")
def generate_traces(
    count: Annotated[int, Query(ge=1, le=TRACES_MAX)] = 10,
    operations_per_trace: Annotated[int, Query(ge=1, le=OPERATIONS_MAX)] = 5,
) -> dict[str, Any]:
    trace_ids = []
    for number in range(1, count + 1):
        # An empty context: each of these is the root of a trace of its own.
        with tracer.start_as_current_span(f"generated_trace_{number}", context=Context()) as root:
            root.set_attributes({"generated": True, "generated.number": number})
            trace_ids.append(trace.format_trace_id(root.get_span_context().trace_id))
            for operation in range(1, operations_per_trace + 1):
                with tracer.start_as_current_span(f"operation_{operation}") as span:
                    span.set_attribute("operation.number", operation)
    generated_total.inc(count)
    log.info("generated %d traces", count)
    return {"count": count, "operations_per_trace": operations_per_trace,
            "trace_id": current_trace_id(), "trace_ids": trace_ids}


@app.get("/generate-synthetic-data")
def generate_synthetic_data() -> dict[str, Any]:
    trace_ids = ShopSimulator(tracing).write_traces(SYNTHETIC_TRACES)
    generated_total.inc(len(trace_ids))
    log.info("wrote %d traces of the shop", len(trace_ids))
    return {"count": len(trace_ids), "trace_id": current_trace_id(), "trace_ids": trace_ids}


def _load_one(client: httpx.Client, number: int) -> tuple[str, int]:
    path = ("/hello", "/trace-example?depth=4", "/hello", "/error")[number % 4]
    with tracer.start_as_current_span("load_request", context=Context(),
                                      kind=SpanKind.CLIENT) as span:
        headers: dict[str, str] = {}
        propagate.inject(headers)  # W3C traceparent: the request joins this trace.
        response = client.get(path, headers=headers)
        span.set_attributes({"http.request.method": "GET", "url.path": path.split("?")[0],
                             "http.response.status_code": response.status_code})
        if response.status_code >= 400:
            span.set_status(Status(StatusCode.ERROR, f"status {response.status_code}"))
        return trace.format_trace_id(span.get_span_context().trace_id), response.status_code


@app.get("/generate-load")
def generate_load(
    request: Request,
    requests: Annotated[int, Query(ge=1, le=LOAD_REQUESTS_MAX)] = 50,
) -> dict[str, Any]:
    # The listening socket's own address: a Host header must not decide where requests go.
    host, port = request.scope["server"]
    with httpx.Client(base_url=f"http://{host}:{port}", timeout=30.0,
                      trust_env=False) as client:
        with ThreadPoolExecutor(LOAD_CONNECTIONS) as pool:
            results = list(pool.map(lambda number: _load_one(client, number), range(requests)))
    statuses: dict[str, int] = {}
    for _, status in results:
        statuses[str(status)] = statuses.get(str(status), 0) + 1
    log.info("sent %d requests", requests)
    return {"requests": requests, "statuses": statuses, "trace_id": current_trace_id(),
            "trace_ids": [trace_id for trace_id, _ in results]}


@app.get("/metrics")
async def metrics() -> Response:
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


# Requests become spans by themselves. The spans of single ASGI messages are left
# out (a request is one span, its work hangs below it), and so are the scrapes.
FastAPIInstrumentor.instrument_app(
    app, tracer_provider=tracing.provider, exclude_spans=["send", "receive"],
    excluded_urls="/metrics$")
