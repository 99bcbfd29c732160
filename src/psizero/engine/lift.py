"""What contact adds: the contacted beside those held out by chance. Pure."""

from datetime import datetime
from math import hypot

import polars as pl

from psizero.core.tables import Facts
from psizero.models.interval import Z_95, wilson

_COUNTS = ("contacted_good", "contacted_bad", "held_out_good", "held_out_bad")
LIFT = {"lift": pl.Float64, "lift_low": pl.Float64, "lift_high": pl.Float64}


def lift(facts: Facts, now: datetime) -> pl.DataFrame:
    """The rows of `arms` with the difference of the two shares good and its 95 % interval.

    `now` bounded the rows already. Null where one of the two arms has no outcome.
    """
    arms = facts["arms"]
    found = [difference(*row) for row in arms.select(_COUNTS).iter_rows()]
    return pl.concat([arms, pl.DataFrame(found, schema=LIFT, orient="row")], how="horizontal")


def difference(
    good: int, bad: int, good_without: int, bad_without: int
) -> tuple[float, float, float] | tuple[None, None, None]:
    """Share good with contact minus share good without, low, high.

    Newcombe (1998), method 10: from the Wilson interval of each share, at 95 %.
    """
    count, count_without = good + bad, good_without + bad_without
    if not count or not count_without:
        return None, None, None
    share, without = good / count, good_without / count_without
    low, high = wilson(good, count, Z_95)
    low_without, high_without = wilson(good_without, count_without, Z_95)
    added = share - without
    below = hypot(share - low, high_without - without)
    above = hypot(high - share, without - low_without)
    return round(added, 6), round(added - below, 6), round(added + above, 6)
