"""Charts: a few figures as bars of a width, and shares as shades. Pure; a template draws them.

A bar stands in a table beside its number, so that the table is the chart's own text and a phone
shows both. Widths are thousandths of the column.
"""

from collections.abc import Mapping, Sequence

import msgspec

WIDTH, SHADES = 1_000, 9
COUNTS = {"start": "start_customers", "end": "end_customers"}
GAINS, LOSSES = ("new", "reactivation", "expansion"), ("contraction", "churn")


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with where its bar begins and how wide it is; `tone`: total, gain or loss."""

    label: str
    minor: int
    tone: str
    begin: int
    width: int
    count: int | None = None


def bridge(row: Mapping[str, object]) -> tuple[list[Bar], int]:
    """The bars of a row of `mrr_movements`: from its start, by each movement, to its end.

    Second: the figure at which the column begins. Where the movements are small beside what is
    there it is not nothing, or nobody could see them; the page has to say so.
    """
    level = _whole(row["start_minor"])
    steps = [("start", level, "total", level, level)]
    for name in (*GAINS, *LOSSES):
        minor = _whole(row[f"{name}_minor"])
        after = level + minor if name in GAINS else level - minor
        tone = "gain" if name in GAINS else "loss"
        steps.append((name, minor, tone, min(level, after), max(level, after)))
        level = after
    steps.append(("end", level, "total", level, level))
    most, least = max(high for *_, high in steps), min(low for *_, low, _ in steps)
    cut = least - (most - least)
    cut = cut if cut > most // 2 else 0
    span = max(most - cut, 1)
    found = []
    for label, minor, tone, low, high in steps:
        begin = 0 if tone == "total" else (low - cut) * WIDTH // span
        width = (high - cut) * WIDTH // span - begin
        count = _whole(row[COUNTS.get(label, f"{label}_count")])
        found.append(
            Bar(label=label, minor=minor, tone=tone, begin=begin, width=width, count=count)
        )
    return found, cut


def bars(figures: Sequence[tuple[str, int]]) -> list[Bar]:
    """Figures from nothing, the greatest over the whole width."""
    most = max((minor for _, minor in figures), default=0) or 1
    return [
        Bar(label=label, minor=minor, tone="total", begin=0, width=max(minor, 0) * WIDTH // most)
        for label, minor in figures
    ]


def shade(share: float | None) -> int:
    """The shade of a share: 0 is nothing, 9 all of it or more."""
    return 0 if share is None else min(max(int(share * SHADES + 0.5), 0), SHADES)


def _whole(value: object) -> int:
    return int(str(value or 0))
