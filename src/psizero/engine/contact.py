"""Contact: the clauses of the gate for whatever reaches somebody outside the house.

Every verb with a recipient meets them, whoever proposed it: no domain sends by itself. What they
look at is prepared in `recipients`. Consent, the holdout and the frequency cap do not touch what
is owed (streams service and billing); an erasure, a hard bounce or a complaint ends everything.
"""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from psizero.core.policy import Policy
from psizero.engine.clause import Clause
from psizero.engine.recipients import STREAMS, Sources, asking, known_of

OPT_OUT_COUNTRIES = ("US",)
"""Where marketing mail needs no consent before it, only an end at once (CAN-SPAM)."""

_outsider, _owed = pl.col("outsider"), pl.col("owed")
_NEVER = pl.lit("0001-01-01").str.to_datetime(time_unit="us")
_withdrawn = pl.col("withdrawn_at").fill_null(_NEVER)
_explicit = (pl.col("explicit_at") > _withdrawn).fill_null(False)
_soft = (pl.col("soft_at") > _withdrawn).fill_null(False)
_OPT_OUT = (
    pl.col("country").is_in(OPT_OUT_COUNTRIES).fill_null(False)
    & (pl.col("channel") == "mail")
    & pl.col("withdrawn_at").is_null()
)
_MAY = (
    pl.when(pl.col("stream") == "marketing")
    .then(_explicit | (_soft & ~pl.col("left")) | _OPT_OUT)
    .otherwise(_explicit | _soft | pl.col("withdrawn_at").is_null())
)
"""Marketing needs a yes (a soft one ends with the customer); product news need that nobody said no.
An end said at the same instant as a yes holds."""


def _nth(before: str) -> pl.Expr:
    """With those of this tick for the same person that are still undecided."""
    counts = pl.col("undecided") & _outsider & ~_owed
    return pl.col(before) + counts.cast(pl.Int64).cum_sum().over("recipient")


_QUIET = _outsider & (pl.col("now") < pl.col("quiet_until")).fill_null(False)
_WAITS = pl.format("quiet hours in {} until {}", pl.col("zone"), pl.col("quiet_until"))
_WAKES = (("now", pl.col("quiet_until")),)

REFUSALS = (
    Clause(
        "no_longer",
        "off",
        _outsider & (pl.col("erased") | (pl.col("left") & (pl.col("stream") == "product"))),
        pl.when("erased")
        .then(pl.lit("the person was erased"))
        .otherwise(pl.lit("no customer any more, and this is for customers")),
        "Whoever was erased is not reached at all; who has left hears nothing of the product.",
        flips=(("erased", pl.lit(False)), ("left", pl.lit(False))),
    ),
    Clause(
        "suppressed",
        "off",
        _outsider & pl.col("suppressed_by").is_not_null(),
        pl.format("{} on {}: nothing is sent there", pl.col("suppressed_by"), pl.col("channel")),
        "After a hard bounce (until there is a new address), a complaint, or by a list: nothing.",
        flips=(("suppressed_by", pl.lit(None, pl.String)),),
    ),
    Clause(
        "no_consent",
        "off",
        _outsider & ~_owed & ~_MAY,
        pl.when(pl.col("withdrawn_at").is_not_null())
        .then(pl.format("{} by {} is not wanted any more", pl.col("stream"), pl.col("channel")))
        .otherwise(pl.format("no consent to {} by {}", pl.col("stream"), pl.col("channel"))),
        "Marketing needs consent with proof, but for mail where the law asks none; what was "
        "withdrawn stays withdrawn. Service and billing need none.",
        flips=(("explicit_at", pl.col("now") + pl.duration(seconds=1)), ("owed", pl.lit(True))),
    ),
    Clause(
        "held_out",
        "off",
        _outsider & ~_owed & pl.col("held_out"),
        pl.lit("held out by chance, to measure what contact adds"),
        "A stable share of subjects is never contacted unless it is owed; lift is measured by it.",
        flips=(("held_out", pl.lit(False)),),
    ),
    Clause(
        "too_often",
        "off",
        _outsider
        & ~_owed
        & (
            (pl.col("nth_of_person_day") > pl.col("messages_per_day_max"))
            | (pl.col("nth_of_person_week") > pl.col("messages_per_week_max"))
        ),
        pl.format(
            "message {} of the person's day, {} of seven days, over everything",
            pl.col("nth_of_person_day"),
            pl.col("nth_of_person_week"),
        ),
        "So many messages a person, local day and seven days, over every automation and channel; "
        "what is over is dropped, not put off. Service and billing are not counted.",
        flips=(
            ("nth_of_person_day", pl.col("messages_per_day_max")),
            ("nth_of_person_week", pl.col("messages_per_week_max")),
        ),
        counts=(
            _nth("contacts_day").alias("nth_of_person_day"),
            _nth("contacts_week").alias("nth_of_person_week"),
        ),
    ),
    Clause(
        "too_late",
        "off",
        _QUIET & (pl.col("expires_at") <= pl.col("quiet_until")).fill_null(False),
        pl.format("{}, and it expires by then", _WAITS),
        "What would wait for the end of quiet hours past its own expiry is not sent at all.",
        flips=_WAKES,
    ),
)
"""What forbids contact, in the order of the rules; asked before any person is."""

APPROVED_QUIET = Clause(
    "approved_quiet",
    "auto",
    (pl.col("approvals") >= pl.col("approvals_min")) & _QUIET,
    pl.format("approved by {}; waits: {}", pl.col("approved_by"), _WAITS),
    "Approved, in the person's quiet hours: it goes when they end, and everything is asked again.",
    flips=_WAKES,
)
QUIET_HOURS = Clause(
    "quiet_hours",
    "auto",
    _QUIET,
    pl.format("within every limit; waits: {}", _WAITS),
    "In the person's quiet hours: it goes when they end. Service by mail knows none.",
    flips=_WAKES,
)


def objections(
    sources: Sources, decisions: Sequence[str], policy: Policy, now: datetime
) -> dict[str, tuple[str, datetime | None]]:
    """What forbids a call that was allowed when it was decided, by decision; asked at the call.

    A reason with an instant is no refusal: it is night where the person is, until then. The cap
    and the holdout were settled with the decision.
    """
    keys = pl.DataFrame({"decision": decisions}, schema={"decision": pl.String})
    contacts = sources.read_of("contacts_recent", keys, now)
    stream = pl.col("stream")
    named = contacts.select(
        "channel",
        id="decision",
        recipient="subject",
        subject="about",
        stream=pl.when(stream.is_in(STREAMS)).then(stream).otherwise(pl.lit("marketing")),
    )
    frame = known_of(named, policy, "", asking(sources, now), now).with_columns(
        now=pl.lit(now, pl.Datetime("us")), because=pl.lit(None, pl.String)
    )
    for clause in (one for one in REFUSALS if one.name in _AT_THE_CALL):
        said = pl.when(pl.col("because").is_null() & clause.when).then(clause.because)
        frame = frame.with_columns(because=pl.coalesce("because", said))
    refused = pl.col("because").is_not_null()
    until = pl.when(~refused & _QUIET).then("quiet_until")
    found = frame.select(
        "id", because=pl.coalesce("because", pl.when(_QUIET).then(_WAITS)), until=until
    ).filter(pl.col("because").is_not_null())
    return {key: (because, instant) for key, because, instant in found.iter_rows()}


_AT_THE_CALL = ("no_longer", "suppressed", "no_consent")
