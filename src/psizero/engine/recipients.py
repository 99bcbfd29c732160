"""Recipients: of each decision whom it reaches, and what is known of that person. Pure.

A message names its stream in the parameter `stream`: service (what was asked for, security, the
contract), billing, product, marketing. What names none is service; what names another, marketing.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec
import polars as pl

from psizero.core.chance import draw
from psizero.core.policy import Contact, Policy
from psizero.core.verbs.message import DEFAULTS

STREAMS = ("service", "billing", "product", "marketing")
OWED = ("service", "billing")
"""Consent, the holdout and the frequency cap do not touch what is owed."""
RINGING = ("sms", "phone")
"""Quiet hours hold on these even for service."""
_ALWAYS, _NEVER = datetime(1970, 1, 1), datetime(1, 1, 1)
_INSTANT = pl.Datetime("us")


class Sources(Protocol):
    """The part of a Store that is read from."""

    def read_of(self, table: str, keys: pl.DataFrame, now: datetime) -> pl.DataFrame: ...


class Known(msgspec.Struct, frozen=True):
    """What is known of some people, as the tables of these names have it."""

    contact_points: pl.DataFrame = pl.DataFrame(
        schema={
            "subject": pl.String,
            "zone_said": pl.String,
            "zone": pl.String,
            "country": pl.String,
            "erased": pl.Boolean,
        }
    )
    subscriptions_held: pl.DataFrame = pl.DataFrame(
        schema={"subject": pl.String, "started_at": _INSTANT, "ended_at": _INSTANT}
    )
    consents: pl.DataFrame = pl.DataFrame(
        schema={
            "subject": pl.String,
            "purpose": pl.String,
            "channel": pl.String,
            "explicit_at": _INSTANT,
            "soft_at": _INSTANT,
            "withdrawn_at": _INSTANT,
        }
    )
    suppressions: pl.DataFrame = pl.DataFrame(
        schema={
            "subject": pl.String,
            "channel": pl.String,
            "bounced_at": _INSTANT,
            "complained_at": _INSTANT,
            "suppressed_at": _INSTANT,
            "renewed_at": _INSTANT,
        }
    )
    contacts_recent: pl.DataFrame = pl.DataFrame(
        schema={"subject": pl.String, "contacted_at": _INSTANT, "stream": pl.String}
    )


Ask = Callable[[pl.DataFrame], Known]
"""What is known of the people in the column `subject`; asked once a tick, for its people alone."""


def nobody_known(people: pl.DataFrame) -> Known:
    """Of nobody anything."""
    return Known()


def asking(sources: Sources, now: datetime) -> Ask:
    """The tables of a store, as known at `now`."""

    def asked(people: pl.DataFrame) -> Known:
        return Known(*(sources.read_of(name, people, now) for name in Known.__struct_fields__))

    return asked


class Calendar(msgspec.Struct, frozen=True):
    """When a message of now reaches somebody in a zone: at once, or when quiet hours end.

    `day_start` and `day_end` bound the local day on which it arrives.
    """

    zone: str
    quiet_until: datetime | None
    arrives_at: datetime
    day_start: datetime
    day_end: datetime


def calendar(contact: Contact, zone: str, now: datetime) -> Calendar:
    """Quiet hours are half-open and may wrap midnight; the same two hours are none at all.

    An end that a clock change skips falls to the offset before it, one that comes twice is the
    first. A zone that nobody knows is the company's.
    """
    place = _place(zone, contact.zone)
    local = now.replace(tzinfo=UTC).astimezone(place)
    until = None
    if _is_quiet(contact, local.hour):
        end = local.replace(hour=contact.quiet_until_hour, minute=0, second=0, microsecond=0)
        days = 0 if local.hour < contact.quiet_until_hour else 1
        until = _utc((end + timedelta(days=days)).replace(fold=0))
    arrives = until or now
    on = arrives.replace(tzinfo=UTC).astimezone(place)
    midnight = on.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return Calendar(zone, until, arrives, _utc(midnight), _utc(midnight + timedelta(days=1)))


def _is_quiet(contact: Contact, hour: int) -> bool:
    first, end = contact.quiet_from_hour, contact.quiet_until_hour
    return first <= hour < end if first <= end else hour >= first or hour < end


def _utc(local: datetime) -> datetime:
    return local.astimezone(UTC).replace(tzinfo=None)


def _place(zone: str, otherwise: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (ValueError, KeyError, OSError):
        return ZoneInfo(otherwise)


def addressed(
    frame: pl.DataFrame, policy: Policy, salt: str, ask: Ask, now: datetime
) -> pl.DataFrame:
    """The decisions with all that the contact clauses look at.

    `frame` has id, subject, parameters, channel and `reaches`: whether the verb has a recipient.
    Of what reaches nobody, or one of our own people, `outsider` is false.
    """
    said = pl.when("reaches").then("parameters")
    stream = pl.coalesce(said.str.json_path_match("$.stream"), pl.lit(DEFAULTS["stream"]))
    named = frame.with_columns(
        recipient=pl.when("reaches").then(
            pl.coalesce(said.str.json_path_match("$.to"), pl.col("subject"))
        ),
        stream=pl.when(stream.is_in(STREAMS)).then(stream).otherwise(pl.lit("marketing")),
    )
    return known_of(named, policy, salt, ask, now)


def known_of(
    named: pl.DataFrame, policy: Policy, salt: str, ask: Ask, now: datetime
) -> pl.DataFrame:
    """The same for a frame that names id, subject, recipient (null: nobody), stream, channel."""
    ours = list(policy.known_people())
    named = named.with_columns(
        outsider=pl.col("recipient").is_not_null() & ~pl.col("recipient").is_in(ours),
        owed=pl.col("stream").is_in(OWED),
        messages_per_day_max=pl.lit(policy.contact.messages_per_day_max, pl.Int64),
        messages_per_week_max=pl.lit(policy.contact.messages_per_week_max, pl.Int64),
    )
    to = named.filter("outsider").select("id", "subject", "recipient", "stream", "channel", "owed")
    people = pl.concat([to["recipient"], to["subject"]]).unique().sort().to_frame("subject")
    known = ask(people) if to.height else Known()
    for part in (
        _standing(to, known),
        _consented(to, known),
        _timed(to, known, policy.contact, now),
        _held_out(to, policy.contact, salt),
    ):
        named = named.join(part, on="id", how="left", maintain_order="left")
    counted = pl.col("contacts_day", "contacts_week").fill_null(0)
    flags = pl.col("outsider", "erased", "left", "held_out").fill_null(False)
    return named.with_columns(counted, flags)


def _standing(to: pl.DataFrame, known: Known) -> pl.DataFrame:
    """Erased, left (had subscriptions and has none), and what suppresses the address."""
    erased = known.contact_points.filter(pl.col("erased"))["subject"].implode()
    running = pl.col("started_at") >= pl.col("ended_at").fill_null(_NEVER)
    left = (
        known.subscriptions_held.group_by("subject")
        .agg(left=~running.fill_null(False).any())
        .filter("left")["subject"]
        .implode()
    )
    lost = ("bounced_at", "suppressed_at")  # a new address begins anew, a complaint stays
    said = known.suppressions.with_columns(
        pl.when(pl.col(name) > pl.col("renewed_at").fill_null(_NEVER)).then(name).alias(name)
        for name in lost
    ).select(
        recipient="subject",
        channel="channel",
        suppressed_by=pl.when(pl.col("complained_at").is_not_null())
        .then(pl.lit("a complaint"))
        .when(pl.col("bounced_at").is_not_null())
        .then(pl.lit("a hard bounce"))
        .when(pl.col("suppressed_at").is_not_null())
        .then(pl.lit("a suppression list")),
    )
    return to.join(said, on=["recipient", "channel"], how="left").select(
        "id",
        "suppressed_by",
        erased=pl.col("recipient").is_in(erased) | pl.col("subject").is_in(erased),
        left=pl.col("subject").is_in(left),
    )


def _consented(to: pl.DataFrame, known: Known) -> pl.DataFrame:
    """The last word for and against each message, by purpose and channel; `country` beside it."""
    words = known.consents.rename({"channel": "by"})
    wide = (pl.col("by") == "all") | (pl.col("by") == pl.col("channel"))
    same = pl.col("purpose") == pl.col("stream")
    last = (
        to.filter(~pl.col("owed"))
        .join(words, left_on="recipient", right_on="subject")
        .filter(wide & (same | (pl.col("purpose") == "all")))
        .group_by("id")
        .agg(
            pl.col("explicit_at").filter(same).max(),
            pl.col("soft_at").filter(same).max(),
            pl.col("withdrawn_at").max(),
        )
    )
    country = known.contact_points.select("subject", "country")
    return (
        to.join(last, on="id", how="left")
        .join(country, left_on="recipient", right_on="subject", how="left")
        .join(country, on="subject", how="left", suffix="_account")
        .select(
            "id",
            "explicit_at",
            "soft_at",
            "withdrawn_at",
            country=pl.coalesce("country", "country_account"),
        )
    )


def _timed(to: pl.DataFrame, known: Known, contact: Contact, now: datetime) -> pl.DataFrame:
    """Until when it is quiet where they are, and what reached them of late."""
    zones = known.contact_points.select("subject", place=pl.coalesce("zone_said", "zone"))
    placed = (
        to.join(zones, left_on="recipient", right_on="subject", how="left")
        .join(zones, on="subject", how="left", suffix="_account")
        .with_columns(zone=pl.coalesce("place", "place_account", pl.lit(contact.zone)))
    )
    days = _calendars(contact, placed["zone"].unique().to_list(), now)
    when = placed.join(days, on="zone", how="left")
    recent = known.contacts_recent.filter(~pl.col("stream").is_in(OWED))
    at, arrives = pl.col("contacted_at"), pl.col("arrives_at")
    counted = (
        when.select("id", "recipient", "arrives_at", "day_start", "day_end")
        .join(recent.select("subject", "contacted_at"), left_on="recipient", right_on="subject")
        .group_by("id")
        .agg(
            contacts_day=((at >= pl.col("day_start")) & (at < pl.col("day_end"))).sum(),
            contacts_week=(at > arrives - timedelta(days=7)).sum(),
        )
    )
    obeys = (pl.col("stream") != "service") | pl.col("channel").is_in(RINGING)
    return when.join(counted, on="id", how="left").select(
        "id",
        "zone",
        pl.col("contacts_day", "contacts_week").cast(pl.Int64),
        quiet_until=pl.when(obeys).then("quiet_until"),
    )


def _calendars(contact: Contact, zones: Iterable[str], now: datetime) -> pl.DataFrame:
    rows = [msgspec.structs.astuple(calendar(contact, zone, now)) for zone in sorted(zones)]
    schema = {"zone": pl.String(), **dict.fromkeys(Calendar.__struct_fields__[1:], _INSTANT)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _held_out(to: pl.DataFrame, contact: Contact, salt: str) -> pl.DataFrame:
    """Of whom a share is never contacted unless it is owed: the same ones for ever."""
    drawn = to.filter(~pl.col("owed")).select("id", "subject")
    share = contact.holdout_share
    held = [draw(salt, _ALWAYS, "holdout", one) < share for one in drawn["subject"]]
    return drawn.select("id", held_out=pl.Series(held, dtype=pl.Boolean))
