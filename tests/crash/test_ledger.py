"""The crash test's own book-keeping: it must notice what it is there to notice."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from kill_test import Ledger, Truth, content_hash  # noqa: E402
from support import recorded  # noqa: E402
from support.compare import flat_spans  # noqa: E402
from support.otlp import ExportTraceServiceRequest  # noqa: E402


def test_only_acknowledged_requests_are_promised(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.txt")
    first, second = recorded.bodies()[0], recorded.every_field()
    ledger.sent(1, first)
    ledger.acknowledged(1)
    ledger.sent(2, second)
    truth = Truth()
    touched = truth.read([ledger.path])
    expected = {trace_id.hex(): content_hash(flat) for trace_id, flat
                in flat_spans(ExportTraceServiceRequest.FromString(first))}
    assert set(expected) < touched
    for trace_id, digest in expected.items():
        assert digest in truth.promised[trace_id]
    [other] = touched - set(expected)
    assert not truth.promised[other] and truth.sent[other]
    # An acknowledgement that comes later is seen by the next read.
    ledger.acknowledged(2)
    assert truth.read([ledger.path]) == set()
    assert truth.promised[other] == set(truth.sent[other])
    ledger.close()


def test_a_request_sent_twice_counts_twice(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.txt")
    for number in (1, 2):
        ledger.sent(number, recorded.bodies()[0])
    ledger.acknowledged(2)
    truth = Truth()
    for trace_id in truth.read([ledger.path]):
        assert set(truth.sent[trace_id].values()) == {2}
        assert truth.promised[trace_id] == set(truth.sent[trace_id])
    ledger.close()


def test_a_change_anywhere_changes_the_hash() -> None:
    request = ExportTraceServiceRequest.FromString(recorded.every_field())
    before = [content_hash(flat) for _, flat in flat_spans(request)]
    assert len(set(before)) == len(before)
    request.resource_spans[0].resource.attributes[5].value.int_value += 1
    request.resource_spans[1].scope_spans[0].schema_url = "x"
    request.resource_spans[2].schema_url = "x"
    after = [content_hash(flat) for _, flat in flat_spans(request)]
    assert not set(before) & set(after)
