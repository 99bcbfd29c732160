"""`make bench-models`: ours beside the plain baseline, on rows neither was fitted on.

`--only NAME` (may be given again) measures a part and leaves the written results alone.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from time import perf_counter, process_time

import msgspec
import polars as pl

from benchmarks.models import answers, labelled, sets
from benchmarks.models.paired import Result, aimed
from benchmarks.page import RESULTS, machine
from psizero.customers import answers as answers_of
from psizero.customers import triage
from psizero.models import retrieve


def speed() -> Iterator[Result]:
    """Milliseconds of one processor a ticket: triage, then the answer, one ticket at a time."""
    books, asked = sets.passages("stackfaq"), sets.questions("stackfaq")
    models = triage.learn(triage.examples())
    fitted, usual = retrieve.fit(books, asked), triage.Settings()
    rows = [("T", one, "", "a@b.example", "{}", "team", 0.0) for one in asked["text"]]
    whole = pl.DataFrame(rows, schema=triage.TICKETS, orient="row")
    single = [whole[n] for n in range(len(rows))]
    for name, frames in (("one at a time", single), ("as one table", [whole])):
        judged = [triage.triaged(models, one, usual) for one in frames[:5]]  # warm
        begin = process_time()
        judged = [triage.triaged(models, one, usual) for one in frames]
        between = process_time()
        for ticket, known in zip(frames, judged, strict=True):
            answers_of.answered(fitted, books, ticket, known)
        ended = process_time()
        for what, taken in (("triage", between - begin), ("answer", ended - between)):
            each = 1000 * taken / len(rows)
            found = Result(
                task=f"{what}, tickets {name}",
                measure="ms of a processor a ticket",
                rows=len(rows),
                ours=round(each, 3),
            )
            yield aimed(found, "at most 3", each <= 3)


MEASURES: Mapping[str, Callable[[], Iterator[Result]]] = {
    "classes": labelled.classes,
    "scope": labelled.scope,
    "issues": labelled.issues,
    "sentiment": labelled.sentiment,
    "passages": answers.passages,
    "escalation": answers.escalation,
    "speed": speed,
}
HEADS = ("Task", "Measure", "Rows", "Ours", "Plain", "Difference, 95 %", "Goal", "")


def cells(one: Result) -> tuple[str, ...]:
    """One row of the page."""
    between = ""
    if one.difference is not None:
        between = f"{one.difference:+.3f} ({one.low:+.3f} to {one.high:+.3f})"
    reached = "" if one.reached is None else "reached" if one.reached else "NOT REACHED"
    verdict = reached if one.held else f"{reached}, BELOW THE BASELINE"
    other = "" if one.plain is None else f"{one.plain:.3f}"
    return (
        one.task,
        one.measure,
        f"{one.rows:,}",
        f"{one.ours:.3f}",
        other,
        between,
        one.goal,
        verdict,
    )


def page(found: Sequence[Result]) -> str:
    """All rows as Markdown, with what they were measured on."""
    names = ("numpy", "scipy", "scikit-learn")
    about = machine() | {one: version(one) for one in names}
    on = ", ".join(f"{name} {value}" for name, value in about.items())
    reached, below = sum(bool(one.reached) for one in found), sum(not one.held for one in found)
    lines = [f"| {' | '.join(row)} |" for row in (HEADS, ("---",) * len(HEADS))]
    lines += [f"| {' | '.join(cells(one))} |" for one in found]
    told = (
        f"{reached} of {len(found)} goals reached, {below} below their baseline by more than noise."
    )
    return (
        f"# Models\n\nMeasured by `make bench-models`: {on}.\n\n{told}\n\n"
        + "\n".join(lines)
        + "\n"
    )


def main() -> None:
    """Measure, print as it comes, and write where all was measured."""
    asked = argparse.ArgumentParser(prog="benchmarks.models.run", description=__doc__)
    asked.add_argument("--only", action="append", choices=MEASURES, default=[])
    said = asked.parse_args()
    if not sets.DATA.is_dir():
        sys.exit(f"no folder {sets.DATA}: set PSIZERO_DATA to where the public sets lie")
    found, begin = list[Result](), perf_counter()
    for name in said.only or MEASURES:
        for one in MEASURES[name]():
            found.append(one)
            print(" | ".join(cells(one)), flush=True)
    print(f"in {perf_counter() - begin:.0f} s")
    if not said.only:
        (RESULTS / "models.md").write_text(page(found))
        plain = msgspec.json.format(msgspec.json.encode(found), indent=1)
        (RESULTS / "models.json").write_bytes(plain + b"\n")


if __name__ == "__main__":
    main()
