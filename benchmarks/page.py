"""Where the figures go: a Markdown and a JSON file in results/, and the page in docs/."""

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

import msgspec

from benchmarks.child import ROOT
from benchmarks.row import Row, cells

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: made by make bench -->", "<!-- figures: end -->"
HEADS = ("What", "Figure", "Unit", "Budget", "Beside raw", "")
LIBRARIES = ("duckdb", "polars", "pyarrow", "msgspec")


def machine() -> dict[str, str]:
    """What the figures depend on, without a name or a path of the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "day": datetime.now(UTC).date().isoformat(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory / 1e9:.0f} GB",
        "busy before": f"{os.getloadavg()[0]:.1f} of them",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def kept(rows: Sequence[Row]) -> str:
    """How many of the budgets were met."""
    judged = [row for row in rows if row.met is not None]
    return f"{sum(row.met is True for row in judged)} of {len(judged)} budgets met"


def table(rows: Iterable[Row]) -> str:
    """The rows as Markdown."""
    lines = [f"| {' | '.join(HEADS)} |", "|---|--:|---|---|--:|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(cells(row))} |" for row in rows)])


class Figures(msgspec.Struct, frozen=True):
    """What stands in budgets.json; of parts that were measured anew, where and when that was."""

    machine: dict[str, str]
    rows: list[Row]
    anew: dict[str, dict[str, str]] = {}


def merged(parts: Iterable[str], rows: Sequence[Row], about: dict[str, str]) -> Figures:
    """The figures that stand, with the rows of some parts in the place of theirs."""
    stands = msgspec.json.decode((RESULTS / "budgets.json").read_bytes(), type=Figures)
    heads = {row.what.partition(":")[0] for row in rows}
    mine = [row.what.partition(":")[0] in heads for row in stands.rows]
    place = mine.index(True) if any(mine) else len(mine)
    others = [row for row, gone in zip(stands.rows, mine, strict=True) if not gone]
    whole = [*others[:place], *rows, *others[place:]]
    return Figures(stands.machine, whole, stands.anew | dict.fromkeys(parts, about))


def write(found: Figures) -> None:
    """All three files anew."""
    on = "\n\n".join(
        ", ".join(f"{name} {value}" for name, value in about.items())
        for about in (
            found.machine,
            *({"measured anew": part} | one for part, one in found.anew.items()),
        )
    )
    text = f"{on}.\n\n{kept(found.rows)}.\n\n{table(found.rows)}\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "budgets.md").write_text(f"# Budgets\n\nMeasured by `make bench`: {text}")
    plain = msgspec.json.format(msgspec.json.encode(found), indent=1)
    (RESULTS / "budgets.json").write_bytes(plain + b"\n")
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{text}{END}{after}")
