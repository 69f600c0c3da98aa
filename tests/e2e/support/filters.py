"""The filters that the search tests ask: a table by hand, and random ones from the data."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from typing import Any

from support.dataset import (
    Always, Both, Comparison, Condition, Dataset, Duration, Either, Field, Keyword, Negation,
    SpanRow, Written, compare,
)

MILLISECOND = 1_000_000


def _event_with(span: SpanRow, name: str, key: str) -> bool:
    return any(event.name == name and key in event.attributes for event in span.events)


def _has(span: SpanRow, key: str, value: Any) -> bool:
    return value in span.attributes.get(key, [])


TABLE: list[Condition] = [
    Always(),
    Written("true", lambda span: True),
    Written("false", lambda span: False),
    # Attributes of each scope, by text, number, bool.
    compare("resource.service.name", "=", "cart"),
    compare("resource.service.name", "!=", "frontend-proxy"),
    compare(".service.name", "=", "payment"),
    compare("resource.process.pid", ">", 1),
    compare("resource.process.command_args", "=", "/usr/local/bin/node"),
    compare("span.http.method", "=", "POST"),
    compare("span.http.status_code", "=", 200),
    compare("span.http.status_code", "=", "200"),
    compare("span.http.status_code", ">=", 300),
    compare("span.http.status_code", "!=", 200),
    compare("span.http.status_code", "!=", "200"),
    compare(".http.status_code", "<", 400),
    compare("span.http.status_code", "=", 200.0),
    compare("span.app.recommendation.cache_enabled", "=", False),
    compare("span.next.rsc", "=", True),
    compare("span.next.rsc", "!=", True),
    compare("span.app.quote.cost.total", ">", 1),
    compare("span.app.quote.cost.total", "<=", 1000.5),
    compare("span.app.filtered_products.list", "=", "OLJCESPC7Z"),
    compare("span.app.filtered_products.list", "!=", "OLJCESPC7Z"),
    compare("span.app.filtered_products.list", "=~", "OLJ.*"),
    compare("span.app.filtered_products.list", "!~", "OLJ.*"),
    compare("span.guid:x-request-id", "!=", None),
    compare("event.app.quote.cost.total", ">", 0.0),
    compare("event.message.id", "=", 1),
    compare("event.exception.type", "!=", None),
    compare("event.message.uncompressed_size", ">", 100),
    compare("event.message.type", "=~", "REC.*"),
    compare("link.anything", "=", "x"),
    compare("instrumentation.anything", "=", "x"),
    # Presence.
    compare("span.http.url", "=", None),
    compare("span.http.url", "!=", None),
    compare("resource.container.id", "=", None),
    compare("resource.service.name", "=", None),
    compare(".no.such.attribute", "=", None),
    compare(".no.such.attribute", "!=", None),
    compare(".no.such.attribute", "!=", "x"),
    compare(".no.such.attribute", "!~", "x"),
    # Intrinsics.
    compare("name", "=", "HGET"),
    compare("span:name", "!=", "ingress"),
    compare("name", "=~", "GET.*"),
    compare("name", "!~", ".*(ingress|egress).*"),
    compare("name", "=~", "GET"),
    compare("kind", "=", Keyword("server")),
    compare("kind", "!=", Keyword("client")),
    compare("span:kind", "=", Keyword("producer")),
    compare("kind", "=", Keyword("unspecified")),
    compare("status", "=", Keyword("error")),
    compare("span:status", "!=", Keyword("unset")),
    compare("status", "=", Keyword("ok")),
    compare("statusMessage", "=~", ".+"),
    compare("statusMessage", "=", ""),
    compare("duration", ">", Duration(50 * MILLISECOND)),
    compare("duration", "<=", Duration(100_000)),
    compare("span:duration", ">=", Duration(1_000 * MILLISECOND)),
    compare("duration", "<", Duration(10 * MILLISECOND), literal_first=True),
    compare("traceDuration", ">", Duration(1_000 * MILLISECOND)),
    compare("trace:duration", "<", Duration(MILLISECOND)),
    compare("span:childCount", ">", 3),
    compare("span:childCount", "=", 0),
    compare("event:name", "=", "exception"),
    compare("event:name", "=~", "fetch.*"),
    compare("event:timeSinceStart", ">", Duration(10 * MILLISECOND)),
    compare("instrumentation:name", "=~", ".*http.*"),
    compare("instrumentation:version", "=", ""),
    compare("instrumentation:version", "!=", ""),
    Written("nestedSetParent < 0", lambda span: not span.parent_id),
    Written("duration > 1ms && duration < 2ms",
            lambda span: MILLISECOND < span.duration_ns < 2 * MILLISECOND),
    Written("duration > 0.5ms", lambda span: span.duration_ns > MILLISECOND // 2),
    Written("duration > 1m2s", lambda span: span.duration_ns > 62_000 * MILLISECOND),
    Written("duration = 1500us", lambda span: span.duration_ns == 1_500_000),
    Written("span.http.method = `GET`", lambda span: _has(span, "http.method", "GET")),
    Written('span."http.method" = "GET"', lambda span: _has(span, "http.method", "GET")),
    Written("span.guid:x-request-id != nil", lambda span: "guid:x-request-id" in span.attributes),
    Written('span.http.method="GET"&&kind=server',
            lambda span: _has(span, "http.method", "GET") and span.kind == 2),
    # && and || are of one level and group from the left.
    Written('name = "ingress" || name = "HGET" && status = error',
            lambda span: span.name in ("ingress", "HGET") and span.status == 2),
    Written('name = "ingress" || (name = "HGET" && status = error)',
            lambda span: span.name == "ingress" or (span.name == "HGET" and span.status == 2)),
    Written('!(span.http.method = "GET")', lambda span: not _has(span, "http.method", "GET")),
    Written('!(span.http.method = "GET" || kind = server)',
            lambda span: not _has(span, "http.method", "GET") and span.kind != 2),
    Written('!(!(kind = client))', lambda span: span.kind == 3),
    # Conditions on events that are joined by && hold on one event.
    Written('event:name = "message" && event.message.id != nil',
            lambda span: _event_with(span, "message", "message.id")),
    Written('event:name = "Enqueued" && event.message.id != nil',
            lambda span: _event_with(span, "Enqueued", "message.id")),
    # Comments and blanks.
    Written('\n  kind = server // a comment\n /* and another */ && status = unset\t',
            lambda span: span.kind == 2 and span.status == 0),
    # A bool attribute alone.
    Written("span.next.rsc", lambda span: _has(span, "next.rsc", True)),
    # A little arithmetic.
    Written("duration > 2 * 5ms", lambda span: span.duration_ns > 10 * MILLISECOND),
    Written("span.http.status_code + 1 = 201", lambda span: _has(span, "http.status_code", 200)),
    Written("span.http.status_code % 100 != 0",
            lambda span: any(isinstance(value, int) and value % 100
                             for value in span.attributes.get("http.status_code", []))),
    Written("span.http.status_code / 0 = 1", lambda span: False),
    # Absent everywhere, or of another type.
    compare("span.http.method", "=", 1),
    compare("span.http.method", "!=", 1),
    compare("span.http.method", ">", 1),
    compare("span.http.status_code", "=~", "2.."),
]


class RandomFilters:
    """Filters drawn from what occurs in a data set, so that most of them match something."""

    def __init__(self, dataset: Dataset, seed: int) -> None:
        self._random = random.Random(seed)
        values: dict[Field, list[Any]] = defaultdict(list)
        for span in dataset.spans:
            for scope, owners in (("span", [span.attributes]), ("resource", [span.resource]),
                                  ("", [span.attributes, span.resource]),
                                  ("event", [event.attributes for event in span.events])):
                for owner in owners:
                    for key, entries in owner.items():
                        for value in entries:
                            if not isinstance(value, (list, dict, type(None), bytes)):
                                values[Field(scope, key)].append(value)
            for name in ("name", "statusMessage", "rootName", "rootServiceName", "trace:id",
                         "span:id", "span:parentID", "instrumentation:name",
                         "instrumentation:version", "duration", "traceDuration", "kind",
                         "status", "event:name", "span:childCount"):
                field = Field("intrinsic", name)
                for group in field.groups(span):
                    values[field].extend(group)
        # Traces with two roots have no agreed root.
        if any(len(trace.roots) > 1 for trace in dataset.traces.values()):
            for name in ("rootName", "rootServiceName"):
                values.pop(Field("intrinsic", name), None)
        self._values = {field: sorted(set(found), key=lambda value: (str(type(value)), value))
                        for field, found in values.items()}
        # Whether a dot takes a line's end is told differently; texts with one are not patterns.
        self._one_line = {field for field, found in self._values.items()
                          if not any(isinstance(value, str) and "\n" in value for value in found)}
        self._fields = sorted(self._values, key=lambda field: (field.scope, field.key))

    def draw(self) -> Condition:
        return self._draw_tree(self._random.choice((0, 0, 1, 1, 2)), events_allowed=True)

    def _draw_tree(self, depth: int, events_allowed: bool) -> Condition:
        if depth == 0:
            return self._draw_leaf(events_allowed)
        shape = self._random.choice((Both, Either, Negation))
        # At most one condition on events: how several join is tested by hand.
        if shape is Negation:
            return Negation(self._draw_tree(depth - 1, events_allowed))
        return shape(self._draw_tree(depth - 1, events_allowed),
                     self._draw_tree(depth - 1, False))

    def _draw_leaf(self, events_allowed: bool) -> Condition:
        while True:
            field = self._random.choice(self._fields)
            if events_allowed or not (field.scope == "event" or field.key.startswith("event:")):
                break
        value = self._random.choice(self._values[field])
        pick = self._random.random()
        if pick < 0.1 and field.scope != "intrinsic" and field.key != "service.name":
            return Comparison(field, self._random.choice(("=", "!=")), None)
        if isinstance(value, (Keyword, bool)):
            return Comparison(field, self._random.choice(("=", "!=")), value)
        if isinstance(value, str):
            if field.key in ("trace:id", "span:id", "span:parentID"):
                return Comparison(field, self._random.choice(("=", "!=")), value)
            if pick < 0.5 and field in self._one_line:
                return Comparison(field, self._random.choice(("=~", "!~")), self._pattern(value))
            return Comparison(field, self._random.choice(("=", "=", "!=")), value)
        if isinstance(value, float):
            value = round(value, 3)
        return Comparison(field, self._random.choice(("=", "!=", "<", "<=", ">", ">=")), value)

    def _pattern(self, value: str) -> str:
        """A pattern that RE2 and Python read alike, made from a value."""
        if not value:
            return ".+"
        start = self._random.randrange(len(value))
        part = re.sub(r"[^A-Za-z0-9_/:\- ]", ".", value[start:start + 12])
        return self._random.choice((f".*{part}.*", f"{part}.*", f"({part}|x+).*", f".*{part}",
                                    f"[{value[0]}].*" if value[0].isalnum() else ".*"))
