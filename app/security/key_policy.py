"""How keys have to be shown at every door: set once at start, read by guards and doors (M4, M8)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

LOCAL = "http://localhost:8080"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPolicy:
    """`required`: nobody signs in, and no key is issued, without the key itself being shown.

    `origins` are the addresses at which browsers open the pages, `rp_id` the domain that keys are
    bound to. `named`: the office has said which; keys can then be bound before they are required.
    """

    required: bool = False
    named: bool = False
    origins: tuple[str, ...] = (LOCAL,)
    rp_id: str = "localhost"

    @property
    def offered(self) -> bool:
        """Whether keys can be bound here."""
        return self.required or self.named

    @property
    def home(self) -> str:
        """The first address of the pages."""
        return self.origins[0]

    def serves(self, host_url: str) -> bool:
        """Whether a page opened at `host_url` can speak to keys."""
        parts = urlsplit(host_url)
        return f"{parts.scheme}://{parts.netloc}" in self.origins


class _InForce:
    policy = KeyPolicy()


def configure(policy: KeyPolicy) -> None:
    """Set what holds in this process."""
    _InForce.policy = policy


def policy() -> KeyPolicy:
    """Return what holds."""
    return _InForce.policy


@contextmanager
def holding(**changed: Any) -> Iterator[KeyPolicy]:
    """Let another policy hold inside the block, in the whole process."""
    before = policy()
    configure(replace(before, **changed))
    try:
        yield policy()
    finally:
        configure(before)
