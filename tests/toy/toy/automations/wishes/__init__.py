"""Does what is wished, wish by wish: any decision that a test wants the gate to see."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.automation import Automation
from psizero.core.money import Money
from psizero.core.records import Decision, Evidence, Worth
from psizero.core.tables import Facts


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Wishes for more money than this are not even proposed."""

    money_minor_max: int = 1_000_000


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """One decision for each wish; of one occasion the newest counts."""
    newest = (
        facts["wishes"]
        .sort("made_at", "wish")
        .unique(["customer", "verb", "episode"], keep="last", maintain_order=True)
    )
    wanted = newest.filter(pl.col("minor").fill_null(0) <= settings.money_minor_max)
    for wish in wanted.iter_rows(named=True):
        said = {"to": wish["customer"], "text": wish["text"]}
        topic = {"topic": "A wish"} if wish["verb"] == "message.send" else {}
        money = Money(wish["minor"], wish["currency"]) if wish["minor"] is not None else None
        yield Decision(
            verb=wish["verb"],
            subject=wish["customer"],
            episode=wish["episode"],
            parameters=said | topic,
            evidence=Evidence(
                because=f"{wish['customer']} wishes for {wish['verb']}",
                rule="minor <= money_minor_max",
                facts={"minor": wish["minor"], "money_minor_max": settings.money_minor_max},
                counterfactual="would not be proposed for more money",
            ),
            worth=Worth(money, money, money) if money else None,
            confidence=wish["confidence"],
            expires_at=wish["expires_at"],
        )


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Nobody knows whether a wish was good."""
    return due.select(
        "decision",
        name=pl.lit("wish"),
        value=pl.lit(0.0),
        unit=pl.lit("wishes"),
        good=pl.lit(None, pl.Boolean),
    )


AUTOMATION = Automation(
    name="growth.wishes",
    doc=__doc__,
    target="Every wish is judged (Growth)",
    reads=("wishes",),
    verbs=("message.send", "gift.send", "account.close", "oracle.ask", "access.lift"),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=2,
    wakes_on=("wish.made",),
)
