"""The price book for examples/maps/buffer.toml, made from the two files of that business.

    python examples/prices/buffer.py FOLDER > buffer-prices.toml
    psizero prices apply buffer-prices.toml --home H

FOLDER holds plan_list_prices.csv (plan_id, interval, plan_amount in USD) and the subscriptions as
paid_subs*.parquet. A plan that somebody is on and that the list gives no amount for is unpriced:
its subscriptions come in, and MRR leaves them out and counts them.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl

AMOUNTS = 'base = "{}"\nminimum = "0"\ntax_share = "0"'
PRICE = """
[[price]]
plan = "{}"
version = 1
valid_from = 2015-01-01T00:00:00Z
currency = "USD"
interval = "{}"
{}
"""


def prices(folder: Path) -> Iterator[str]:
    """One [[price]] for each plan of the list, and for each that is not on it."""
    with (folder / "plan_list_prices.csv").open(newline="") as file:
        listed = {row["plan_id"]: row for row in csv.DictReader(file)}
    taken = pl.concat([pl.read_parquet(path) for path in sorted(folder.glob("paid_subs*.parquet"))])
    known = taken.select(
        pl.col("plan_id").fill_null("no plan"), pl.col("interval").fill_null("month")
    )
    plans = dict(known.unique("plan_id").iter_rows())
    for plan, interval in sorted((plans | {k: v["interval"] for k, v in listed.items()}).items()):
        amount = listed[plan]["plan_amount"] if plan in listed else ""
        yield PRICE.format(plan, interval, AMOUNTS.format(amount) if amount else "unpriced = true")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python buffer.py FOLDER > buffer-prices.toml")
    try:
        sys.stdout.writelines(prices(Path(sys.argv[1])))
    except (OSError, KeyError, ValueError, pl.exceptions.PolarsError) as error:
        sys.exit(f"buffer.py: {str(error).splitlines()[0]}")
