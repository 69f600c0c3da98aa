"""The programs under test as child processes that never outlive the tests."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Sequence

START_SECONDS_MAX = 20.0
STOP_SECONDS_MAX = 20.0
POLL_SECONDS = 0.005

_running: dict[int, subprocess.Popen[bytes]] = {}


@atexit.register
def _end_all() -> None:
    for process in list(_running.values()):
        if process.poll() is None:
            process.kill()
            process.wait()


class ProcessFailed(AssertionError):
    """A program ended, hung or said something unexpected; the text holds its output."""


class Program:
    """One child process; its output goes to `log_path`."""

    def __init__(self, arguments: Sequence[str], log_path: Path,
                 environment: dict[str, str] | None = None, cwd: Path | None = None) -> None:
        self.arguments = list(arguments)
        self.log_path = log_path
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with open(log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})}, cwd=cwd)
        _running[self.process.pid] = self.process

    @property
    def pid(self) -> int:
        return self.process.pid

    def output(self) -> str:
        return self.log_path.read_text(errors="replace")

    def wait(self, seconds: float = STOP_SECONDS_MAX) -> int:
        """Waits for the end and returns the exit code (negative: the signal's number)."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ProcessFailed(
                f"{self.arguments[0]} did not end within {seconds} s; its output ends:\n"
                f"{self.output()[-3000:]}") from None
        _running.pop(self.pid, None)
        return code

    def terminate(self) -> int:
        """Sends SIGTERM and returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        _running.pop(self.pid, None)

    def require_running(self) -> None:
        if self.process.poll() is not None:
            raise ProcessFailed(
                f"{' '.join(self.arguments)} ended with code {self.process.returncode}; "
                f"its output ends:\n{self.output()[-3000:]}")

    def wait_for_json(self, path: Path, keys: Sequence[str]) -> dict[str, Any]:
        """Waits until the program has written `path` with all `keys`."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            try:
                value = json.loads(path.read_text())
                if isinstance(value, dict) and all(key in value for key in keys):
                    return value
            except (FileNotFoundError, json.JSONDecodeError):
                pass
            self.require_running()
            time.sleep(POLL_SECONDS)
        raise ProcessFailed(f"{path} did not appear within {START_SECONDS_MAX} s; output:\n"
                            f"{self.output()[-3000:]}")

    def _status_bytes(self, name: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
        raise ProcessFailed(f"no {name} for process {self.pid}")

    def anonymous_memory_bytes(self) -> int:
        """RssAnon: what the process itself has allocated and touched."""
        return self._status_bytes("RssAnon")

    def peak_memory_bytes(self) -> int:
        """The most resident memory since the start or the last reset_peak_memory."""
        return self._status_bytes("VmHWM")

    def reset_peak_memory(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class Server(Program):
    """A running `vivace serve` with free ports on loopback."""

    def __init__(self, binary: str, data_dir: Path, *extra: str) -> None:
        self.binary = binary
        self.data_dir = data_dir
        self.extra = extra
        listening = data_dir / "listening.json"
        # A file left by a killed process holds the old addresses.
        listening.unlink(missing_ok=True)
        began = time.monotonic()
        super().__init__(
            [binary, "serve", "--data-dir", str(data_dir), "--http-address", "127.0.0.1:0",
             "--otlp-http-address", "127.0.0.1:0", "--otlp-grpc-address", "127.0.0.1:0", *extra],
            log_path=data_dir.parent / f"{data_dir.name}.log")
        self.addresses = self.wait_for_json(listening, ("http", "otlp_http", "otlp_grpc"))
        self.start_seconds = time.monotonic() - began

    @property
    def http(self) -> str:
        return self.addresses["http"]

    @property
    def otlp_http(self) -> str:
        return self.addresses["otlp_http"]

    @property
    def otlp_grpc(self) -> str:
        return self.addresses["otlp_grpc"]

    def restarted(self) -> "Server":
        """Stops this server in good order and starts another on the same data."""
        code = self.terminate()
        if code != 0:
            raise ProcessFailed(f"SIGTERM ended the server with code {code}, expected 0:\n"
                                f"{self.output()[-3000:]}")
        return Server(self.binary, self.data_dir, *self.extra)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
