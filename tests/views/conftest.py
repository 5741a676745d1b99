"""The tests here work in an office whose people all have keys and passwords, at its pages."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.api.conftest import staffed
from tests.support.client import KeydeskClient
from tests.support.office import database, office
from tests.support.pages import Browser

__all__ = ["database", "office", "staffed"]


@pytest.fixture
def browser(app: Flask, client: KeydeskClient) -> Callable[..., Browser]:
    """`browser("reg1")` is somebody signed in, `browser()` somebody who is not."""

    def enter(login: str | None = None) -> Browser:
        own = app.test_client()
        own.watched = client.watched
        return Browser(own, login)

    return enter
