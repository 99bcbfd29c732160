"""Tickets: who writes on a day and why, and how a customer takes an answer.

A label (occasion, category, priority, sentiment, language, shape, questions) is drawn first and
the text is made from it. Rows carry what a mailbox would show; the label stays in the truth.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
import numpy as np
import polars as pl

from psizero.core.events.ticket import (
    KINDS,
    TICKET_CLOSED,
    TICKET_OPENED,
    TICKET_RATED,
    TICKET_SAID,
)
from psizero.core.tables import Kind
from psizero.twin.dice import Dice, counts
from psizero.twin.emission import Emission, Row, rows_of
from psizero.twin.scenario import Scenario
from psizero.twin.wordings.labels import REASONS, TRUTH, labels, reasons
from psizero.twin.wordings.letters import ENGLISH_ONLY, Label, letter, reaction
from psizero.twin.wordings.reactions import DAY_SECONDS, FEELS, REPLIES, Taken, reactions

LOTS, LABELS = 112, 16
"""Shares of luck a ticket has; the first LABELS make its label, the others its words."""


def tickets(dice: Dice, scenario: Scenario, day: datetime, customers: pl.DataFrame) -> Emission:
    """What customers write on one day: ticket.opened and ticket.said; truth table `tickets`.

    `customers`: index, customer, language, segment, calls_yesterday, failed_share_yesterday (0 to
    1), owing, age_days, mood (-1 to 1) and, where known, zone_hours (ahead of UTC).
    """
    rates = _rates(scenario, day, customers)
    index = customers["index"].to_numpy()
    luck = dice.of("tickets", day.isoformat()).random(int(index.max(initial=0)) + 1)[index]
    many = counts(luck, rates.sum(axis=1))
    who = np.repeat(np.arange(index.size), many)
    if not who.size:
        return Emission()
    nth = np.arange(who.size) - np.repeat(np.cumsum(many) - many, many)
    names = [f"T{dice.seed}-{day:%Y%m%d}-{one}-{n}" for one, n in zip(index[who], nth, strict=True)]
    lots = np.array([dice.of("ticket", name).random(LOTS) for name in names])
    writers = customers[who]
    why = reasons(lots[:, 0], rates[who])
    seconds = _seconds(dice, scenario, day, (customers, writers), (lots, why))
    said = labels(scenario, lots, writers, why)
    truth = pl.DataFrame({"ticket": names, "index": index[who], **said}, schema=TRUTH)
    rows = _rows(scenario, day, (truth, writers["customer"].to_list()), (lots, seconds))
    return Emission(rows, {"tickets": truth})


def _rates(scenario: Scenario, day: datetime, customers: pl.DataFrame) -> np.ndarray:
    """Mails a customer writes on this day, by reason: one column each of REASONS."""

    def per_day(reason: str) -> float:
        return scenario.number(f"tickets.{reason}_per_day")

    calls = customers["calls_yesterday"].to_numpy()
    factors = scenario.shares("tickets.segment_factors")
    use = (np.maximum(calls, 1.0) / scenario.number("tickets.use_calls")) ** scenario.number(
        "tickets.use_exponent"
    )
    use *= np.array([factors.get(one, 1.0) for one in customers["segment"]])
    use *= scenario.numbers("tickets.weekday_factors")[day.weekday()]
    failed = customers["failed_share_yesterday"].to_numpy()
    beyond = np.maximum(failed - scenario.number("tickets.failing_from_share"), 0.0)
    age = customers["age_days"].to_numpy() / scenario.number("tickets.starting_days")
    return np.stack(
        [
            per_day("asked") * use,
            per_day("failing") * np.where(calls > 0, beyond, 0.0),
            per_day("owing") * customers["owing"].to_numpy(),
            per_day("starting") * np.exp(-np.maximum(age, 0.0)),
            np.full(use.size, per_day("noise")),
        ],
        axis=1,
    )


def _seconds(
    dice: Dice,
    scenario: Scenario,
    day: datetime,
    frames: tuple[pl.DataFrame, pl.DataFrame],
    drawn: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """The second of the (UTC) day of each mail: by day, some at night, failures in waves."""
    customers, writers = frames
    lots, why = drawn
    night = lots[:, 9] < scenario.number("tickets.night_share")
    local = np.where(night, 18 + 15 * lots[:, 10], 9 + 9 * lots[:, 10])
    hours = scenario.shares("tickets.zone_hours")
    ahead = (
        writers["zone_hours"].to_numpy()
        if "zone_hours" in writers.columns
        else np.array([hours.get(one, 0.0) for one in writers["language"]])
    )
    hour = (local - ahead) % 24
    calls = customers["calls_yesterday"].to_numpy()
    failed = (calls * customers["failed_share_yesterday"].to_numpy()).sum() / max(calls.sum(), 1)
    if failed >= scenario.number("tickets.wave_failed_share"):
        luck = dice.of("waves", day.isoformat()).random(5)
        begins = 5 + 15 * luck[: 2 + int(3 * luck[4])]
        late = scenario.number("tickets.wave_minutes") * -np.log1p(-lots[:, 10]) / 60
        wave = begins[(lots[:, 11] * begins.size).astype(np.int64)] + late
        hour = np.where(why == REASONS.index("failing"), wave, hour)
    found: np.ndarray = np.minimum(hour * 3600, DAY_SECONDS - 1).astype(np.int64)
    return found


def _rows(
    scenario: Scenario,
    day: datetime,
    who: tuple[pl.DataFrame, list[str]],
    when: tuple[np.ndarray, np.ndarray],
) -> dict[str, pl.DataFrame]:
    """The rows of a day's tickets, and of those that are said again before its end."""
    truth, customers = who
    lots, seconds = when
    chasing = scenario.number("tickets.chasing_share")
    lags = _lags(scenario, lots[:, 12])
    opened, said = list[Row](), list[Row]()
    for n, (one, second) in enumerate(zip(truth.to_dicts(), seconds.tolist(), strict=True)):
        label = Label(one["language"], one["shape"], one["sentiment"], tuple(one["question_ids"]))
        luck = lots[n, LABELS:].tolist()
        mail = letter(label, luck)
        name, at = one["ticket"], day + timedelta(seconds=second)
        envelope = {"subject": customers[n], "occurred_at": at, "delivered_at": at + lags[n]}
        opened.append({**envelope, "id": name, "ticket": name})
        first = _message(name, "0", mail.subject, mail.text) | {"headers": mail.headers}
        if label.shape == "bounce":
            first["author"] = "machine"
        if label.shape == "quoted":
            first["in_reply_to"] = f"<{name}.earlier@mail.psizero.example>"
        said.append(envelope | first)
        later = at + timedelta(seconds=int(1800 + 14_400 * lots[n, 14]))
        if label.asks and lots[n, 13] < chasing and later < day + timedelta(days=1):
            text = reaction(label.language, "chasing", luck[::-1])
            more = _message(name, "1", f"Re: {mail.subject}", text)
            more |= {"occurred_at": later, "delivered_at": later + lags[n]}
            said.append(envelope | more | {"in_reply_to": first["message_id"]})
    return {
        one.name: rows_of(one, rows) for one, rows in ((TICKET_OPENED, opened), (TICKET_SAID, said))
    }


def _message(ticket: str, number: str, subject: str, text: str) -> Row:
    """A mail of a customer's. A mailbox takes every author for a person but a bounce's."""
    return {
        "id": f"{ticket}.{number}",
        "ticket": ticket,
        "author": "customer",
        "direction": "in",
        "subject_line": subject,
        "text": text,
        "message_id": f"<{ticket}.{number}@mail.customer.example>",
        "headers": "{}",
    }


def _lags(scenario: Scenario, luck: np.ndarray) -> list[timedelta]:
    """From sending to the mailbox, in whole seconds."""
    mean = scenario.number("tickets.lag_seconds")
    return [timedelta(seconds=int(one)) for one in (1 - mean * np.log1p(-luck)).tolist()]


def replies(dice: Dice, scenario: Scenario, answers: pl.DataFrame) -> Emission:
    """How customers take answers: ticket.said, .closed, .opened again, .rated; `ticket_replies`.

    `answers`: ticket, customer, language, shape and sentiment (from the truth), subject_line,
    message_id, author (staff, autopilot), quality (right, partial, canned, wrong, or asked: for
    more), attempt (the how-manieth answer, from 1), opened_at, answered_at, cause (our action).
    """
    if answers.is_empty():
        return Emission()
    keys = answers.select("ticket", "attempt").rows()
    lots = np.array([dice.of("reply", *key).random(LOTS) for key in keys])
    taken = reactions(scenario, answers, lots)
    found: dict[str, list[Row]] = {kind.name: [] for kind in KINDS}
    each = msgspec.convert(taken.to_dicts(), list[Taken])
    for one, luck in zip(each, lots[:, LABELS:].tolist(), strict=True):
        for kind, row in (*_written(one, luck), *_settled(scenario, one, luck)):
            found[kind.name].append({"subject": one.customer, "cause": one.cause, **row})
    sent = pl.format("<{}.r{}@mail.customer.example>", "ticket", "attempt")
    truth = taken.with_columns(message_id=pl.when(pl.col("reaction").is_in(list(FEELS))).then(sent))
    rows = {kind.name: rows_of(kind, found[kind.name]) for kind in KINDS if found[kind.name]}
    return Emission(rows, {"ticket_replies": truth.select(*REPLIES).cast(pl.Schema(REPLIES))})


def _written(one: Taken, luck: list[float]) -> Iterator[tuple[Kind, Row]]:
    """What comes back by mail: from the customer, or from its mailbox by itself."""
    subject = f"Re: {one.subject_line.removeprefix('Re: ')}"
    if one.away or one.reaction == "machine":
        shape = one.shape if one.reaction == "machine" else "out_of_office"
        language = "en" if shape in ENGLISH_ONLY else one.language
        mail = letter(Label(language, shape), luck)
        said = _message(one.ticket, f"a{one.attempt}", mail.subject, mail.text)
        said |= {"headers": mail.headers, "occurred_at": one.answered_at + timedelta(seconds=40)}
        yield TICKET_SAID, said | {"in_reply_to": one.message_id}
    if one.reaction in FEELS:
        text = reaction(one.language, one.reaction, luck)
        said = _message(one.ticket, f"r{one.attempt}", subject, text)
        said |= {"occurred_at": one.at, "in_reply_to": one.message_id}
        yield TICKET_SAID, said


def _settled(scenario: Scenario, one: Taken, luck: list[float]) -> Iterator[tuple[Kind, Row]]:
    """What becomes of the ticket: closed, rated, opened again."""
    key: Row = {"id": f"{one.ticket}.{one.attempt}", "ticket": one.ticket}
    if not one.settled and one.reaction != "gives_up":
        return
    quiet = timedelta(days=scenario.number("tickets.quiet_close_days"))
    at = one.at + timedelta(seconds=60) if one.settled else one.answered_at + quiet
    yield TICKET_CLOSED, key | {"occurred_at": at}
    if one.rated:
        rated = at + timedelta(seconds=int(1800 + DAY_SECONDS * luck[0]))
        yield TICKET_RATED, key | {"occurred_at": rated, "score": one.score}
    if one.reopened:
        days = scenario.number("tickets.reopened_days_mean") * -float(np.log1p(-luck[1]))
        again: Row = {"occurred_at": at + timedelta(seconds=int(3600 + DAY_SECONDS * days))}
        subject = f"Re: {one.subject_line.removeprefix('Re: ')}"
        text = reaction(one.language, "reopened", luck)
        said = _message(one.ticket, f"o{one.attempt}", subject, text)
        yield TICKET_OPENED, key | again
        yield TICKET_SAID, said | again | {"in_reply_to": one.message_id}
