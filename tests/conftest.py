"""Command line and fixtures of the end-to-end and crash tests."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator

import pytest

from support.processes import Server


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("vivace")
    group.addoption("--binary", default="", help="path of the server's program")
    group.addoption("--demo", default="", help="path of the demo application's program")
    group.addoption("--crash-cycles", type=int, default=50,
                    help="how often the crash test kills the server")
    group.addoption("--crash-seed", type=int, default=None,
                    help="repeats a crash test; by default each run draws its own")


@pytest.fixture(scope="session")
def binary(request: pytest.FixtureRequest) -> str:
    path = request.config.getoption("--binary")
    if not path:
        pytest.fail("pass --binary with the path of the server's program")
    return path


@pytest.fixture(scope="session")
def demo_binary(request: pytest.FixtureRequest) -> str:
    path = request.config.getoption("--demo")
    if not path:
        pytest.fail("pass --demo with the path of the demo application's program")
    return path


@pytest.fixture(scope="module")
def start_server(binary: str, tmp_path_factory: pytest.TempPathFactory
                 ) -> Iterator[Callable[..., Server]]:
    """Starts servers, each on a folder of its own unless told otherwise; ends them all."""
    started: list[Server] = []

    def start(*extra: str, data_dir: Path | None = None) -> Server:
        folder = data_dir or tmp_path_factory.mktemp("vivace") / "data"
        server = Server(binary, folder, *extra)
        started.append(server)
        return server

    yield start
    for server in started:
        server.kill()


@pytest.fixture(scope="module")
def server(start_server: Callable[..., Server]) -> Server:
    """One server for the tests of a module that do not need it to themselves."""
    return start_server()
