"""The helpdesk by hand: people read what customers write, answer when they get to it, close it."""

from collections.abc import Mapping
from datetime import datetime
from heapq import heappop, heappush

import msgspec
import numpy as np
import polars as pl

from psizero.core.events.ticket import TICKET_CLOSED, TICKET_SAID
from psizero.core.records import Action
from psizero.twin.dice import Dice
from psizero.twin.emission import Emission, Row, joined, rows_of
from psizero.twin.library import intent_of
from psizero.twin.scenario import Scenario
from psizero.twin.staff import answered_at
from psizero.twin.tickets import replies, tickets
from psizero.twin.wordings.reactions import DEAF, LOOPING

ATTEMPTS_MOST = 4
_LINES = (
    "Hello, thank you for writing. We looked into it; the steps below should do it.",
    "Hello, sorry for the trouble. It should work again; please tell us if it does not.",
    "Hello, could you send us the request id and the SDK version you use?",
)
_INSTANT = pl.Datetime("us")


_NOTHING = pl.DataFrame(schema={"ticket": pl.String(), "occurred_at": _INSTANT})
_ANSWER = ("ticket", "attempt", "author", "quality", "opened_at", "answered_at")


class Ticket(msgspec.Struct, frozen=True):
    """What the desk has in hand, with what the twin knows of it."""

    name: str
    customer: str
    index: int
    language: str
    shape: str
    sentiment: float
    subject_line: str
    message_id: str
    opened_at: datetime
    question_ids: list[str]


class Helpdesk:
    """Tickets of every day, and what staff does with them. `felt` has moods by index."""

    def __init__(self, dice: Dice, scenario: Scenario, by_hand: bool) -> None:
        self._dice, self._scenario, self._by_hand = dice, scenario, by_hand
        self._waiting: list[tuple[datetime, str, int, Ticket]] = []
        self._known: dict[str, Ticket] = {}
        self._attempts: dict[str, int] = {}
        self.truth: dict[str, list[pl.DataFrame]] = {}
        self.answers: list[dict[str, object]] = []
        self.felt: dict[int, float] = {}

    def day(self, day: datetime, customers: pl.DataFrame) -> Emission:
        """What customers write on a day."""
        found = tickets(self._dice, self._scenario, day, customers)
        if found.rows:
            first = found.rows[TICKET_SAID.name].unique("ticket", keep="first", maintain_order=True)
            known = found.truth["tickets"].join(
                first.select(
                    "ticket",
                    "subject_line",
                    "message_id",
                    customer="subject",
                    opened_at="occurred_at",
                ),
                on="ticket",
                maintain_order="left",
            )
            names = [one for one in Ticket.__struct_fields__ if one != "name"]
            for row in known.select("ticket", *names).rename({"ticket": "name"}).to_dicts():
                self._known[row["name"]] = ticket = Ticket(**row)
                if self._by_hand:
                    self._queue(ticket, 1, row["opened_at"])
        return self._kept(found)

    def _queue(self, ticket: Ticket, attempt: int, at: datetime) -> None:
        if attempt <= ATTEMPTS_MOST:
            when = answered_at(self._dice, self._scenario, f"{ticket.name}/{attempt}", at)
            heappush(self._waiting, (when, ticket.name, attempt, ticket))

    def seen(self, row: Mapping[str, object], now: datetime) -> Emission:
        """What the house says of a ticket: nobody's is closed; a person's is answered by one."""
        name = str(row["ticket"])
        ticket = self._known.get(name)
        if ticket is None or self._by_hand:
            return Emission()
        if row.get("silent"):
            envelope: Row = {"subject": ticket.customer, "ticket": name, "occurred_at": now}
            closed = rows_of(TICKET_CLOSED, [envelope | {"id": f"{name}.x"}])
            return Emission({TICKET_CLOSED.name: closed})
        attempt = self._attempts.get(name, 0) + 1
        if "owner" not in row or attempt > ATTEMPTS_MOST:
            return Emission()
        self._attempts[name] = attempt
        when = answered_at(self._dice, self._scenario, f"{name}/{attempt}", now)
        return self._answered([(when, name, attempt, ticket)])

    def replied(self, action: Action, now: datetime) -> Emission:
        """How a customer takes what the autopilot says: an answer is worth what it quotes."""
        name, said = str(action.parameters["ticket"]), action.parameters
        ticket = self._known.get(name)
        if ticket is None or said["form"] != "answer":
            return Emission()
        attempt = self._attempts[name] = self._attempts.get(name, 0) + 1
        about = intent_of(str(said["passage"]))
        asked = ticket.question_ids
        quality = "wrong" if about not in asked else "right" if asked == [about] else "partial"
        known: Row = {**msgspec.structs.asdict(ticket), "ticket": name, "author": "autopilot"}
        known |= {"message_id": f"<{action.key}@psizero.example>", "cause": action.key}
        known |= {"quality": quality, "attempt": attempt, "answered_at": now.replace(microsecond=0)}
        return self._taken([known], {name: (ticket, attempt)})

    def _taken(self, asked: list[Row], who: dict[str, tuple[Ticket, int]]) -> Emission:
        """What customers make of answers."""
        self.answers += [{n: one[n] for n in _ANSWER} for one in asked]
        typed = {"cause": pl.String(), "opened_at": _INSTANT, "answered_at": _INSTANT}
        frame = pl.DataFrame(asked, schema_overrides=typed, infer_schema_length=None)
        found = replies(self._dice, self._scenario, frame.drop("question_ids", "name"))
        self._reacted(who, found)
        return self._kept(found)

    def answer(self, until: datetime) -> Emission:
        """What staff gets to before an instant: closes what nobody wrote, answers the rest."""
        found: list[Emission] = []
        while self._waiting and self._waiting[0][0] < until:
            due: list[tuple[datetime, str, int, Ticket]] = []
            while self._waiting and self._waiting[0][0] < until:
                due.append(heappop(self._waiting))
            found.append(self._answered(due))
        return joined(found)

    def _answered(self, due: list[tuple[datetime, str, int, Ticket]]) -> Emission:
        closed, said, asked = list[Row](), list[Row](), list[Row]()
        for at, name, attempt, ticket in due:
            envelope: Row = {"subject": ticket.customer, "ticket": name, "occurred_at": at}
            if ticket.shape in (*DEAF, *LOOPING):
                closed.append(envelope | {"id": f"{name}.x"})
                continue
            quality, text = self._worth(name, attempt)
            sent = {"message_id": f"<{name}.s{attempt}@psizero.example>", "author": "staff"}
            out: Row = {"id": f"{name}.s{attempt}", "direction": "out", "headers": "{}"}
            out |= {"subject_line": f"Re: {ticket.subject_line}", "text": text}
            said.append({**envelope, **out, **sent, "in_reply_to": ticket.message_id})
            known = {**msgspec.structs.asdict(ticket), **sent, "ticket": name, "cause": None}
            asked.append(known | {"quality": quality, "attempt": attempt, "answered_at": at})
        who = {name: (ticket, attempt) for _, name, attempt, ticket in due}
        found = self._taken(asked, who) if asked else Emission()
        kinds = ((TICKET_CLOSED, closed), (TICKET_SAID, said))
        rows = {kind.name: rows_of(kind, some) for kind, some in kinds if some}
        return joined([Emission(rows), found])

    def _worth(self, ticket: str, attempt: int) -> tuple[str, str]:
        """What an answer of staff is worth, and its words."""
        luck = self._dice.of("worth", ticket, attempt).random(2)
        if luck[0] < self._scenario.number("staff.solved_share"):
            return "right", _LINES[int(2 * luck[1])]
        quality = ("partial", "wrong", "asked")[int(3 * luck[1])]
        return quality, _LINES[2 if quality == "asked" else int(2 * luck[1])]

    def _reacted(self, asked: dict[str, tuple[Ticket, int]], found: Emission) -> None:
        """Who is not settled is answered again; what was felt stays for a while."""
        for row in found.truth.get("ticket_replies", pl.DataFrame()).to_dicts():
            index = asked[row["ticket"]][0].index
            self.felt[index] = 0.7 * self.felt.get(index, 0.0) + 0.3 * (row["sentiment"] or 0.0)
        closed = set(found.rows.get(TICKET_CLOSED.name, _NOTHING)["ticket"])
        again = found.rows.get("ticket.opened", _NOTHING)
        back = found.rows.get(TICKET_SAID.name, _NOTHING)
        # what a mailbox says by itself needs no answer
        said = pl.col("headers") == "{}" if back.height else pl.lit(True)
        open_ = back.filter(~pl.col("ticket").is_in(list(closed)) & said)
        written = pl.concat([one.select("ticket", "occurred_at") for one in (open_, again)])
        for name, at in (
            written.group_by("ticket").agg(pl.col("occurred_at").max()).sort("ticket").iter_rows()
        ):
            ticket, attempt = asked[name]
            if self._by_hand:
                self._queue(ticket, attempt + 1, at)

    def _kept(self, found: Emission) -> Emission:
        for name, frame in found.truth.items():
            self.truth.setdefault(name, []).append(frame)
        return Emission(found.rows)

    def moods(self, total: int) -> np.ndarray:
        """What everybody feels of the support it had, -1 to 1; it fades by a tenth a day."""
        found = np.zeros(total)
        for index, mood in list(self.felt.items()):
            found[index] = mood
            self.felt[index] = 0.9 * mood
        return found

    def told(self) -> dict[str, pl.DataFrame]:
        """Truth: tickets, what became of answers, and when they were given."""
        found = {name: pl.concat(frames) for name, frames in self.truth.items()}
        return found | ({"answers": pl.DataFrame(self.answers)} if self.answers else {})


def asking(frame: pl.DataFrame, state: dict[str, np.ndarray]) -> pl.DataFrame:
    """Who may write today: `state` has active, calls, failed (share), owing, age_days, mood,
    zone_hours by index."""
    who = np.flatnonzero(state["active"])
    return frame[who].select(
        "index",
        "customer",
        "language",
        "segment",
        calls_yesterday=pl.Series(state["calls"][who].astype(np.float64)),
        failed_share_yesterday=pl.Series(state["failed"][who]),
        owing=pl.Series(state["owing"][who]),
        age_days=pl.Series(state["age_days"][who]),
        mood=pl.Series(state["mood"][who]),
        zone_hours=pl.Series(state["zone_hours"][who].astype(np.float64)),
    )
