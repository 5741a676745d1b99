"""Columns that the database file never holds in the clear, and the digests they are found by.

Personal numbers (M5, 第五条) are sealed with AES-256-GCM. What is stored is

    format version (1 byte) · key id (4) · nonce (12) · ciphertext and tag

and the seal covers the version, the key id and the column's context as well, so that a value copied
into another column does not open. Equal numbers are found through `blind_index`, a keyed hash.

All keys come from FIELD_KEY, the current one first, then older ones: the first seals, every one
opens. After a new key has been put in front, `rotate` seals the rows again; then the old one can be
dropped.
"""

import hmac
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    LargeBinary,
    bindparam,
    select,
    type_coerce,
    update,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator

MINIMUM_KEY_LENGTH = 32
FORMAT_VERSION = b"\x01"
KEY_ID_LENGTH = 4
NONCE_LENGTH = 12
TAG_LENGTH = 16
HEADER_LENGTH = len(FORMAT_VERSION) + KEY_ID_LENGTH
SEAL_LENGTH = HEADER_LENGTH + NONCE_LENGTH + TAG_LENGTH


class EncryptionError(RuntimeError):
    """A sealed value cannot be made or opened; never says what was in it."""


class KeysNotConfiguredError(EncryptionError):
    """`configure` has not been called in this process."""

    def __init__(self) -> None:
        super().__init__("the field keys are not configured")


@dataclass(frozen=True, slots=True)
class _Key:
    """What is derived from one secret: an id to find it by, a seal, a digest key."""

    id: bytes
    cipher: AESGCM = field(repr=False)
    digest_key: bytes = field(repr=False)

    @classmethod
    def derive(cls, secret: bytes) -> "_Key":
        """Derive everything from `secret`, each with a purpose of its own."""
        if len(secret) < MINIMUM_KEY_LENGTH:
            message = f"each part of FIELD_KEY needs at least {MINIMUM_KEY_LENGTH} bytes"
            raise ValueError(message)

        def part(purpose: bytes, length: int) -> bytes:
            hkdf = HKDF(SHA256(), length, salt=None, info=b"keydesk field " + purpose)
            return hkdf.derive(secret)

        return cls(
            id=part(b"key id", KEY_ID_LENGTH),
            cipher=AESGCM(part(b"encryption", 32)),
            digest_key=part(b"blind index", 32),
        )


class _KeyRing:
    """The process's keys, the current one first."""

    def __init__(self) -> None:
        self._keys: tuple[_Key, ...] = ()

    def load(self, secrets: Sequence[bytes]) -> None:
        keys = tuple(_Key.derive(secret) for secret in secrets)
        if len({key.id for key in keys}) != len(keys):
            message = "FIELD_KEY names the same key twice"
            raise ValueError(message)
        self._keys = keys

    def clear(self) -> None:
        self._keys = ()

    @property
    def all(self) -> tuple[_Key, ...]:
        if not self._keys:
            raise KeysNotConfiguredError
        return self._keys

    @property
    def current(self) -> _Key:
        return self.all[0]

    def find(self, key_id: bytes) -> _Key:
        for key in self.all:
            if key.id == key_id:
                return key
        message = f"no key with id {key_id.hex()} is configured"
        raise EncryptionError(message)


_ring = _KeyRing()


def configure(field_key: str | bytes | Sequence[bytes]) -> None:
    """Take the process's keys: one key's bytes, several, or the text "current,old1,old2".

    Called once by `create_app`. A key shorter than 32 bytes is a `ValueError`; text is used as it
    stands, so that a base64 spelling and the bytes that it spells are different keys.
    """
    if isinstance(field_key, str):
        _ring.load([part.strip().encode() for part in field_key.split(",")])
    elif isinstance(field_key, bytes):
        _ring.load([field_key])
    else:
        _ring.load(field_key)


def forget_keys() -> None:
    """Leave the process without keys, as it was before `configure`."""
    _ring.clear()


def encrypt(text: str, context: str) -> bytes:
    """Seal `text` under the current key for the column named by `context`."""
    key = _ring.current
    header = FORMAT_VERSION + key.id
    nonce = os.urandom(NONCE_LENGTH)
    return header + nonce + key.cipher.encrypt(nonce, text.encode(), header + context.encode())


def decrypt(sealed: bytes, context: str) -> str:
    """Open what `encrypt` sealed for the same `context`, under whichever key it was."""
    if len(sealed) < SEAL_LENGTH or not sealed.startswith(FORMAT_VERSION):
        message = f"{context}: not a sealed value of a known format"
        raise EncryptionError(message)
    header, rest = sealed[:HEADER_LENGTH], sealed[HEADER_LENGTH:]
    key = _ring.find(header[len(FORMAT_VERSION) :])
    nonce, ciphertext = rest[:NONCE_LENGTH], rest[NONCE_LENGTH:]
    try:
        return key.cipher.decrypt(nonce, ciphertext, header + context.encode()).decode()
    except InvalidTag:
        message = f"{context}: the sealed value was altered or belongs to another column"
        raise EncryptionError(message) from None


def needs_rotation(sealed: bytes) -> bool:
    """Whether `sealed` lies under another key than the current one."""
    return sealed[len(FORMAT_VERSION) : HEADER_LENGTH] != _ring.current.id


def blind_index(text: str, context: str) -> str:
    """Return the digest by which equal `text` is found: 64 hex digits, useless without the key.

    The context keeps the digests of different kinds of values apart; columns that are compared with
    each other share one.
    """
    return _digest(_ring.current, text, context)


def blind_index_candidates(text: str, context: str) -> tuple[str, ...]:
    """Return the digest under every configured key, the current one first.

    For lookups while `rotate` has not yet reached every row.
    """
    return tuple(_digest(key, text, context) for key in _ring.all)


def _digest(key: _Key, text: str, context: str) -> str:
    # the zero byte ends the context, so that no other pair of text and context reads the same
    message = context.encode() + b"\x00" + text.encode()
    return hmac.digest(key.digest_key, message, "sha256").hex()


_NULL_TESTS = frozenset({operators.eq, operators.ne})
_IDENTITY_TESTS = frozenset({operators.is_, operators.is_not})


class EncryptedText(TypeDecorator[str]):
    """Text sealed at rest; `context` names the column and is part of the seal.

    Each sealing differs, so comparing or ordering by the column could only give a wrong answer: it
    raises. Look rows up through their `blind_index`.
    """

    impl = LargeBinary
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[str]):
        """Allows nothing but the question whether there is a value."""

        def operate(self, op: Callable[..., Any], *other: Any, **kwargs: Any) -> Any:
            """Pass tests for NULL on and refuse every other operator."""
            tests_null = op in _NULL_TESTS and len(other) == 1 and other[0] is None
            if op in _IDENTITY_TESTS or tests_null:
                return super().operate(op, *other, **kwargs)
            message = "an encrypted column cannot be compared: use its blind index"
            raise TypeError(message)

    comparator_factory = Comparator

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Seal the value on its way into the database."""
        return None if value is None else encrypt(value, self.context)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Open the value on its way out."""
        return None if value is None else decrypt(bytes(value), self.context)


def rotate(
    connection: Connection,
    column: Column[str],
    *,
    digest: Column[str] | None = None,
    digest_context: str | None = None,
    batch: int = 500,
) -> int:
    """Seal every value of `column` again that is not under the current key; return how many.

    `digest` is the column of blind indexes made from the same text under `digest_context`; it is
    renewed in the same statement. Walks the table by its one-column primary key in batches, does
    not commit, and finds nothing to do when run again.
    """
    table, kind = column.table, column.type
    if not isinstance(kind, EncryptedText):
        message = "rotate() wants an EncryptedText column"
        raise TypeError(message)
    if (digest is None) != (digest_context is None):
        message = "rotate() wants a digest column and its context together"
        raise TypeError(message)
    (key,) = table.primary_key.columns
    sealed_column = type_coerce(column, LargeBinary)
    statement = update(table).where(key == bindparam("row_key"))
    statement = statement.values({column: type_coerce(_parameter("sealed"), LargeBinary)})
    if digest is not None:
        statement = statement.values({digest: _parameter("digest")})
    renewed, last = 0, None
    while True:
        page = select(key, sealed_column).where(sealed_column.is_not(None))
        page = page.order_by(key).limit(batch)
        rows = connection.execute(page if last is None else page.where(key > last)).all()
        if not rows:
            return renewed
        last = rows[-1][0]
        stale = [(row_key, bytes(sealed)) for row_key, sealed in rows if needs_rotation(sealed)]
        changes = [
            _renewal(row_key, decrypt(sealed, kind.context), kind.context, digest_context)
            for row_key, sealed in stale
        ]
        if changes:
            connection.execute(statement, changes)
            renewed += len(changes)


def _parameter(name: str) -> BindParameter[Any]:
    return bindparam(name)


def _renewal(row_key: Any, text: str, context: str, digest_context: str | None) -> dict[str, Any]:
    values = {"row_key": row_key, "sealed": encrypt(text, context)}
    if digest_context is not None:
        values["digest"] = blind_index(text, digest_context)
    return values
