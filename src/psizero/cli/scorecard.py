"""The command `scorecard`: what the mission asks for, beside what is measured."""

from collections import Counter
from collections.abc import Iterator
from textwrap import wrap
from typing import Annotated, Literal

import msgspec
import polars as pl
from cyclopts import Parameter
from rich.text import Text

from psizero.cli.app import At, Home, moment
from psizero.cli.report import emit
from psizero.cli.show import inert, out, write
from psizero.core.clock import iso
from psizero.house import scorecard as card
from psizero.house.home import opened
from psizero.house.measures import WILSON
from psizero.house.mission import DOMAINS, Side
from psizero.house.scorecard import (
    COUNT_MIN,
    EPOCH,
    MET,
    MISSED,
    NOT_MEASURED,
    TOO_FEW,
    Line,
    Rate,
    Scorecard,
)

Form = Literal["text", "json", "csv"]
WIDE = 110
"""From this width on the counts stand in the row; else below it."""
STATUSES = {MET: "green", MISSED: "bold red", TOO_FEW: "yellow", NOT_MEASURED: "dim"}
STATUS_WIDTH = 1 + max(map(len, STATUSES))
LEGEND = (
    f"{MET}: the whole interval lies on the target's side. {MISSED}: none of it does. "
    f"{TOO_FEW}: fewer than {COUNT_MIN}, or the target lies within the interval. {NOT_MEASURED}: "
    "no table measures it, or there was nothing to measure; then there is no figure.",
    "Intervals are at 95 %: Wilson for shares, otherwise as said beside the count.",
    "A capability's own row is its automation rate, held against its potential. "
    "Automated: carried out by itself, asked of nobody, not reverted or overridden, of all "
    "decisions that could have been taken: expired, declined, unanswered and done by hand "
    "included. What is in shadow, switched off or replaced by a newer proposal is left out, and "
    "counted beside it. Hours are the minutes that each action takes a person.",
)


def scorecard(
    *,
    home: Home,
    at: At = "",
    format: Annotated[Form, Parameter(help="CSV has one row a target.")] = "text",
) -> None:
    """Every success metric of the mission: target, measured, interval, met or missed."""
    with opened(home) as house:
        found = card.scorecard(house, moment(at, "--at") if at else None)
    if format == "json":
        instants = {name: iso(getattr(found, name)) for name in ("at", "since", "until")}
        emit({**msgspec.structs.asdict(found), **instants})
    elif format == "csv":
        write(flat(found), "csv")
    else:
        for line in screen(found, out.width):
            out.print(line)


def flat(found: Scorecard) -> pl.DataFrame:
    """One row a target, the automation rates among them, in the order of the screen."""
    rows: list[dict[str, object]] = []
    for domain in DOMAINS:
        mine = [one for one in found.rates if one.domain == domain.name]
        rows += [_as_line(one) for one in mine]
        rows += [msgspec.structs.asdict(one) for one in found.metrics if one.domain == domain.name]
    return pl.DataFrame(rows, infer_schema_length=None)


def _as_line(one: Rate) -> dict[str, object]:
    said = msgspec.structs.asdict(one)
    automatic, eligible = float(one.automatic), float(one.eligible)
    made = {
        "metric": "automation_rate",
        "name": "Automation rate",
        "inner": bool(one.capability),
        "side": Side.LEAST.value,
        "unit": "share",
        "n": one.eligible,
        "method": WILSON if one.eligible else "",
        "numerator": automatic if eligible else None,
        "denominator": eligible if eligible else None,
    }
    beside = ("hours_replaced", "reverted", "failed", "bad", "breaches")
    return {name: {**said, **made}[name] for name in Line.__struct_fields__} | {
        name: said[name] if one.eligible else None for name in beside
    }


def screen(found: Scorecard, width: int) -> Iterator[Text]:
    """The lines for people, of a terminal's width."""
    count = Counter([one.status for one in found.rates] + [one.status for one in found.metrics])
    said = ", ".join(f"{count[status]} {status}" for status in STATUSES)
    known = f"as known at {iso(found.at)}" if found.at > EPOCH else "of a house without a past"
    yield Text(f"Scorecard {known}", style="bold")
    yield from _wrapped(f"{said}, of {count.total()} targets.", width)
    yield from _wrapped(_recount(found), width)
    yield Text()
    heads = _row(("", "Target", "Measure", "Interval", "Counted"), width)
    yield Text(f"{heads} Status", style="bold")
    for domain in DOMAINS:
        yield Text()
        yield Text(domain.title.upper(), style="bold")
        rates = {one.capability: one for one in found.rates if one.domain == domain.name}
        lines = [one for one in found.metrics if one.domain == domain.name]
        yield from _rate("Automated, all of it", rates[""], width)
        for line in lines:
            if not line.inner:
                yield from _metric(line, width, "  ")
        for capability in domain.capabilities:
            yield from _rate(capability.name, rates[capability.name], width)
            for line in lines:
                if line.inner and line.capability == capability.name:
                    yield from _metric(line, width, "    ")
    yield Text()
    for part in LEGEND:
        yield from _wrapped(part, width)


def _recount(found: Scorecard) -> str:
    ends = f"{found.since:%Y-%m-%d} to {found.until:%Y-%m-%d}"
    told = f"Decisions of {ends} (UTC, end excluded), counted anew from the ledger's records: "
    if found.differing:
        return f"{told}{found.differing} rows of the kept tables say otherwise; psizero verify"
    return f"{told}the kept tables say the same." if found.at > EPOCH else ""


def _wrapped(text: str, width: int, indent: str = "", style: str = "") -> Iterator[Text]:
    for line in wrap(text, width, initial_indent=indent, subsequent_indent=indent):
        yield Text(inert(line), style=style)


def _row(cells: tuple[str, str, str, str, str], width: int) -> str:
    """All columns but the status, which stands at the right end; a name too long is cut."""
    name, target, measured, interval, counted = cells
    wide = width >= WIDE
    tail = f"  {target:<7} {measured:>7}  {interval:<14}" + (f"  {counted:<13}" if wide else "")
    room = max(width, 80) - len(tail) - STATUS_WIDTH
    short = name if len(name) <= room else name.partition(" & ")[0]
    return f"{short[:room]:<{room}}{tail}"


def _line(cells: tuple[str, str, str, str, str], status: str, width: int) -> Text:
    return Text.assemble(inert(_row(cells, width)), " ", (status, STATUSES[status]))


def _metric(one: Line, width: int, indent: str) -> Iterator[Text]:
    counts = _counts(one)
    cells = (
        f"{indent}{one.name}",
        f"{one.side} {shown(one.target, one.unit)}",
        *_figures(one.value, (one.low, one.high), one.unit),
        counts,
    )
    yield _line(cells, one.status, width)
    basis = [counts] if counts and width < WIDE else []
    basis += [one.method] if one.n and one.method != WILSON else []
    if basis:
        yield from _wrapped("; ".join(basis), width, f"{indent}  ", "dim")


def _counts(one: Line) -> str:
    if not one.n:
        return ""
    shares = one.unit == "share" and one.numerator is not None and one.denominator is not None
    return f"{one.numerator:,.0f} of {one.denominator:,.0f}" if shares else f"n = {one.n:,}"


def _rate(name: str, one: Rate, width: int) -> Iterator[Text]:
    """The row, and below it the quality beside the rate, and what is no part of it."""
    counts = f"{one.automatic:,} of {one.eligible:,}" if one.eligible else ""
    target = f"{Side.LEAST.value} {shown(one.target, 'share')}"
    figures = _figures(one.value, (one.low, one.high), "share")
    yield _line((f"  {name}", target, *figures, counts), one.status, width)
    said = [f"{counts} decisions" if width < WIDE else ""]
    if one.eligible:
        said += [
            f"{one.asked:,} asked of a person",
            f"{one.reverted:,} reverted",
            f"{one.failed:,} failed",
            f"{one.bad:,} of {one.outcomes:,} outcomes bad" if one.outcomes else "no outcome yet",
            f"guardrail breaches: {one.breaches:,}",
            f"{one.hours_replaced:,.1f} h of manual work replaced",
        ]
    left = {"in shadow": one.shadow, "off": one.switched_off, "replaced": one.superseded}
    out_of_it = [f"{count:,} {what}" for what, count in left.items() if count]
    said += [f"left out: {', '.join(out_of_it)}"] if out_of_it else []
    if one.eligible or out_of_it:
        yield from _wrapped("; ".join(filter(None, said)), width, "    ", "dim")


def _figures(
    value: float | None, bounds: tuple[float | None, float | None], unit: str
) -> tuple[str, str]:
    """Measured and interval; both empty where nothing is measured."""
    if value is None:
        return "", ""
    low, high = bounds
    told = "" if low is None or high is None else f"{_number(low, unit)} to {shown(high, unit, 1)}"
    return shown(value, unit, 1), told


def shown(value: float, unit: str, digits: int | None = None) -> str:
    """A figure with its unit: 85%, 24 h, 30 s, 4.5/5; with `digits` behind the point."""
    marks = {"share": "%", "gain": "%", "hours": " h", "seconds": " s", "of 5": "/5", "points": ""}
    return _number(value, unit, digits) + marks[unit]


def _number(value: float, unit: str, digits: int | None = 1) -> str:
    many = value * 100 if unit in ("share", "gain") else value
    if digits is not None and abs(many) >= 1000:
        return f"{many:.0f}"
    return f"{many:,.{digits}f}" if digits is not None else f"{many:,.6g}"
