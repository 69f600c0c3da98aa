#!/usr/bin/env python3
"""Measures ingest: spans acknowledged durably a second, CPU a span, resident memory, bytes a span.

Starts the real server on a fresh folder, drives it with vivace-bench-load over recorded bodies with
new ids and times, and samples /proc. Client and server share this machine. Each case runs several
times; the table gives the median and, in brackets, the lowest and highest run. `--json FILE` keeps the
figures. Exits 1 only when something did not work: no figure is asserted.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.2
START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 60


def cpu_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def memory_kib(pid: int) -> dict[str, int]:
    wanted = {"VmRSS", "RssAnon", "RssFile", "VmHWM"}
    found = {}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in wanted:
            found[name] = int(rest.split()[0])
    return found


class Server:
    """A server on a folder of its own, with its memory sampled."""

    def __init__(self, binary: str, folder: pathlib.Path, flags: list[str]):
        self.folder = folder
        started = time.monotonic()
        self.log = open(folder.parent / "server.log", "w")
        self.process = subprocess.Popen(
            [binary, "serve", "--data-dir", str(folder), "--http-address", "127.0.0.1:0",
             "--otlp-http-address", "127.0.0.1:0", "--otlp-grpc-address", "127.0.0.1:0", *flags],
            stderr=self.log)
        listening = folder / "listening.json"
        while not listening.exists():
            if self.process.poll() is not None or time.monotonic() - started > START_SECONDS_MAX:
                self.process.kill()
                raise RuntimeError((folder.parent / "server.log").read_text()[-2000:])
            time.sleep(0.002)
        self.start_ms = (time.monotonic() - started) * 1000
        self.addresses = json.loads(listening.read_text())
        self.rss_anon_max_kib = 0
        self.rss_max_kib = 0
        self._sampling = True
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()

    def _sample(self) -> None:
        while self._sampling and self.process.poll() is None:
            try:
                memory = memory_kib(self.process.pid)
            except OSError:
                return
            self.rss_anon_max_kib = max(self.rss_anon_max_kib, memory.get("RssAnon", 0))
            self.rss_max_kib = max(self.rss_max_kib, memory.get("VmRSS", 0))
            time.sleep(SAMPLE_SECONDS)

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.process.pid)

    def post(self, path: str) -> bytes:
        request = urllib.request.Request(f"http://{self.addresses['http']}{path}", method="POST")
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.read()

    def metric(self, name: str) -> float:
        with urllib.request.urlopen(f"http://{self.addresses['http']}/metrics", timeout=10) as answer:
            total = 0.0
            for line in answer.read().decode().splitlines():
                if line.startswith(name + " ") or line.startswith(name + "{"):
                    total += float(line.rsplit(" ", 1)[1])
            return total

    def block_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.folder.rglob("*.block"))

    def stop(self) -> None:
        self._sampling = False
        self._sampler.join()
        self.process.send_signal(signal.SIGTERM)
        try:
            if self.process.wait(STOP_SECONDS_MAX) != 0:
                raise RuntimeError(f"the server ended with {self.process.returncode}")
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.log.close()


def run_case(options: argparse.Namespace, protocol: str, rate: float) -> dict[str, float]:
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="vivace-bench-", dir=options.scratch))
    try:
        server = Server(options.server, scratch / "data", [])
        try:
            cpu_before = server.cpu_seconds()
            address = server.addresses["otlp_grpc" if protocol == "grpc" else "otlp_http"]
            load = subprocess.run(
                [options.load, "--address", address, "--protocol", protocol,
                 "--connections", str(options.connections), "--seconds", str(options.seconds),
                 "--spans-per-second", str(rate)],
                capture_output=True, text=True, timeout=options.seconds + 60, check=True)
            figures = json.loads(load.stdout)
            if figures["failure"] or not figures["spans"]:
                raise RuntimeError(f"the load failed: {figures}")
            cpu_load = server.cpu_seconds() - cpu_before
            server.post("/vivace/v1/flush")
            cpu_all = server.cpu_seconds() - cpu_before
            spans = figures["spans"]
            return {
                "spans_per_second": figures["spans_per_second"],
                "spans": spans,
                "refused_requests": figures["refused_requests"],
                "ack_ms_p50": figures["ack_ms_p50"],
                "ack_ms_p99": figures["ack_ms_p99"],
                "cpu_us_per_span": cpu_load / spans * 1e6,
                "cpu_us_per_span_with_blocks": cpu_all / spans * 1e6,
                "rss_anon_mib_max": server.rss_anon_max_kib / 1024,
                "rss_mib_max": server.rss_max_kib / 1024,
                "block_bytes_per_span": server.block_bytes() / spans,
                "start_ms": server.start_ms,
            }
        finally:
            server.stop()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--load", required=True)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--scratch", help="folder for the servers' data (default: the system's)")
    parser.add_argument("--json", help="file to keep the figures in")
    parser.add_argument("--smoke", action="store_true", help="one short run of each case")
    options = parser.parse_args()
    if options.smoke:
        options.seconds, options.runs = 2, 1

    cases = [("http", 0), ("grpc", 0), ("http", 10_000)]
    results = []
    for protocol, rate in cases:
        runs = [run_case(options, protocol, rate) for _ in range(options.runs)]
        name = f"{protocol}, {'all it takes' if rate == 0 else f'{rate} spans/s'}"
        results.append({"case": name, "runs": runs})
        print(f"\n{name}; {options.runs} runs of {options.seconds:g} s, {options.connections} connections")
        for key in runs[0]:
            values = [run[key] for run in runs]
            print(f"  {key:30} {statistics.median(values):12.2f}  "
                  f"[{min(values):.2f} .. {max(values):.2f}]")
        sys.stdout.flush()
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
