"""How much of a file is read before it is refused."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes as sent, bytes unpacked, rows with the empty ones, columns."""

    bytes: int
    unpacked: int
    rows: int
    columns: int = 64


UPLOAD = Limits(bytes=10 * MIB, unpacked=160 * MIB, rows=20_000)
"""What a person hands in on a page or by REST."""
OFFICE = Limits(bytes=2048 * MIB, unpacked=4096 * MIB, rows=5_000_000)
"""What an operator loads at the command line: a whole office."""
