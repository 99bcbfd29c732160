"""How a customer takes an answer: settled or not, annoyed, away, how many points of five."""

from datetime import datetime, timedelta

import msgspec
import numpy as np
import polars as pl

from psizero.twin.dice import normal
from psizero.twin.scenario import Scenario

DEAF = ("spam", "bounce", "list")
LOOPING = ("automatic", "out_of_office")
"""Shapes behind which nobody reads; the latter answer every answer for a while."""
QUALITIES = ("right", "partial", "canned", "wrong", "asked")
"""What an answer is worth to the one who asked; asked: it asks for more."""
FEELS = {"thanks": 0.7, "again": -0.25, "annoyed": -0.8, "details": 0.0}
"""Reactions that are written, and their sentiment (-1 to 1)."""
REPLIES = {
    "ticket": pl.String(),
    "attempt": pl.Int64(),
    "reaction": pl.String(),
    "settled": pl.Boolean(),
    "away": pl.Boolean(),
    "reopened": pl.Boolean(),
    "sentiment": pl.Float64(),
    "message_id": pl.String(),
}
"""The truth table `ticket_replies`; reaction: one of FEELS, content, gives_up, machine, none."""
DAY_SECONDS = 86_400
WAIT_DAYS_MOST = 6.0


class Taken(msgspec.Struct, frozen=True):
    """One answer and how it was taken."""

    ticket: str
    customer: str
    cause: str | None
    language: str
    shape: str
    subject_line: str
    message_id: str
    attempt: int
    answered_at: datetime
    reaction: str
    settled: bool
    away: bool
    reopened: bool
    rated: bool
    score: int
    after_seconds: int

    @property
    def at(self) -> datetime:
        """When the customer reacts."""
        return self.answered_at + timedelta(seconds=self.after_seconds)


def reactions(scenario: Scenario, answers: pl.DataFrame, lots: np.ndarray) -> pl.DataFrame:
    """The answers with reaction, settled, away, reopened, rated, score and after_seconds."""

    def share(name: str) -> np.ndarray:
        by_quality = scenario.shares(f"tickets.{name}_share")
        return np.array([by_quality[one] for one in answers["quality"]])

    shape, attempt = answers["shape"], answers["attempt"].to_numpy()
    machine = shape.is_in(LOOPING).to_numpy()
    silent = shape.is_in(DEAF).to_numpy() | (
        machine & (attempt > scenario.number("tickets.loop_most"))
    )
    settled = lots[:, 1] < share("solved")
    more = np.where((answers["quality"] == "asked").to_numpy(), "details", "again")
    taken = np.select(
        [
            silent,
            machine,
            settled & (lots[:, 2] < scenario.number("tickets.thanks_share")),
            settled,
            lots[:, 3] < share("annoyed"),
            lots[:, 4] < share("again"),
        ],
        ["none", "machine", "thanks", "content", "annoyed", more],
        "gives_up",
    )
    settled &= np.isin(taken, ("thanks", "content"))
    person = ~np.isin(taken, ("none", "machine"))
    away = person & (attempt == 1) & (lots[:, 0] < scenario.number("tickets.away_share"))
    hours = scenario.number("tickets.reply_hours_median") * np.exp(
        scenario.number("tickets.reply_spread") * normal(lots[:, 6])
    ) + away * 24 * scenario.number("tickets.away_days")
    return answers.with_columns(
        reaction=pl.Series(taken),
        settled=pl.Series(settled),
        away=pl.Series(away),
        reopened=pl.Series(settled & (lots[:, 5] < scenario.number("tickets.reopened_share"))),
        rated=pl.Series(person & (lots[:, 7] < scenario.number("tickets.rated_share"))),
        score=pl.Series(_scores(scenario, answers, settled, normal(lots[:, 8]))),
        after_seconds=pl.Series((60 + 3600 * hours).astype(np.int64)),
        sentiment=pl.Series(taken).replace_strict(FEELS, default=None, return_dtype=pl.Float64),
    )


def _scores(
    scenario: Scenario, answers: pl.DataFrame, settled: np.ndarray, noise: np.ndarray
) -> np.ndarray:
    """Points, 1 to 5, by what the answer was worth, the waiting, and the mood of the question."""

    def number(name: str) -> float:
        return scenario.number(f"tickets.score_{name}")

    means = scenario.shares("tickets.score")
    waited = (answers["answered_at"] - answers["opened_at"]).dt.total_seconds().to_numpy()
    points = np.array([means[one] for one in answers["quality"]])
    points += number("per_day") * np.clip(waited / DAY_SECONDS, 0, WAIT_DAYS_MOST)
    points += number("by_sentiment") * answers["sentiment"].to_numpy()
    points += number("machine") * (answers["author"] == "autopilot").to_numpy()
    points += np.where(settled, 0.0, number("unsettled")) + number("spread") * noise
    return np.clip(np.round(points), 1, 5).astype(np.int64)
