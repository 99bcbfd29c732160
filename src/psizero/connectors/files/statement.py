"""The reader's SQL, one statement or expression a file in `sql/`."""

from functools import cache
from importlib.resources import files


@cache
def _text(name: str) -> str:
    return (files("psizero.connectors.files") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def statement(name: str, **parts: str) -> str:
    """The text of `sql/<name>.sql` with its `{parts}` filled in."""
    return _text(name).format(**parts).strip()


def literal(text: str) -> str:
    """A text as SQL spells it, whatever it holds."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A column name as SQL spells it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'
