"""The reach: how large a share of the customers one automation touches in a UTC day (rule 37).

It is counted only for automations that have a cap on it. Where the count is not there, a person
is asked: a cap that cannot be counted holds.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.policy import Caps, Policy
from psizero.core.ports import Store
from psizero.engine.clause import Clause

TOUCHED = {"automation": pl.String, "subject": pl.String}
CAP = "customers_share_per_day_max"


class Reached(msgspec.Struct, frozen=True):
    """How many customers there are, and whom each automation has touched today."""

    customers: int | None = None
    touched: pl.DataFrame = pl.DataFrame(schema=TOUCHED)


Reach = Callable[[Sequence[str]], Reached]
"""Whom these automations have touched; asked once a tick, where one of them has such a cap."""


def nobody_reached(automations: Sequence[str]) -> Reached:
    """Of how many customers, is not known."""
    return Reached()


def reaching(store: Store, now: datetime) -> Reach:
    """As the tables of a store have it at `now`."""

    def reached(automations: Sequence[str]) -> Reached:
        customers = store.read("customers_counted", now)["customers"].sum()
        touched = store.read("subjects_touched", now).select(*TOUCHED)
        return Reached(int(customers), touched.filter(pl.col("automation").is_in(automations)))

    return reached


def capped(policy: Policy, automations: Sequence[str]) -> list[str]:
    """Those that have a cap by share."""
    caps: Mapping[str, Caps] = policy.caps
    return sorted(
        {
            name
            for name in automations
            if caps.get(name, Caps()).customers_share_per_day_max is not None
        }
    )


def counted(frame: pl.DataFrame, policy: Policy, reach: Reach) -> pl.DataFrame:
    """The decisions with customers, touched_day (by the automation) and touched_before (the one).

    `frame` has automation and subject.
    """
    names = capped(policy, frame["automation"].unique().to_list())
    found = reach(names) if names else Reached()
    many = found.touched.group_by("automation").agg(touched_day=pl.len().cast(pl.Int64))
    marked = found.touched.with_columns(touched_before=pl.lit(True))
    return (
        frame.join(many, on="automation", how="left", maintain_order="left")
        .join(marked, on=list(TOUCHED), how="left", maintain_order="left")
        .with_columns(
            pl.col("touched_day").fill_null(0),
            pl.col("touched_before").fill_null(False),
            customers=pl.lit(found.customers, pl.Int64),
        )
    )


def over_share(policy: Policy, automations: Sequence[str], reach: Reach) -> set[str]:
    """Automations that touched more than the cap of now allows, or of which nobody knows."""
    names = capped(policy, automations)
    found = reach(names) if names else Reached()
    many = dict(found.touched.group_by("automation").agg(pl.len()).iter_rows())
    over: set[str] = set()
    for name in names:
        share = policy.caps[name].customers_share_per_day_max or 0.0
        most = round((found.customers or 0) * share, 6)
        if found.customers is None or many.get(name, 0) > most:
            over.add(name)
    return over


_NEW = pl.col("undecided") & ~pl.col("touched_before")
_FIRST = pl.col("place").filter(_NEW).first().over(*TOUCHED)
_NTH = pl.col("touched_day") + _FIRST.rank("dense").over("automation").cast(pl.Int64)
COUNTS = (_NTH.alias("nth_of_customers"),)
"""With those of this tick: a customer counts where the automation first touches it that day."""
_MOST = (pl.col(CAP) * pl.col("customers")).round(6)
OVER_SHARE = Clause(
    "over_share",
    "approve",
    pl.col(CAP).is_not_null()
    & ~pl.col("touched_before")
    & (pl.col("nth_of_customers") > _MOST).fill_null(True),
    pl.format(
        "customer {} of {} whom the automation touches today, at most a share of {}",
        pl.col("nth_of_customers"),
        pl.col("customers").cast(pl.String).fill_null("nobody knows how many"),
        pl.col(CAP),
    ),
    "So large a share of all customers one automation touches in a UTC day; what is over waits.",
    flips=(("nth_of_customers", pl.lit(0)), (CAP, pl.lit(None, pl.Float64))),
)
