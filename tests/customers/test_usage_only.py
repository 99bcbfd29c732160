"""A house that knows nothing but usage: what is missing is said, and the owner may accept it."""

from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from psizero.core.policy import Level
from tests.customers.second_health import DAY, Deed
from tests.customers.village import BEGIN, WATCH, moved_in, quiet
from tests.toy.town import entered, fly, founded

LAST = BEGIN + 60 * DAY + timedelta(hours=7)
ACCEPTED = "[settings.customers.health_watch]\ncoverage_share_min = 0.4\nusage_share = 0.7\n"


def uses() -> list[Deed]:
    """Two customers who call every day; bob calls no more from day 30 on."""
    deeds = [Deed("start", name, BEGIN + timedelta(hours=1), name) for name in ("ada", "bob")]
    days = [(name, day) for name, last in (("ada", 61), ("bob", 30)) for day in range(last)]
    for name, day in days:
        at = BEGIN + day * DAY + timedelta(hours=2)
        deeds.append(Deed("use", name, at, "calls", Fraction(100), "200"))
    return deeds


@pytest.mark.parametrize("toml", ["", ACCEPTED], ids=["as it is", "accepted"])
def test_usage_alone(tmp_path: Path, toml: str) -> None:
    home = founded(tmp_path / "home", {WATCH: Level.AUTO}, toml)
    with entered(home, quiet()) as house:
        moved_in(house, uses())
        fly(house, LAST - 2 * DAY)
    with entered(home) as house:
        fly(house, LAST)
        rows = house.read("health").rows_by_key("customer", named=True, unique=True)
        asked = house.read("verdict").select("subject", "verb", "episode", "clause").rows()
        changed = house.read("health_changes")
    # calls, their success, and the meters in use: 70 of the 100 percent of the usage part
    assert {row["usage_coverage"] for row in rows.values()} == {0.7}
    assert (rows["ada"]["usage"], rows["bob"]["usage"]) == (pytest.approx(73.214286), 0.0)
    if toml:
        assert (rows["ada"]["coverage"], rows["ada"]["usage_share"]) == (0.49, 0.7)
        assert (rows["ada"]["score"], rows["bob"]["score"]) == (pytest.approx(73.214286), 0.0)
        assert rows["bob"]["stance"] == "critical"
        # less is known than the gate wants to be sure of (confidence_min = 0.5): a person decides
        entered_on = f"critical {LAST - 2 * DAY:%Y-%m-%d}"
        assert asked[0] == ("bob", "task.assign", entered_on, "unsure")
    else:
        assert {row["coverage"] for row in rows.values()} == {0.42}
        assert {row["band"] for row in rows.values()} == {row["stance"] for row in rows.values()}
        assert {row["band"] for row in rows.values()} == {"unknown"}
        assert asked == []
    assert changed.height == 0, "nothing moved"
