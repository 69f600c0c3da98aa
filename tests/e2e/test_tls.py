"""With a certificate all three listeners speak TLS, HTTP/1.1 and HTTP/2 by ALPN."""

from __future__ import annotations

import socket
import ssl
import subprocess
from pathlib import Path
from typing import Callable

import grpc
import httpx
import pytest

from support import otlp, recorded
from support.compare import decode_v2_protobuf, difference, sent_spans, spans_by_trace
from support.processes import Program, Server

PORTS = ("http", "otlp_http", "otlp_grpc")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", str(key), "-out",
         str(certificate)], check=True, capture_output=True, timeout=30)
    return certificate, key


@pytest.fixture(scope="module")
def secure(start_server: Callable[..., Server], certificate: tuple[Path, Path]) -> Server:
    return start_server("--tls-certificate", str(certificate[0]), "--tls-key", str(certificate[1]))


def _context(certificate: tuple[Path, Path], *protocols: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificate[0]))
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


@pytest.mark.parametrize("port", PORTS)
def test_alpn_chooses_the_protocol(secure: Server, certificate: tuple[Path, Path],
                                   port: str) -> None:
    host, _, number = secure.addresses[port].rpartition(":")
    for offered, chosen in ((("h2", "http/1.1"), "h2"), (("http/1.1",), "http/1.1")):
        with socket.create_connection((host, int(number)), timeout=10) as raw:
            with _context(certificate, *offered).wrap_socket(raw, server_hostname=host) as secured:
                assert secured.selected_alpn_protocol() == chosen
                assert secured.version() in ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/2"])
def test_requests_over_tls(secure: Server, certificate: tuple[Path, Path], version: str) -> None:
    body = recorded.every_field(trace_number=0x6000 + len(version))
    with httpx.Client(http2=version == "HTTP/2", http1=version != "HTTP/2", timeout=10,
                      verify=_context(certificate)) as client:
        answer = client.post(f"https://{secure.otlp_http}/v1/traces", content=body,
                             headers={"content-type": otlp.PROTOBUF})
        assert (answer.http_version, answer.status_code) == (version, 200)
        for trace_id, spans in sent_spans([body]).items():
            found = client.get(f"https://{secure.http}/api/v2/traces/{trace_id.hex()}",
                               headers={"accept": "application/protobuf"})
            assert found.http_version == version
            data = decode_v2_protobuf(found.content)
            assert not difference(spans, spans_by_trace([data])[trace_id])


def test_grpc_over_tls(secure: Server, certificate: tuple[Path, Path]) -> None:
    credentials = grpc.ssl_channel_credentials(certificate[0].read_bytes())
    with grpc.secure_channel(secure.otlp_grpc, credentials) as channel:
        export = otlp.raw_method(channel)
        assert export(recorded.every_field(trace_number=0x6100), timeout=10) == b""


def test_old_versions_and_plain_text_are_refused(secure: Server,
                                                 certificate: tuple[Path, Path]) -> None:
    host, _, number = secure.http.rpartition(":")
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(certificate[0])
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection((host, int(number)), timeout=10) as raw:
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            old.wrap_socket(raw, server_hostname=host)
    with socket.create_connection((host, int(number)), timeout=10) as raw:
        raw.sendall(b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            assert b"200" not in raw.recv(1000)
        except ConnectionResetError:
            pass


def test_a_certificate_that_is_none_is_refused_at_the_start(binary: str, tmp_path: Path) -> None:
    for name in ("certificate.pem", "key.pem"):
        (tmp_path / name).write_text("no certificate")
    program = Program(
        [binary, "serve", "--data-dir", str(tmp_path / "data"), "--http-address", "127.0.0.1:0",
         "--otlp-http-address", "127.0.0.1:0", "--otlp-grpc-address", "127.0.0.1:0",
         "--tls-certificate", str(tmp_path / "certificate.pem"), "--tls-key",
         str(tmp_path / "key.pem")], tmp_path / "log")
    assert program.wait() > 0
    assert "certificate.pem" in program.output()
