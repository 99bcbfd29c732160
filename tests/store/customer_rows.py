"""Customers with names and addresses, as the tests of keys write and read them."""

from datetime import datetime
from pathlib import Path

import polars as pl

from psizero.core.events.customer import CUSTOMER_CREATED
from psizero.store.keys import Keys

BORN = datetime(2026, 3, 1, 12)
NOW = datetime(2026, 10, 8, 6)


def row(subject: str, name: str | None, email: str | None, row_id: str = "1") -> dict[str, object]:
    """One `customer.created` as the store is given it."""
    given = {"occurred_at": BORN, "source": "crm", "id": row_id, "subject": subject}
    return given | {"name": name, "email": email, "country": "DE"}


def frame(*rows: dict[str, object]) -> pl.DataFrame:
    """Rows whose personal columns are text even where all of them are null."""
    texts = dict.fromkeys(("name", "email"), pl.String())
    return pl.DataFrame(rows, schema_overrides=texts)


def files(folder: Path) -> list[Path]:
    """Every file below a folder, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def shown(keys: Keys, kept: pl.DataFrame) -> list[tuple[str | None, ...]]:
    """Name and email of each row as a door shows them."""
    return keys.decrypt(CUSTOMER_CREATED, kept).select("name", "email").rows()
