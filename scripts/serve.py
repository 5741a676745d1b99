"""Run the web server and the scheduler side by side; when one ends, both end.

Ctrl-C and SIGTERM stop both in good order; what has not ended after the grace time is killed.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

BIN = Path(sys.executable).parent
COMMANDS: dict[str, list[str | Path]] = {
    "server": [BIN / "gunicorn", "--config", "scripts/gunicorn_conf.py", "run:app"],
    "scheduler": [BIN / "flask", "--app", "run", "jobs", "run"],
}
GRACE_SECONDS = 25.0
POLL_SECONDS = 0.2


class Supervisor:
    """Starts the commands and waits for the first of them, or a signal, to end."""

    def __init__(self) -> None:
        self.stopping = False
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def run(self) -> int:
        """Return 0 after a signal, else the exit status of the child that ended first."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.stop)
        for name, command in COMMANDS.items():
            # A process group of its own: the terminal's Ctrl-C reaches only this process.
            self.children[name] = subprocess.Popen(command, process_group=0)
        status = self.wait()
        self.end_children()
        return status

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        """Ask for the end; the loop sees to it."""
        self.stopping = True

    def wait(self) -> int:
        """Watch until a signal has come or a child has ended."""
        while not self.stopping:
            for name, child in self.children.items():
                status = child.poll()
                if status is not None:
                    print(f"The {name} ended with status {status}.", file=sys.stderr)
                    return status or 1
            time.sleep(POLL_SECONDS)
        return 0

    def end_children(self) -> None:
        """Terminate whatever still runs, and kill it if it will not go."""
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self.children.values():
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


if __name__ == "__main__":
    sys.exit(Supervisor().run())
