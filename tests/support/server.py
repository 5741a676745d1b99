"""A whole installation in processes of its own: migrated, filled with the demo, served."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

from config import ROOT
from tests.support.databases import copy_sqlite

BIN = Path(sys.executable).parent
START_SECONDS = 40.0
KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


class DemoServer:
    """The demo office on a free port; `reset()` undoes what a test did, without a restart."""

    def __init__(self, folder: Path, *, needs_keys: bool = False) -> None:
        self.folder = folder
        self.database = folder / "keydesk.db"
        self.template = folder / "template.db"
        self.port = free_port()
        self.url = f"http://{'localhost' if needs_keys else '127.0.0.1'}:{self.port}"
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "DATABASE_URL": f"sqlite:///{self.database}",
            "SECRET_KEY": "not-a-secret-" * 4,
            "FIELD_KEY": KEY,
            "AUDIT_KEY": KEY,
            "FILES_DIR": str(folder / "files"),
            "PORT": str(self.port),
            "LOGIN_REQUIRES_KEY": str(needs_keys).lower(),
            "LOGIN_RATE_LIMIT": "1000 per minute",
            "WEB_WORKERS": "1",
            "LOG_LEVEL": "warning",
        }
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.accounts: list[dict[str, Any]] = []

    def start(self) -> None:
        """Build the demo office through the command line and serve it."""
        accounts = self.folder / "accounts.json"
        self.flask("db", "upgrade")
        self.flask("catalog", "sync")
        self.flask("demo", "load", "--accounts-file", str(accounts))
        self.accounts = json.loads(accounts.read_text(encoding="utf-8"))
        copy_sqlite(self.database, self.template)
        command = [BIN / "gunicorn", "--config", "scripts/gunicorn_conf.py", "run:app"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        self.wait_until_it_answers()

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
        """Put the demo office back to how it was loaded."""
        copy_sqlite(self.template, self.database)

    def account(self, role: str, **wanted: str) -> dict[str, Any]:
        """Return the login of the first person with `role` (and `office=`, `organization=`)."""
        for account in self.accounts:
            if account["role"] == role and wanted.items() <= account.items():
                return account
        message = f"the demo has no {role} with {wanted}"
        raise LookupError(message)

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
