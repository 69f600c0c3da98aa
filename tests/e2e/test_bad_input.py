"""Bad input of every kind: the right status, the right encoding, a reason; nothing else lost."""

from __future__ import annotations

import gzip
import json
import random
import socket
import struct
import time
import zlib
from typing import Any, Callable, Iterator

import grpc
import pytest
import zstandard
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from support import otlp, recorded
from support.compare import difference, sent_spans, spans_by_trace
from support.http import Answer, Connection, request
from support.http2 import grpc_call
from support.otlp import JSON, PROTOBUF, TRACES_PATH
from support.processes import Server
from support.vivace import Api, send

MEBIBYTE = 1 << 20
MUTATED_BODIES = 10_000
MUTATED_MESSAGES = 2_000
MUTATION_SECONDS_MAX = 60.0
# What a server may grow by through bad input alone: caches and allocator slack, not bodies.
GROWTH_BYTES_MAX = 96 * MEBIBYTE
# What a bomb may take for a moment: the cap on a decompressed body is 64 MiB.
BOMB_BYTES_MAX = 160 * MEBIBYTE


class _Guarded:
    """A server that already holds data; at the end all of it must still be there."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.bodies = list(recorded.bodies()[:40]) + [recorded.every_field()]
        send(server, self.bodies)
        self.memory = server.anonymous_memory_bytes()

    def check_all_there(self) -> None:
        api = Api(self.server)
        for trace_id, spans in sent_spans(self.bodies).items():
            problem = difference(spans, spans_by_trace([api.trace(trace_id)])[trace_id])
            assert not problem, problem
        api.close()

    def check_memory(self) -> None:
        grown = self.server.anonymous_memory_bytes() - self.memory
        assert grown < GROWTH_BYTES_MAX, f"grown by {grown / MEBIBYTE:.0f} MiB"


@pytest.fixture(scope="module")
def guarded(server: Server) -> Iterator[_Guarded]:
    holder = _Guarded(server)
    yield holder
    server.require_running()
    holder.check_all_there()


def _post(server: Server, body: bytes, content_type: str | None = PROTOBUF,
          **headers: str) -> Answer:
    if content_type is not None:
        headers["Content-Type"] = content_type
    return request(server.otlp_http, "POST", TRACES_PATH, body, headers)


def _check_error(answer: Answer, status: int, content_type: str = PROTOBUF) -> str:
    """An error's body is a google.rpc.Status in the request's encoding; returns its message."""
    assert answer.status == status, (answer.status, answer.text[:300])
    assert answer.content_type == content_type, answer.headers
    message = (Status.FromString(answer.body).message if content_type == PROTOBUF
               else answer.json()["message"])
    assert len(message) > 10, f"not a helpful message: {message!r}"
    return message


def _one_span(trace_id: bytes = b"\x11" * 16, span_id: bytes = b"\x22" * 8,
              name: str = "one") -> ExportTraceServiceRequest:
    message = ExportTraceServiceRequest()
    resource_spans = message.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "bad-input"
    resource_spans.scope_spans.add().spans.add(
        trace_id=trace_id, span_id=span_id, name=name,
        start_time_unix_nano=1_752_242_950_000_000_000,
        end_time_unix_nano=1_752_242_950_001_000_000)
    return message


# -- empty and undecodable --------------------------------------------------------------------


def test_an_empty_request_is_a_success(guarded: _Guarded) -> None:
    for body, content_type in ((b"", PROTOBUF), (b"{}", JSON), (b'{"resourceSpans":[]}', JSON),
                               (b"\x0a\x00", PROTOBUF)):
        answer = _post(guarded.server, body, content_type)
        otlp.check_http_success(answer, content_type)


@pytest.mark.parametrize("body", [
    b"\xff", b"\x0a", b"\x0a\x05abc", b"\x0b\x0c", b"\x0a\xff\xff\xff\xff\x0f", b"\x00\x00",
    recorded.bodies()[3][:-1], recorded.bodies()[3][:1000], b"{}", b"GET / HTTP/1.1\r\n\r\n",
])
def test_undecodable_protobuf_is_400_and_says_why(guarded: _Guarded, body: bytes) -> None:
    _check_error(_post(guarded.server, body), 400)


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"null", b"1", b'"x"', b'{"resourceSpans":{}}', b'{"resourceSpans":[1]}',
    b'{"resourceSpans":[{"scopeSpans":"x"}]}', b"\xff\xfe", b'{"resourceSpans":[]}trailing',
    b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":5}]}]}]}',
    b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"x"}]}]}]}',
    b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":-1}]}]}]}',
    b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":[]}]}]}]}',
    recorded.bodies()[0], b"[" * 100_000, b'{"a":' * 100_000,
])
def test_undecodable_json_is_400_and_says_why(guarded: _Guarded, body: bytes) -> None:
    _check_error(_post(guarded.server, body, JSON), 400, JSON)


def test_every_truncation_of_a_body_is_refused_or_taken_cleanly(guarded: _Guarded) -> None:
    """A cut at a field's border is a shorter, valid message: the plain decoder tells which."""
    body = recorded.bodies()[0]
    with Connection(guarded.server.otlp_http) as connection:
        for length in range(len(body)):
            answer = connection.request("POST", TRACES_PATH, body[:length],
                                        {"Content-Type": PROTOBUF})
            try:
                ExportTraceServiceRequest.FromString(body[:length])
                assert answer.status == 200, length
            except DecodeError:
                assert answer.status == 400, length
                assert Status.FromString(answer.body).message
        assert connection.opened == 1, "the connection is kept over bad requests"


def _small_bodies(bytes_max: int) -> list[bytes]:
    """Bodies to mutate, in traces of their own: text that is no UTF-8 is taken, too, and would
    make the traces that are compared unreadable for a strict decoder."""
    return [recorded.with_trace_ids_masked(body, 0xA5) for body in recorded.bodies()
            if len(body) < bytes_max][:20]


def _mutated(rng: random.Random, body: bytes) -> bytes:
    content = bytearray(body)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        place = rng.randrange(len(content)) if content else 0
        shape = rng.randrange(6)
        if shape == 0 and content:
            content[place] ^= 1 << rng.randrange(8)
        elif shape == 1 and content:
            content[place] = rng.choice((0x00, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif shape == 2:
            del content[place:place + rng.choice((1, 2, 8, 100))]
        elif shape == 3:
            content[place:place] = rng.randbytes(rng.choice((1, 2, 8, 100)))
        elif shape == 4:
            content[place:place] = content[place:place + rng.choice((4, 30, 300))]
        else:
            del content[place:]
    return bytes(content)


def test_10000_mutated_bodies_neither_stop_nor_fill_the_server(guarded: _Guarded) -> None:
    """Over kept connections, protobuf, JSON and compressed; each answer is whole and typed."""
    rng = random.Random(10_000)
    small = _small_bodies(8_000)
    json_bodies = [otlp.json_body(body) for body in small[:8]]
    packed = {name: [encode(body) for body in small[:8]] for name, encode in otlp.ENCODERS.items()}
    statuses: dict[int, int] = {}
    # The traces that mutated bodies make stay: what the process may grow by is their size.
    taken_bytes = 0
    began = time.monotonic()
    with Connection(guarded.server.otlp_http) as connection:
        for number in range(MUTATED_BODIES):
            headers = {"Content-Type": PROTOBUF}
            pick = number % 10
            if pick < 6:
                body = _mutated(rng, rng.choice(small))
            elif pick < 8:
                body = _mutated(rng, rng.choice(json_bodies))
                headers["Content-Type"] = JSON
            else:
                name = rng.choice(tuple(packed))
                body = _mutated(rng, rng.choice(packed[name]))
                headers["Content-Encoding"] = name
            answer = connection.request("POST", TRACES_PATH, body, headers)
            statuses[answer.status] = statuses.get(answer.status, 0) + 1
            assert answer.status in (200, 400, 413), (number, answer.status, answer.text[:200])
            assert answer.content_type == headers["Content-Type"], (number, answer.headers)
            if answer.status == 200:
                taken_bytes += len(body)
            elif headers["Content-Type"] == PROTOBUF:
                assert Status.FromString(answer.body).message, number
            else:
                assert answer.json()["message"], number
        assert connection.opened <= 5, f"{connection.opened} connections for keep-alive requests"
    assert time.monotonic() - began < MUTATION_SECONDS_MAX
    assert statuses.get(400, 0) > MUTATED_BODIES // 10 and statuses.get(200, 0) > 100, statuses
    guarded.server.require_running()
    guarded.check_all_there()
    grown = guarded.server.anonymous_memory_bytes() - guarded.memory
    assert grown < GROWTH_BYTES_MAX + 8 * taken_bytes, (grown, taken_bytes)


def test_mutated_grpc_messages_are_answered(guarded: _Guarded) -> None:
    rng = random.Random(4317)
    small = _small_bodies(4_000)
    channel = otlp.grpc_channel(guarded.server.otlp_grpc)
    export = otlp.raw_method(channel)
    refused = 0
    for _ in range(MUTATED_MESSAGES):
        try:
            export(_mutated(rng, rng.choice(small)), timeout=20)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error
            assert error.details()
            refused += 1
    assert refused > 100
    channel.close()


# -- bad ids: partial success -----------------------------------------------------------------


def _partly_bad() -> tuple[ExportTraceServiceRequest, int, bytes]:
    """A request with good and bad spans; also the count of the bad and the good trace's id."""
    good = bytes(range(16))
    message = _one_span(good, b"\x01" * 8, "good 1")
    spans = message.resource_spans[0].scope_spans[0].spans
    bad = [(b"", b"\x01" * 8), (good[:15], b"\x01" * 8), (good + b"\x00", b"\x01" * 8),
           (good, b""), (good, b"\x01" * 7), (good, b"\x01" * 9), (good, bytes(8))]
    for trace_id, span_id in bad:
        spans.add(trace_id=trace_id, span_id=span_id, name="bad")
    spans.add(trace_id=good, span_id=b"\x02" * 8, name="good 2", start_time_unix_nano=1,
              end_time_unix_nano=2)
    return message, len(bad), good


@pytest.mark.parametrize("way", ["protobuf", "json", "grpc"])
def test_spans_with_bad_ids_are_refused_alone_and_counted(guarded: _Guarded, way: str) -> None:
    message, bad_count, good = _partly_bad()
    good = bytes([len(way)]) + good[1:]
    for span in message.resource_spans[0].scope_spans[0].spans:
        if len(span.trace_id) == 16:
            span.trace_id = good
    body = message.SerializeToString()
    if way == "grpc":
        channel = otlp.grpc_channel(guarded.server.otlp_grpc)
        partial = ExportTraceServiceResponse.FromString(
            otlp.raw_method(channel)(body, timeout=20)).partial_success
        rejected, text = partial.rejected_spans, partial.error_message
        channel.close()
    elif way == "protobuf":
        answer = _post(guarded.server, body)
        assert answer.status == 200 and answer.content_type == PROTOBUF
        partial = ExportTraceServiceResponse.FromString(answer.body).partial_success
        rejected, text = partial.rejected_spans, partial.error_message
    else:
        answer = _post(guarded.server, otlp.json_body(body), JSON)
        assert answer.status == 200 and answer.content_type == JSON
        partial_json = answer.json()["partialSuccess"]
        rejected, text = int(partial_json["rejectedSpans"]), partial_json["errorMessage"]
    assert rejected == bad_count
    assert "id" in text and len(text) > 10, text
    api = Api(guarded.server)
    names = sorted(span.name for part in api.trace(good).resource_spans
                   for scope in part.scope_spans for span in scope.spans)
    assert names == ["good 1", "good 2"]
    api.close()


def test_a_request_of_only_bad_spans_is_a_partial_success(guarded: _Guarded) -> None:
    answer = _post(guarded.server, _one_span(b"\x01" * 3).SerializeToString())
    assert answer.status == 200
    assert ExportTraceServiceResponse.FromString(
        answer.body).partial_success.rejected_spans == 1


@pytest.mark.parametrize("trace_id", ["zz" * 16, "1" * 31, "1" * 30, "1" * 33, "ERERERERERERERERERERER=="])
def test_json_ids_that_are_no_hex_are_never_taken(guarded: _Guarded, trace_id: str) -> None:
    body = otlp.to_otlp_json(_one_span())
    body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"] = trace_id
    answer = _post(guarded.server, json.dumps(body).encode(), JSON)
    if answer.status == 200:
        assert int(answer.json()["partialSuccess"]["rejectedSpans"]) == 1
    else:
        _check_error(answer, 400, JSON)


def test_json_takes_what_the_rules_allow(guarded: _Guarded) -> None:
    """Ids in any case, numbers as text or number, names of enums, unknown fields, null."""
    unknown: Any = {"deep": [{"er": [1, 2.5, "x", None, True, {"and": {"er": []}}]}] * 50}
    body = json.dumps({
        "unknown": unknown,
        "resourceSpans": [{
            "resource": {"attributes": [
                {"key": "service.name", "value": {"stringValue": "json-rules"}, "extra": unknown}],
                "droppedAttributesCount": "7"},
            "schemaUrl": None,
            "scopeSpans": [{"spans": [{
                "traceId": "aBcDeF00000000000000000000000001", "spanId": "ABCDEF0000000001",
                "parentSpanId": "", "name": "rules \u00e9\ud83d\ude80", "kind": "SPAN_KIND_SERVER",
                "startTimeUnixNano": 1752242950000000000, "endTimeUnixNano": "1752242951000000000",
                "trace_state": "not taken: snake case is unknown",
                "status": {"code": "STATUS_CODE_ERROR", "message": None},
                "events": None, "flags": 257,
                "attributes": [
                    {"key": "number", "value": {"intValue": 9007199254740993}},
                    {"key": "text", "value": {"intValue": "-9223372036854775808"}},
                    {"key": "double", "value": {"doubleValue": 3}},
                    {"key": "nan", "value": {"doubleValue": "NaN"}},
                    {"key": "bytes", "value": {"bytesValue": "_-8="}},
                ]}]}]}]}).encode()
    answer = _post(guarded.server, body, "application/json; charset=utf-8")
    otlp.check_http_success(answer, JSON)
    api = Api(guarded.server)
    [part] = api.trace("abcdef00000000000000000000000001").resource_spans
    [span] = part.scope_spans[0].spans
    assert part.resource.dropped_attributes_count == 7
    assert (span.name, span.kind, span.status.code) == ("rules \u00e9\U0001f680", 2, 2)
    assert (span.flags, span.trace_state) == (257, "")
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (
        1752242950000000000, 1752242951000000000)
    values = {entry.key: entry.value for entry in span.attributes}
    assert values["number"].int_value == 9007199254740993
    assert values["text"].int_value == -(2**63)
    assert values["double"].double_value == 3.0 and values["double"].WhichOneof("value")
    assert values["nan"].double_value != values["nan"].double_value
    assert values["bytes"].bytes_value == b"\xff\xef"
    api.close()


@pytest.mark.parametrize("number", ["18446744073709551616", "1e400", "1.5", "--1", "0x10"])
def test_json_numbers_that_do_not_fit_are_400(guarded: _Guarded, number: str) -> None:
    body = otlp.to_otlp_json(_one_span())
    body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["startTimeUnixNano"] = number
    _check_error(_post(guarded.server, json.dumps(body).encode(), JSON), 400, JSON)


# -- deep nesting -----------------------------------------------------------------------------


def _nested_value(depth: int) -> bytes:
    """The bytes of an AnyValue that is an array in an array ... `depth` deep."""
    def field(number: int, content: bytes) -> bytes:
        header = bytes([number << 3 | 2])
        length = len(content)
        while length > 0x7F:
            header += bytes([length & 0x7F | 0x80])
            length >>= 7
        return header + bytes([length]) + content

    value = b"\x18\x01"
    for _ in range(depth):
        value = field(5, field(1, value))
    body = field(1, b"k") + field(2, value)
    span = (field(1, b"\x33" * 16) + field(2, b"\x44" * 8) + field(9, body))
    return field(1, field(2, field(2, span)))


@pytest.mark.parametrize("depth", [1, 10, 20])
def test_nested_values_of_a_sensible_depth_are_kept(guarded: _Guarded, depth: int) -> None:
    body = _nested_value(depth)
    otlp.check_http_success(_post(guarded.server, body), PROTOBUF)


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_nested_values_without_end_are_refused(guarded: _Guarded, depth: int) -> None:
    if depth == 1_000:
        body = _nested_value(depth)
    else:
        # Groups and lengths as deep as the body is long.
        body = b"\x0b" * depth
    answer = _post(guarded.server, body)
    if answer.status == 200:
        assert ExportTraceServiceResponse.FromString(
            answer.body).partial_success.rejected_spans == 1
    else:
        _check_error(answer, 400)
    value = '{"arrayValue":{"values":[' * 1_000 + '{"intValue":"1"}' + "]}}" * 1_000
    text = ('{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"' + "55" * 16 + '","spanId":"'
            + "66" * 8 + '","attributes":[{"key":"k","value":' + value + "}]}]}]}]}")
    answer = _post(guarded.server, text.encode(), JSON)
    if answer.status == 200:
        assert int(answer.json()["partialSuccess"]["rejectedSpans"]) == 1
    else:
        _check_error(answer, 400, JSON)


# -- compression ------------------------------------------------------------------------------


def _zeros(mebibytes: int, compressor: Callable[[bytes], bytes], finish: Callable[[], bytes]
           ) -> bytes:
    block = bytes(MEBIBYTE)
    return b"".join(compressor(block) for _ in range(mebibytes)) + finish()


def _bomb(name: str, mebibytes: int = 256) -> bytes:
    if name == "zstd":
        packer = zstandard.ZstdCompressor(level=1).compressobj()
        return _zeros(mebibytes, packer.compress, packer.flush)
    packer_z = zlib.compressobj(9, zlib.DEFLATED, 31 if name == "gzip" else 15)
    return _zeros(mebibytes, packer_z.compress, packer_z.flush)


@pytest.mark.parametrize("name", ["gzip", "zstd", "deflate"])
def test_a_bomb_is_413_and_costs_little(guarded: _Guarded, name: str) -> None:
    bomb = _bomb(name)
    assert len(bomb) < MEBIBYTE
    guarded.server.reset_peak_memory()
    before = guarded.server.peak_memory_bytes()
    for _ in range(3):
        _check_error(_post(guarded.server, bomb, **{"Content-Encoding": name}), 413)
    grown = guarded.server.peak_memory_bytes() - before
    assert grown < BOMB_BYTES_MAX, f"peak grown by {grown / MEBIBYTE:.0f} MiB"
    guarded.check_memory()


@pytest.mark.parametrize("name", ["gzip", "zstd", "deflate"])
@pytest.mark.parametrize("damage", ["plain", "cut", "flipped", "empty", "trailing"])
def test_damaged_compression_is_400(guarded: _Guarded, name: str, damage: str) -> None:
    packed = otlp.ENCODERS[name](recorded.bodies()[3])
    middle = len(packed) // 2
    body = {"plain": recorded.bodies()[3], "cut": packed[:middle],
            "flipped": packed[:middle] + bytes([packed[middle] ^ 0x55]) + packed[middle + 1:],
            "empty": b"", "trailing": packed + b"garbage"}[damage]
    answer = _post(guarded.server, body, **{"Content-Encoding": name})
    if name == "zstd" and damage == "flipped" and answer.status == 200:
        pytest.fail("a flipped bit in the middle of the data was not noticed")
    if damage == "empty" and answer.status == 200:
        return  # No bytes at all may pass for an empty request.
    _check_error(answer, 400)


@pytest.mark.parametrize("encoding", ["br", "snappy2", "gzip, gzip", "x-unknown"])
def test_unknown_encodings_are_refused_with_the_known_ones_named(guarded: _Guarded,
                                                                 encoding: str) -> None:
    answer = _post(guarded.server, recorded.bodies()[0], **{"Content-Encoding": encoding})
    assert answer.status in (400, 415), answer.status
    message = _check_error(answer, answer.status)
    assert "gzip" in message, message


def test_identity_is_no_encoding(guarded: _Guarded) -> None:
    answer = _post(guarded.server, b"", **{"Content-Encoding": "identity"})
    otlp.check_http_success(answer, PROTOBUF)


# -- size, media type, path, method ------------------------------------------------------------


def test_an_oversize_body_is_413(guarded: _Guarded) -> None:
    """Announced, it is refused before it is sent; nothing of it is kept in memory."""
    host, _, port = guarded.server.otlp_http.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: x\r\n"
                           b"Content-Type: application/x-protobuf\r\n"
                           b"Content-Length: 10000000000\r\n\r\n")
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413"), answer[:200]
    assert b"application/x-protobuf" in answer
    guarded.check_memory()


def test_an_oversize_chunked_body_is_413(guarded: _Guarded) -> None:
    host, _, port = guarded.server.otlp_http.rpartition(":")
    chunk = b"%x\r\n" % MEBIBYTE + bytes(MEBIBYTE) + b"\r\n"
    answer = b""
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: x\r\n"
                           b"Content-Type: application/x-protobuf\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n")
        connection.settimeout(0.0001)
        sent = 0
        try:
            while sent < 400 and not answer:
                connection.settimeout(20)
                connection.sendall(chunk)
                sent += 1
                connection.settimeout(0.0001)
                try:
                    answer = connection.recv(65536)
                except TimeoutError:
                    pass
        except (BrokenPipeError, ConnectionResetError):
            connection.settimeout(5)
            try:
                answer = answer or connection.recv(65536)
            except ConnectionResetError:
                pass
    assert sent < 400, "400 MiB were taken"
    assert not answer or answer.startswith(b"HTTP/1.1 413"), answer[:200]
    guarded.check_memory()


@pytest.mark.parametrize("content_type", [
    None, "text/plain", "application/octet-stream", "application/grpc", "application/jsonx",
    "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ";"])
def test_other_media_types_are_415_and_the_right_ones_named(guarded: _Guarded,
                                                            content_type: str | None) -> None:
    answer = _post(guarded.server, recorded.bodies()[0], content_type)
    assert answer.status == 415, (answer.status, answer.text[:200])
    assert "application/x-protobuf" in answer.text and "application/json" in answer.text


@pytest.mark.parametrize("content_type", ["application/x-protobuf; charset=utf-8",
                                          "Application/X-Protobuf", " application/x-protobuf "])
def test_parameters_and_case_of_the_media_type_do_not_matter(guarded: _Guarded,
                                                             content_type: str) -> None:
    assert _post(guarded.server, b"", content_type).status == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods_are_405(guarded: _Guarded, method: str) -> None:
    answer = request(guarded.server.otlp_http, method, TRACES_PATH)
    assert answer.status == 405
    assert "POST" in answer.headers.get("allow", "")
    for path in ("/api/search", "/api/v2/search/tags", "/api/traces/ab", "/ready"):
        if method in ("PUT", "DELETE", "PATCH"):
            assert request(guarded.server.http, method, path).status == 405, path


@pytest.mark.parametrize("path", ["/v1/metrics", "/v1/logs", "/v1development/profiles"])
def test_paths_of_other_signals_say_that_traces_only_are_taken(guarded: _Guarded,
                                                               path: str) -> None:
    answer = request(guarded.server.otlp_http, "POST", path, b"", {"Content-Type": PROTOBUF})
    assert "traces" in _check_error(answer, 404)
    answer = request(guarded.server.otlp_http, "POST", path, b"{}", {"Content-Type": JSON})
    assert "traces" in _check_error(answer, 404, JSON)


@pytest.mark.parametrize("path", ["/", "/v2/traces", "/v1/traces/x", "/../v1/traces", "/v1//traces",
                                  "/%00", "/" + "x" * 3000, "/v1/traces%2f"])
def test_unknown_paths_are_404(guarded: _Guarded, path: str) -> None:
    answer = request(guarded.server.otlp_http, "POST", path, b"", {"Content-Type": PROTOBUF})
    # A path that climbs or holds control bytes is no path at all.
    allowed = (400, 404) if ".." in path or "%00" in path else (404,)
    assert answer.status in allowed, answer.status
    if path != "/":
        assert request(guarded.server.http, "GET", f"/api{path}").status in (400, 404)


@pytest.mark.parametrize("head", [
    b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
    b"GET / HTTP/1.1\r\nHost x\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"A: " + b"b" * 200_000 + b"\r\n\r\n",
    b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" + b"\xff" * 500,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    bytes(10_000),
], ids=range(13))
@pytest.mark.parametrize("port", ["http", "otlp_http", "otlp_grpc"])
def test_broken_requests_end_the_connection_and_nothing_else(guarded: _Guarded, head: bytes,
                                                             port: str) -> None:
    host, _, number = guarded.server.addresses[port].rpartition(":")
    with socket.create_connection((host, int(number)), timeout=10) as connection:
        try:
            connection.sendall(head)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        except (ConnectionResetError, BrokenPipeError):
            answer = b""
    assert not answer.startswith(b"HTTP/1.1 2"), answer[:100]
    assert request(guarded.server.http, "GET", "/ready").status == 200


def test_connections_that_come_and_go_leave_no_descriptors(guarded: _Guarded) -> None:
    before = guarded.server.open_files()
    host, _, number = guarded.server.otlp_http.rpartition(":")
    for _ in range(300):
        connection = socket.create_connection((host, int(number)), timeout=10)
        connection.sendall(b"POST /v1/traces HTTP/1.1\r\nContent-Le")
        connection.close()
    deadline = time.monotonic() + 5
    while guarded.server.open_files() > before + 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert guarded.server.open_files() <= before + 5


# -- gRPC -------------------------------------------------------------------------------------


def _grpc_error(call: Callable[[], Any]) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


@pytest.fixture
def channel(guarded: _Guarded) -> Iterator[grpc.Channel]:
    channel = otlp.grpc_channel(guarded.server.otlp_grpc)
    yield channel
    channel.close()


def test_grpc_undecodable_is_invalid_argument(channel: grpc.Channel) -> None:
    for body in (b"\xff", b"\x0a\x05abc", recorded.bodies()[3][:-1]):
        error = _grpc_error(lambda: otlp.raw_method(channel)(body, timeout=10))
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert len(error.details()) > 10 and error.details().isprintable()


@pytest.mark.parametrize("method", [
    "/opentelemetry.proto.collector.trace.v1.TraceService/Import",
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "/no.such.Service/Method", "/x"])
def test_grpc_unknown_methods_are_unimplemented(channel: grpc.Channel, method: str) -> None:
    error = _grpc_error(lambda: otlp.raw_method(channel, method)(b"", timeout=10))
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED
    assert error.details()
    if "MetricsService" in method or "LogsService" in method:
        assert "traces" in error.details()


def test_grpc_oversize_message_is_resource_exhausted(guarded: _Guarded,
                                                     channel: grpc.Channel) -> None:
    error = _grpc_error(lambda: otlp.raw_method(channel)(bytes(80 * MEBIBYTE), timeout=20))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error
    # Without a hint to retry: it would never be taken.
    assert "google.rpc.retryinfo-bin" not in dict(error.trailing_metadata() or ())
    error = _grpc_error(lambda: otlp.raw_method(channel)(
        bytes(200 * MEBIBYTE), timeout=20, compression=grpc.Compression.Gzip))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error
    guarded.check_memory()
    assert otlp.raw_method(channel)(b"", timeout=10) == b""


def test_grpc_deadline_that_has_passed_is_deadline_exceeded(guarded: _Guarded) -> None:
    """By hand: a client library may see the answer before it looks at so short a deadline."""
    body = recorded.bodies()[17]
    frame = b"\x00" + struct.pack(">I", len(body)) + body
    found, message = grpc_call(guarded.server.otlp_grpc, otlp.EXPORT_METHOD, frame,
                               {"grpc-timeout": "1n"})
    assert found == str(grpc.StatusCode.DEADLINE_EXCEEDED.value[0]), message
    assert message


@pytest.mark.parametrize(("frame", "headers", "status"), [
    (b"\x00\x00\x00", {}, "INVALID_ARGUMENT|INTERNAL|UNKNOWN"),
    (b"\x00\x00\x00\x00\x09abc", {}, "INVALID_ARGUMENT|INTERNAL|UNKNOWN"),
    (b"\x07\x00\x00\x00\x00", {}, "INVALID_ARGUMENT|INTERNAL|UNIMPLEMENTED"),
    (b"\x01\x00\x00\x00\x03abc", {}, "INVALID_ARGUMENT|INTERNAL|UNIMPLEMENTED"),
    (b"\x01\x00\x00\x00\x03abc", {"grpc-encoding": "gzip"}, "INVALID_ARGUMENT|INTERNAL"),
    (b"\x01\x00\x00\x00\x03abc", {"grpc-encoding": "mystery"}, "UNIMPLEMENTED"),
    (b"\x00\xff\xff\xff\xff", {}, "RESOURCE_EXHAUSTED"),
    (b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", {}, "INVALID_ARGUMENT|INTERNAL|UNIMPLEMENTED|UNKNOWN"),
])
def test_grpc_bad_frames_are_answered_with_a_status(guarded: _Guarded, frame: bytes,
                                                    headers: dict[str, str], status: str) -> None:
    """Read with a small HTTP/2 client of ours, since the status is in the trailers."""
    found, message = grpc_call(guarded.server.otlp_grpc, otlp.EXPORT_METHOD, frame, headers)
    allowed = [str(getattr(grpc.StatusCode, name).value[0]) for name in status.split("|")]
    assert found in allowed, (found, message)
    assert message


def test_grpc_gzip_message_is_read(guarded: _Guarded) -> None:
    packed = gzip.compress(b"")
    frame = b"\x01" + struct.pack(">I", len(packed)) + packed
    found, _ = grpc_call(guarded.server.otlp_grpc, otlp.EXPORT_METHOD, frame,
                         {"grpc-encoding": "gzip"})
    assert found == "0"


def test_memory_and_data_after_all_this(guarded: _Guarded) -> None:
    guarded.check_all_there()
    assert request(guarded.server.http, "GET", "/ready").body == b"ready\n"
