"""Gunicorn as Keydesk runs it: threads, one copy of the application in memory, loopback only."""

import gc
import os
from pathlib import Path
from typing import Any

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8080')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
preload_app = True
timeout = 120
graceful_timeout = 20
keepalive = 5
loglevel = os.environ.get("LOG_LEVEL", "info")
control_socket_disable = True
if Path("/dev/shm").is_dir():  # noqa: S108 - gunicorn's heartbeat file wants memory, not a disk
    worker_tmp_dir = "/dev/shm"  # noqa: S108 - as above


gc.disable()  # no search for garbage while loading, a sixth of the start: nothing becomes any

OBJECTS_BETWEEN_COLLECTIONS = 10_000
"""A page makes some thousands of objects that die with it; Python's own bound is 700."""


def when_ready(server: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    """Leave what has been loaded out of every later search for garbage.

    It never becomes any, and workers go on sharing its memory with this process.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    gc.enable()


def post_fork(server: Any, worker: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    """Forget the connections that the parent opened: no two processes may share one."""
    from run import app

    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose(close=False)
