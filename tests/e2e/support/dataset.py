"""Spans in plain memory, and TraceQL filters evaluated on them in the most obvious way.

The tests build a filter as a tree of the classes below. `text()` is what the server
is asked; `matches(span)` is what this file thinks of one span. There is no parser,
no index and no cleverness here: it has to be right by looking at it.
"""

from __future__ import annotations

import json
import operator
import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Callable, Iterable, Sequence

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
UNKNOWN_ROOT = "<root span not yet received>"

Attributes = dict[str, list[Any]]


class Keyword(str):
    """A value of status or kind: a word of the language, not a text."""


class Duration(int):
    """Nanoseconds."""


def plain_value(value: AnyValue) -> Any:
    """A value as Python's own; an absent value is None."""
    which = value.WhichOneof("value")
    if which is None:
        return None
    if which == "array_value":
        return [plain_value(item) for item in value.array_value.values]
    if which == "kvlist_value":
        return {item.key: plain_value(item.value) for item in value.kvlist_value.values}
    return getattr(value, which)


def _attributes(entries: Iterable[KeyValue]) -> Attributes:
    result: Attributes = defaultdict(list)
    for entry in entries:
        result[entry.key].append(plain_value(entry.value))
    return dict(result)


@dataclass
class EventRow:
    name: str
    since_start_ns: int
    attributes: Attributes


@dataclass
class LinkRow:
    trace_id: str
    span_id: str
    attributes: Attributes


@dataclass
class SpanRow:
    trace: "TraceRow"
    span_id: str
    parent_id: str
    name: str
    kind: int
    status: int
    status_message: str
    start_ns: int
    end_ns: int
    attributes: Attributes
    resource: Attributes
    scope_name: str
    scope_version: str
    scope: Attributes
    events: list[EventRow]
    links: list[LinkRow]

    @property
    def duration_ns(self) -> int:
        return max(0, self.end_ns - self.start_ns)

    @property
    def service(self) -> str:
        values = self.resource.get("service.name", [])
        return values[0] if values else ""


@dataclass
class TraceRow:
    trace_id: str
    spans: list[SpanRow] = field(default_factory=list)

    @cached_property
    def start_ns(self) -> int:
        return min(span.start_ns for span in self.spans)

    @cached_property
    def end_ns(self) -> int:
        return max(max(span.end_ns, span.start_ns) for span in self.spans)

    @property
    def duration_ns(self) -> int:
        return self.end_ns - self.start_ns

    @cached_property
    def roots(self) -> list[SpanRow]:
        return [span for span in self.spans if not span.parent_id]

    @cached_property
    def child_counts(self) -> dict[str, int]:
        counts: dict[str, int] = defaultdict(int)
        for span in self.spans:
            counts[span.parent_id] += 1
        return counts


class Dataset:
    """All spans of some bodies, by trace."""

    def __init__(self) -> None:
        self.traces: dict[str, TraceRow] = {}

    @staticmethod
    def of_bodies(bodies: Iterable[bytes]) -> "Dataset":
        dataset = Dataset()
        for body in bodies:
            dataset.add(ExportTraceServiceRequest.FromString(body))
        return dataset

    @property
    def spans(self) -> list[SpanRow]:
        return [span for trace in self.traces.values() for span in trace.spans]

    def add(self, request: ExportTraceServiceRequest) -> None:
        for resource_spans in request.resource_spans:
            resource = _attributes(resource_spans.resource.attributes)
            for scope_spans in resource_spans.scope_spans:
                scope = _attributes(scope_spans.scope.attributes)
                for span in scope_spans.spans:
                    trace = self.traces.setdefault(span.trace_id.hex(),
                                                   TraceRow(span.trace_id.hex()))
                    start = span.start_time_unix_nano
                    trace.spans.append(SpanRow(
                        trace, span.span_id.hex(), span.parent_span_id.hex(), span.name,
                        span.kind, span.status.code, span.status.message, start,
                        span.end_time_unix_nano, _attributes(span.attributes), resource,
                        scope_spans.scope.name, scope_spans.scope.version, scope,
                        [EventRow(event.name, event.time_unix_nano - start,
                                  _attributes(event.attributes)) for event in span.events],
                        [LinkRow(link.trace_id.hex(), link.span_id.hex(),
                                 _attributes(link.attributes)) for link in span.links]))

    @staticmethod
    def newest_first(traces: Iterable[TraceRow]) -> list[TraceRow]:
        """The total order of answers: start descending, then trace id."""
        return sorted(traces, key=lambda trace: (-trace.start_ns, trace.trace_id))

    def search(self, condition: "Condition") -> list[tuple[TraceRow, list[SpanRow]]]:
        """Traces with a matching span, newest first, each with its matching spans."""
        found = []
        for trace in self.newest_first(self.traces.values()):
            spans = [span for span in trace.spans if condition.matches(span)]
            if spans:
                found.append((trace, spans))
        return found


# -- filters ----------------------------------------------------------------------------------


class Condition:
    """A boolean expression over one span."""

    def text(self) -> str:
        raise NotImplementedError

    def matches(self, span: SpanRow) -> bool:
        raise NotImplementedError

    def query(self) -> str:
        return "{ " + self.text() + " }"


@dataclass
class Always(Condition):
    def text(self) -> str:
        return ""

    def matches(self, span: SpanRow) -> bool:
        return True

    def query(self) -> str:
        return "{}"


@dataclass
class Both(Condition):
    left: Condition
    right: Condition

    def text(self) -> str:
        return f"({self.left.text()}) && ({self.right.text()})"

    def matches(self, span: SpanRow) -> bool:
        return self.left.matches(span) and self.right.matches(span)


@dataclass
class Either(Condition):
    left: Condition
    right: Condition

    def text(self) -> str:
        return f"({self.left.text()}) || ({self.right.text()})"

    def matches(self, span: SpanRow) -> bool:
        return self.left.matches(span) or self.right.matches(span)


@dataclass
class Negation(Condition):
    inner: Condition

    def text(self) -> str:
        return f"!({self.inner.text()})"

    def matches(self, span: SpanRow) -> bool:
        return not self.inner.matches(span)


# Where a comparison looks: groups of values. A comparison holds for a span if it holds
# for one group; a group is the values under one key of one owner (span, event, ...).
Groups = list[list[Any]]


def _groups_of(owners: Iterable[Attributes], key: str) -> Groups:
    return [owner[key] for owner in owners if key in owner]


_SCOPES: dict[str, Callable[[SpanRow], list[Attributes]]] = {
    "span": lambda span: [span.attributes],
    "resource": lambda span: [span.resource],
    "instrumentation": lambda span: [span.scope],
    "event": lambda span: [event.attributes for event in span.events],
    "link": lambda span: [link.attributes for link in span.links],
}


def _root(span: SpanRow) -> SpanRow | None:
    return span.trace.roots[0] if span.trace.roots else None


_INTRINSICS: dict[str, Callable[[SpanRow], list[Any]]] = {
    "name": lambda span: [span.name],
    "duration": lambda span: [Duration(span.duration_ns)],
    "kind": lambda span: [Keyword(KINDS[span.kind])],
    "status": lambda span: [Keyword(STATUSES[span.status])],
    "statusMessage": lambda span: [span.status_message],
    "traceDuration": lambda span: [Duration(span.trace.duration_ns)],
    "rootName": lambda span: [_root(span).name if _root(span) else ""],
    "rootServiceName": lambda span: [_root(span).service if _root(span) else ""],
    "trace:id": lambda span: [span.trace.trace_id],
    "span:id": lambda span: [span.span_id],
    "span:parentID": lambda span: [span.parent_id or "0" * 16],
    "span:childCount": lambda span: [span.trace.child_counts.get(span.span_id, 0)],
    "event:name": lambda span: [event.name for event in span.events],
    "event:timeSinceStart": lambda span: [Duration(event.since_start_ns) for event in span.events],
    "link:traceID": lambda span: [link.trace_id for link in span.links],
    "link:spanID": lambda span: [link.span_id for link in span.links],
    "instrumentation:name": lambda span: [span.scope_name],
    "instrumentation:version": lambda span: [span.scope_version],
}
_ALIASES = {
    "span:name": "name", "span:duration": "duration", "span:kind": "kind",
    "span:status": "status", "span:statusMessage": "statusMessage",
    "trace:duration": "traceDuration", "trace:rootName": "rootName",
    "trace:rootService": "rootServiceName",
}
INTRINSIC_NAMES = (*_INTRINSICS, *_ALIASES)

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _same_type(value: Any, literal: Any) -> bool:
    if isinstance(literal, Keyword) or isinstance(value, Keyword):
        return isinstance(literal, Keyword) and isinstance(value, Keyword)
    if isinstance(literal, str):
        return isinstance(value, str)
    if isinstance(literal, bool):
        return isinstance(value, bool)
    return _is_number(literal) and _is_number(value)


def _as_bytes(value: Any) -> Any:
    """Texts are ordered by their UTF-8 bytes."""
    return value.encode() if isinstance(value, str) else value


def _holds(values: Sequence[Any], op: str, literal: Any) -> bool:
    """Whether a comparison holds for the values under one key: those of an array count singly."""
    flat: list[Any] = []
    for value in values:
        flat.extend(value if isinstance(value, list) else [value])
    comparable = [value for value in flat if _same_type(value, literal)]
    if op == "=~":
        return any(re.fullmatch(literal, value, re.DOTALL) for value in comparable)
    if op == "!~":
        return bool(comparable) and not any(
            re.fullmatch(literal, value, re.DOTALL) for value in comparable)
    if op == "!=":
        return bool(comparable) and all(value != literal for value in comparable)
    return any(_ORDER[op](_as_bytes(value), _as_bytes(literal)) for value in comparable)


@dataclass(frozen=True)
class Field:
    """What a comparison looks at: an attribute of a scope, `.x`, or an intrinsic."""

    scope: str  # "span", ..., "" for `.x`, "intrinsic"
    key: str

    def text(self) -> str:
        if self.scope == "intrinsic":
            return self.key
        key = self.key
        if not re.fullmatch(r"[A-Za-z0-9_.\-]+", key):
            key = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return f"{self.scope}.{key}"

    def groups(self, span: SpanRow) -> Groups:
        if self.scope == "intrinsic":
            name = _ALIASES.get(self.key, self.key)
            return [[value] for value in _INTRINSICS[name](span)]
        if self.scope == "":
            return _groups_of([span.attributes], self.key) or _groups_of([span.resource], self.key)
        return _groups_of(_SCOPES[self.scope](span), self.key)


def literal_text(value: Any) -> str:
    if value is None:
        return "nil"
    if isinstance(value, Keyword):
        return str(value)
    if isinstance(value, Duration):
        return f"{int(value)}ns"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)


@dataclass
class Comparison(Condition):
    """`field op literal`."""

    field: Field
    op: str
    literal: Any
    literal_first: bool = False

    def text(self) -> str:
        if self.literal_first:
            turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(self.op, self.op)
            return f"{literal_text(self.literal)} {turned} {self.field.text()}"
        return f"{self.field.text()} {self.op} {literal_text(self.literal)}"

    def matches(self, span: SpanRow) -> bool:
        groups = self.field.groups(span)
        if self.literal is None:
            if self.op == "!=":
                return bool(groups)
            if self.field.scope in ("event", "link"):
                owners = _SCOPES[self.field.scope](span)
                return not groups if not owners else len(groups) < len(owners)
            return not groups
        return any(_holds(values, self.op, self.literal) for values in groups)


@dataclass
class Written(Condition):
    """A filter written out by hand beside a function that says what it means."""

    written: str
    meaning: Callable[[SpanRow], bool]

    def text(self) -> str:
        return self.written

    def matches(self, span: SpanRow) -> bool:
        return self.meaning(span)


def field_of(text: str) -> Field:
    """`span.x`, `.x` or an intrinsic's name as a field."""
    if text in INTRINSIC_NAMES:
        return Field("intrinsic", text)
    scope, _, key = text.partition(".")
    return Field(scope, key)


def compare(text: str, op: str, literal: Any, literal_first: bool = False) -> Comparison:
    return Comparison(field_of(text), op, literal, literal_first)
