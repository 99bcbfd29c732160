"""What the terminal shows: tables as text, JSON, CSV or Parquet, all in one stable spelling.

Text from outside is data: it never acts in the terminal, whatever markup, control characters or
changes of direction it holds.
"""

import re
import sys
from pathlib import Path
from typing import Literal

import polars as pl
from rich.console import Console

from psizero.core.errors import Problem
from psizero.house.rows import spelled

Format = Literal["text", "json"]
FileFormat = Literal["text", "json", "csv", "parquet"]

out = Console(highlight=False, soft_wrap=True, emoji=False)
note = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
_BIDI = "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
_ACTS = re.compile(rf"[\x00-\x1f\x7f-\x9f{_BIDI}]")
_ACTS_IN_JSON = re.compile(rf"[\x7f-\x9f{_BIDI}]")  # what JSON itself leaves as it is


def inert(text: str) -> str:
    """One line in which what would act stands as its escape: an ESC as \\x1b."""
    return _ACTS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def say(line: str) -> None:
    """One line on stdout."""
    out.print(inert(line), markup=False)


def hint(line: str) -> None:
    """One line on stderr, beside what a program may read from stdout."""
    note.print(inert(line), markup=False)


def give(body: str) -> None:
    """A JSON document on stdout; escapes in its texts are the same texts to a program."""
    sys.stdout.write(_ACTS_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", body) + "\n")


def write(frame: pl.DataFrame, format: FileFormat, output: Path | None = None) -> None:
    """Print a frame, or write it to a file; Parquet keeps the column types."""
    if output is not None:
        _write_file(frame, format, output)
        hint(f"{frame.height:,} rows written to {output}")
    elif format == "parquet":
        raise Problem("Parquet goes to a file: -o FILE")
    elif format == "text":
        text(frame)
    elif format == "json":
        give(spelled(frame).write_json())
    else:
        body = spelled(frame).write_csv()
        lines = map(inert, body.split("\n")) if sys.stdout.isatty() else [body]
        sys.stdout.write("\n".join(lines))


def _write_file(frame: pl.DataFrame, format: FileFormat, output: Path) -> None:
    """The whole file or none: it takes its place when it is complete."""
    if format == "text":
        raise Problem("text goes to the terminal; with -o: --format json, csv or parquet")
    special = output.exists() and not output.is_file()
    whole = output if special else output.with_name(f"{output.name}.partial")
    try:
        if format == "parquet":
            frame.write_parquet(whole)
        elif format == "json":
            whole.write_text(spelled(frame).write_json() + "\n", encoding="utf-8")
        else:
            whole.write_text(spelled(frame).write_csv(), encoding="utf-8")
        whole.replace(output)
    except OSError as error:
        if whole.is_file():
            whole.unlink()
        raise Problem(f"cannot write {output}: {error.strerror or error}") from None


def text(frame: pl.DataFrame, most: int = 200) -> None:
    """A frame as aligned columns, never cut; a single wide row as a list."""
    if frame.height == 1 and frame.width > 5:
        record(frame)
        return
    shown = [[_cell(value) for value in row] for row in spelled(frame.head(most)).iter_rows()]
    columns = [[name, *cells] for name, *cells in zip(frame.columns, *shown, strict=True)]
    wide = [max(map(len, cells)) for cells in columns]
    right = [kept.is_numeric() for kept in frame.dtypes]
    for number, row in enumerate(zip(*columns, strict=True)):
        cells = [
            cell.rjust(width) if numeric else cell.ljust(width)
            for cell, width, numeric in zip(row, wide, right, strict=True)
        ]
        line = "  ".join(cells).rstrip()
        out.print(line, markup=False, style="bold" if number == 0 else None)
    if frame.height > most:
        hint(f"... and {frame.height - most:,} more rows (--format json shows all)")


def record(frame: pl.DataFrame) -> None:
    """Each row as a list of name and value."""
    wide = max(len(name) for name in frame.columns)
    for row in spelled(frame).iter_rows(named=True):
        for name, value in row.items():
            say(f"{name:<{wide}}  {_cell(value)}")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return inert(str(value))
