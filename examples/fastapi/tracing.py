"""OpenTelemetry, set up once: provider, sampler, batch processor, exporter, log lines."""

from __future__ import annotations

import logging
import os

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

from settings import Settings

# Spans that may wait for export. The generators make up to 51,000 spans in one
# request; the SDK's own default of 2,048 would drop most of them.
QUEUE_SPANS_MAX = 65_536


def _make_exporter(settings: Settings) -> SpanExporter:
    if settings.protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter(
            endpoint=settings.endpoint, insecure=settings.endpoint.startswith("http://")
        )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=settings.endpoint)


class Tracing:
    """Owns the one batch processor; further services share it, each with its own resource."""

    def __init__(self, settings: Settings) -> None:
        queue_spans_max = int(os.environ.get("OTEL_BSP_MAX_QUEUE_SIZE", QUEUE_SPANS_MAX))
        self._sampler = ParentBasedTraceIdRatio(settings.sample_rate)
        self._processor = BatchSpanProcessor(
            _make_exporter(settings), max_queue_size=queue_spans_max
        )
        self._tracers: dict[str, trace.Tracer] = {}
        self.provider = self._make_provider(settings.service_name)
        self.tracer = self.provider.get_tracer("fastapi_demo", "1.0.0")
        trace.set_tracer_provider(self.provider)

    def _make_provider(self, service_name: str) -> TracerProvider:
        resource = Resource.create(
            {"service.name": service_name, "service.version": "1.0.0",
             "deployment.environment": "demo"}
        )
        provider = TracerProvider(
            resource=resource, sampler=self._sampler, shutdown_on_exit=False
        )
        provider.add_span_processor(self._processor)
        return provider

    def tracer_of_service(self, service_name: str) -> trace.Tracer:
        """A tracer whose spans carry another service's name, for made-up services."""
        if service_name not in self._tracers:
            provider = self._make_provider(service_name)
            self._tracers[service_name] = provider.get_tracer(f"{service_name}_library", "2.3.1")
        return self._tracers[service_name]

    def shutdown(self) -> None:
        """Exports what still waits, then ends the exporter."""
        self._processor.shutdown()


def current_trace_id() -> str:
    """The trace id of the span that is active here, 32 hex digits."""
    return trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)


class _TraceIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        context = trace.get_current_span().get_span_context()
        record.trace_id = trace.format_trace_id(context.trace_id)
        record.span_id = trace.format_span_id(context.span_id)
        return True


def set_up_logging() -> logging.Logger:
    """Log lines that lead to the trace: each carries trace_id and span_id."""
    handler = logging.StreamHandler()
    handler.addFilter(_TraceIdFilter())
    handler.setFormatter(
        logging.Formatter(
            "%(asctime)s %(levelname)s %(message)s trace_id=%(trace_id)s span_id=%(span_id)s"
        )
    )
    logger = logging.getLogger("fastapi_demo")
    logger.setLevel(logging.INFO)
    logger.handlers = [handler]
    logger.propagate = False
    return logger
