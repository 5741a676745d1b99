"""Floor and console as they are served: gunicorn with threads, on a free port of this machine."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.databases import BENCH, Filled, environment
from bench.visitor import Visitor
from config import ROOT

START_SECONDS = 60.0
KIB = 1024
GUNICORN = Path(sys.executable).with_name("gunicorn")
THREADS = "8"
FLOOR = ("--worker-class", "gthread", "--threads", THREADS, "--preload", "bench.floor:application")
CONSOLE = ("--config", "scripts/gunicorn_conf.py", "run:app")


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    seconds_to_first_page: float

    def visitor(self) -> Visitor:
        """Return somebody who has not signed in."""
        return Visitor(self.port)

    def memory(self) -> float:
        """Return the resident megabytes of its largest process."""
        family = [self.process.pid, *_children(self.process.pid)]
        return max(_resident(pid) for pid in family)


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text().split()]


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / KIB
    return 0.0


@contextmanager
def floor(database: Filled, *, workers: int = 1) -> Iterator[Served]:
    """Serve the floor over `database`."""
    with _serve(FLOOR, database, workers, "/home") as served:
        yield served


@contextmanager
def console(database: Filled, *, workers: int = 1) -> Iterator[Served]:
    """Serve the console over `database`."""
    with _serve(CONSOLE, database, workers, "/login/") as served:
        yield served


@contextmanager
def _serve(
    arguments: tuple[str, ...], database: Filled, workers: int, first: str
) -> Iterator[Served]:
    port = _free_port()
    surroundings = {
        **environment(database.url),
        "FLOOR_ADDRESS": database.address,
        "PORT": str(port),
        "WEB_WORKERS": str(workers),
        "WEB_THREADS": THREADS,
        "LC_ALL": os.environ.get("LC_ALL", "C.UTF-8"),
    }
    command: list[str | Path] = [
        GUNICORN,
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        str(workers),
        *arguments,
    ]
    BENCH.mkdir(parents=True, exist_ok=True)
    with (BENCH / "servers.log").open("ab") as log:
        begun = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - our own server
            command, cwd=ROOT, env=surroundings, stdout=log, stderr=log
        )
        try:
            _wait(process, port, first)
            yield Served(process, port, time.monotonic() - begun)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int, first: str) -> None:
    """Return as soon as the first page has come."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            Visitor(port).get(first)
        except OSError:
            time.sleep(0.01)
        else:
            return
    message = f"the server did not answer: see {BENCH / 'servers.log'}"
    raise RuntimeError(message)


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
