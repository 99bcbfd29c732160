"""What the terminal shows: tables as text, JSON, CSV or Parquet, all in one stable spelling."""

import sys
from pathlib import Path
from typing import Literal

import polars as pl
from rich.console import Console

from psizero.core.errors import Problem

Format = Literal["text", "json"]
FileFormat = Literal["text", "json", "csv", "parquet"]

out = Console(highlight=False, soft_wrap=True)
note = Console(stderr=True, highlight=False, soft_wrap=True)


def spelled(frame: pl.DataFrame) -> pl.DataFrame:
    """Instants as ISO 8601 with Z, decimals as text without trailing zeros."""
    made = []
    for name, kept in frame.schema.items():
        column = pl.col(name)
        if isinstance(kept, pl.Datetime):
            made.append(column.dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ"))
        elif isinstance(kept, pl.Decimal):
            text = column.cast(pl.String)
            bare = text.str.strip_chars_end("0").str.strip_chars_end(".")
            made.append(pl.when(text.str.contains(".", literal=True)).then(bare).otherwise(text))
    return frame.with_columns(made)


def write(frame: pl.DataFrame, format: FileFormat, output: Path | None = None) -> None:
    """Print a frame, or write it to a file; Parquet keeps the column types."""
    if format == "parquet":
        if output is None:
            raise Problem("Parquet goes to a file: -o FILE")
        frame.write_parquet(output)
    elif format == "text":
        text(frame)
    else:
        shown = spelled(frame)
        body = shown.write_json() + "\n" if format == "json" else shown.write_csv()
        if output is None:
            sys.stdout.write(body)
        else:
            output.write_text(body)
    if output is not None and format != "text":
        note.print(f"{frame.height:,} rows written to {output}")


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
        note.print(f"... and {frame.height - most:,} more rows (--format json shows all)")


def record(frame: pl.DataFrame) -> None:
    """Each row as a list of name and value."""
    wide = max(len(name) for name in frame.columns)
    for row in spelled(frame).iter_rows(named=True):
        for name, value in row.items():
            out.print(f"{name:<{wide}}  {_cell(value)}", markup=False)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)
