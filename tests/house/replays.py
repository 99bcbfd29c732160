"""Homes of the town for replays: all by itself, or with people, an outside that says no, a fall."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import polars as pl

from psizero.core.policy import Level
from psizero.engine.loop import Tick
from psizero.house.comparison import Comparison
from psizero.house.desk import approve, decline, override
from psizero.house.home import House
from psizero.house.replay import Trial, replay
from tests.toy import town
from tests.toy.town import BEGIN, BINDINGS, LATE_AT, OUTSIDE, entered, take, wished

HOUR = timedelta(hours=1)
GUARDRAIL = "[guardrail]\noutcomes_min = 2\nbad_share_max = 0.01\n"
ASKED = {"finance.invoicing": Level.APPROVE, "growth.wishes": Level.AUTO}
ASKED |= {"customers.greeting": Level.AUTO}
ALONE = {**ASKED, "finance.invoicing": Level.AUTO}
END = LATE_AT + 48 * HOUR


def plain(home: Path, more: str = "") -> Path:
    """Everything by itself; a late file at a stop. `more` is added to house.toml."""
    town.founded(home, ALONE, BINDINGS + more)
    with entered(home) as house:
        town.settled(house)
        town.fly(house, LATE_AT)
        town.late(house)
        town.fly(house, END)
    return home


def asked(home: Path) -> Path:
    """People say yes and no, the outside no, later and nothing; greetings fall on their record."""
    town.founded(home, ASKED, BINDINGS + GUARDRAIL)
    town.answering(home, {"ada": "later", "bob": "refused", "dan": "unknown"})
    with entered(home) as house:
        town.settled(house)
        wishes = [
            wished(verb, name, BEGIN + timedelta(hours=5 * number + 1), str(number))
            for number, verb in enumerate((*OUTSIDE, "gift.send"))
            for name in ("ada", "bob")
        ]
        take(house, "wish.made", wishes)
        for hours in (12, 80, 103):
            town.fly(house, BEGIN + hours * HOUR)
            _answered(house)
        town.fly(house, LATE_AT)
        town.late(house)
        for hours in (18,):
            town.fly(house, LATE_AT + hours * HOUR)
            _answered(house)
        town.fly(house, LATE_AT + 24 * HOUR)
    return home


def _answered(house: House) -> None:
    """Of what waits, each third is declined; one thing that was done is overridden."""
    waits = house.read("pending").sort("decision")
    for number, key in enumerate(waits["decision"]):
        if number % 3 == 2:
            decline(house, key, "owner", "not_needed", "")
        else:
            approve(house, [key], "owner")
    fates = house.read("fates").filter(
        (pl.col("level") == "auto") & ~pl.col("overridden").fill_null(False)
    )
    override(house, fates.sort("decision")["decision"][0], "owner", "other", "")
    done = house.read("receipt").filter(
        (pl.col("state") == "done") & (pl.col("verb") == "message.send")
    )
    delivered = [
        {"id": f"came {key}", "subject": subject, "cause": key, "channel": "mail"}
        | {"occurred_at": house.now}
        for key, subject in done.select("decision", "subject").unique().sort("decision").rows()
    ]
    take(house, "message.delivered", delivered, house.now)


def tried(home: Path, **trial: object) -> Comparison:
    """A replay of a home."""
    with entered(home) as house:
        return replay(house, Trial(**trial), _unseen)


def _unseen(_: Tick) -> None:
    pass


def digests(home: Path) -> Mapping[str, str]:
    """Every file of a home by its content."""
    files = sorted(path for path in home.rglob("*") if path.is_file())
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in files}


def stamps(home: Path) -> list[datetime]:
    """The instants at which something was recorded by a tick."""
    with entered(home) as house:
        return sorted(set(house.read("verdict")["recorded_at"]))
