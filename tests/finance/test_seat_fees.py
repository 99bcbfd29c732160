"""MRR counts what seats cost by their own terms, and follows changes of plan and of seats."""

import tomllib
from datetime import datetime
from pathlib import Path

from psizero.core.policy import Level
from psizero.finance.prices import price_rows
from tests.conftest import ROOT
from tests.toy.town import entered, fly, founded, take

BEGIN = datetime(2026, 1, 1)
PRICES = (ROOT / "examples" / "prices" / "models.toml").read_text()


def test_mrr_follows_seats_and_plans(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {"finance.invoicing": Level.AUTO})
    with entered(home) as house:
        rows = price_rows(tomllib.loads(PRICES), "models.toml")
        house.store.append(house.members.catalog.kinds["price.set"], rows)
        own = {"subject": "ada", "subscription": "ada"}
        begun = {"id": "1", "occurred_at": BEGIN, "plan": "graduated-seats", "quantity": 12}
        take(house, "subscription.started", [own | begun])
        more = {"id": "2", "occurred_at": datetime(2026, 2, 10), "quantity": 15}
        plan = {"id": "3", "occurred_at": datetime(2026, 3, 5), "plan": "flat", "quantity": 1}
        take(house, "subscription.changed", [own | more, own | plan | {"effective": "period_end"}])
        fly(house, datetime(2026, 6, 1))
        found = house.read("mrr").sort("period_start")
        # 40 + 9 seats at 12 = 148; 40 + 10 at 12 + 2 at 9 = 178; 99 from April on
        assert found["mrr_minor"].to_list() == [14800, 17800, 17800, 9900]
        moved = house.read("mrr_changes").sort("day").select("movement", "amount_minor").rows()
        assert moved == [("new", 14800), ("expansion", 3000), ("contraction", -7900)]
