"""A small HTTP/2 client over the h2 library: shows trailers and lets frames be wrong."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.errors
import h2.events

TIMEOUT_SECONDS = 15.0


@dataclass
class Stream:
    """What came back on one stream."""

    headers: dict[str, str] = field(default_factory=dict)
    trailers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    ended: bool = False
    reset: int | None = None

    @property
    def status(self) -> int:
        return int(self.headers.get(":status", "0"))


class Http2Connection:
    """One cleartext connection that begins with HTTP/2 (prior knowledge)."""

    def __init__(self, address: str) -> None:
        self.address = address
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=TIMEOUT_SECONDS)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=True, header_encoding="utf-8", validate_outbound_headers=False,
            normalize_outbound_headers=False))
        self.h2.initiate_connection()
        self.streams: dict[int, Stream] = {}
        self.goaway: h2.events.ConnectionTerminated | None = None
        self.closed = False
        self.flush()

    def flush(self) -> None:
        data = self.h2.data_to_send()
        if data:
            self.socket.sendall(data)

    def start(self, method: str, path: str, headers: dict[str, str], end: bool = False) -> int:
        stream_id = self.h2.get_next_available_stream_id()
        self.streams[stream_id] = Stream()
        self.h2.send_headers(stream_id, [
            (":method", method), (":scheme", "http"), (":authority", self.address),
            (":path", path), *headers.items()], end_stream=end)
        self.flush()
        return stream_id

    def send(self, stream_id: int, body: bytes, end: bool = True) -> None:
        """Sends a body within the windows that the server gives."""
        view = memoryview(body)
        stream = self.streams[stream_id]
        while view and not stream.ended and stream.reset is None and not self.closed:
            room = min(self.h2.local_flow_control_window(stream_id),
                       self.h2.max_outbound_frame_size, len(view))
            if room == 0:
                self.receive()
                continue
            self.h2.send_data(stream_id, bytes(view[:room]))
            view = view[room:]
            self.flush()
        if end and not stream.ended and stream.reset is None and not self.closed:
            self.h2.end_stream(stream_id)
            self.flush()

    def receive(self) -> bool:
        """Takes what has come; False at the end of the connection."""
        data = self.socket.recv(65536)
        if not data:
            self.closed = True
            return False
        for event in self.h2.receive_data(data):
            stream = self.streams.get(getattr(event, "stream_id", 0) or 0)
            if isinstance(event, h2.events.ResponseReceived) and stream:
                stream.headers = dict(event.headers)
            elif isinstance(event, h2.events.TrailersReceived) and stream:
                stream.trailers = dict(event.headers)
            elif isinstance(event, h2.events.DataReceived) and stream:
                stream.body += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded) and stream:
                stream.ended = True
            elif isinstance(event, h2.events.StreamReset) and stream:
                stream.reset = event.error_code
            elif isinstance(event, h2.events.ConnectionTerminated):
                self.goaway = event
        self.flush()
        return True

    def wait(self, stream_id: int) -> Stream:
        stream = self.streams[stream_id]
        while not stream.ended and stream.reset is None:
            if not self.receive():
                break
        return stream

    def request(self, method: str, path: str, body: bytes = b"",
                headers: dict[str, str] | None = None) -> Stream:
        stream_id = self.start(method, path, headers or {}, end=not body)
        if body:
            self.send(stream_id, body)
        return self.wait(stream_id)

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "Http2Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def grpc_call(address: str, method: str, frame: bytes, headers: dict[str, str]
              ) -> tuple[str, str]:
    """Sends `frame` as the body of a gRPC call; returns (grpc-status, grpc-message)."""
    with Http2Connection(address) as connection:
        stream = connection.request("POST", method, frame, {
            "content-type": "application/grpc", "te": "trailers", **headers})
        assert stream.status == 200, (stream.headers, stream.reset)
        assert stream.headers["content-type"].startswith("application/grpc")
        fields = {**stream.headers, **stream.trailers}
        return fields.get("grpc-status", ""), fields.get("grpc-message", "")
