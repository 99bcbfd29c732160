"""Every price model and every kind of change, flown over three months: invoices are the quotes."""

import json
import tomllib
from datetime import datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from psizero.core.policy import Level
from psizero.finance.prices import price_rows
from tests.conftest import ROOT
from tests.finance.quoting import quote
from tests.toy.town import entered, fly, founded, take, used

BEGIN, END = datetime(2026, 1, 1), datetime(2026, 4, 2)
PRICES = (ROOT / "examples" / "prices" / "models.toml").read_text()
WITHOUT_CHANGE = ("flat", "per-unit", "included", "graduated", "volume", "package", "bounded")
WITHOUT_CHANGE += ("graduated-percentage", "seats", "graduated-seats", "commitment", "discount")
METERS = {"package": "emails", "graduated-percentage": "payments"}
CHANGES: dict[str, tuple[str, int, list[dict[str, object]]]] = {
    "grown": ("seats", 3, [{"at": "2026-01-10T06:00:00Z", "quantity": 5}]),
    "tiers": ("graduated-seats", 5, [{"at": "2026-02-11T12:30:00Z", "quantity": 12}]),
    "moved": ("graduated", 1, [{"at": "2026-01-17T18:00:00Z", "plan": "bounded"}]),
    "twice": (
        "graduated",
        1,
        [
            {"at": "2026-02-03T00:00:00Z", "plan": "discount"},
            {"at": "2026-02-20T06:15:00Z", "plan": "graduated"},
        ],
    ),
    "longer": ("included", 1, [{"at": "2026-02-14T09:00:00Z", "plan": "yearly"}]),
    "pinned": ("versions", 1, []),
    "leaves": ("commitment", 1, []),
}
LEAVES_AT = datetime(2026, 2, 19, 7, 30)
TAXES = {"taxes": [{"name": "GST", "share": "0.05"}, {"name": "QST", "share": "0.09975"}]}


def _use(name: str, plan: str) -> list[dict[str, object]]:
    """A growing quantity every five hours, at quarter-hours; storage beside calls."""
    found = []
    for step in range(430):
        at = BEGIN + timedelta(hours=5 * step)
        if name == "leaves" and at >= LEAVES_AT:
            break
        quantity = str(Decimal(step * 7919 % 1009) + Decimal("0.25") * (step % 3))
        if plan == "commitment":
            quantity = str(step % 7)  # less than what was promised, so that it is topped up
        found.append(used(name, at, quantity, METERS.get(plan, "calls")))
        if step % 9 == 0:
            found.append(used(name, at, str(step % 40), "storage"))
    return found


def _people() -> dict[str, tuple[str, int, list[dict[str, object]]]]:
    return {plan: (plan, 1, []) for plan in WITHOUT_CHANGE} | CHANGES


@pytest.fixture(scope="module")
def bills(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """The invoices of the flown town."""
    home = founded(tmp_path_factory.mktemp("agreed") / "home", {"finance.invoicing": Level.AUTO})
    with entered(home) as house:
        rows = price_rows(tomllib.loads(PRICES), "models.toml")
        house.store.append(house.members.catalog.kinds["price.set"], rows)
        starts, changes, use = [], [], []
        for name, (plan, seats, changed) in _people().items():
            own = {"subject": name, "subscription": name}
            version = 1 if name == "pinned" else None
            begun = {"id": name, "occurred_at": BEGIN, "plan": plan, "quantity": seats}
            starts.append(own | begun | {"version": version})
            for one in changed:
                at = datetime.fromisoformat(str(one["at"])[:-1])
                more = {key: value for key, value in one.items() if key != "at"}
                changes.append(own | more | {"id": f"{name} {at}", "occurred_at": at})
            use += _use(name, plan)
        down = {"subject": "grown", "subscription": "grown", "id": "down", "quantity": 2}
        at = datetime(2026, 2, 10, 3)
        changes.append(down | {"occurred_at": at, "effective": "period_end"})
        take(house, "subscription.started", starts)
        take(house, "subscription.changed", changes)
        gone = {"id": "gone", "subject": "leaves", "subscription": "leaves"}
        take(house, "subscription.ended", [gone | {"occurred_at": LEAVES_AT, "effective": "now"}])
        coupon = {"occurred_at": BEGIN, "subscription": "", "coupon": "WELCOME"}
        share = coupon | {"id": "c1", "subject": "discount", "share": Decimal("0.15")}
        until = {"until": datetime(2026, 3, 1), "currency": "USD", "amount_minor": 1000}
        take(house, "coupon.granted", [share, coupon | until | {"id": "c2", "subject": "included"}])
        rule = json.dumps(TAXES | {"inclusive": True})
        take(
            house,
            "tax.assigned",
            [{"id": "t", "subject": "per-unit", "occurred_at": BEGIN} | {"rule": rule}],
        )
        take(house, "usage.recorded", use)
        fly(house, END)
        return house.read("invoices")


def _quoted(name: str) -> pl.DataFrame:
    plan, seats, changed = _people()[name]
    asked: dict[str, object] = {"plan": plan, "start": "2026-01-01", "until": "2026-04-01"}
    changes = [
        {"at": one["at"]} | ({"plan": one["plan"]} if "plan" in one else {"seats": one["quantity"]})
        for one in changed
    ]
    if name == "grown":
        changes.append({"at": "2026-03-01", "seats": 2})
    if name == "pinned":
        asked["version"] = 1
    if name == "leaves":
        asked["ends_at"] = f"{LEAVES_AT.isoformat()}Z"
    if name == "discount":
        asked["coupons"] = [{"name": "WELCOME", "share": "0.15"}]
    if name == "included":
        asked["coupons"] = [{"name": "WELCOME", "amount": "10", "until": "2026-03-01"}]
    if name == "per-unit":
        asked["tax"] = TAXES | {"inclusive": True}
    last = "2026-02-19" if name == "leaves" else "2026-04-01"
    usage = [
        {"meter": one["meter"], "quantity": str(one["quantity"])}
        | {"at": f"{one['occurred_at'].isoformat()}Z"}
        for one in _use(name, plan)
        if name == "leaves" or str(one["occurred_at"]) < last
    ]
    return quote(PRICES, asked | {"seats": seats, "changes": changes, "usage": usage})


@pytest.mark.parametrize("name", [*WITHOUT_CHANGE, *CHANGES])
def test_invoices_are_what_the_quote_says(bills: pl.DataFrame, name: str) -> None:
    said = _quoted(name).filter((pl.col("bill_end") <= END) & (pl.col("kind") != "note"))
    columns = ("bill_start", "bill_end", "kind", "description")
    sums = ("precise", "amount_minor", "tax_minor", "steps")
    expected = [
        (*(str(row[one]) for one in columns), Decimal(row["precise"]), *(row[x] for x in sums[1:]))
        for row in said.sort("bill", "line").iter_rows(named=True)
    ]
    mine = bills.filter(pl.col("subject") == name).sort("period_start")
    found = []
    for row in mine.iter_rows(named=True):
        for line in json.loads(row["lines"]):
            steps = json.dumps(line["steps"], separators=(",", ":"))
            head = (str(row["period_start"]), str(row["period_end"]), line["kind"])
            tail = (line["description"], Decimal(line["precise"]), line["amount"], line["tax"])
            found.append((*head, *tail, steps))
    assert [one[:-1] for one in found] == [one[:-1] for one in expected]
    assert [json.loads(one[-1]) for one in found] == [json.loads(one[-1]) for one in expected]
    assert len(found) > 1


def test_who_changes_is_billed_without_gap_or_overlap(bills: pl.DataFrame) -> None:
    for name in CHANGES:
        mine = bills.filter(pl.col("subject") == name).sort("period_start")
        assert mine["period_start"].to_list()[1:] == mine["period_end"].to_list()[:-1]
