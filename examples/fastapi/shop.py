"""Traces of a made-up shop: eight services, databases, a queue, and orders that fail now and then.

Nothing is called: the spans are written with the start and end times that the
calls would have had, ending now, so a hundred orders cost a few milliseconds.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode

from tracing import Tracing

PRODUCTS = ("comet-book", "red-flashlight", "roof-binoculars", "solar-filter", "lens-kit")
CITIES = ("Berlin", "Lyon", "Porto", "Tampere", "Zagreb")
PAYMENT_FAILURE_SHARE = 0.15
CACHE_HIT_SHARE = 0.6
MILLISECOND_NS = 1_000_000


@dataclass
class _Clock:
    """The made-up time of one trace, in nanoseconds since 1970."""

    now_ns: int
    random: random.Random

    def spend(self, milliseconds: float) -> None:
        jitter = self.random.uniform(0.7, 1.6)
        self.now_ns += int(milliseconds * jitter * MILLISECOND_NS)


class ShopSimulator:
    """Writes traces of orders and of page views through `tracing`."""

    def __init__(self, tracing: Tracing, seed: int | None = None) -> None:
        self._tracing = tracing
        self._random = random.Random(seed)

    def write_traces(self, count: int) -> list[str]:
        """Writes `count` traces and returns their ids; two in three are orders."""
        started_ns = time.time_ns()
        trace_ids = []
        for index in range(count):
            clock = _Clock(started_ns - self._random.randint(2, 20) * 1_000_000_000, self._random)
            write = self._write_page_view if index % 3 == 2 else self._write_order
            trace_ids.append(write(clock))
        return trace_ids

    # -- the pieces of a trace ------------------------------------------------------------

    def _start(self, service: str, name: str, parent: Span | None, clock: _Clock,
               kind: SpanKind = SpanKind.INTERNAL, links: list[Link] | None = None,
               **attributes: Any) -> Span:
        context = Context() if parent is None else trace.set_span_in_context(parent, Context())
        return self._tracing.tracer_of_service(service).start_span(
            name, context=context, kind=kind, links=links or (), start_time=clock.now_ns,
            attributes={key.replace("__", "."): value for key, value in attributes.items()})

    def _leaf(self, service: str, name: str, parent: Span, clock: _Clock, milliseconds: float,
              kind: SpanKind, **attributes: Any) -> None:
        span = self._start(service, name, parent, clock, kind, **attributes)
        clock.spend(milliseconds)
        span.end(clock.now_ns)

    def _call(self, client: str, server: str, method: str, parent: Span, clock: _Clock
              ) -> tuple[Span, Span]:
        """A remote call: the client's span and, inside it, the server's."""
        attributes = {"rpc__system": "grpc", "rpc__service": f"shop.{server}",
                      "rpc__method": method}
        outer = self._start(client, f"shop.{server}/{method}", parent, clock, SpanKind.CLIENT,
                            server__address=server, **attributes)
        clock.spend(0.4)
        inner = self._start(server, f"shop.{server}/{method}", outer, clock, SpanKind.SERVER,
                            **attributes)
        clock.spend(0.3)
        return outer, inner

    @staticmethod
    def _finish(clock: _Clock, *spans: Span) -> None:
        for span in spans:
            clock.spend(0.2)
            span.end(clock.now_ns)

    # -- the traces -----------------------------------------------------------------------

    def _write_order(self, clock: _Clock) -> str:
        product = self._random.choice(PRODUCTS)
        quantity = self._random.randint(1, 4)
        amount = round(quantity * self._random.uniform(9.0, 250.0), 2)
        fails = self._random.random() < PAYMENT_FAILURE_SHARE

        root = self._start("web-frontend", "POST /checkout", None, clock, SpanKind.SERVER,
                           http__request__method="POST", http__route="/checkout",
                           user__city=self._random.choice(CITIES), order__items=quantity,
                           order__products=[product] * quantity)
        clock.spend(1)
        checkout_call, checkout = self._call("web-frontend", "checkout", "PlaceOrder", root, clock)

        cart_call, cart = self._call("checkout", "cart", "GetCart", checkout, clock)
        self._leaf("cart", "HGETALL", cart, clock, 1.1, SpanKind.CLIENT, db__system="redis",
                   db__operation="HGETALL")
        cart.add_event("cart read", {"items": quantity}, clock.now_ns)
        self._finish(clock, cart, cart_call)

        stock_call, stock = self._call("checkout", "inventory", "Reserve", checkout, clock)
        self._leaf("inventory", "SELECT stock", stock, clock, 6, SpanKind.CLIENT,
                   db__system="postgresql",
                   db__statement="SELECT quantity FROM stock WHERE product = $1 FOR UPDATE")
        self._leaf("inventory", "UPDATE stock", stock, clock, 4, SpanKind.CLIENT,
                   db__system="postgresql",
                   db__statement="UPDATE stock SET quantity = quantity - $2 WHERE product = $1")
        self._finish(clock, stock, stock_call)

        pay_call, pay = self._call("checkout", "payment", "Charge", checkout, clock)
        pay.set_attributes({"payment.amount": amount, "payment.currency": "EUR",
                            "payment.retry": False})
        clock.spend(45)
        if fails:
            error = ConnectionError("card issuer did not answer within 40 ms")
            pay.record_exception(error, timestamp=clock.now_ns)
            for span in (pay, pay_call, checkout, checkout_call, root):
                span.set_status(Status(StatusCode.ERROR, str(error)))
            self._finish(clock, pay, pay_call, checkout, checkout_call)
            root.set_attribute("http.response.status_code", 502)
        else:
            self._finish(clock, pay, pay_call)
            publish = self._start("checkout", "publish orders", checkout, clock,
                                  SpanKind.PRODUCER, messaging__system="kafka",
                                  messaging__destination__name="orders")
            clock.spend(2)
            publish.end(clock.now_ns)
            self._finish(clock, checkout, checkout_call)
            root.set_attribute("http.response.status_code", 200)
            self._write_delivery(publish, clock)
        self._finish(clock, root)
        return trace.format_trace_id(root.get_span_context().trace_id)

    def _write_delivery(self, publish: Span, clock: _Clock) -> None:
        """What the queue's consumers do: children of the producer, linked to it as well."""
        later = _Clock(clock.now_ns, self._random)
        later.spend(15)
        consume = self._start("shipping", "process orders", publish, later, SpanKind.CONSUMER,
                              links=[Link(publish.get_span_context(), {"link.reason": "message"})],
                              messaging__system="kafka", messaging__destination__name="orders")
        later.spend(3)
        self._leaf("shipping", "INSERT shipment", consume, later, 5, SpanKind.CLIENT,
                   db__system="postgresql", db__statement="INSERT INTO shipment VALUES ($1, $2)")
        mail_call, mail = self._call("shipping", "email", "SendConfirmation", consume, later)
        later.spend(12)
        mail.add_event("mail handed over", {"mail.bytes": 4312}, later.now_ns)
        self._finish(later, mail, mail_call, consume)

    def _write_page_view(self, clock: _Clock) -> str:
        product = self._random.choice(PRODUCTS)
        root = self._start("web-frontend", "GET /product/{id}", None, clock, SpanKind.SERVER,
                           http__request__method="GET", http__route="/product/{id}",
                           product__id=product, http__response__status_code=200)
        call, server = self._call("web-frontend", "catalog", "GetProduct", root, clock)
        hit = self._random.random() < CACHE_HIT_SHARE
        server.set_attribute("cache.hit", hit)
        self._leaf("catalog", "GET", server, clock, 0.6, SpanKind.CLIENT, db__system="redis",
                   db__operation="GET")
        if not hit:
            self._leaf("catalog", "SELECT product", server, clock, 8, SpanKind.CLIENT,
                       db__system="postgresql",
                       db__statement="SELECT * FROM product WHERE id = $1")
        self._finish(clock, server, call, root)
        return trace.format_trace_id(root.get_span_context().trace_id)
