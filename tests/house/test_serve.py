"""The server and the scheduler live and die together."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config import ROOT

PROGRAM = """
import sys
sys.path.insert(0, {scripts!r})
import serve
serve.COMMANDS = {commands!r}
serve.GRACE_SECONDS = 1.0
sys.exit(serve.Supervisor().run())
"""
WAIT = (
    "import pathlib, os, time; pathlib.Path({file!r}).write_text(str(os.getpid())); time.sleep(60)"
)
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WAIT


def supervise(tmp_path: Path, **programs: str) -> subprocess.Popen[bytes]:
    commands = {
        name: [sys.executable, "-c", text.format(file=str(tmp_path / name))]
        for name, text in programs.items()
    }
    program = PROGRAM.format(scripts=str(ROOT / "scripts"), commands=commands)
    return subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE)


def wait_for(path: Path) -> int:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if path.exists() and path.read_text():
            return int(path.read_text())
        time.sleep(0.02)
    raise TimeoutError(path)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_both_and_counts_as_a_good_end(tmp_path: Path, number: signal.Signals):
    process = supervise(tmp_path, server=WAIT, scheduler=WAIT)
    pids = [wait_for(tmp_path / name) for name in ("server", "scheduler")]
    process.send_signal(number)
    assert process.wait(10) == 0
    assert not any(is_running(pid) for pid in pids)


def test_when_one_ends_the_other_is_ended_and_the_fault_is_told(tmp_path: Path):
    process = supervise(tmp_path, server=WAIT, scheduler="import sys; sys.exit(3)")
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 3
    assert b"The scheduler ended with status 3." in errors
    if (tmp_path / "server").exists():
        assert not is_running(wait_for(tmp_path / "server"))


def test_what_does_not_go_is_killed(tmp_path: Path):
    process = supervise(tmp_path, server=STUBBORN, scheduler=WAIT)
    pids = [wait_for(tmp_path / name) for name in ("server", "scheduler")]
    process.terminate()
    assert process.wait(10) == 0
    assert not any(is_running(pid) for pid in pids)
