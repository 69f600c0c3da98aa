"""Start, stop, addresses, the data folder's lock, and what a restart keeps."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Callable

import pytest

from support import otlp, recorded
from support.compare import difference, sent_spans, spans_by_trace
from support.http import get, request
from support.processes import Program, Server
from support.vivace import Api, send, wait_until

# What is promised on an idle machine; the tests share two busy cores.
START_SECONDS_PROMISED = 0.2
START_TRIES = 10


def test_starts_in_under_200_ms(start_server: Callable[..., Server]) -> None:
    """The best of a few starts counts: the others measure the machine's other work."""
    best = 60.0
    for _ in range(START_TRIES):
        server = start_server()
        best = min(best, server.start_seconds)
        assert server.terminate() == 0
        if best < START_SECONDS_PROMISED:
            break
    assert best < START_SECONDS_PROMISED


def test_says_where_it_listens_and_drains_on_sigterm(start_server: Callable[..., Server]) -> None:
    server = start_server()
    for key, path, expected in (("http", "/ready", 200), ("otlp_http", "/v1/traces", 405),
                                ("otlp_grpc", "/v1/traces", 405)):
        host, _, port = server.addresses[key].rpartition(":")
        assert host == "127.0.0.1" and int(port) > 0
        assert get(server.addresses[key], path).status == expected, key
    assert server.terminate() == 0
    assert not (server.data_dir / "listening.json").exists()
    for address in server.addresses.values():
        host, _, port = address.rpartition(":")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)), timeout=5)


def test_sigint_stops_it_as_well(start_server: Callable[..., Server]) -> None:
    server = start_server()
    server.process.send_signal(signal.SIGINT)
    assert server.wait() == 0


def test_a_second_server_on_the_same_folder_is_refused(
        binary: str, start_server: Callable[..., Server], tmp_path: Path) -> None:
    server = start_server()
    second = Program([binary, "serve", "--data-dir", str(server.data_dir),
                      "--http-address", "127.0.0.1:0", "--otlp-http-address", "127.0.0.1:0",
                      "--otlp-grpc-address", "127.0.0.1:0"], tmp_path / "second.log")
    assert second.wait() not in (0, -signal.SIGSEGV, -signal.SIGABRT)
    assert str(server.data_dir) in second.output(), second.output()
    # The first goes on and its address file is still its own.
    assert (server.data_dir / "listening.json").exists()
    assert get(server.http, "/ready").status == 200


def test_a_port_in_use_is_refused_with_the_address(
        binary: str, start_server: Callable[..., Server], tmp_path: Path) -> None:
    server = start_server()
    second = Program([binary, "serve", "--data-dir", str(tmp_path / "other"),
                      "--http-address", server.http, "--otlp-http-address", "127.0.0.1:0",
                      "--otlp-grpc-address", "127.0.0.1:0"], tmp_path / "second.log")
    assert second.wait() > 0
    assert server.http in second.output(), second.output()
    assert not (tmp_path / "other" / "listening.json").exists()


@pytest.mark.parametrize("arguments", [
    ["serve", "--no-such-flag"],
    ["serve", "--http-address", "no-port"],
    ["serve", "--http-address", "127.0.0.1:99999"],
    ["no-such-command"],
])
def test_a_bad_command_line_is_refused_with_a_reason(binary: str, arguments: list[str],
                                                     tmp_path: Path) -> None:
    program = Program([binary, *arguments], tmp_path / "log", cwd=tmp_path)
    assert program.wait() > 0
    assert arguments[-1] in program.output(), program.output()
    assert not (tmp_path / "vivace-data").exists()


def test_help_names_every_flag_that_the_readme_uses(binary: str) -> None:
    result = subprocess.run([binary, "serve", "--help"], capture_output=True, text=True, timeout=20)
    assert result.returncode == 0
    for flag in ("--data-dir", "--http-address", "--otlp-http-address", "--otlp-grpc-address"):
        assert flag in result.stdout
    for default in ("vivace-data", "127.0.0.1:3200", "127.0.0.1:4318", "127.0.0.1:4317"):
        assert default in result.stdout, f"the default {default} is not shown"


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def test_without_arguments_the_default_ports_and_folder_are_used(
        binary: str, tmp_path: Path) -> None:
    """Somebody else may hold the default ports here: then the refusal must name one of them."""
    ports_free = all(_port_is_free(port) for port in (3200, 4317, 4318))
    program = Program([binary, "serve"], tmp_path / "log", cwd=tmp_path)
    if not ports_free:
        assert program.wait() > 0
        assert any(port in program.output() for port in ("3200", "4317", "4318"))
        return
    addresses = program.wait_for_json(tmp_path / "vivace-data" / "listening.json", ("http",))
    assert addresses == {"http": "127.0.0.1:3200", "otlp_http": "127.0.0.1:4318",
                         "otlp_grpc": "127.0.0.1:4317"}
    assert get("127.0.0.1:3200", "/api/echo").body == b"echo"
    assert program.terminate() == 0


def test_a_stop_under_load_loses_nothing_that_was_acknowledged(
        start_server: Callable[..., Server]) -> None:
    server = start_server()
    acknowledged: list[bytes] = []
    unexpected: list[str] = []
    ended = threading.Event()

    def client(number: int, way: str) -> None:
        sender = otlp.SENDERS[way](server.otlp_http, server.otlp_grpc)
        try:
            for round_number in range(8):
                for index, body in enumerate(recorded.bodies()):
                    # Four clients, eight rounds: 32 different masks, each a new set of traces.
                    masked = recorded.with_trace_ids_masked(body, number * 8 + round_number)
                    sender.send(masked)
                    acknowledged.append(masked)
        except otlp.Refused as refusal:
            if "503" not in str(refusal):
                unexpected.append(str(refusal))
        except Exception as error:  # Connections end while the server stops.
            if not ended.is_set():
                unexpected.append(f"{way}: {error!r}")
        finally:
            sender.close()

    threads = [threading.Thread(target=client, args=(number, way))
               for number, way in enumerate(("http-protobuf", "grpc", "http-gzip", "grpc-gzip"))]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(acknowledged) > 60, 20, "the load runs")
    ended.set()
    began = time.monotonic()
    assert server.terminate() == 0, server.output()[-2000:]
    assert time.monotonic() - began < 10
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert not unexpected

    again = start_server(data_dir=server.data_dir)
    expected = sent_spans(acknowledged)
    api = Api(again)
    try:
        for trace_id, spans in expected.items():
            found = spans_by_trace([api.trace(trace_id)])[trace_id]
            missing = set(spans) - set(found)
            assert not missing, f"trace {trace_id.hex()}: {len(missing)} acknowledged spans lost"
    finally:
        api.close()


@pytest.mark.parametrize("flags", [("--block-cut-bytes", "200KB"), ("--block-cut-age", "50ms")])
def test_blocks_are_cut_by_size_and_by_age(start_server: Callable[..., Server],
                                           flags: tuple[str, str]) -> None:
    """Data moves from live to blocks while it is sent and asked for: nothing is lost or doubled."""
    server = start_server(*flags)
    blocks = server.data_dir / "blocks"
    bodies = recorded.bodies()
    for first in range(0, len(bodies), 10):
        send(server, bodies[first:first + 10])
        api = Api(server)
        expected = sent_spans(bodies[:first + 10])
        assert len(api.found_ids("{}")) == len(expected)
        api.close()
    wait_until(lambda: list(blocks.glob("*.block")), 10, "a block appears")
    api = Api(server)
    for trace_id, spans in sent_spans(bodies).items():
        problem = difference(spans, spans_by_trace([api.trace(trace_id)])[trace_id])
        assert not problem, problem
    api.close()
    assert server.terminate() == 0


def test_a_restart_keeps_traces_and_the_search_order(start_server: Callable[..., Server]) -> None:
    server = start_server()
    send(server, recorded.bodies())
    api = Api(server)
    before = api.found_ids("{}")
    api.close()
    assert len(before) == recorded.TRACE_COUNT
    server = server.restarted()
    try:
        api = Api(server)
        assert api.found_ids("{}") == before
        api.close()
    finally:
        server.kill()


def test_many_restarts_in_a_row_change_nothing(start_server: Callable[..., Server]) -> None:
    body = recorded.every_field()
    server = start_server()
    send(server, [body])
    expected = sent_spans([body])
    for _ in range(5):
        server = server.restarted()
        api = Api(server)
        for trace_id, spans in expected.items():
            problem = difference(spans, spans_by_trace([api.trace(trace_id)])[trace_id])
            assert not problem, problem
        api.close()
    server.kill()


def test_a_leftover_address_file_of_a_killed_server_does_no_harm(
        start_server: Callable[..., Server]) -> None:
    server = start_server()
    server.kill()
    assert (server.data_dir / "listening.json").exists()
    again = start_server(data_dir=server.data_dir)
    assert get(again.http, "/ready").status == 200
    assert again.terminate() == 0


def test_requests_under_way_are_answered_while_it_drains(
        start_server: Callable[..., Server]) -> None:
    """A body that is half sent when SIGTERM comes is read to its end and answered."""
    server = start_server()
    body = recorded.bodies()[0]
    host, _, port = server.otlp_http.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body[: len(body) // 2])
        time.sleep(0.1)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        connection.sendall(body[len(body) // 2:])
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 503")), answer[:200]
    assert server.wait() == 0
    taken = answer.startswith(b"HTTP/1.1 200")
    again = start_server(data_dir=server.data_dir)
    api = Api(again)
    for trace_id, spans in sent_spans([body]).items():
        found = spans_by_trace([api.trace(trace_id)])[trace_id]
        assert not taken or not difference(spans, found)
    api.close()


def test_ready_and_echo(server: Server) -> None:
    assert request(server.http, "GET", "/ready").body == b"ready\n"
    echo = request(server.http, "GET", "/api/echo")
    assert (echo.status, echo.body) == (200, b"echo")
