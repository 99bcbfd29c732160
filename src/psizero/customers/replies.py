"""Replies: what is said to the last message of every open ticket, and who has it. Pure.

What a customer wrote is read here, in memory, and stands nowhere else but in the document of an
answer, which is made anew when it is sent.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec
import polars as pl

from psizero.core.content import canonical
from psizero.core.tables import Facts
from psizero.customers import answers, triage
from psizero.customers.mood import mood
from psizero.customers.promises import clock_settings, settings_from
from psizero.models import retrieve

PREFIX = "settings.customers.ticket_answer."
_AT = pl.Datetime("us")
ANSWERS = {
    "ticket": pl.String(),
    "customer": pl.String(),
    "message": pl.String(),
    "said_at": _AT,
    "action": pl.String(),
    "form": pl.String(),
    "passage": pl.String(),
    "probability": pl.Float64(),
    "why": pl.String(),
    "team": pl.String(),
    "owner": pl.String(),
    "due_at": _AT,
    "document": pl.String(),
}
"""`action`: answer, escalate or none; `form`: answer, handover, or empty where nothing is sent."""
THANKS_FROM, THANKS_CHARACTERS_MAX = 0.3, 400
Row = Mapping[str, object]
Passage = tuple[str, str, str]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Of customers.ticket_answer: who has what team's tickets, and how much is sent by itself.

    `handovers_daily_count_max`: how often a day a customer is told that somebody has it;
    `answers_ticket_count_max`: after so many of ours a ticket is a loop, or a person's.
    """

    engineering_owner: str = "owner"
    finance_owner: str = "owner"
    product_owner: str = "owner"
    success_owner: str = "owner"
    handovers_daily_count_max: int = 1
    answers_ticket_count_max: int = 3
    unanswered_hours_max: float = 168.0

    def owner(self, team: str) -> str:
        """Who has the tickets of a team."""
        name = f"{team}_owner"
        return str(getattr(self, name)) if hasattr(self, name) else self.success_owner


@lru_cache(maxsize=4)
def _fitted(books: tuple[Passage, ...], asked: tuple[tuple[str, str], ...]) -> bytes:
    """Keyed by all that it is fitted on; the same rows are the same bytes."""
    passages = pl.DataFrame(books, schema=["passage", "title", "text"], orient="row")
    questions = pl.DataFrame(
        asked, schema={"text": pl.String(), "passage": pl.String()}, orient="row"
    )
    return retrieve.fit(passages, questions)


def answer(facts: Facts, now: datetime) -> pl.DataFrame:
    """ANSWERS of every open ticket whose last message nobody has taken care of yet."""
    known = facts["settings"]
    settings = msgspec.convert(settings_from(known, PREFIX), Settings)
    judged = facts["ticket_triage"].rename({"person": "alarmed"}).drop("customer", "said_at")
    replies = facts["ticket_replies"]
    done = replies.select("ticket", "message").unique()
    young = pl.col("said_at") > now - timedelta(hours=settings.unanswered_hours_max)
    open_ = (
        facts["tickets"]
        .drop("category", "priority", "team")
        .join(judged, on="ticket", maintain_order="left")
        .join(done, on=["ticket", "message"], how="anti", maintain_order="left")
        .filter(young, pl.col("escalated").ne_missing(pl.col("message")))
        .filter((pl.col("staff_at") < pl.col("said_at")).fill_null(True))
        .join(_spoken(replies, now), on="ticket", how="left", maintain_order="left")
        .join(_told(replies, now), on="customer", how="left", maintain_order="left")
        .with_columns(pl.col("ours", "told").fill_null(0))
    )
    asked = facts["past_questions"].filter(pl.col("text").is_not_null())
    books = tuple(facts["articles"].select("passage", "title", "text").rows())
    desk = _Desk(settings, books, tuple(asked.select("text", "passage").rows()))
    due_at = clock_settings(known).response_due
    rows = [
        desk.answered(row) | {"due_at": due_at(_moment(row["opened_at"]), str(row["priority"]))}
        for row in open_.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, schema=ANSWERS)


def _spoken(replies: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """How often we have written in a ticket."""
    return replies.group_by("ticket").agg(ours=pl.len())


def _told(replies: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """How often a customer was told within a day that somebody has it."""
    recent = pl.col("decided_at") > now - timedelta(days=1)
    return (
        replies.filter(recent, pl.col("form") == "handover").group_by("customer").agg(told=pl.len())
    )


class _Desk(msgspec.Struct, frozen=True):
    """What is at hand to answer with."""

    settings: Settings
    books: tuple[Passage, ...]
    asked: tuple[tuple[str, str], ...]

    def answered(self, row: Row) -> dict[str, object]:
        """One row of ANSWERS, but for when it is due."""
        action, passage, chance, words, why = self._found(row)
        team = str(row["team"])
        owner = self.settings.owner(team.removeprefix("customer "))
        ours, told = int(str(row["ours"])), int(str(row["told"]))
        form = "answer" if action == "answer" else "handover" if action == "escalate" else ""
        if ours >= self.settings.answers_ticket_count_max or (
            form == "handover" and told >= self.settings.handovers_daily_count_max
        ):
            action, form = ("escalate" if action != "none" else "none"), ""
        if form == "handover":
            words = _handed(str(row["language"]), f"{owner}, {team}")
        return {
            **{name: row[name] for name in ("ticket", "customer", "message", "said_at")},
            "action": action,
            "form": form,
            "passage": passage,
            "probability": chance,
            "why": why,
            "team": team,
            "owner": owner,
            "document": canonical(_letter(row, words)) if form else "{}",
        }

    def _found(self, row: Row) -> tuple[str, str, float, str, str]:
        """What is done, the passage, how likely that is right, its words, and why."""
        if row["silent"]:
            return "none", "", 0.0, "", str(row["silent"])
        text, again = str(row["text"]), int(str(row["messages"])) > 1
        if again and _thanks(text):
            return "none", "", 0.0, "", "they thank"
        seen = self._quoted(row)
        action, passage = str(seen["action"]), str(seen["passage"] or "")
        chance, why = _number(seen["probability"]), str(seen["why"])
        if again and int(str(row["ours"])):
            return "escalate", passage, chance, "", "the customer writes again after an answer"
        if action == "answer":
            return "answer", passage, chance, str(seen["answer"]), why
        return "escalate", passage, chance, "", why

    def _quoted(self, row: Row) -> dict[str, object]:
        mail = (str(row["subject_line"] or ""), str(row["text"]))
        ticket = (str(row["language"]), str(row["team"]), _number(row["sentiment"]))
        if len(self.books) < 2:
            return {"action": "handoff", "passage": "", "probability": 0.0, "why": "no articles"}
        fitted = _fitted(self.books, self.asked)
        return _looked_up(fitted, self.books, mail, ticket, bool(row["alarmed"]))


@lru_cache(maxsize=2_048)
def _looked_up(
    fitted: bytes,
    books: tuple[Passage, ...],
    mail: tuple[str, str],
    ticket: tuple[str, str, float],
    person: bool,
) -> dict[str, object]:
    """What `answers` says of one message."""
    frame = {"id": "", "subject": mail[0], "body": mail[1], "from": "", "headers": "{}"}
    one = pl.DataFrame([{**frame, "plan": "", "mrr": 0.0}], schema=triage.TICKETS)
    names = {"id": "", "language": ticket[0], "route": ticket[1], "sentiment": ticket[2]}
    judged = pl.DataFrame([{**names, "person": person, "silent": ""}])
    passages = pl.DataFrame(books, schema=["passage", "title", "text"], orient="row")
    return answers.answered(fitted, passages, one, judged).row(0, named=True)


def _thanks(text: str) -> bool:
    """Whether a message asks nothing and is content."""
    short = len(text) <= THANKS_CHARACTERS_MAX and "?" not in text
    return short and mood(text) >= THANKS_FROM


def _handed(language: str, who: str) -> str:
    told = answers.RECEIVED.get(language, answers.RECEIVED["en"])
    return told.format(route=who)


def _letter(row: Row, words: str) -> dict[str, str]:
    """Subject, text and thread (RFC 5322, 3.6.4) of an answer."""
    subject = str(row["subject_line"] or "").strip()
    while subject[:3].lower() == "re:":
        subject = subject[3:].strip()
    last, before = str(row["message_id"] or ""), str(row["in_reply_to"] or "")
    return {
        "topic": f"Re: {subject}" if subject else "Re: your message",
        "text": words,
        "in_reply_to": last,
        "references": f"{before} {last}".strip(),
    }


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.min


def _number(value: object) -> float:
    return float(str(value or 0))
