"""Plain HTTP requests over kept connections, with nothing added that was not asked for."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import Any, Mapping
from urllib.parse import urlencode

TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class Answer:
    """Status, headers (lower case names) and body of an answer."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        # JSON's -0 is a number like others; Python would make it the integer 0.
        return json.loads(self.body, parse_int=lambda text: -0.0 if text == "-0" else int(text))

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip()


class Connection:
    """One HTTP/1.1 connection to `host:port`, opened again when the peer has closed it."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=TIMEOUT_SECONDS)
        self.opened = 0

    def request(self, method: str, path: str, body: bytes | None = None,
                headers: Mapping[str, str] | None = None) -> Answer:
        """Sends a request; one more try if a kept connection turned out to be closed."""
        for attempt in (1, 2):
            if self._connection.sock is None:
                self.opened += 1
            fresh = self._connection.sock is None
            try:
                self._connection.request(method, path, body, dict(headers or {}))
                response = self._connection.getresponse()
                content = response.read()
                return Answer(response.status,
                              {name.lower(): value for name, value in response.getheaders()},
                              content)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self._connection.close()
                if fresh or attempt == 2:
                    raise
            except BaseException:
                self._connection.close()
                raise
        raise AssertionError("not reached")

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def request(address: str, method: str, path: str, body: bytes | None = None,
            headers: Mapping[str, str] | None = None) -> Answer:
    with Connection(address) as connection:
        return connection.request(method, path, body, headers)


def get(address: str, path: str, parameters: Mapping[str, Any] | None = None,
        accept: str = "application/json") -> Answer:
    if parameters:
        path = f"{path}?{urlencode(parameters)}"
    return request(address, "GET", path, headers={"Accept": accept})
