"""OTLP bodies: the JSON form, and every way of sending them."""

from __future__ import annotations

import base64
import gzip
import json
import math
import zlib
from typing import Any, Callable

import grpc
import zstandard
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from support.http import Answer, Connection

TRACES_PATH = "/v1/traces"
EXPORT_METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
PROTOBUF = "application/x-protobuf"
JSON = "application/json"
GRPC_TIMEOUT_SECONDS = 20.0

_ID_FIELDS = {"trace_id", "span_id", "parent_span_id"}
_SIXTY_FOUR_BITS = {
    FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_UINT64, FieldDescriptor.TYPE_FIXED64,
    FieldDescriptor.TYPE_SFIXED64, FieldDescriptor.TYPE_SINT64,
}


def _scalar_to_json(field: FieldDescriptor, value: Any) -> Any:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return value.hex() if field.name in _ID_FIELDS else base64.b64encode(value).decode()
    if field.type in _SIXTY_FOUR_BITS:
        return str(value)
    if field.type == FieldDescriptor.TYPE_DOUBLE and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value  # Enums are integers, the rest is JSON's own.


def to_otlp_json(message: Message) -> dict[str, Any]:
    """Translates a message to OTLP JSON: hex ids, 64-bit integers as text, enums as numbers."""
    result: dict[str, Any] = {}
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            result[field.json_name] = ([to_otlp_json(item) for item in value]
                                       if field.is_repeated else to_otlp_json(value))
        elif field.is_repeated:
            result[field.json_name] = [_scalar_to_json(field, item) for item in value]
        else:
            result[field.json_name] = _scalar_to_json(field, value)
    return result


def json_body(protobuf_body: bytes) -> bytes:
    """The OTLP JSON body that says the same as a protobuf body."""
    request = ExportTraceServiceRequest.FromString(protobuf_body)
    return json.dumps(to_otlp_json(request), ensure_ascii=False).encode()


class Refused(AssertionError):
    """An export was not taken whole."""


def check_http_success(answer: Answer, content_type: str) -> None:
    """Full success: 200, the response message in the request's encoding, nothing rejected."""
    if answer.status != 200:
        raise Refused(f"export answered {answer.status}: {answer.text[:500]!r}")
    if answer.content_type != content_type:
        raise Refused(f"export answered in {answer.content_type!r}, expected {content_type!r}")
    if content_type == PROTOBUF:
        response = ExportTraceServiceResponse.FromString(answer.body)
        if response.HasField("partial_success"):
            raise Refused(f"unexpected partial success: {response}")
    elif answer.json() != {}:
        raise Refused(f"unexpected content of a success: {answer.text[:500]!r}")


def _deflate(body: bytes) -> bytes:
    return zlib.compress(body, 6)  # HTTP's "deflate" is the zlib form.


def _zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3, write_checksum=True).compress(body)


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, 6), "zstd": _zstd, "deflate": _deflate,
}


class HttpSender:
    """Sends bodies to `POST /v1/traces`, translated to JSON and compressed as told."""

    def __init__(self, address: str, content_type: str = PROTOBUF, encoding: str = "") -> None:
        self._connection = Connection(address)
        self._content_type = content_type
        self._encoding = encoding

    def post(self, protobuf_body: bytes) -> Answer:
        body = json_body(protobuf_body) if self._content_type == JSON else protobuf_body
        headers = {"Content-Type": self._content_type}
        if self._encoding:
            body = ENCODERS[self._encoding](body)
            headers["Content-Encoding"] = self._encoding
        return self._connection.request("POST", TRACES_PATH, body, headers)

    def send(self, protobuf_body: bytes) -> None:
        check_http_success(self.post(protobuf_body), self._content_type)

    def close(self) -> None:
        self._connection.close()


def grpc_channel(address: str) -> grpc.Channel:
    # A private subchannel: channels to the same address must not share a connection.
    return grpc.insecure_channel(address, options=(
        ("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0),
        ("grpc.max_receive_message_length", 256 << 20)))


def raw_method(channel: grpc.Channel, method: str = EXPORT_METHOD
               ) -> grpc.UnaryUnaryMultiCallable:
    """A unary method that takes and gives the bytes as they are."""
    return channel.unary_unary(method, request_serializer=None, response_deserializer=None)


class GrpcSender:
    """Sends bodies by TraceService/Export."""

    def __init__(self, address: str, compression: grpc.Compression | None = None) -> None:
        self._channel = grpc_channel(address)
        self._export = raw_method(self._channel)
        self._compression = compression

    def send(self, protobuf_body: bytes) -> None:
        content = self._export(protobuf_body, timeout=GRPC_TIMEOUT_SECONDS,
                               compression=self._compression)
        response = ExportTraceServiceResponse.FromString(content)
        if response.HasField("partial_success"):
            raise Refused(f"unexpected partial success: {response}")

    def close(self) -> None:
        self._channel.close()


# Every way an exporter may send: name -> sender for (OTLP/HTTP address, OTLP/gRPC address).
SENDERS: dict[str, Callable[[str, str], Any]] = {
    "http-protobuf": lambda http, _: HttpSender(http),
    "http-json": lambda http, _: HttpSender(http, JSON),
    "http-gzip": lambda http, _: HttpSender(http, PROTOBUF, "gzip"),
    "http-json-gzip": lambda http, _: HttpSender(http, JSON, "gzip"),
    "http-zstd": lambda http, _: HttpSender(http, PROTOBUF, "zstd"),
    "http-deflate": lambda http, _: HttpSender(http, PROTOBUF, "deflate"),
    "grpc": lambda _, rpc: GrpcSender(rpc),
    "grpc-gzip": lambda _, rpc: GrpcSender(rpc, grpc.Compression.Gzip),
    "http-on-the-grpc-port": lambda _, rpc: HttpSender(rpc),
    "grpc-on-the-http-port": lambda http, _: GrpcSender(http),
}
