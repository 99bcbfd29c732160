"""Labels, drawn before there is a word: why somebody writes, what about, how, in which language."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from psizero.twin.dice import normal
from psizero.twin.scenario import Scenario
from psizero.twin.wordings.letters import ENGLISH_ONLY
from psizero.twin.wordings.phrases import LANGUAGES, OCCASIONS, beside, choices, intents

NOISE = "noise"
REASONS = (*OCCASIONS, NOISE)
MIXES = ("mix", *(f"mix_{one}" for one in OCCASIONS[1:]))
TRUTH = {
    "ticket": pl.String(),
    "index": pl.Int64(),
    "occasion": pl.String(),
    "category": pl.String(),
    "priority": pl.String(),
    "sentiment": pl.Float64(),
    "language": pl.String(),
    "shape": pl.String(),
    "answerable": pl.Boolean(),
    "question_ids": pl.List(pl.String()),
}
"""The truth table `tickets`; the first two columns say whose label it is."""


def reasons(luck: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """The number of the reason of each ticket, as likely as its part of the rate."""
    summed = np.cumsum(rates, axis=1)
    found: np.ndarray = (luck[:, None] * summed[:, -1:] >= summed[:, :-1]).sum(axis=1)
    return found


def _drawn(luck: np.ndarray, shares: Mapping[str, float]) -> list[str]:
    """A name for each share of luck, by the shares of a parameter."""
    names = tuple(shares)
    edges = np.cumsum(tuple(shares.values()))
    found = np.searchsorted(edges / edges[-1], luck, side="right")
    return [names[min(one, len(names) - 1)] for one in found.tolist()]


def labels(
    scenario: Scenario, lots: np.ndarray, writers: pl.DataFrame, why: np.ndarray
) -> dict[str, list[object]]:
    """The label of each ticket, as columns of TRUTH."""
    cells = [_drawn(lots[:, 1], scenario.shares(f"tickets.{one}")) for one in MIXES]
    asked = _drawn(lots[:, 2], scenario.shares("tickets.shapes"))
    silent = _drawn(lots[:, 2], scenario.shares("tickets.noise"))
    english = lots[:, 3] < scenario.number("tickets.english_share")
    weight = scenario.number("tickets.mood_weight")
    spread = scenario.number("tickets.sentiment_spread")
    feels = weight * writers["mood"].to_numpy() + spread * normal(lots[:, 4])
    shift = scenario.shares("tickets.sentiment_by_priority")
    columns: dict[str, list[object]] = {
        name: [] for name in TRUTH if name not in ("ticket", "index")
    }
    own = writers["language"].to_list()
    for n, reason in enumerate(why.tolist()):
        language = "en" if english[n] or own[n] not in LANGUAGES else own[n]
        if REASONS[reason] == NOISE:
            foreign = silent[n] in ENGLISH_ONLY
            cell, shape, sentiment = ("general", "low"), silent[n], 0.0
            asks: tuple[str, ...] = ()
            language = "en" if foreign else language
        else:
            category, _, level = cells[reason][n].partition(".")
            cell, shape = (category, level), asked[n]
            asks = _questions((language, REASONS[reason], cell), shape, lots[n, 5:9].tolist())
            sentiment = round(float(np.clip(feels[n] + shift[level], -1, 1)), 2)
        known = intents().intents
        answerable = bool(asks) and all(known[one].answerable for one in asks)
        said = (REASONS[reason], *cell, sentiment, language, shape, answerable, list(asks))
        for column, value in zip(columns.values(), said, strict=True):
            column.append(value)
    return columns


def _questions(
    what: tuple[str, str, tuple[str, str]], shape: str, luck: Sequence[float]
) -> tuple[str, ...]:
    """The intents of one mail: the first as labelled, the others never weightier."""
    language, occasion, (category, level) = what
    pool = choices(language, occasion, category, level)
    found = [pool[int(luck[0] * len(pool))]]
    if shape == "several":
        more = beside(language, level)
        found += [more[int(one * len(more))] for one in luck[1 : 2 + (luck[3] < 0.35)]]
    return tuple(dict.fromkeys(found))
