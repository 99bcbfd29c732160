"""Where the figures go: a Markdown and a JSON file in results/, and the page in docs/."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
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


def write(rows: Sequence[Row], about: Mapping[str, str]) -> None:
    """All three files anew."""
    on = ", ".join(f"{name} {value}" for name, value in about.items())
    text = f"{on}.\n\n{kept(rows)}.\n\n{table(rows)}\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "budgets.md").write_text(f"# Budgets\n\nMeasured by `make bench`: {text}")
    found = {"machine": about, "rows": rows}
    plain = msgspec.json.format(msgspec.json.encode(found), indent=1)
    (RESULTS / "budgets.json").write_bytes(plain + b"\n")
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{text}{END}{after}")
