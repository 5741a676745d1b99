"""The tests here work in an office where keys are asked for at every door."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app.security.key_policy import holding
from tests.api.conftest import rest, staffed
from tests.support.client import KeydeskClient
from tests.support.counter import Counter
from tests.support.factories import Office
from tests.support.office import database, office
from tests.support.pages import Browser

__all__ = ["database", "office", "rest", "staffed"]


@pytest.fixture(autouse=True)
def required(app: Flask) -> Iterator[None]:
    """LOGIN_REQUIRES_KEY is on."""
    with holding(required=True):
        yield


@pytest.fixture
def counter(office: Office) -> Counter:
    """The counters at which keys are bound."""
    return Counter(office)


@pytest.fixture
def browser(app: Flask, client: KeydeskClient) -> Callable[..., Browser]:
    """Somebody at a browser who has not signed in."""

    def enter() -> Browser:
        own = app.test_client()
        own.watched = client.watched
        return Browser(own)

    return enter
