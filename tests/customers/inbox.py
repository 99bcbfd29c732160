"""A house with an inbox: what is written to it, and what it makes of that."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from psizero.core.policy import Level
from psizero.core.tables import schema
from psizero.house.flight import fly_home
from psizero.house.home import House, create, opened

AT = datetime(2026, 3, 2, 10)
EVERY = ("customers.ticket_triage", "customers.ticket_answer", "customers.ticket_clock")
ARTICLES = {
    "keys.md#rotate": ("Rotate a key", "Make a second key, use it, then delete the first one."),
    "bills.md#dates": ("Invoice dates", "An invoice is issued on the first day of a month."),
    "limits.md#rate": ("Rate limits", "Beyond 100 calls a second the answer is 429."),
}
ASKED = {
    "keys.md#rotate": ("rotate the key", "change our api key", "second key", "delete a key"),
    "bills.md#dates": ("invoice date", "when comes the bill", "month of the invoice", "bill day"),
    "limits.md#rate": ("429 answer", "rate limit", "too many calls", "calls a second"),
}
WORD = "zanzibar"
"""A word of the customer's that may stand nowhere at rest."""


@contextmanager
def housed(home: Path, level: Level = Level.AUTO) -> Iterator[House]:
    """A home with articles, enough solved questions for a threshold, and ada."""
    create(home, "Acme", "salt", dict.fromkeys(EVERY, level))
    (home / "house.toml").write_text('[bindings]\n"ticket.reply" = "outbox"\n')
    with opened(home) as house:
        day = AT - timedelta(days=1)
        put(house, "customer.created", "ada", day, email="ada@town.example", name="Ada")
        for passage, (title, text) in ARTICLES.items():
            put(house, "article.set", passage, day, title=title, text=text, live=True)
        for passage, texts in ASKED.items():
            for n, text in enumerate(texts):
                for opening in ("how about", "please explain", "what is", "question on"):
                    name = f"{passage} {n} {opening}"
                    put(
                        house,
                        "question.solved",
                        name,
                        day,
                        text=f"{opening} {text}",
                        passage=passage,
                    )
        yield house


def put(house: House, kind: str, subject: str, at: datetime, **said: object) -> None:
    """One row from outside, known as it happens."""
    known = house.members.catalog.kinds[kind]
    typed = schema(known)
    row = {**dict.fromkeys(typed), "source": "test", "id": subject, "subject": subject, **said}
    row |= {"occurred_at": at, "recorded_at": at}
    house.store.append(known, pl.DataFrame([row], schema=typed))


def written(
    house: House, number: str, text: str, at: datetime, said: Mapping[str, object] | None = None
) -> None:
    """A mail of ada's: `T1.0` opens the ticket T1, `T1.1` goes on in it."""
    ticket, _, nth = number.partition(".")
    if nth == "0":
        put(house, "ticket.opened", "ada", at, id=ticket, ticket=ticket)
    mail: dict[str, object] = {"author": "customer", "direction": "in", "headers": "{}"}
    mail |= {"subject_line": f"about {WORD}", "message_id": f"<{number}@town.example>"}
    mail |= {"id": number, "ticket": ticket, "text": text}
    put(house, "ticket.said", "ada", at, **{**mail, **(said or {})})


def flown(house: House, until: datetime) -> None:
    """Every tick to an instant."""
    for _ in fly_home(house, until):
        pass
