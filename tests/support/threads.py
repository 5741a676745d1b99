"""Several people at once: each in a thread, with a session and a connection of their own."""

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from app.extensions import db

PATIENCE = 60.0


def at_once(app: Flask, *calls: Callable[[Session], Any]) -> list[Any]:
    """Let all start at the same moment; what each returned, or the exception that it met."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[Session], Any]) -> Any:
        with app.app_context():
            session = db.session()
            session.connection()  # as a request that has read something already
            session.rollback()
            start.wait(PATIENCE)
            try:
                return call(session)
            except Exception as error:  # noqa: BLE001 - the test looks at it
                return error
            finally:
                session.rollback()
                db.session.remove()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(contextvars.Context().run, run, call) for call in calls]
        return [future.result(PATIENCE) for future in futures]
