"""The tests' own tools: a translator or a comparison that cannot fail would prove nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from support import otlp, recorded
from support.compare import decode_trace_json, difference, sent_spans, spans_by_trace
from support.dataset import Dataset

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "fastapi"))

from settings import read_settings  # noqa: E402


def test_the_recorded_bodies_are_whole() -> None:
    spans = sent_spans(recorded.bodies())
    assert sum(sum(counts.values()) for counts in spans.values()) == recorded.SPAN_COUNT
    assert len(spans) == recorded.TRACE_COUNT


def test_json_has_hex_ids_and_64_bit_numbers_as_text() -> None:
    body = json.loads(otlp.json_body(recorded.every_field()))
    span = body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    assert span["traceId"] == "e0000000000000000000000000000001"
    assert span["spanId"] == "01" * 8
    assert span["parentSpanId"] == "02" * 8
    assert span["links"][0]["traceId"] == "ab" * 16
    assert span["startTimeUnixNano"] == "1752242950000000000"
    assert span["kind"] == 3
    assert span["status"]["code"] == 2
    values = {entry.get("key", ""): entry["value"] for entry in span["attributes"]}
    assert values["int.min"] == {"intValue": str(-(2**63))}
    assert values["double.infinite"] == {"doubleValue": "Infinity"}
    assert values["bytes"]["bytesValue"].startswith("AAECAwQF")
    assert values["no.value"] == {}
    assert values["bool.false"] == {"boolValue": False}


@pytest.mark.parametrize("body", [recorded.every_field(), *recorded.bodies()[:20]])
def test_json_says_the_same_as_protobuf(body: bytes) -> None:
    """Read back by the library's own JSON reader, ids turned to the base64 that it wants."""
    import base64

    def to_base64(value: object) -> object:
        if isinstance(value, dict):
            return {key: (base64.b64encode(bytes.fromhex(inner)).decode()
                          if key in ("traceId", "spanId", "parentSpanId") else to_base64(inner))
                    for key, inner in value.items()}
        if isinstance(value, list):
            return [to_base64(inner) for inner in value]
        return value

    request = ExportTraceServiceRequest.FromString(body)
    back = json_format.ParseDict(to_base64(json.loads(otlp.json_body(body))),
                                 ExportTraceServiceRequest())
    assert back.SerializeToString(deterministic=True) == request.SerializeToString(
        deterministic=True)


def test_comparison_sees_a_change_in_any_field() -> None:
    """Each scalar of the body with every field is changed in turn; each change is seen."""
    body = recorded.every_field()
    trace_id = next(iter(sent_spans([body])))
    original = sent_spans([body])[trace_id]

    def scalars(message):  # type: ignore[no-untyped-def]
        for field, value in message.ListFields():
            if field.type == field.TYPE_MESSAGE:
                for inner in (value if field.is_repeated else [value]):
                    yield from scalars(inner)
            elif not field.is_repeated and field.name != "trace_id":
                yield message, field.name, value

    request = ExportTraceServiceRequest.FromString(body)
    seen = 0
    for message, name, value in list(scalars(request)):
        changed = (not value if isinstance(value, bool)
                   else value + "x" if isinstance(value, str)
                   else bytes([0x7F]) * 8 if isinstance(value, bytes)
                   else 2 if value != 2 and name in ("kind", "code") else 1 if name in (
                       "kind", "code") else 77)
        setattr(message, name, changed)
        found = spans_by_trace([request])[trace_id]
        assert difference(original, found), f"a changed {name} was not seen"
        setattr(message, name, value)
        seen += 1
    assert seen > 200
    assert not difference(original, spans_by_trace([request])[trace_id])


def test_comparison_sees_lost_invented_and_doubled_spans() -> None:
    trace_id, spans = next((trace_id, spans) for trace_id, spans
                           in sent_spans(recorded.bodies()).items() if len(spans) > 2)
    fewer = spans.copy()
    fewer.pop(next(iter(spans)))
    assert "1 of" in difference(spans, fewer)
    assert difference(fewer, spans)
    doubled = spans + spans
    assert difference(spans, doubled)
    assert not difference(doubled, spans, duplicates_may_join=True)


def test_trace_json_is_read_with_base64_ids_and_names_of_enums() -> None:
    data = TracesData.FromString(recorded.every_field())
    form = json_format.MessageToDict(data)
    assert form["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["kind"] == "SPAN_KIND_CLIENT"
    assert decode_trace_json(form) == data
    form["resourceSpans"][0]["surprise"] = 1
    with pytest.raises(json_format.ParseError):
        decode_trace_json(form)


def test_the_dataset_knows_traces_and_roots() -> None:
    dataset = Dataset.of_bodies(recorded.bodies())
    assert len(dataset.spans) == recorded.SPAN_COUNT
    assert len(dataset.traces) == recorded.TRACE_COUNT
    starts = [trace.start_ns for trace in dataset.newest_first(dataset.traces.values())]
    assert starts == sorted(starts, reverse=True)


@pytest.mark.parametrize(("environment", "protocol", "endpoint"), [
    ({}, "http", "http://127.0.0.1:4318/v1/traces"),
    ({"TEMPO_URL": "http://t:4318"}, "http", "http://t:4318/v1/traces"),
    ({"TEMPO_URL": "http://t:4318/v1/traces"}, "http", "http://t:4318/v1/traces"),
    ({"TEMPO_URL": "https://t/prefix/"}, "http", "https://t/prefix/v1/traces"),
    ({"TEMPO_URL": "http://t:4317"}, "grpc", "http://t:4317"),
    ({"TEMPO_URL": "grpc://t:9"}, "grpc", "http://t:9"),
    ({"TEMPO_URL": "t:9", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "grpc", "http://t:9"),
    ({"TEMPO_INTERNAL_HTTP_INGEST": "http://h:1", "TEMPO_INTERNAL_GRPC_INGEST": "http://g:2"},
     "http", "http://h:1/v1/traces"),
    ({"TEMPO_INTERNAL_GRPC_INGEST": "http://g:2"}, "grpc", "http://g:2"),
    ({"TEMPO_URL": "http://u:3", "TEMPO_INTERNAL_HTTP_INGEST": "http://h:1"},
     "http", "http://u:3/v1/traces"),
])
def test_the_example_chooses_its_endpoint(environment: dict[str, str], protocol: str,
                                          endpoint: str) -> None:
    settings = read_settings(environment)
    assert (settings.protocol, settings.endpoint) == (protocol, endpoint)


@pytest.mark.parametrize("environment", [
    {"TRACES_SAMPLE_RATE": "2"}, {"TRACES_SAMPLE_RATE": "-0.1"}, {"TRACES_SAMPLE_RATE": "all"},
    {"TRACES_SAMPLE_RATE": "nan"}, {"TEMPO_URL": "ftp://t"}, {"TEMPO_URL": "http://"},
    {"TEMPO_URL": "http://t", "OTEL_EXPORTER_OTLP_PROTOCOL": "carrier pigeon"},
])
def test_the_example_refuses_bad_settings(environment: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        read_settings(environment)
