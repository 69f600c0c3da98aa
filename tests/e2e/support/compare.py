"""Whether the spans that came back are the spans that were sent, in every field."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Iterable, Mapping

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

# A span with all that it belongs to: resource, its schema URL, scope, its schema URL, span.
FlatSpan = tuple[bytes, str, bytes, str, bytes]
SpansByTrace = Mapping[bytes, "Counter[FlatSpan]"]


def _trace_by_id_response() -> type:
    """`TraceByIDResponse`, written down from its field numbers."""
    file = descriptor_pb2.FileDescriptorProto(
        name="vivace_e2e/trace_by_id.proto", package="vivace_e2e", syntax="proto3",
        dependency=["opentelemetry/proto/trace/v1/trace.proto"])
    metrics = file.message_type.add(name="TraceByIDMetrics")
    metrics.field.add(name="inspectedBytes", number=1, type=4, label=1)
    response = file.message_type.add(name="TraceByIDResponse")
    response.field.add(name="trace", number=1, type=11, label=1,
                       type_name=".opentelemetry.proto.trace.v1.TracesData")
    response.field.add(name="metrics", number=2, type=11, label=1,
                       type_name=".vivace_e2e.TraceByIDMetrics")
    response.field.add(name="status", number=3, type=5, label=1)
    response.field.add(name="message", number=4, type=9, label=1)
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.GetMessageClass(
        pool.FindMessageTypeByName("vivace_e2e.TraceByIDResponse"))


TraceByIdResponse = _trace_by_id_response()


def flat_spans(data: TracesData | ExportTraceServiceRequest) -> Iterable[tuple[bytes, FlatSpan]]:
    """Yields (trace id, span with all that it belongs to) for each span."""
    for resource_spans in data.resource_spans:
        resource = resource_spans.resource.SerializeToString(deterministic=True)
        for scope_spans in resource_spans.scope_spans:
            scope = scope_spans.scope.SerializeToString(deterministic=True)
            for span in scope_spans.spans:
                # "Unset" may be written as a missing or as an empty status.
                span.status.SetInParent()
                yield span.trace_id, (resource, resource_spans.schema_url, scope,
                                      scope_spans.schema_url,
                                      span.SerializeToString(deterministic=True))


def spans_by_trace(messages: Iterable[TracesData | ExportTraceServiceRequest]) -> SpansByTrace:
    result: dict[bytes, Counter[FlatSpan]] = defaultdict(Counter)
    for message in messages:
        for trace_id, span in flat_spans(message):
            result[trace_id][span] += 1
    return result


def sent_spans(bodies: Iterable[bytes]) -> SpansByTrace:
    """What was sent, read by the plain decoder."""
    return spans_by_trace(ExportTraceServiceRequest.FromString(body) for body in bodies)


def show(flat: FlatSpan) -> str:
    resource, resource_schema, scope, scope_schema, span = flat
    return (f"resource {{\n{Resource.FromString(resource)}}}\nresource schema: {resource_schema}\n"
            f"scope {{\n{InstrumentationScope.FromString(scope)}}}\nscope schema: {scope_schema}\n"
            f"span {{\n{Span.FromString(span)}}}")


def difference(expected: "Counter[FlatSpan]", found: "Counter[FlatSpan]",
               duplicates_may_join: bool = False) -> str:
    """An empty text if both are the same spans, else what differs, with the nearest pair."""
    if duplicates_may_join:
        expected, found = Counter(set(expected)), Counter(set(found))
    missing, invented = expected - found, found - expected
    if not missing and not invented:
        return ""
    lines = [f"{sum(missing.values())} of {sum(expected.values())} spans missing or altered, "
             f"{sum(invented.values())} came back that were not sent so"]
    if missing:
        lost = next(iter(missing))
        span_id = Span.FromString(lost[4]).span_id
        near = next((flat for flat in invented if Span.FromString(flat[4]).span_id == span_id),
                    None)
        if near is None:
            lines.append(f"missing:\n{show(lost)[:3000]}")
        else:
            lines.append(_differing_lines(show(lost), show(near)))
    else:
        lines.append(f"not sent:\n{show(next(iter(invented)))[:3000]}")
    return "\n".join(lines)


def _differing_lines(expected: str, found: str) -> str:
    import difflib

    changed = [line for line in difflib.unified_diff(
        expected.splitlines(), found.splitlines(), "sent", "found", lineterm="", n=2)]
    return "\n".join(changed[:60])


def decode_v2_protobuf(body: bytes) -> TracesData:
    """Decodes `/api/v2/traces/{id}` in protobuf and holds it to what Grafana's reader needs."""
    response = TraceByIdResponse.FromString(body)
    assert len(UnknownFieldSet(response)) == 0, "the answer has fields that Tempo's has not"
    assert response.HasField("trace"), "field 1 must always be written: readers crash without it"
    assert response.status == 0, f"partial answer: {response.message}"
    for resource_spans in response.trace.resource_spans:
        assert resource_spans.HasField("resource"), "a resource group without its resource"
        for scope_spans in resource_spans.scope_spans:
            assert scope_spans.HasField("scope"), "a scope group without its scope"
            for span in scope_spans.spans:
                assert span.HasField("status"), "a span without its status"
    return response.trace


def decode_trace_json(trace: object) -> TracesData:
    """Decodes the proto3 JSON form (base64 ids, names of enums); unknown fields are an error."""
    return json_format.ParseDict(trace, TracesData())
