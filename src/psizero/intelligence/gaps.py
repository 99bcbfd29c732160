"""What is not known yet, and how it comes to be: for mornings on which little is."""

from collections.abc import Iterator

import polars as pl

from psizero.intelligence.morning import Morning, cell, name
from psizero.intelligence.parts import BAND_MIN
from psizero.intelligence.prose import Line, Pieces, line, listed, weekday

_KINDS = {
    "usage": ("Use is", "usage.recorded", "calls, who calls, and whose use falls or grows"),
    "tickets": ("Tickets are", "ticket.opened and ticket.closed", "what is open and what came in"),
    "payments": (
        "Payments are",
        "payment.succeeded and payment.failed",
        "money received and what failed",
    ),
}
_LEVELS = {"auto": "by themselves", "approve": "asking first", "shadow": "only noting, in shadow"}


def gaps(seen: Morning) -> Iterator[Line]:
    """What is at work, then what is missing and how to bring it, the most useful first."""
    yield from _at_work(seen)
    states = seen.facts["sources"]
    for source in states.filter(pl.col("state") == "absent")["source"]:
        what, kinds, brings = _KINDS[source]
        yield line(
            f"{what} not connected. With psizero import FILE --map MAP, {kinds} come in from any "
            f"CSV, Parquet or NDJSON file; then {brings} stand here."
        )
    if seen.figure("mrr") is None:
        yield line(
            "No recurring revenue is known. Prices (psizero prices apply FILE) and "
            "subscription.started bring MRR, how it moves, and a run rate."
        )
    if seen.of("usage") and not seen.of("success"):
        yield line(
            "No meter says whether calls succeed. A property status on usage.recorded, ok or "
            "failed or the code of the answer, brings the share that does."
        )
    if seen.figure("health_average") is None:
        yield line(
            "Nobody's health is known. It is scored from use, from logins and feedback "
            "(activity.recorded), tickets and payments, once half of that is there."
        )
    yield from _history(seen)
    if not seen.facts["settings"]["name"].str.starts_with("targets.").any():
        yield line(
            "No target is set. A number under targets in house.toml, named after a figure as mrr "
            "or paying, is held against that figure here every morning."
        )


def _at_work(seen: Morning) -> Iterator[Line]:
    """Every automation that is on, by how far it may go."""
    levels = seen.facts["levels"].filter(pl.col("scope") == "*").sort("automation")
    parts: list[Pieces] = []
    for level, words in _LEVELS.items():
        at = levels.filter(pl.col("level") == level)["automation"].to_list()
        names = [(name("levels", {"automation": one}, "automation"),) for one in at]
        if names:
            parts.append((f"{words}: ", *listed(names)))
    if parts:
        said = [piece for one in parts for piece in ("; ", *one)][1:]
        yield line("At work ", *said, ".")


def _history(seen: Morning) -> Iterator[Line]:
    """How far the usual range of a weekday is from being known."""
    one = seen.figure("usage")
    if one is None or one.state != "complete" or one.history >= BAND_MIN:
        return
    known: Pieces = (cell(one, "history", "count"),) if one.history else ("none",)
    said: Pieces = ("The usual range of a weekday is told once eight of it are known; of earlier ",)
    yield line(*said, f"{weekday(one.day)}s, ", *known, " so far.")
