"""Prepaid credits: used in order, never below zero, lost on their day, booked in balance."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.policy import Level
from psizero.finance.books import moved
from psizero.finance.prepaid import drawn
from psizero.house.home import House
from tests.toy.town import BEGIN, entered, fly, founded, introduced, priced, subscribed, take

LEVELS = dict.fromkeys(
    ("finance.invoicing", "finance.collection", "finance.prepaid", "finance.dunning"), Level.AUTO
)
DAY = timedelta(days=1)
GRANTS = st.lists(
    st.tuples(
        st.integers(1, 500), st.integers(0, 2), st.none() | st.integers(-3, 9), st.booleans()
    ),
    max_size=7,
)


def held(grants: list[tuple[int, int, int | None, bool]]) -> pl.DataFrame:
    """Grants of ada: what is left, priority, days until it expires, paid or given."""
    rows = [
        {
            "grant_id": f"g{place}",
            "customer": "ada",
            "currency": "EUR",
            "left_minor": left,
            "priority": priority,
            "granted_at": BEGIN,
            "expires_at": None if days is None else BEGIN + days * DAY,
            "paid": paid,
        }
        for place, (left, priority, days, paid) in enumerate(grants)
    ]
    typed = {"left_minor": pl.Int64(), "priority": pl.Int64(), "paid": pl.Boolean()}
    names = ("grant_id", "customer", "currency")
    instants = {name: pl.Datetime("us") for name in ("granted_at", "expires_at")}
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String()) | typed | instants)


@given(GRANTS, st.integers(0, 1500))
def test_credits_go_cent_by_cent_from_the_first_of_those_that_still_hold(
    grants: list[tuple[int, int, int | None, bool]], owed: int
) -> None:
    """The slow way: each cent owed takes a cent of the best grant that has one."""
    left, wanted = {place: one[0] for place, one in enumerate(grants)}, dict[str, int]()
    for _ in range(owed):
        able = [
            (one[1], 99 if one[2] is None else one[2], place)
            for place, one in enumerate(grants)
            if left[place] and (one[2] is None or one[2] > 0)
        ]
        if able:
            place = min(able)[2]
            left[place] -= 1
            wanted[f"g{place}"] = wanted.get(f"g{place}", 0) + 1
    made = list(drawn(held(grants), {("ada", "EUR"): owed}, BEGIN))
    assert {str(one.parameters["grant_id"]): one.parameters["amount_minor"] for one in made} == (
        wanted
    )
    for one in made:
        posted = [row["amount_minor"] for row in one.rows["journal.posted"]]
        assert sum(int(str(amount)) for amount in posted) == 0 and len(posted) == 2
        (row,) = one.rows["grant.moved"]
        place = int(str(row["grant_id"])[1:])
        assert row["closes"] == (left[place] == 0)


@pytest.mark.parametrize("move", ["booked", "drawn", "expired"])
@pytest.mark.parametrize("paid", [True, False])
def test_every_move_is_balanced(move: str, paid: bool) -> None:
    assert sum(moved(move, paid, 7).values()) == 0


def granted(house: House, name: str, minor: int, at: datetime, **more: object) -> None:
    row: dict[str, object] = {"id": name, "subject": "ada", "occurred_at": at}
    row |= {"amount_minor": minor, "currency": "EUR", "priority": 1, "paid": True}
    take(house, "credit.granted", [row | more])


def accounts(house: House) -> dict[str, int]:
    """The balance of every account."""
    sums = house.read("journal").group_by("account").agg(pl.col("amount_minor").sum())
    return {account: minor for account, minor in sums.sort("account").iter_rows() if minor}


def test_an_invoice_is_paid_from_a_gift_then_from_what_expires_first(tmp_path: Path) -> None:
    """49 EUR and 19 % tax on it: 10 of the gift, 20 of what ends soon, the rest of the other."""
    home = founded(tmp_path / "home", LEVELS, '[bindings]\n"payment.charge" = "outbox"\n')
    with entered(home) as house:
        priced(house)
        introduced(house)
        take(house, "subscription.started", [subscribed("ada", "steady")])
        granted(house, "long", 10_000, BEGIN)
        granted(house, "short", 2_000, BEGIN, expires_at=BEGIN + 5 * DAY)
        granted(house, "gift", 1_000, BEGIN, priority=0, paid=False)
        granted(house, "stale", 500, BEGIN, priority=0, expires_at=BEGIN + 2 * DAY)
        fly(house, BEGIN + 4 * DAY)
        assert house.read("receivables").is_empty()
        left = house.read("prepaid").select("grant_id", "left_minor").rows()
        assert left == [("town/long", 10_000 - (5831 - 3000))]
        assert house.read("credits").filter(pl.col("balance_minor") != 0).is_empty()
        assert accounts(house) == {
            "cash": 12_500,
            "contract:subscription": -4900,
            "prepaid_credit": -7169,
            "revenue:breakage": -500,
            "revenue:promotion": 1000,
            "tax_payable": -931,
        }
        moves = house.read("grant_moved").filter(pl.col("move") == "drawn")
        assert moves.sort("grant_id").select("grant_id", "amount_minor").rows() == [
            ("town/gift", 1000),
            ("town/long", 2831),
            ("town/short", 2000),
        ]
