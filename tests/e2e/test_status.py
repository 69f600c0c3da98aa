"""Health, build and metrics pages, and the bad parameters of the query API."""

from __future__ import annotations

import gzip
import json
import re
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support import recorded
from support.http import Answer
from support.processes import Server
from support.vivace import Api, send


@pytest.fixture(scope="module")
def api(server: Server) -> Api:
    send(server, recorded.bodies()[:5])
    return Api(server)


def test_build_information_satisfies_grafana(api: Api) -> None:
    info = api.get_json("/api/status/buildinfo")
    for key in ("version", "revision", "branch", "buildDate", "buildUser", "goVersion"):
        assert isinstance(info[key], str), key
    version = re.match(r"v?(\d+)\.(\d+)\.(\d+)", info["version"])
    assert version and (int(version[1]), int(version[2])) >= (2, 8)


def test_status_page(api: Api) -> None:
    answer = api.get("/status")
    assert answer.status == 200 and answer.text.strip()


def _samples(answer: Answer) -> dict[str, float]:
    assert answer.status == 200
    totals: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            totals[sample.name] = totals.get(sample.name, 0.0) + sample.value
    return totals


def test_metrics_parse_and_count_what_was_received(server: Server, api: Api) -> None:
    before = _samples(api.get("/metrics", accept="text/plain"))
    send(server, recorded.bodies()[5:25])
    after = _samples(api.get("/metrics", accept="text/plain"))
    received = sum(len(scope.spans) for body in recorded.bodies()[5:25]
                   for part in recorded.ExportTraceServiceRequest.FromString(body).resource_spans
                   for scope in part.scope_spans)
    grown = {name: value - before.get(name, 0.0) for name, value in after.items()}
    counted = [name for name, growth in grown.items()
               if "span" in name and name.endswith("_total") and growth == received]
    assert counted, {name: growth for name, growth in grown.items() if "span" in name}


BAD_SEARCHES = [
    ({"q": "{}", "limit": 0}, "invalid limit: must be a positive number"),
    ({"q": "{}", "limit": -1}, "limit"),
    ({"q": "{}", "limit": "many"}, "limit"),
    ({"q": "{}", "limit": "99999999999999999999"}, "limit"),
    ({"q": "{}", "limit": 262_145}, "limit 262145 exceeds max limit 262144"),
    ({"q": "{}", "spss": 101}, "spss"),
    ({"q": "{}", "spss": -1}, "spss"),
    ({"q": "{}", "start": 10}, "only one of start and end provided: must provide both or neither"),
    ({"q": "{}", "end": 10}, "only one of start and end provided: must provide both or neither"),
    ({"q": "{}", "start": 20, "end": 10}, "start"),
    ({"q": "{}", "start": "yesterday", "end": 10}, "start"),
    ({"q": "{}", "tags": "a=b"}, "q"),
    ({"tags": 'a="b'}, "tags"),
    ({"minDuration": "fast"}, "minDuration"),
    ({"maxDuration": "-"}, "maxDuration"),
    ({"minDuration": "2s", "maxDuration": "1s"}, "uration"),
]


@pytest.mark.parametrize(("parameters", "text"), BAD_SEARCHES,
                         ids=[str(entry[0])[:50] for entry in BAD_SEARCHES])
def test_bad_search_parameters_are_400_with_the_reason(api: Api, parameters: dict[str, object],
                                                       text: str) -> None:
    answer = api.get("/api/search", parameters)
    assert answer.status == 400, (answer.status, answer.text[:300])
    assert answer.content_type == "text/plain"
    assert text in answer.text, answer.text[:300]


@pytest.mark.parametrize("query", [
    "{", "}", "{ .a }}", "{ .a = }", "{ = 1 }", "{ .a == 1 }", "{ foo = 1 }", "{ . = 1 }",
    '{ .a =~ "(" }', '{ .a = "unclosed }', "{ span: = 1 }", "{ trace:status = ok }",
    "{ .a = 1 ", "(", "hello", "{ .a = 1 } {", "{ duration > 1q }", "{ .a =~ 1 }",
    "{ name + 1 = 2 }", "{ kind > server }", "{ status = 1 }", "{ 1 }", '{ "text" }',
    "(" * 4_000,
    "{ " + "(" * 2_000 + "true" + ")" * 2_000 + " }",
    "{ " + "!" * 4_000 + " true }",
    "{ .a = \x00 }",
])
def test_bad_queries_are_400_and_say_where(api: Api, query: str) -> None:
    answer = api.get("/api/search", {"q": query})
    assert answer.status == 400, (query[:60], answer.status, answer.text[:300])
    assert answer.text.startswith("invalid TraceQL query: "), answer.text[:300]
    assert len(answer.text) < 4_000


def test_long_queries_are_taken_up_to_a_limit(api: Api) -> None:
    condition = " || ".join(f"span.a{number} = {number}" for number in range(300))
    assert api.get("/api/search", {"q": "{ " + condition + " }"}).status == 200
    # Over it, either the query or the request's head is refused, never the connection cut.
    assert api.get("/api/search", {"q": "{}" + " " * (129 * 1024)}).status in (400, 414, 431)


def test_a_parse_error_names_line_and_column(api: Api) -> None:
    answer = api.get("/api/search", {"q": "{ .a = 1 &&\n   .b = = 2 }"})
    assert re.match(r"invalid TraceQL query: parse error at line 2, col 9: ", answer.text), answer.text


def test_a_regular_expression_that_is_hard_for_others_is_quick(api: Api) -> None:
    began = time.monotonic()
    answer = api.get("/api/search", {"q": '{ name =~ "(a|a)*(a|aa)+b" }'})
    assert answer.status == 200
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(("path", "parameters", "text"), [
    ("/api/search/tags", {"scope": "universe"}, "invalid scope"),
    ("/api/v2/search/tags", {"scope": "universe"}, "invalid scope"),
    ("/api/v2/search/tags", {"start": 5}, "only one of start and end provided"),
    ("/api/v2/search/tag/service.name/values", {}, "please provide a valid tagName"),
    ("/api/v2/search/tag/span./values", {}, "please provide a valid tagName"),
    ("/api/v2/search/tag/.a/values", {"end": 5}, "only one of start and end provided"),
    ("/api/v2/search/tag/.a/values", {"limit": "x"}, "limit"),
])
def test_bad_tag_parameters_are_400(api: Api, path: str, parameters: dict[str, object],
                                    text: str) -> None:
    answer = api.get(path, parameters)
    assert answer.status == 400, (answer.status, answer.text[:300])
    assert text in answer.text


def test_a_compressed_answer_says_the_same(api: Api) -> None:
    parameters = {"q": "{}", "limit": 100}
    plain = api.get("/api/search", parameters)
    packed = api.get("/api/search", parameters, **{"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    body = packed.body
    if packed.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
        assert len(packed.body) < len(plain.body)
    assert json.loads(body)["traces"] == plain.json()["traces"]
