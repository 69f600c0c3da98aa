"""kill -9 in the middle of load, again and again: nothing that was acknowledged may be lost.

Four clients send spans, two by HTTP and two by gRPC, and keep a ledger outside the
server's data folder: what is about to be sent, and what was acknowledged. The server
is killed at a random moment, sometimes while it starts, stops or writes a block, and
started again on the same folder. Then:

* no acknowledged span is missing, in any field;
* none is altered: what is found is what was sent;
* none is invented: what is found was sent, as often as it was sent at most. (A span that
  was sent but not acknowledged may be there.)

Each cycle checks the traces of that cycle and a sample of the older ones; every 25th and
the end check all. `tests/crash/run.sh --help` says how to run it.
"""

from __future__ import annotations

import hashlib
import random
import sys
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: E402
    ExportTraceServiceRequest,
)

from support import otlp, recorded  # noqa: E402
from support.compare import FlatSpan, flat_spans  # noqa: E402
from support.http import Connection  # noqa: E402
from support.processes import Program, Server  # noqa: E402
from support.vivace import FLUSH_PATH, Api  # noqa: E402

WAYS = ("http-protobuf", "grpc", "http-gzip", "grpc-gzip")
LOAD_SECONDS = (0.02, 0.35)  # How long a cycle's load lasts, at least and at most.
OLD_TRACES_CHECKED = 60  # Traces of earlier cycles that each cycle looks at.
FULL_CHECK_EVERY = 25
BODY_BYTES_MAX = 16_000
TRACES_PER_BODY_MAX = 2  # Fewer and larger traces than recorded: what is checked is spans.
RESEND_SHARE = 0.5  # Unacknowledged requests that are sent again, as exporters do.
KILL_AT_START_SHARE = 0.2
KILL_AT_STOP_SHARE = 0.1
CUT_SHARE = 0.5
# Blocks are cut by request, by size or by age, in turns.
FLAGS = ((), ("--block-cut-bytes", "1MiB"), ("--block-cut-age", "60ms"))
SPAN_TIME_STEP_NS = 1_000_000


def content_hash(span: FlatSpan) -> str:
    """A hash of the span in every field, with its resource, scope and schema URLs."""
    digest = hashlib.sha256()
    for part in span:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()[:32]


class Lost(AssertionError):
    """The server broke its promise, or did something that it must never do."""


class Ledger:
    """What one client sent and what was acknowledged: appended to a file line by line.

    `sent R TRACE SPAN HASH` stands before request R goes out, `acknowledged R` after its
    answer came. The file is read back for the checks, so it is also what is left to look at
    after a failure.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open(path, "a", encoding="ascii")

    def sent(self, number: int, body: bytes) -> None:
        lines = []
        request = ExportTraceServiceRequest.FromString(body)
        spans = (span for part in request.resource_spans for scope in part.scope_spans
                 for span in scope.spans)
        for span, (trace_id, flat) in zip(spans, flat_spans(request)):
            lines.append(f"sent {number} {trace_id.hex()} {span.span_id.hex()} "
                         f"{content_hash(flat)}\n")
        self._file.write("".join(lines))
        self._file.flush()

    def acknowledged(self, number: int) -> None:
        self._file.write(f"acknowledged {number}\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class Truth:
    """All ledgers together: per trace, how often each span was sent, and which must be there."""

    def __init__(self) -> None:
        self.sent: dict[str, Counter[str]] = defaultdict(Counter)
        self.promised: dict[str, set[str]] = defaultdict(set)
        self.span_ids: dict[str, str] = {}
        self._offsets: dict[Path, int] = defaultdict(int)
        self._by_request: dict[tuple[Path, str], list[tuple[str, str]]] = defaultdict(list)

    def read(self, paths: list[Path]) -> set[str]:
        """Reads what has been appended since the last call; returns the traces it touched."""
        touched = set()
        for path in paths:
            with open(path, encoding="ascii") as file:
                file.seek(self._offsets[path])
                for line in file:
                    word, number, *rest = line.split()
                    if word == "sent":
                        trace_id, span_id, digest = rest
                        self.sent[trace_id][digest] += 1
                        self.span_ids[digest] = span_id
                        self._by_request[path, number].append((trace_id, digest))
                        touched.add(trace_id)
                    else:
                        for trace_id, digest in self._by_request[path, number]:
                            self.promised[trace_id].add(digest)
                self._offsets[path] = file.tell()
        return touched


class Client(threading.Thread):
    """Sends one request after the other until it is told to stop or the server is gone."""

    def __init__(self, number: int, way: str, server: Server, ledger: Ledger, run: "KillRun",
                 resend: list[tuple[int, bytes]]) -> None:
        super().__init__(name=f"client-{number}")
        self._number = number
        self._sender = otlp.SENDERS[way](server.otlp_http, server.otlp_grpc)
        self._ledger = ledger
        self._run = run
        self._resend = resend
        self.unacknowledged: list[tuple[int, bytes]] = []
        self.acknowledged = 0
        self.problem: str | None = None

    def run(self) -> None:
        try:
            while not self._run.killed.is_set():
                body = (self._resend.pop()[1] if self._resend
                        else self._run.make_body(self._number))
                number = self._run.next_number()
                self._ledger.sent(number, body)
                try:
                    self._sender.send(body)
                except otlp.Refused as refusal:
                    if "answered 503" in str(refusal) or "answered 429" in str(refusal):
                        self.unacknowledged.append((number, body))
                        time.sleep(0.01)
                        continue
                    raise
                except Exception as error:  # Connections break in many ways.
                    self.unacknowledged.append((number, body))
                    # An error before the kill is the server's own.
                    time.sleep(0.05)
                    if not self._run.kill_began.is_set():
                        self.problem = f"{self.name}: {error!r} before the server was killed"
                    return
                self._ledger.acknowledged(number)
                self.acknowledged += 1
        except Exception as error:  # Reported by the main thread.
            self.problem = f"{self.name}: {error!r}"
        finally:
            self._sender.close()


class KillRun:
    """The whole test: servers, clients, ledgers and checks over one data folder."""

    def __init__(self, binary: str, folder: Path, seed: int, cycles: int) -> None:
        self._binary = binary
        self._cycles = cycles
        self._random = random.Random(seed)
        self._client_random = [random.Random(seed * 101 + number) for number in range(len(WAYS))]
        self._data_dir = folder / "data"
        self._ledgers = [Ledger(folder / f"ledger-{number}.txt") for number in range(len(WAYS))]
        self._truth = Truth()
        self._templates = [body for body in recorded.bodies() if len(body) < BODY_BYTES_MAX]
        self._number = 0
        self._number_lock = threading.Lock()
        self._resend: list[list[tuple[int, bytes]]] = [[] for _ in WAYS]
        self.killed = threading.Event()
        self.kill_began = threading.Event()
        self._cut_problem: str | None = None
        self.acknowledged = 0
        self.cuts = 0
        self.checked_spans = 0
        self.unacknowledged_found = 0

    def next_number(self) -> int:
        with self._number_lock:
            self._number += 1
            return self._number

    def make_body(self, client: int) -> bytes:
        """A recorded body, or one with every field, with new trace ids."""
        rng = self._client_random[client]
        if rng.random() < 0.05:
            return recorded.every_field(rng.getrandbits(60) << 2 | client)
        request = ExportTraceServiceRequest.FromString(rng.choice(self._templates))
        trace_ids = [rng.randbytes(16) for _ in range(TRACES_PER_BODY_MAX)]
        for part in request.resource_spans:
            for scope in part.scope_spans:
                for span in scope.spans:
                    span.trace_id = trace_ids[span.trace_id[0] % TRACES_PER_BODY_MAX]
                    span.start_time_unix_nano += client * SPAN_TIME_STEP_NS
                    span.end_time_unix_nano += client * SPAN_TIME_STEP_NS
        return request.SerializeToString()

    def run(self) -> None:
        server = self._start()
        for cycle in range(1, self._cycles + 1):
            self._load_and_kill(server)
            if self._random.random() < KILL_AT_START_SHARE:
                self._start_and_kill_at_once()
            server = self._start()
            touched = self._truth.read([ledger.path for ledger in self._ledgers])
            if cycle % FULL_CHECK_EVERY == 0 or cycle == self._cycles:
                self._check_all(server, cycle)
            else:
                older = list(self._truth.sent)
                sample = self._random.sample(older, min(OLD_TRACES_CHECKED, len(older)))
                self._check(server, touched | set(sample), cycle)
        self._flush(server)
        self._check_all(server, self._cycles, "after a block was cut")
        code = server.terminate()
        if code != 0:
            raise Lost(f"the server ended with code {code} on SIGTERM:\n{server.output()[-2000:]}")
        server = self._start()
        self._check_all(server, self._cycles, "after a restart in good order")
        server.kill()
        for ledger in self._ledgers:
            ledger.close()

    def _start(self) -> Server:
        return Server(self._binary, self._data_dir, *self._random.choice(FLAGS))

    def _start_and_kill_at_once(self) -> None:
        """Kills a server while it replays its log."""
        program = Program(
            [self._binary, "serve", "--data-dir", str(self._data_dir), "--http-address",
             "127.0.0.1:0", "--otlp-http-address", "127.0.0.1:0", "--otlp-grpc-address",
             "127.0.0.1:0", *self._random.choice(FLAGS)], self._data_dir.parent / "data.log")
        time.sleep(self._random.uniform(0.0, 0.08))
        program.kill()

    def _flush(self, server: Server) -> None:
        with Connection(server.http) as connection:
            answer = connection.request("POST", FLUSH_PATH, b"")
        if answer.status not in (200, 204):
            raise Lost(f"flush answered {answer.status}: {answer.text}")
        self.cuts += 1

    def _load_and_kill(self, server: Server) -> None:
        self.killed.clear()
        self.kill_began.clear()
        clients = [Client(number, way, server, self._ledgers[number], self, self._resend[number])
                   for number, way in enumerate(WAYS)]
        load_seconds = self._random.uniform(*LOAD_SECONDS)
        cut_after = (self._random.uniform(0.0, load_seconds)
                     if self._random.random() < CUT_SHARE else None)
        cutter = threading.Thread(target=self._cut, args=(server, cut_after))
        for thread in (*clients, cutter):
            thread.start()
        time.sleep(load_seconds)
        self.kill_began.set()
        if self._random.random() < KILL_AT_STOP_SHARE:
            server.process.terminate()
            time.sleep(self._random.uniform(0.0, 0.05))
        server.kill()
        self.killed.set()
        for thread in (*clients, cutter):
            thread.join(30)
            if thread.is_alive():
                raise Lost(f"{thread.name} hangs")
        if self._cut_problem:
            raise Lost(self._cut_problem)
        for number, client in enumerate(clients):
            if client.problem:
                raise Lost(client.problem)
            self.acknowledged += client.acknowledged
            self._resend[number] = [entry for entry in client.unacknowledged
                                    if self._random.random() < RESEND_SHARE]

    def _cut(self, server: Server, after: float | None) -> None:
        """Asks for a block in the middle of the load, so that kills hit its writing too."""
        if after is None:
            return
        time.sleep(after)
        try:
            self._flush(server)
        except Exception as error:
            time.sleep(0.05)
            if not self.kill_began.is_set():
                self._cut_problem = f"cutting a block: {error!r} before the server was killed"

    def _check_all(self, server: Server, cycle: int, when: str = "after the kill") -> None:
        api = Api(server)
        found = set(api.found_ids("{}", limit=262_144))
        api.close()
        invented = found - set(self._truth.sent)
        if invented:
            raise Lost(f"cycle {cycle}, {when}: {len(invented)} traces that nobody sent, "
                       f"such as {min(invented)}")
        unfound = {trace for trace, spans in self._truth.promised.items() if spans} - found
        if unfound:
            raise Lost(f"cycle {cycle}, {when}: search misses {len(unfound)} acknowledged "
                       f"traces, such as {min(unfound)}")
        self._check(server, set(self._truth.sent), cycle, when)

    def _check(self, server: Server, trace_ids: set[str], cycle: int,
               when: str = "after the kill") -> None:
        api = Api(server)
        try:
            for trace_id in sorted(trace_ids):
                found: Counter[str] = Counter()
                data = api.trace(trace_id)
                for _, flat in flat_spans(data):
                    found[content_hash(flat)] += 1
                sent, promised = self._truth.sent[trace_id], self._truth.promised[trace_id]
                where = f"cycle {cycle}, {when}, trace {trace_id}"
                missing = promised - set(found)
                if missing:
                    spans = sorted(self.span_id(digest) for digest in missing)
                    present = {span.span_id.hex() for part in data.resource_spans
                               for scope in part.scope_spans for span in scope.spans}
                    altered = [span for span in spans if span in present]
                    raise Lost(f"{where}: {len(missing)} acknowledged spans are not there as "
                               f"sent (altered: {altered[:3]}, missing: "
                               f"{[span for span in spans if span not in present][:3]})")
                unknown = [digest for digest in found if digest not in sent]
                if unknown:
                    raise Lost(f"{where}: {len(unknown)} spans that were not sent so")
                doubled = [digest for digest, count in found.items() if count > sent[digest]]
                if doubled:
                    raise Lost(f"{where}: span {self.span_id(doubled[0])} is there "
                               f"{found[doubled[0]]} times, sent {sent[doubled[0]]} times")
                self.checked_spans += len(found)
                self.unacknowledged_found += len(set(found) - promised)
        finally:
            api.close()

    def span_id(self, digest: str) -> str:
        return self._truth.span_ids[digest]


def run_kills(binary: str, cycles: int, seed: int, folder: Path) -> str:
    """Runs the test; returns one line of what was done. Lost tells how to repeat a failure."""
    began = time.monotonic()
    run = KillRun(binary, folder, seed, cycles)
    try:
        run.run()
    except AssertionError as problem:
        raise Lost(f"{problem}\nledgers and data: {folder}\n"
                   f"repeat with: tests/crash/run.sh --binary {binary} --cycles {cycles} "
                   f"--seed {seed}") from problem
    if run.acknowledged < cycles * 4:
        raise Lost(f"only {run.acknowledged} requests were acknowledged in {cycles} cycles: "
                   "the load was too small to prove anything")
    return (f"{cycles} kills, {run.acknowledged} requests acknowledged, {run.cuts} blocks asked "
            f"for, {run.checked_spans} spans checked, {run.unacknowledged_found} found that were "
            f"not acknowledged, {time.monotonic() - began:.0f} s, seed {seed}")


def test_kill_9_loses_nothing_that_was_acknowledged(
        binary: str, request: pytest.FixtureRequest, tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:
    seed = request.config.getoption("--crash-seed")
    if seed is None:
        seed = random.SystemRandom().randrange(1 << 31)
    summary = run_kills(binary, request.config.getoption("--crash-cycles"), seed, tmp_path)
    with capsys.disabled():
        print(f"\n{summary}")
