"""What is given back of an invoice: a sum over its lines, with the tax of each in proportion."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import polars as pl

from psizero.finance.proration import split


class Billed(msgspec.Struct, kw_only=True):
    """A line of an invoice, and what of it was given back so far; minor units."""

    invoice: str
    line: int
    customer: str
    subscription: str
    plan: str
    currency: str
    kind: str
    meter: str
    period_start: datetime
    period_end: datetime
    net_minor: int
    tax_minor: int
    credited_net_minor: int
    credited_tax_minor: int

    @property
    def credited_minor(self) -> int:
        """What was given back of it, tax included."""
        return self.credited_net_minor + self.credited_tax_minor

    @property
    def left_minor(self) -> int:
        """What can still be given back, tax included; of a line below zero nothing can."""
        return max(self.net_minor + self.tax_minor - self.credited_minor, 0)


class Part(msgspec.Struct, frozen=True, rename={"net_minor": "amount", "tax_minor": "tax"}):
    """So much of a line; minor units."""

    line: int
    kind: str
    meter: str
    period_start: datetime
    period_end: datetime
    net_minor: int
    tax_minor: int


def billed(lines: pl.DataFrame) -> dict[str, list[Billed]]:
    """The rows of `creditable_lines` by invoice."""
    found: dict[str, list[Billed]] = {}
    for row in lines.sort("invoice", "line").iter_rows(named=True):
        one = msgspec.convert({**row, "meter": row["meter"] or ""}, Billed)
        found.setdefault(one.invoice, []).append(one)
    return found


def left(lines: Sequence[Billed]) -> int:
    """What can still be given back of an invoice: never more than was asked of the customer."""
    whole = sum(one.net_minor + one.tax_minor - one.credited_minor for one in lines)
    return max(min(whole, sum(one.left_minor for one in lines)), 0)


def given_back(lines: Sequence[Billed], amount_minor: int) -> list[Part]:
    """The parts that sum to the amount, in proportion to what is left; marks the lines with them.

    Tax is that of the line's cumulated share, rounded half away from zero, less what was given
    back before: a line given back in full gives back its tax in full, in however many notes.
    Raises ValueError where less is left.
    """
    if not 0 < amount_minor <= left(lines):
        raise ValueError(f"{amount_minor} cannot be given back of {left(lines)}")
    found = []
    for one, minor in zip(lines, split(amount_minor, [x.left_minor for x in lines]), strict=True):
        if not minor:
            continue
        gross = one.net_minor + one.tax_minor
        upto = one.credited_minor + minor
        tax = (2 * upto * one.tax_minor + gross) // (2 * gross) - one.credited_tax_minor
        one.credited_tax_minor += tax
        one.credited_net_minor += minor - tax
        period = (one.period_start, one.period_end)
        found.append(Part(one.line, one.kind, one.meter, *period, minor - tax, tax))
    return found


def objection(ask: Mapping[str, object], lines: Sequence[Billed]) -> str:
    """Why what was asked for cannot be given back; empty where it can."""
    if not lines:
        return "there is no such invoice"
    if (lines[0].customer, lines[0].currency) != (ask["customer"], ask["currency"]):
        return "the invoice is another customer's, or in another currency"
    if int(str(ask["amount_minor"])) > left(lines):
        return f"only {left(lines):,} minor units of it are left"
    return ""
