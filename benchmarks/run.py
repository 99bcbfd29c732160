"""`make bench`: every budget that has something to measure, each in processes of its own.

`--only NAME` (a part: ingest, push, customers, history, traffic, start, twin, postgres; may be
given again),
`--quick` smaller ones, and writes no results; of a part the rows in the results are put anew.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from time import perf_counter

from benchmarks import customers, history, ingest, postgres, push, start, traffic, twin
from benchmarks.page import Figures, kept, machine, merged, write
from benchmarks.row import Row, cells

MEASURES: Mapping[str, Callable[[bool], Iterator[Row]]] = {
    "ingest": ingest.rows,
    "push": push.rows,
    "customers": customers.rows,
    "history": history.rows,
    "traffic": traffic.rows,
    "start": start.rows,
    "twin": twin.rows,
    "postgres": postgres.rows,
}


def main() -> None:
    """Measure, print as it comes, and write."""
    asked = argparse.ArgumentParser(prog="benchmarks.run", description=__doc__)
    asked.add_argument("--only", action="append", choices=MEASURES, default=[])
    asked.add_argument("--quick", action="store_true")
    said = asked.parse_args()
    about, begin = machine(), perf_counter()
    print(", ".join(f"{name} {value}" for name, value in about.items()), flush=True)
    rows: list[Row] = []
    for name in said.only or MEASURES:
        print(f"{name} ...", flush=True)
        for row in MEASURES[name](said.quick):
            rows.append(row)
            print(line(row), flush=True)
    print(f"{kept(rows)}, in {perf_counter() - begin:.0f} s")
    if not said.quick:
        write(merged(said.only, rows, about) if said.only else Figures(about, rows))


def line(row: Row) -> str:
    """A row on the terminal."""
    what, figure, unit, budget, beside, verdict = cells(row)
    beside = f"{beside} of raw" if beside else ""
    return f"{what:<80} {figure:>9} {unit:<7} {budget:<20} {beside:<12} {verdict}".rstrip()


if __name__ == "__main__":
    main()
