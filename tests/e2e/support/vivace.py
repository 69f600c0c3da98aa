"""What the tests ask of a running server: send, find, cut a block."""

from __future__ import annotations

import time
from typing import Any, Callable, Iterable, Mapping
from urllib.parse import quote, urlencode

from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from support import otlp
from support.compare import decode_trace_json, decode_v2_protobuf
from support.http import Answer, Connection
from support.processes import Server

FLUSH_PATH = "/vivace/v1/flush"


def send(server: Server, bodies: Iterable[bytes], way: str = "http-protobuf") -> None:
    """Sends every body in one of the ways of `otlp.SENDERS`; each must be taken whole."""
    sender = otlp.SENDERS[way](server.otlp_http, server.otlp_grpc)
    try:
        for body in bodies:
            sender.send(body)
    finally:
        sender.close()


def cut_block(server: Server) -> None:
    """Has the server write all live data to blocks; returns when that is done."""
    with Connection(server.http) as connection:
        answer = connection.request("POST", FLUSH_PATH, b"")
    assert answer.status in (200, 204), f"flush answered {answer.status}: {answer.text}"


class Api:
    """The query API over one kept connection."""

    def __init__(self, server: Server) -> None:
        self._connection = Connection(server.http)

    def get(self, path: str, parameters: Mapping[str, Any] | None = None,
            accept: str = "application/json", **headers: str) -> Answer:
        if parameters:
            path = f"{path}?{urlencode(parameters)}"
        return self._connection.request("GET", path, headers={"Accept": accept, **headers})

    def get_json(self, path: str, parameters: Mapping[str, Any] | None = None) -> Any:
        answer = self.get(path, parameters)
        assert answer.status == 200, f"GET {path} {parameters}: {answer.status} {answer.text}"
        assert answer.content_type == "application/json", answer.headers
        return answer.json()

    def trace(self, trace_id: str | bytes) -> TracesData:
        """A trace by id, protobuf, v2; empty if there is none."""
        text = trace_id.hex() if isinstance(trace_id, bytes) else trace_id
        answer = self.get(f"/api/v2/traces/{text}", accept="application/protobuf")
        assert answer.status == 200, f"trace {text}: {answer.status} {answer.text}"
        assert answer.headers["content-type"] == "application/protobuf", answer.headers
        return decode_v2_protobuf(answer.body)

    def trace_v1(self, trace_id: str | bytes) -> TracesData:
        text = trace_id.hex() if isinstance(trace_id, bytes) else trace_id
        answer = self.get(f"/api/traces/{text}", accept="application/protobuf")
        assert answer.status == 200, f"trace {text}: {answer.status} {answer.text}"
        return TracesData.FromString(answer.body)

    def trace_json(self, trace_id: str | bytes) -> TracesData:
        text = trace_id.hex() if isinstance(trace_id, bytes) else trace_id
        return decode_trace_json(self.get_json(f"/api/v2/traces/{text}")["trace"])

    def trace_v1_json(self, trace_id: str | bytes) -> TracesData:
        text = trace_id.hex() if isinstance(trace_id, bytes) else trace_id
        answer = dict(self.get_json(f"/api/traces/{text}"))
        return decode_trace_json({"resourceSpans": answer.pop("batches", []), **answer})

    def search(self, query: str | None = None, **parameters: Any) -> list[dict[str, Any]]:
        if query is not None:
            parameters["q"] = query
        return self.get_json("/api/search", parameters).get("traces", [])

    def found_ids(self, query: str | None = None, **parameters: Any) -> list[str]:
        """The ids that a search finds, in its order, padded to 32 digits."""
        parameters.setdefault("limit", 10_000)
        return [trace["traceID"].zfill(32) for trace in self.search(query, **parameters)]

    def tag_values(self, tag: str, **parameters: Any) -> set[tuple[str, str]]:
        answer = self.get_json(f"/api/v2/search/tag/{quote(tag, safe='')}/values", parameters)
        return {(value["type"], value["value"]) for value in answer.get("tagValues", [])}

    def close(self) -> None:
        self._connection.close()


def wait_until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Polls until `condition` gives something true and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)
