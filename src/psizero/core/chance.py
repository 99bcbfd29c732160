"""All randomness of the house: one number drawn from names, the same in every replay."""

from datetime import datetime
from hashlib import sha256
from secrets import token_hex


def draw(salt: str, now: datetime, *names: str) -> float:
    """A number in [0, 1) fixed by the house's salt, the instant and the names."""
    text = "\x1f".join((salt, now.isoformat(), *names))
    return int.from_bytes(sha256(text.encode()).digest()[:7], "big") / (1 << 56)


def new_salt() -> str:
    """A fresh salt for a house that names none; from the machine's own randomness."""
    return token_hex(16)
