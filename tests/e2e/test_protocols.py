"""Both HTTP versions on all three ports, both OTLP transports on both ports, slow peers, CORS."""

from __future__ import annotations

import socket
import struct
import threading
import time
from typing import Callable

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from support import otlp, recorded
from support.compare import difference, sent_spans, spans_by_trace
from support.http import Connection, request
from support.http2 import Http2Connection
from support.processes import Server
from support.vivace import Api

PORTS = ("http", "otlp_http", "otlp_grpc")
OTLP_PORTS = ("otlp_http", "otlp_grpc")
PROTOBUF_HEADERS = {"content-type": otlp.PROTOBUF}
# The time that a client gets here to send its request's head, and slack for a busy machine.
HEADER_SECONDS = 1
SLACK_SECONDS = 8.0


def _path(port: str) -> tuple[str, str, int]:
    return ("GET", "/api/echo", 200) if port == "http" else ("GET", "/v1/traces", 405)


@pytest.mark.parametrize("port", PORTS)
def test_http_1_and_http_2_on_every_port(server: Server, port: str) -> None:
    method, path, status = _path(port)
    address = server.addresses[port]
    assert request(address, method, path).status == status
    with httpx.Client(http1=False, http2=True, timeout=10) as client:
        response = client.request(method, f"http://{address}{path}")
        assert (response.http_version, response.status_code) == ("HTTP/2", status)


@pytest.mark.parametrize("port", OTLP_PORTS)
@pytest.mark.parametrize("way", ["http/1.1", "http/2", "grpc"])
def test_both_transports_on_both_otlp_ports(server: Server, port: str, way: str) -> None:
    number = 0x2000 + 16 * OTLP_PORTS.index(port) + ("http/1.1", "http/2", "grpc").index(way)
    body = recorded.every_field(trace_number=number)
    address = server.addresses[port]
    if way == "grpc":
        sender = otlp.GrpcSender(address)
        sender.send(body)
        sender.close()
    elif way == "http/1.1":
        otlp.HttpSender(address).send(body)
    else:
        with Http2Connection(address) as connection:
            stream = connection.request("POST", otlp.TRACES_PATH, body, PROTOBUF_HEADERS)
            assert stream.status == 200 and stream.body == b""
    api = Api(server)
    for trace_id, spans in sent_spans([body]).items():
        assert not difference(spans, spans_by_trace([api.trace(trace_id)])[trace_id])
    api.close()


def test_many_streams_of_one_connection_are_served_together(server: Server) -> None:
    with Http2Connection(server.otlp_http) as connection:
        bodies = [recorded.with_trace_ids_masked(body, 0x55) for body in recorded.bodies()[:40]]
        streams = [connection.start("POST", otlp.TRACES_PATH, PROTOBUF_HEADERS) for _ in bodies]
        for stream_id, body in zip(streams, bodies):
            connection.send(stream_id, body)
        for stream_id in streams:
            assert connection.wait(stream_id).status == 200


def test_a_reset_stream_leaves_the_others_alone(server: Server) -> None:
    with Http2Connection(server.otlp_http) as connection:
        first = connection.start("POST", otlp.TRACES_PATH, PROTOBUF_HEADERS)
        connection.send(first, recorded.bodies()[0][:100], end=False)
        second = connection.start("POST", otlp.TRACES_PATH, PROTOBUF_HEADERS)
        connection.h2.reset_stream(first)
        connection.flush()
        connection.send(second, recorded.bodies()[1])
        assert connection.wait(second).status == 200


def test_resets_without_end_close_the_connection_not_the_server(server: Server) -> None:
    """Streams opened and reset at once, thousands of times: the peer is sent away or slowed."""
    with Http2Connection(server.otlp_http) as connection:
        try:
            for _ in range(5_000):
                stream = connection.start("POST", otlp.TRACES_PATH, PROTOBUF_HEADERS)
                connection.h2.reset_stream(stream)
                connection.flush()
        except (BrokenPipeError, ConnectionResetError):
            pass
        except Exception as error:  # h2 refuses to go on after a GOAWAY.
            assert "h2" in type(error).__module__, error
    assert request(server.http, "GET", "/ready").status == 200


@pytest.mark.parametrize("headers", [
    {"x-large": "v" * 100_000}, {f"x-{number}": "v" * 50 for number in range(2_000)}])
def test_too_many_header_bytes_are_refused(server: Server, headers: dict[str, str]) -> None:
    try:
        answer = request(server.http, "GET", "/ready", headers=headers)
        assert answer.status in (400, 431), answer.status
    except (ConnectionResetError, BrokenPipeError):
        pass
    assert request(server.http, "GET", "/ready").status == 200
    with Http2Connection(server.http) as connection:
        try:
            stream = connection.request("GET", "/ready", headers=headers)
            assert stream.status in (0, 400, 431), stream
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert request(server.http, "GET", "/ready").status == 200


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    host, _, port = server.http.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"GET /api/echo HTTP/1.1\r\nHost: x\r\n\r\n" * 2
                           + b"GET /ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert answer.count(b"HTTP/1.1 200") == 3
    assert answer.rindex(b"ready\n") > answer.rindex(b"echo")


def test_a_chunked_body_is_read(server: Server) -> None:
    body = recorded.every_field(trace_number=0x3000)

    def chunks():  # type: ignore[no-untyped-def]
        for place in range(0, len(body), 777):
            yield body[place:place + 777]

    response = httpx.post(f"http://{server.otlp_http}/v1/traces", content=chunks(),
                          headers=PROTOBUF_HEADERS, timeout=10)
    assert response.status_code == 200
    api = Api(server)
    for trace_id, spans in sent_spans([body]).items():
        assert not difference(spans, spans_by_trace([api.trace(trace_id)])[trace_id])
    api.close()


def test_expect_100_continue_is_answered(server: Server) -> None:
    host, _, port = server.otlp_http.rpartition(":")
    body = recorded.bodies()[0]
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                           b"Content-Type: application/x-protobuf\r\nContent-Length: %d\r\n\r\n"
                           % len(body))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_http_1_0_without_keep_alive_is_closed(server: Server) -> None:
    host, _, port = server.http.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"GET /api/echo HTTP/1.0\r\n\r\n")
        answer = b""
        while chunk := connection.recv(1000):
            answer += chunk
    assert b" 200 " in answer and answer.endswith(b"echo")


def test_a_head_that_drips_is_cut_off(start_server: Callable[..., Server]) -> None:
    """A byte now and then never ends the head; the time for it ends the connection. All ports."""
    server = start_server("--header-timeout", f"{HEADER_SECONDS}s")
    began = time.monotonic()
    still_open: dict[str, socket.socket] = {}
    for port in PORTS:
        host, _, number = server.addresses[port].rpartition(":")
        still_open[port] = socket.create_connection((host, int(number)), timeout=10)
        still_open[port].sendall(b"GET /ready HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        still_open[port].settimeout(0.1)
    while still_open and time.monotonic() - began < HEADER_SECONDS + SLACK_SECONDS:
        for port, connection in list(still_open.items()):
            try:
                connection.sendall(b"s")
                received = connection.recv(1000)
                assert not received.startswith(b"HTTP/1.1 200")
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                pass
            still_open.pop(port).close()  # Either a 408 or the end of the connection.
    assert not still_open, f"open after {time.monotonic() - began:.0f} s: {list(still_open)}"


def test_a_body_that_never_comes_is_cut_off(start_server: Callable[..., Server]) -> None:
    server = start_server("--body-timeout", "1s")
    host, _, port = server.otlp_http.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=SLACK_SECONDS) as connection:
        connection.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
                           b"Content-Type: application/x-protobuf\r\n\r\nx")
        answer = b""
        while chunk := connection.recv(1000):
            answer += chunk
    assert not answer or answer.startswith(b"HTTP/1.1 408"), answer[:100]


def test_a_connection_without_requests_is_closed(start_server: Callable[..., Server]) -> None:
    server = start_server("--idle-timeout", "1s")
    for port in PORTS:
        host, _, number = server.addresses[port].rpartition(":")
        with socket.create_connection((host, int(number)), timeout=SLACK_SECONDS) as connection:
            assert connection.recv(1000) == b""


def test_more_connections_than_allowed_are_turned_away(start_server: Callable[..., Server]) -> None:
    server = start_server("--connections-max", "10")
    host, _, port = server.http.rpartition(":")
    held = []
    for _ in range(30):
        connection = socket.create_connection((host, int(port)), timeout=SLACK_SECONDS)
        held.append(connection)
    answered = 0
    for connection in held:
        try:
            connection.sendall(b"GET /api/echo HTTP/1.1\r\nHost: x\r\n\r\n")
            connection.settimeout(1)
            answered += connection.recv(1000).startswith(b"HTTP/1.1 200")
        except (ConnectionResetError, BrokenPipeError, TimeoutError):
            pass
    assert 0 < answered <= 10
    for connection in held:
        connection.close()
    # With the others gone there is room again.
    deadline = time.monotonic() + SLACK_SECONDS
    while True:
        try:
            assert request(server.http, "GET", "/api/echo").status == 200
            break
        except (OSError, AssertionError):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_slow_peers_do_not_keep_others_waiting(server: Server) -> None:
    host, _, port = server.otlp_http.rpartition(":")
    slow = []
    for _ in range(100):
        connection = socket.create_connection((host, int(port)), timeout=10)
        connection.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
                           b"Content-Type: application/x-protobuf\r\n\r\nx")
        slow.append(connection)
    began = time.monotonic()
    with Connection(server.otlp_http) as connection:
        for body in recorded.bodies()[:10]:
            answer = connection.request("POST", otlp.TRACES_PATH,
                                        recorded.with_trace_ids_masked(body, 0x77),
                                        {"Content-Type": otlp.PROTOBUF})
            assert answer.status == 200
    assert time.monotonic() - began < 5
    for connection in slow:
        connection.close()


def test_grpc_calls_in_parallel_on_one_channel(server: Server) -> None:
    channel = otlp.grpc_channel(server.otlp_grpc)
    export = otlp.raw_method(channel)
    calls = [export.future(recorded.with_trace_ids_masked(body, 0x99), timeout=20)
             for body in recorded.bodies()]
    for call in calls:
        assert not ExportTraceServiceResponse.FromString(call.result()).HasField("partial_success")
    channel.close()


def test_grpc_answers_end_with_trailers(server: Server) -> None:
    with Http2Connection(server.otlp_grpc) as connection:
        stream = connection.request("POST", otlp.EXPORT_METHOD, b"\x00" + struct.pack(">I", 0), {
            "content-type": "application/grpc+proto", "te": "trailers", "grpc-timeout": "5S"})
    assert stream.headers["content-type"].startswith("application/grpc")
    assert stream.body[:5] == b"\x00\x00\x00\x00\x00"
    assert stream.trailers["grpc-status"] == "0"


def test_browsers_may_send_across_origins(server: Server) -> None:
    origin = "https://shop.example"
    preflight = request(server.otlp_http, "OPTIONS", otlp.TRACES_PATH, headers={
        "Origin": origin, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-custom"})
    assert preflight.status in (200, 204)
    assert preflight.headers["access-control-allow-origin"] in ("*", origin)
    assert "POST" in preflight.headers["access-control-allow-methods"]
    allowed = preflight.headers["access-control-allow-headers"].lower()
    assert allowed == "*" or "content-type" in allowed
    answer = request(server.otlp_http, "POST", otlp.TRACES_PATH, b"{}",
                     {"Origin": origin, "Content-Type": otlp.JSON})
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] in ("*", origin)
    refused = request(server.otlp_http, "POST", otlp.TRACES_PATH, b"{",
                      {"Origin": origin, "Content-Type": otlp.JSON})
    assert refused.status == 400
    assert refused.headers["access-control-allow-origin"] in ("*", origin)


def test_answers_go_on_while_clients_connect_and_leave(server: Server) -> None:
    """A few hundred short connections from several threads, each answered."""
    failures: list[str] = []

    def visit() -> None:
        for _ in range(60):
            try:
                if request(server.http, "GET", "/api/echo").body != b"echo":
                    failures.append("wrong body")
            except OSError as error:
                failures.append(repr(error))

    threads = [threading.Thread(target=visit) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures, failures[:3]
