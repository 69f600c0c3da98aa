"""Search over the recorded data, live and in blocks, against a plain evaluation in Python."""

from __future__ import annotations

from typing import Any, Callable, Iterator

import pytest

from support import recorded
from support.dataset import (
    KINDS, STATUSES, UNKNOWN_ROOT, Always, Condition, Dataset, Keyword, SpanRow, TraceRow, compare,
)
from support.filters import MILLISECOND, TABLE, RandomFilters
from support.processes import Server
from support.vivace import Api, cut_block, send

RANDOM_FILTERS = 150
SEED = 20_250_711
STATES = ("live", "block", "mixed")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return Dataset.of_bodies(recorded.bodies())


@pytest.fixture(scope="module", params=STATES)
def api(request: pytest.FixtureRequest, start_server: Callable[..., Server]) -> Iterator[Api]:
    """The query API over all recorded bodies: live, in one block, or in two blocks and live."""
    server = start_server()
    bodies = recorded.bodies()
    if request.param == "mixed":
        for chunk in (bodies[0::3], bodies[1::3]):
            send(server, chunk)
            cut_block(server)
        send(server, bodies[2::3])
    else:
        send(server, bodies)
        if request.param == "block":
            cut_block(server)
    api = Api(server)
    yield api
    api.close()
    server.kill()


_expected: dict[str, list[tuple[TraceRow, list[SpanRow]]]] = {}


def _expect(dataset: Dataset, condition: Condition) -> list[tuple[TraceRow, list[SpanRow]]]:
    query = condition.query()
    if query not in _expected:
        _expected[query] = dataset.search(condition)
    return _expected[query]


def _check_span(shown: dict[str, Any], span: SpanRow) -> None:
    assert shown["startTimeUnixNano"] == str(span.start_ns)
    assert int(shown.get("durationNanos", "0")) == span.duration_ns
    if "name" in shown:
        assert shown["name"] == span.name
    for attribute in shown.get("attributes", []):
        assert set(attribute) == {"key", "value"} and len(attribute["value"]) == 1, attribute
        assert set(attribute["value"]) <= {"stringValue", "intValue", "doubleValue", "boolValue"}


def _check_trace(shown: dict[str, Any], trace: TraceRow, spans: list[SpanRow], spss: int) -> None:
    allowed = {"traceID", "rootServiceName", "rootTraceName", "startTimeUnixNano", "durationMs",
               "spanSet", "spanSets", "serviceStats"}
    assert set(shown) <= allowed, f"Grafana refuses {set(shown) - allowed}"
    assert shown["traceID"] == trace.trace_id.lstrip("0")
    assert shown["startTimeUnixNano"] == str(trace.start_ns)
    assert shown.get("durationMs", 0) == trace.duration_ns // MILLISECOND
    if len(trace.roots) == 1:
        assert shown["rootServiceName"] == trace.roots[0].service
        assert shown.get("rootTraceName", "") == trace.roots[0].name
    elif not trace.roots:
        assert shown["rootServiceName"] == UNKNOWN_ROOT
        assert "rootTraceName" not in shown
    by_id = {span.span_id: span for span in spans}
    [span_set] = shown["spanSets"]
    assert shown.get("spanSet", span_set) == span_set
    assert span_set["matched"] == len(spans), (span_set["matched"], len(spans))
    assert len(span_set["spans"]) == min(spss, len(spans))
    assert len({span["spanID"] for span in span_set["spans"]}) == len(span_set["spans"])
    for span in span_set["spans"]:
        assert span["spanID"] in by_id, f"span {span['spanID']} does not match"
        _check_span(span, by_id[span["spanID"]])
    if "serviceStats" in shown:
        stats = {service: (counts.get("spanCount", 0), counts.get("errorCount", 0))
                 for service, counts in shown["serviceStats"].items()}
        expected: dict[str, tuple[int, int]] = {}
        for span in trace.spans:
            count, errors = expected.get(span.service, (0, 0))
            expected[span.service] = (count + 1, errors + (span.status == 2))
        assert stats == expected


def _check_search(api: Api, dataset: Dataset, condition: Condition, limit: int = 2_000,
                  spss: int = 100) -> int:
    query = condition.query()
    expected = _expect(dataset, condition)
    found = api.search(query, limit=limit, spss=spss)
    found_ids = [trace["traceID"].zfill(32) for trace in found]
    expected_ids = [trace.trace_id for trace, _ in expected][:limit]
    if found_ids != expected_ids:
        missing = [id_ for id_ in expected_ids if id_ not in set(found_ids)]
        wrong = [id_ for id_ in found_ids if id_ not in set(expected_ids)]
        raise AssertionError(
            f"{query}: {len(found_ids)} traces found, {len(expected_ids)} expected; "
            f"missing {missing[:3]}, not expected {wrong[:3]}, "
            f"{'order differs' if not missing and not wrong else ''}")
    for shown, (trace, spans) in zip(found, expected):
        try:
            _check_trace(shown, trace, spans, spss)
        except AssertionError as problem:
            raise AssertionError(f"{query}, trace {trace.trace_id}: {problem}\n{shown}") from None
    return len(found)


@pytest.mark.parametrize("condition", TABLE, ids=lambda condition: condition.query()[:60])
def test_filter_finds_what_a_plain_evaluation_finds(api: Api, dataset: Dataset,
                                                    condition: Condition) -> None:
    _check_search(api, dataset, condition)


def test_random_filters_find_what_a_plain_evaluation_finds(api: Api, dataset: Dataset) -> None:
    filters = RandomFilters(dataset, SEED)
    problems: list[str] = []
    matching = 0
    for _ in range(RANDOM_FILTERS):
        try:
            matching += bool(_check_search(api, dataset, filters.draw()))
        except AssertionError as problem:
            problems.append(str(problem)[:1500])
    assert not problems, f"{len(problems)} of {RANDOM_FILTERS} differ:\n" + "\n".join(problems[:5])
    assert matching > RANDOM_FILTERS // 2


@pytest.mark.parametrize("limit", [1, 2, 20, 1020, 1021, 1022, 262_144])
def test_limit_gives_the_newest_that_match(api: Api, dataset: Dataset, limit: int) -> None:
    for condition in (Always(), compare("kind", "=", Keyword("server"))):
        expected = [trace.trace_id for trace, _ in _expect(dataset, condition)]
        assert api.found_ids(condition.query(), limit=limit) == expected[:limit]


def test_defaults_are_20_traces_and_3_spans(api: Api, dataset: Dataset) -> None:
    newest = dataset.newest_first(dataset.traces.values())
    found = api.search("{}")
    assert [trace["traceID"].zfill(32) for trace in found] == [
        trace.trace_id for trace in newest[:20]]
    for shown, trace in zip(found, newest):
        assert len(shown["spanSets"][0]["spans"]) == min(3, len(trace.spans))
        assert shown["spanSets"][0]["matched"] == len(trace.spans)
    assert api.found_ids(None, limit=20) == [trace.trace_id for trace in newest[:20]]


def test_repeated_calls_agree_to_the_byte(api: Api) -> None:
    for query in ("{}", '{ resource.service.name = "frontend" && duration > 1ms }'):
        def traces() -> Any:
            return api.get_json("/api/search", {"q": query, "limit": 37, "spss": 5})["traces"]

        first = traces()
        assert all(traces() == first for _ in range(10))


def test_time_range_keeps_traces_that_overlap_it(api: Api, dataset: Dataset) -> None:
    starts = sorted(trace.start_ns for trace in dataset.traces.values())
    first_second, last_second = starts[0] // 10**9, starts[-1] // 10**9
    for start, end in ((first_second - 10, first_second + 15), (first_second + 20, first_second + 30),
                       (first_second - 100, first_second - 50), (last_second + 3600, last_second + 7200),
                       (first_second - 100, last_second + 100)):
        sure, possible = set(), set()
        for trace in dataset.traces.values():
            # Times are whole seconds: a trace that only touches the edge may be in or out.
            if trace.start_ns < end * 10**9 and trace.end_ns > start * 10**9:
                sure.add(trace.trace_id)
            if trace.start_ns <= (end + 1) * 10**9 and trace.end_ns >= start * 10**9:
                possible.add(trace.trace_id)
        found = set(api.found_ids("{}", start=start, end=end))
        assert sure <= found <= possible, (start, end, len(sure), len(found), len(possible))


def test_the_answer_has_nothing_that_grafana_refuses(api: Api) -> None:
    answer = api.get_json("/api/search", {"q": "{}", "limit": 1})
    assert set(answer) <= {"traces", "metrics"}
    assert set(answer["metrics"]) <= {"inspectedTraces", "inspectedBytes", "inspectedSpans",
                                      "totalBlocks", "completedJobs", "totalJobs",
                                      "totalBlockBytes"}
    none = api.get_json("/api/search", {"q": '{ name = "no such name" }'})
    assert none.get("traces", []) == []
    assert "metrics" in none


def test_shown_attributes_are_those_of_the_query(api: Api) -> None:
    [trace] = api.search('{ resource.service.name = "cart" && span.db.redis.database_index = 0 '
                         "&& kind = client }", limit=1, spss=1)
    attributes = {attribute["key"]: attribute["value"]
                  for attribute in trace["spanSets"][0]["spans"][0]["attributes"]}
    assert attributes["service.name"] == {"stringValue": "cart"}
    assert attributes["db.redis.database_index"] == {"intValue": "0"}
    assert attributes["kind"] == {"stringValue": "client"}


# -- the search by tags ---------------------------------------------------------------------


def _has_pair(span: SpanRow, key: str, value: str) -> bool:
    if key == "name":
        return value in span.name
    if key == "status.code":
        return STATUSES[span.status] == value
    for owner in (span.attributes, span.resource):
        for found in owner.get(key, []):
            if isinstance(found, str) and (value in found if key == "service.name"
                                           else value == found):
                return True
            if key == "http.status_code" and isinstance(found, int) and str(found) == value:
                return True
    return False


@pytest.mark.parametrize("pairs", [
    {"service.name": "payment"},
    {"service.name": "frontend-proxy"},
    {"service.name": "front"},
    {"service.name": "FRONTEND"},
    {"name": "HGET"},
    {"rpc.service": "oteldemo.CartService"},
    {"rpc.service": "oteldemo.Cart"},
    {"status.code": "error"},
    {"service.name": "cart", "rpc.method": "GetCart"},
    {"http.url": "http://frontend-proxy:8080/"},
    {"no.such.tag": "x"},
])
def test_search_by_tags(api: Api, dataset: Dataset, pairs: dict[str, str]) -> None:
    text = " ".join(f'{key}="{value}"' if " " in value else f"{key}={value}"
                    for key, value in pairs.items())
    sure, possible = set(), set()
    for trace in dataset.traces.values():
        if any(all(_has_pair(span, *pair) for pair in pairs.items()) for span in trace.spans):
            sure.add(trace.trace_id)
        # All pairs within one resource's spans are enough.
        for service in {span.service for span in trace.spans}:
            spans = [span for span in trace.spans if span.service == service]
            if all(any(_has_pair(span, *pair) for span in spans) for pair in pairs.items()):
                possible.add(trace.trace_id)
    found = set(api.found_ids(tags=text))
    assert sure <= found <= possible, (text, len(sure), len(found), len(possible))


@pytest.mark.parametrize(("shortest", "longest"), [
    ("100ms", None), (None, "1ms"), ("10ms", "50ms"), ("1s", "1h"), ("1.5s", None)])
def test_search_by_trace_duration(api: Api, dataset: Dataset, shortest: str | None,
                                  longest: str | None) -> None:
    nanoseconds = {"100ms": 100 * MILLISECOND, "1ms": MILLISECOND, "10ms": 10 * MILLISECOND,
                   "50ms": 50 * MILLISECOND, "1s": 1000 * MILLISECOND,
                   "1h": 3_600_000 * MILLISECOND, "1.5s": 1500 * MILLISECOND}
    parameters = {}
    if shortest:
        parameters["minDuration"] = shortest
    if longest:
        parameters["maxDuration"] = longest
    low = nanoseconds[shortest] if shortest else 0
    high = nanoseconds[longest] if longest else 2**63
    expected = [trace.trace_id for trace in dataset.newest_first(dataset.traces.values())
                if low <= trace.duration_ns <= high]
    assert expected
    assert api.found_ids(**parameters) == expected
    with_tags = [trace.trace_id for trace in dataset.newest_first(dataset.traces.values())
                 if low <= trace.duration_ns <= high
                 and any(span.service == "cart" for span in trace.spans)]
    assert api.found_ids(tags="service.name=cart", **parameters) == with_tags


# -- the list without a query ---------------------------------------------------------------


def test_traces_without_an_id_lists_the_newest_in_jaegers_shape(api: Api, dataset: Dataset) -> None:
    answer = api.get_json("/api/traces")
    newest = dataset.newest_first(dataset.traces.values())
    listed = answer["data"]
    assert 0 < len(listed) <= len(newest)
    assert [trace["traceID"].zfill(32) for trace in listed] == [
        trace.trace_id for trace in newest[:len(listed)]]
    for shown, trace in zip(listed, newest):
        spans = {span.span_id: span for span in trace.spans}
        assert {span["spanID"] for span in shown["spans"]} == set(spans)
        for span in shown["spans"]:
            row = spans[span["spanID"]]
            assert span["operationName"] == row.name
            assert span["startTime"] == row.start_ns // 1000
            assert span["duration"] == row.duration_ns // 1000
            assert shown["processes"][span["processID"]]["serviceName"] == row.service
            parents = [reference["spanID"] for reference in span["references"]
                       if reference["refType"] == "CHILD_OF"]
            assert parents == ([row.parent_id] if row.parent_id else [])
            tags = {tag["key"]: tag["value"] for tag in span["tags"]}
            if row.kind in (2, 3):
                assert tags["span.kind"] == KINDS[row.kind]


# -- names and values of attributes ---------------------------------------------------------


def _names(dataset: Dataset, scope: str) -> set[str]:
    owners: dict[str, Callable[[SpanRow], list[Any]]] = {
        "span": lambda span: [span.attributes], "resource": lambda span: [span.resource],
        "event": lambda span: [event.attributes for event in span.events],
        "link": lambda span: [link.attributes for link in span.links],
        "instrumentation": lambda span: [span.scope],
    }
    return {key for span in dataset.spans for owner in owners[scope](span) for key in owner}


SCOPES = ("span", "resource", "event", "link", "instrumentation")
INTRINSICS = {
    "duration", "event:name", "event:timeSinceStart", "instrumentation:name",
    "instrumentation:version", "kind", "link:spanID", "link:traceID", "name", "rootName",
    "rootServiceName", "span:duration", "span:id", "span:kind", "span:name", "span:parentID",
    "span:status", "span:statusMessage", "status", "statusMessage", "trace:duration", "trace:id",
    "trace:rootName", "trace:rootService", "traceDuration",
}


def test_tag_names_by_scope(api: Api, dataset: Dataset) -> None:
    scopes = {scope["name"]: set(scope.get("tags", []))
              for scope in api.get_json("/api/v2/search/tags", {"limit": 5000})["scopes"]}
    assert scopes.pop("intrinsic") == INTRINSICS
    for scope in SCOPES:
        expected = _names(dataset, scope)
        assert scopes.pop(scope, set()) == expected, scope
        single = api.get_json("/api/v2/search/tags", {"scope": scope, "limit": 5000})
        found = {entry["name"]: set(entry.get("tags", [])) for entry in single.get("scopes", [])}
        assert found.get(scope, set()) == expected and set(found) <= {scope}
        v1 = api.get_json("/api/search/tags", {"scope": scope, "limit": 5000})
        assert set(v1.get("tagNames", [])) == expected
    assert not scopes
    everything = set(api.get_json("/api/search/tags", {"limit": 5000})["tagNames"])
    assert everything == set().union(*(_names(dataset, scope) for scope in SCOPES))
    intrinsic = api.get_json("/api/search/tags", {"scope": "intrinsic"})
    assert set(intrinsic["tagNames"]) == INTRINSICS


def test_tag_names_with_a_filter(api: Api, dataset: Dataset) -> None:
    expected = {key for span in dataset.spans if span.service == "cart" for key in span.attributes}
    answer = api.get_json("/api/v2/search/tags", {
        "scope": "span", "limit": 5000, "q": '{ resource.service.name = "cart" }'})
    [scope] = [scope for scope in answer["scopes"] if scope["name"] == "span"]
    assert set(scope["tags"]) == expected


def _typed(value: Any) -> tuple[str, str] | None:
    if isinstance(value, bool):
        return "bool", "true" if value else "false"
    if isinstance(value, int):
        return "int", str(value)
    if isinstance(value, str):
        return "string", value
    return None


@pytest.mark.parametrize(("tag", "scopes", "key"), [
    ("resource.service.name", ("resource",), "service.name"),
    (".service.name", ("resource",), "service.name"),
    ("span.http.method", ("span",), "http.method"),
    (".http.status_code", ("span",), "http.status_code"),
    ("span.next.rsc", ("span",), "next.rsc"),
    ("event.message.type", ("event",), "message.type"),
    ("event.message.id", ("event",), "message.id"),
    ("span.no.such.key", ("span",), "no.such.key"),
])
def test_tag_values(api: Api, dataset: Dataset, tag: str, scopes: tuple[str, ...],
                    key: str) -> None:
    expected = set()
    for span in dataset.spans:
        for owner in ([span.attributes] if "span" in scopes else []) + (
                [span.resource] if "resource" in scopes else []) + (
                [event.attributes for event in span.events] if "event" in scopes else []):
            expected |= {_typed(value) for value in owner.get(key, [])} - {None}
    assert api.tag_values(tag, limit=5000) == expected
    if tag.startswith("."):
        v1 = api.get_json(f"/api/search/tag/{key}/values", {"limit": 5000})
        assert set(v1.get("tagValues", [])) == {value for _, value in expected}


def test_tag_values_of_floats(api: Api, dataset: Dataset) -> None:
    expected = {value for span in dataset.spans
                for value in span.attributes.get("app.quote.cost.total", [])}
    found = api.tag_values("span.app.quote.cost.total")
    assert {type_ for type_, _ in found} == {"float"}
    assert {float(value) for _, value in found} == expected


def test_tag_values_of_intrinsics(api: Api, dataset: Dataset) -> None:
    spans = dataset.spans
    assert api.tag_values("name", limit=5000) == {("string", span.name) for span in spans}
    for alias in ("status", "span:status"):
        assert api.tag_values(alias) == {("keyword", STATUSES[span.status]) for span in spans}
    for alias in ("kind", "span:kind"):
        assert api.tag_values(alias) == {("keyword", KINDS[span.kind]) for span in spans}
    assert api.tag_values("duration") == set()
    assert api.tag_values("traceDuration") == set()
    assert api.tag_values("event:name", limit=5000) == {
        ("string", event.name) for span in spans for event in span.events}
    assert {value for _, value in api.tag_values("instrumentation:name", limit=5000)} - {""} == {
        span.scope_name for span in spans} - {""}


def test_tag_values_with_a_filter(api: Api, dataset: Dataset) -> None:
    expected = {("string", span.name) for span in dataset.spans
                if span.service == "frontend" and span.kind == 2}
    query = '{ resource.service.name = "frontend" && kind = server }'
    assert api.tag_values("name", q=query, limit=5000) == expected
    # What does not parse is no filter: clients send half-typed queries.
    unfiltered = api.tag_values("name", limit=5000)
    assert api.tag_values("name", q="{ resource.service.name = ", limit=5000) == unfiltered
    either = '{ resource.service.name = "cart" || resource.service.name = "ad" }'
    assert api.tag_values("resource.service.name", q=either) == {
        ("string", "cart"), ("string", "ad")}


def test_a_tag_may_hold_a_slash_and_come_unescaped(api: Api) -> None:
    for path in ("/api/v2/search/tag/span.a/b/values", "/api/v2/search/tag/span.a%2Fb/values"):
        assert api.get_json(path).get("tagValues", []) == []
    assert api.get_json("/api/v2/search/tag/.service.name/values",
                        {"tag": "%252E"})["tagValues"]
