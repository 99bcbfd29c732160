"""Rules 65 to 67: the automation rate, recomputed from the ledger's rows in other words."""

from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from psizero.core.policy import Level
from psizero.house import desk
from psizero.house.home import House
from psizero.house.levels import Wish, demote
from tests.toy.town import BEGIN, BINDINGS, entered, fly, founded, take, wished

WISHES, HOUR = "growth.wishes", timedelta(hours=1)
CAPPED = BINDINGS + f"[caps.{WISHES}]\nactions_per_day_max = 5\n"


def lived(house: House) -> None:
    """At auto with a cap, a protected verb, an answer, an override, silence, then shadow."""
    wishes = [wished("gift.send", f"s{n}", BEGIN) for n in range(7)]
    take(house, "wish.made", [*wishes, wished("account.close", "ada", BEGIN)])
    fly(house, BEGIN + HOUR)
    waits = desk.waiting_of(house, WISHES)
    desk.approve(house, waits[:1], "")
    desk.decline(house, waits[1], "", "not_needed", "")
    done = house.read("fates").filter(pl.col("clause") == "within_policy")["decision"].to_list()
    desk.override(house, done[0], "", "other", "")
    fly(house, BEGIN + 90 * HOUR)
    demote(house, Wish(automation=WISHES, level=Level.SHADOW))
    take(house, "wish.made", [wished("gift.send", "late", BEGIN + 91 * HOUR)])
    fly(house, BEGIN + 95 * HOUR)


def recounted(house: House) -> tuple[int, int]:
    """Eligible and automatic, by hand from verdicts and receipts."""
    verdicts: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in house.read("verdict").iter_rows(named=True):
        verdicts[row["decision"]].append(row)
    failed = {
        row["decision"]
        for row in house.read("receipt").iter_rows(named=True)
        if row["state"] in ("refused", "unknown")
    }
    eligible = automatic = 0
    for decision, said in verdicts.items():
        levels = [row["level"] for row in said if row["by"] == "policy"]
        if "shadow" in levels:
            continue
        eligible += 1
        wrong = any(row["clause"] == "overridden" for row in said)
        automatic += levels == ["auto"] and not wrong and decision not in failed
    return eligible, automatic


def test_the_rate_is_what_the_ledger_says(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {WISHES: Level.AUTO}, CAPPED)
    with entered(home) as house:
        lived(house)
        row = house.read("automation_rate", datetime(2026, 11, 2)).row(0, named=True)
        assert (row["eligible"], row["automatic"]) == recounted(house) == (8, 4)
        assert (row["asked"], row["overridden"]) == (3, 1)
        assert house.read("automation_rate", datetime(2026, 10, 30)).is_empty(), "unfinished"
