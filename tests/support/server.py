"""A whole installation in processes of its own: migrated, filled with the demo, served."""

import base64
import fcntl
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from config import ROOT
from tests.support.databases import copy_sqlite

BIN = Path(sys.executable).parent
START_SECONDS = 90.0
KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


class Installation:
    """A folder with a database, stored files and the settings to use them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "keydesk.db"
        self.files = folder / "files"
        self.logins = folder / "accounts.json"
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "DATABASE_URL": f"sqlite:///{self.database}",
            "SECRET_KEY": "not-a-secret-" * 4,
            "FIELD_KEY": KEY,
            "AUDIT_KEY": KEY,
            "FILES_DIR": str(self.files),
            "LOGIN_REQUIRES_KEY": "false",
            "LOGIN_RATE_LIMIT": "1000 per minute",
            "WEB_WORKERS": "1",
            "LOG_LEVEL": "warning",
        }

    def rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        """Rows of the database, which only the installation itself knows."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(query, values).fetchall()

    def flask(self, *arguments: str) -> str:
        """Run one command of the installation and return what it printed."""
        command = [BIN / "flask", "--app", "run", *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            message = f"flask {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}"
            raise RuntimeError(message)
        return done.stdout


def demo_office(folder: Path) -> Installation:
    """Return the demo office in `folder`, built by the first of all who ask for it at once."""
    folder.mkdir(parents=True, exist_ok=True)
    office = Installation(folder)
    with locked(folder / "lock"):
        if not office.logins.exists():
            office.flask("db", "upgrade")
            office.flask("catalog", "sync")
            office.flask("demo", "load", "--accounts-file", str(office.logins))
    return office


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes; it goes when the process does."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class DemoServer(Installation):
    """A copy of the demo office, served; `reset()` undoes what a test did without a restart."""

    def __init__(self, folder: Path, office: Installation, *, needs_keys: bool = False) -> None:
        super().__init__(folder)
        self.office = office
        self.port = free_port()
        # Browsers bind keys to the name of a host, not to its number.
        self.url = f"http://{'localhost' if needs_keys else '127.0.0.1'}:{self.port}"
        self.environment["PORT"] = str(self.port)
        self.environment["LOGIN_REQUIRES_KEY"] = str(needs_keys).lower()
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.accounts: list[dict[str, Any]] = json.loads(office.logins.read_text("utf-8"))

    def __enter__(self) -> Self:
        """Serve the copy."""
        shutil.copytree(self.office.files, self.files)
        self.reset()
        command = [BIN / "gunicorn", "--config", "scripts/gunicorn_conf.py", "run:app"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        try:
            self.wait_until_it_answers()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def wait_until_it_answers(self) -> None:
        """Return as soon as a page comes back, whatever its status."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(self.url, timeout=5):  # noqa: S310 - loopback
                    return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        message = f"the server does not answer:\n{self.log.read_text(encoding='utf-8')}"
        raise RuntimeError(message)

    def reset(self) -> None:
        """Put the database back to how the demo was loaded."""
        copy_sqlite(self.office.database, self.database)

    def password(self, login: str) -> str:
        """Return the password of one of the demo's people."""
        return next(it["password"] for it in self.accounts if it["login"] == login)

    def stop(self) -> None:
        """End the server."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
