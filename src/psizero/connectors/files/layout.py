"""The layout of a CSV file: on which of its lines no row begins."""

import re
from array import array
from typing import TextIO

import msgspec
import polars as pl

_PIECE_CHARACTERS = 2_000_000  # as long as a row may be


class Layout(msgspec.Struct, frozen=True):
    """Lines of a CSV file on which no row begins: blank ones, and those inside a quoted value.

    `opened` is the line with a quote that no other closes, or 0: DuckDB drops all from there in
    silence. The row to which it belongs began in line `begun`.
    """

    blank: pl.Series
    inside: pl.Series
    opened: int
    begun: int

    def lines(self, counted: pl.Series) -> pl.Series:
        """True lines of those that DuckDB counts: to it a value over several lines is in one."""
        before = self.inside - pl.int_range(1, self.inside.len() + 1, eager=True)
        return counted + before.search_sorted(counted, side="left").cast(pl.Int64)

    def no_rows(self, broken: pl.Series) -> pl.DataFrame:
        """How many lines that are no readable row lie just before the nth one that is."""
        lines = pl.concat([self.blank, self.inside, broken]).sort()
        nth = lines - pl.int_range(1, lines.len() + 1, eager=True)
        return nth.alias("nth").value_counts(name="lines")


def layout_of(text: TextIO, cut: str, columns: int) -> Layout:
    """Of a text cut by `cut`, its line ends untouched. Of one column a blank line is a row."""
    # As DuckDB reads it: one space may stand before a quote, and one behind spaces reopens it.
    inner, other, stop = r'(?:[^"]|"")*+', rf"[^{re.escape(cut)}]", re.escape(cut)
    inside = rf'{inner}(?:" ++"{inner})*+'
    field = rf'(?: ?+"{inside}"{other}*+|(?! ?+"){other}++)?+'
    opening = re.compile(rf'(?:{field}{stop})*+ ?+"{inside}')
    closing = re.compile(rf'{inside}"')
    number, opened, begun, fresh = 1, 0, 1, True
    blank, within = array("q"), array("q")
    while line := text.readline(_PIECE_CHARACTERS):
        rest = line
        if fresh and opened:
            within.append(number)
        elif fresh and columns > 1 and line[0] in "\r\n":
            blank.append(number)
        elif fresh:
            begun = number
        if opened and (closed := closing.match(line)):
            opened = 0
            rest = line[closed.end() :].partition(cut)[2]
        if not opened and '"' in rest and opening.fullmatch(rest):
            opened = number
        fresh = line.endswith(("\n", "\r"))
        number += fresh
    blanks, insides = (pl.Series(kept, dtype=pl.Int64) for kept in (blank, within))
    return Layout(blanks, insides, opened, begun)
