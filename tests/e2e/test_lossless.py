"""Every span comes back identical in every field: by every way in, in every state of the data."""

from __future__ import annotations

from typing import Callable, Iterator

import pytest

from support import otlp, recorded
from support.compare import SpansByTrace, difference, sent_spans, spans_by_trace
from support.processes import Server
from support.vivace import Api, cut_block, send

WAYS = tuple(otlp.SENDERS)
# These are checked trace by trace; of the others, which differ little from them, and of the
# JSON answers every so many.
WHOLE_WAYS = ("http-protobuf", "http-json", "http-gzip", "grpc")
OTHERS_EVERY = 5
JSON_EVERY = 8


def _bodies_of_way(way: str) -> list[bytes]:
    """The recorded bodies with trace ids of their own, so that all ways fit into one server."""
    mask = WAYS.index(way)
    bodies = [recorded.with_trace_ids_masked(body, mask) if mask else body
              for body in recorded.bodies()]
    return bodies + [recorded.every_field(trace_number=0x1000 + mask)]


@pytest.fixture(scope="module")
def expected() -> dict[str, SpansByTrace]:
    return {way: sent_spans(_bodies_of_way(way)) for way in WAYS}


class _Loaded:
    """A server with all data, taken through the states one after the other."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.entered: list[str] = []


@pytest.fixture(scope="module")
def loaded(start_server: Callable[..., Server]) -> Iterator[_Loaded]:
    holder = _Loaded(start_server())
    for way in WAYS:
        send(holder.server, _bodies_of_way(way), way)
    yield holder
    holder.server.kill()


def _restart(holder: _Loaded) -> None:
    holder.server = holder.server.restarted()


STATES: dict[str, Callable[[_Loaded], None]] = {
    "live": lambda holder: None,
    "live and restarted": _restart,
    "in a block": lambda holder: cut_block(holder.server),
    "in a block and restarted": _restart,
}


@pytest.fixture(params=list(STATES))
def state(request: pytest.FixtureRequest, loaded: _Loaded) -> Server:
    # The states change one server's data, so each is entered once, in order.
    wanted = list(STATES).index(request.param)
    while len(loaded.entered) <= wanted:
        name = list(STATES)[len(loaded.entered)]
        STATES[name](loaded)
        loaded.entered.append(name)
    return loaded.server


def test_every_span_comes_back_identical(state: Server, expected: dict[str, SpansByTrace]) -> None:
    api = Api(state)
    try:
        for way, traces in expected.items():
            for index, (trace_id, spans) in enumerate(traces.items()):
                every_field = index == len(traces) - 1
                if way not in WHOLE_WAYS and index % OTHERS_EVERY and not every_field:
                    continue
                problem = difference(spans, spans_by_trace([api.trace(trace_id)])[trace_id])
                assert not problem, f"sent by {way}, trace {trace_id.hex()}: {problem}"
                if index % JSON_EVERY and not every_field:
                    continue
                for form, read in (("v2 JSON", api.trace_json), ("v1 protobuf", api.trace_v1),
                                   ("v1 JSON", api.trace_v1_json)):
                    if way != "http-protobuf" and form != "v2 JSON":
                        continue
                    found = spans_by_trace([read(trace_id)])[trace_id]
                    problem = difference(spans, found)
                    assert not problem, f"{way}, {form}, trace {trace_id.hex()}: {problem}"
    finally:
        api.close()


def test_a_trace_in_parts_is_joined_whole(start_server: Callable[..., Server]) -> None:
    """Parts in an old block, a newer block and live data make one trace, each span once."""
    server = start_server()
    bodies = recorded.bodies()
    for chunk in (bodies[:30], bodies[30:60]):
        send(server, chunk)
        cut_block(server)
    send(server, bodies[60:])
    api = Api(server)
    for trace_id, spans in sent_spans(bodies).items():
        problem = difference(spans, spans_by_trace([api.trace(trace_id)])[trace_id])
        assert not problem, f"trace {trace_id.hex()}: {problem}"
    api.close()


def test_a_body_sent_twice_is_joined(start_server: Callable[..., Server]) -> None:
    """A retry after a lost answer doubles spans; exact duplicates may be joined, never lost."""
    server = start_server()
    body = recorded.every_field()
    for _ in range(2):
        send(server, [body])
        cut_block(server)
    send(server, [body])
    api = Api(server)
    for trace_id, spans in sent_spans([body]).items():
        found = spans_by_trace([api.trace(trace_id)])[trace_id]
        problem = difference(spans, found, duplicates_may_join=True)
        assert not problem, problem
        assert sum(found.values()) == sum(spans.values()), "exact duplicates are shown once"
    api.close()


def test_the_same_span_id_with_other_content_is_kept(start_server: Callable[..., Server]) -> None:
    server = start_server()
    first = recorded.every_field()
    second = recorded.every_field(start_ns=1_752_242_951_000_000_000)
    send(server, [first])
    cut_block(server)
    send(server, [second])
    api = Api(server)
    for trace_id, spans in sent_spans([first, second]).items():
        found = spans_by_trace([api.trace(trace_id)])[trace_id]
        problem = difference(spans, found, duplicates_may_join=True)
        assert not problem, problem
    api.close()


@pytest.mark.parametrize("written", ["e", "E", "000e", "0" * 31 + "e"])
def test_ids_may_be_short_padded_and_in_any_case(server: Server, written: str) -> None:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "ids"
    resource_spans.scope_spans.add().spans.add(
        trace_id=bytes(15) + b"\x0e", span_id=b"\x01" * 8, name="short id",
        start_time_unix_nano=1_752_242_950_000_000_000,
        end_time_unix_nano=1_752_242_950_000_000_001)
    send(server, [request.SerializeToString()])
    api = Api(server)
    found = api.trace(written)
    assert [span.name for part in found.resource_spans for scope in part.scope_spans
            for span in scope.spans] == ["short id"]
    assert [trace["traceID"] for trace in api.search('{ name = "short id" }')] == ["e"]
    api.close()


def test_absent_traces_are_404_in_v1_and_empty_in_v2(server: Server) -> None:
    api = Api(server)
    missing = "deadbeef" * 4
    for accept in ("application/json", "application/protobuf"):
        answer = api.get(f"/api/traces/{missing}", accept=accept)
        assert (answer.status, answer.body) == (404, b"")
    answer = api.get(f"/api/v2/traces/{missing}", accept="application/protobuf")
    assert (answer.status, answer.body) == (200, b"\x0a\x00\x12\x00")
    answer = api.get(f"/api/v2/traces/{missing}")
    assert answer.status == 200
    assert answer.json()["trace"] in ({}, {"resourceSpans": []})
    api.close()


@pytest.mark.parametrize("bad", ["xyz", "g" * 32, "a" * 33, "12-34", "%20"])
def test_bad_ids_are_400(server: Server, bad: str) -> None:
    api = Api(server)
    for path in (f"/api/traces/{bad}", f"/api/v2/traces/{bad}"):
        answer = api.get(path)
        assert answer.status == 400, (path, answer.status)
        assert answer.content_type == "text/plain" and answer.text.strip()
    api.close()


def test_trace_by_id_time_range_must_be_in_order(server: Server) -> None:
    api = Api(server)
    for path in ("/api/traces/ab", "/api/v2/traces/ab"):
        answer = api.get(path, {"start": 20, "end": 10})
        assert answer.status == 400
        assert "start must be before end" in answer.text
        assert api.get(path, {"start": "x", "end": 10}).status == 400
    api.close()


def test_the_first_key_is_batches_in_v1_and_trace_in_v2(server: Server) -> None:
    body = recorded.every_field(trace_number=0x77)
    send(server, [body])
    api = Api(server)
    trace_id = next(iter(sent_spans([body]))).hex()
    v1 = api.get_json(f"/api/traces/{trace_id}")
    assert list(v1) == ["batches"]
    v2 = api.get_json(f"/api/v2/traces/{trace_id}")
    assert "resourceSpans" in v2["trace"]
    assert set(v2) <= {"trace", "metrics", "status", "message"}
    bare = [span for batch in v1["batches"] for scope in batch["scopeSpans"]
            for span in scope["spans"] if "parentSpanId" not in span and not span.get("kind")]
    assert bare and all(span["status"] == {} for span in bare)
    api.close()
