"""What the application reads from its environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Mapping
from urllib.parse import urlsplit

LOCAL_DEFAULT_URL = "http://127.0.0.1:4318"
HTTP_TRACES_PATH = "/v1/traces"
GRPC_DEFAULT_PORT = 4317


@dataclass(frozen=True)
class Settings:
    """Where spans go, how many of them, and under which name."""

    protocol: str  # "http" or "grpc"
    endpoint: str  # http: the full URL of the traces path; grpc: http(s)://host:port
    sample_rate: float  # share of traces that are recorded, 0 to 1
    service_name: str


def _choose_endpoint(environment: Mapping[str, str]) -> tuple[str, str, str]:
    """Returns (name of the variable, its value, protocol it stands for)."""
    for name, protocol in (
        ("TEMPO_URL", ""),
        ("TEMPO_INTERNAL_HTTP_INGEST", "http"),
        ("TEMPO_INTERNAL_GRPC_INGEST", "grpc"),
    ):
        value = environment.get(name, "").strip()
        if value:
            return name, value, protocol
    return "the local default", LOCAL_DEFAULT_URL, "http"


def _protocol_of_url(value: str, environment: Mapping[str, str]) -> str:
    """TEMPO_URL may mean either transport: the explicit choice wins, then scheme, then port."""
    chosen = environment.get("OTEL_EXPORTER_OTLP_PROTOCOL", "").strip()
    if chosen == "grpc":
        return "grpc"
    if chosen in ("http/protobuf", "http"):
        return "http"
    if chosen:
        raise ValueError(
            f"OTEL_EXPORTER_OTLP_PROTOCOL must be grpc or http/protobuf, found {chosen!r}"
        )
    if value.startswith("grpc://"):
        return "grpc"
    parts = urlsplit(value if "://" in value else f"http://{value}")
    return "grpc" if parts.port == GRPC_DEFAULT_PORT else "http"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Reads the settings; a ValueError names the variable, what was expected and what was found."""
    environment = os.environ if environment is None else environment
    variable, value, protocol = _choose_endpoint(environment)
    protocol = protocol or _protocol_of_url(value, environment)

    url = value.replace("grpc://", "http://", 1) if value.startswith("grpc://") else value
    if "://" not in url:
        url = f"http://{url}"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            f"{variable} must be a URL such as {LOCAL_DEFAULT_URL} or host:port, found {value!r}"
        )
    if protocol == "grpc":
        endpoint = f"{parts.scheme}://{parts.netloc}"
    elif parts.path.rstrip("/").endswith(HTTP_TRACES_PATH):
        endpoint = url
    else:
        endpoint = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}{HTTP_TRACES_PATH}"

    rate_text = environment.get("TRACES_SAMPLE_RATE", "1").strip()
    try:
        sample_rate = float(rate_text)
    except ValueError:
        sample_rate = -1.0
    if not 0.0 <= sample_rate <= 1.0:
        raise ValueError(f"TRACES_SAMPLE_RATE must be a number from 0 to 1, found {rate_text!r}")

    return Settings(
        protocol=protocol,
        endpoint=endpoint,
        sample_rate=sample_rate,
        service_name=environment.get("OTEL_SERVICE_NAME", "").strip() or "fastapi-demo",
    )
