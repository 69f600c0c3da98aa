"""The recorded bodies of tests/data/otel-demo, and a body that uses every field of OTLP."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

FOLDER = Path(__file__).resolve().parents[2] / "data" / "otel-demo"
BODY_COUNT = 101
SPAN_COUNT = 4743
TRACE_COUNT = 1021


@lru_cache(maxsize=None)
def bodies() -> tuple[bytes, ...]:
    """The 101 bodies in the order in which they were recorded."""
    return tuple((FOLDER / f"{index}.bin").read_bytes() for index in range(BODY_COUNT))


def with_trace_ids_masked(body: bytes, mask: int) -> bytes:
    """The same body with each trace id's first byte changed, so that it makes new traces."""
    request = ExportTraceServiceRequest.FromString(body)
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                span.trace_id = bytes([span.trace_id[0] ^ mask]) + span.trace_id[1:]
    return request.SerializeToString()


def _value(**kind: object) -> AnyValue:
    return AnyValue(**kind)  # type: ignore[arg-type]


def every_kind_of_value() -> list[KeyValue]:
    """Attributes of every type, with the values that are easiest to lose."""
    values = {
        "text": _value(string_value="pl\u00e4in \U0001f680 \x00 \"quoted\" \\ </script>"),
        "text.empty": _value(string_value=""),
        "text.long": _value(string_value="x" * 5000),
        "bool.true": _value(bool_value=True),
        "bool.false": _value(bool_value=False),
        "int.zero": _value(int_value=0),
        "int.max": _value(int_value=2**63 - 1),
        "int.min": _value(int_value=-(2**63)),
        "int.beyond.double": _value(int_value=2**53 + 1),
        "double": _value(double_value=0.1),
        "double.zero": _value(double_value=0.0),
        "double.minus.zero": _value(double_value=-0.0),
        "double.tiny": _value(double_value=5e-324),
        "double.huge": _value(double_value=1.7976931348623157e308),
        "double.infinite": _value(double_value=math.inf),
        "double.minus.infinite": _value(double_value=-math.inf),
        "bytes": _value(bytes_value=bytes(range(256))),
        "bytes.empty": _value(bytes_value=b""),
        "no.value": AnyValue(),
        "": _value(string_value="the key is empty"),
        "key with blanks, \u00fcml\u00e4uts/and:signs": _value(int_value=1),
    }
    array = AnyValue()
    array.array_value.values.extend(
        [_value(string_value="a"), _value(int_value=-1), _value(bool_value=False), AnyValue(),
         _value(double_value=2.5)])
    values["array.mixed"] = array
    values["array.empty"] = AnyValue()
    values["array.empty"].array_value.SetInParent()
    values["map.empty"] = AnyValue()
    values["map.empty"].kvlist_value.SetInParent()
    nested = AnyValue()
    for depth in range(6):
        outer = AnyValue()
        entry = outer.kvlist_value.values.add(key=f"level.{depth}")
        entry.value.CopyFrom(nested)
        outer.kvlist_value.values.add(key="bytes").value.bytes_value = b"\xff\x00"
        holder = AnyValue()
        holder.array_value.values.append(outer)
        nested = holder
    values["map.nested"] = nested
    attributes = [KeyValue(key=key, value=value) for key, value in values.items()]
    # The same key twice is legal on the wire and both come back.
    attributes.append(KeyValue(key="twice", value=_value(int_value=1)))
    attributes.append(KeyValue(key="twice", value=_value(string_value="one")))
    return attributes


def every_field(trace_number: int = 1, start_ns: int = 1_752_242_950_000_000_000) -> bytes:
    """A body with every field of OTLP set, and spans that leave nearly all of them unset."""
    request = ExportTraceServiceRequest()
    trace_id = bytes([0xE0]) + bytes(7) + trace_number.to_bytes(8, "big")

    resource_spans = request.resource_spans.add(schema_url="https://schemas.example/resource/1.30.0")
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "every-field"
    resource_spans.resource.attributes.extend(every_kind_of_value())
    resource_spans.resource.dropped_attributes_count = 4_294_967_295
    scope_spans = resource_spans.scope_spans.add(schema_url="https://schemas.example/scope/1.21.0")
    scope_spans.scope.name = "every.library"
    scope_spans.scope.version = "0.1.2-rc1+build.7"
    scope_spans.scope.attributes.extend(every_kind_of_value())
    scope_spans.scope.dropped_attributes_count = 3

    full = scope_spans.spans.add(
        trace_id=trace_id, span_id=b"\x01" * 8, parent_span_id=b"\x02" * 8,
        trace_state="vendor=value,other@system=a=b", flags=0x00000301, name="every field",
        kind=3, start_time_unix_nano=start_ns, end_time_unix_nano=start_ns + 1_234_567_891,
        dropped_attributes_count=1, dropped_events_count=2, dropped_links_count=4_000_000_000)
    full.attributes.extend(every_kind_of_value())
    full.status.code = 2
    full.status.message = "it failed: \u201cno\u201d"
    for number in range(3):
        event = full.events.add(time_unix_nano=start_ns + number, name=f"event {number}",
                                dropped_attributes_count=number)
        event.attributes.extend(every_kind_of_value())
    full.events.add()  # An event with nothing in it is still an event.
    link = full.links.add(trace_id=b"\xab" * 16, span_id=b"\xcd" * 8, trace_state="k=v",
                          flags=0xFFFFFFFF, dropped_attributes_count=9)
    link.attributes.extend(every_kind_of_value())
    full.links.add(trace_id=b"\xab" * 16, span_id=b"\xce" * 8)

    # Nearly empty spans, in a scope without a name and a resource with one attribute.
    bare = request.resource_spans.add()
    bare.resource.attributes.add(key="service.name").value.string_value = "bare"
    scope_spans = bare.scope_spans.add()
    for number in range(1, 4):
        scope_spans.spans.add(trace_id=trace_id, span_id=number.to_bytes(8, "big"))
    # Flags, kinds and states at their limits.
    for kind in range(0, 6):
        span = scope_spans.spans.add(trace_id=trace_id, span_id=(0x100 + kind).to_bytes(8, "big"),
                                     kind=kind, name=f"kind {kind}", flags=kind << 8,
                                     start_time_unix_nano=start_ns + kind,
                                     end_time_unix_nano=start_ns + kind)
        span.status.code = kind % 3
    # The same resource and scope again: a group of its own on the wire, one in meaning.
    again = request.resource_spans.add(schema_url="https://schemas.example/resource/1.31.0")
    again.resource.attributes.add(key="service.name").value.string_value = "bare"
    again.scope_spans.add().spans.add(trace_id=trace_id, span_id=b"\x09" * 8, name="again",
                                      start_time_unix_nano=1, end_time_unix_nano=2**63 - 1)
    return request.SerializeToString()
