"""The price book: what an owner writes in TOML, as rows of price.set.

The whole book is taken or none of it. Every amount, rate and bound is a string: a TOML number with
a point is a double, and 0.1 would no longer be a tenth.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl

from psizero.core.content import decimal_text
from psizero.core.errors import Problem
from psizero.core.events.price import PRICE_SET
from psizero.core.money import CURRENCY_DIGITS
from psizero.core.tables import schema
from psizero.finance.book import UNPRICED
from psizero.finance.rating import MeterTerms, Terms, Tier, check, terms_to_json

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_QUOTES = "rates are strings, or they become floats"
_INTEGER_MAX = 2**63 - 1
_INTERVALS = PRICE_SET.columns["interval"].choices
_TERMS_KEYS = ("base", "minimum", "tax_share")
_PRICE_KEYS = ("plan", "version", "valid_from", "currency", "interval", *_TERMS_KEYS)
_PRICE_EXTRAS = ("interval_count", "meter", "unpriced")
_UNPRICED_KEYS = ("plan", "version", "valid_from", "currency", "interval", "unpriced")
_METER_KEYS = ("meter", "included", "mode", "tiers")


def price_rows(document: Mapping[str, object], origin: str) -> pl.DataFrame:
    """Rows of price.set for the [[price]] tables of a parsed TOML document, in its order.

    `interval_count` is 1 and a plan has no meters where they are left out; everything else has to
    be there. A plan with `unpriced = true` has no amounts: subscriptions to it come in, are billed
    by nobody, and are counted. `origin` names the file in Problems, which also name the price and
    the key.
    """
    _keys(document, ("price",), (), origin)
    rows: dict[str, dict[str, object]] = {}
    for place, price in enumerate(_tables(document, "price", origin), 1):
        row = _row(price, _where(price, place, origin))
        if str(row["id"]) in rows:
            raise Problem(
                f"{origin}: price {row['id']} stands there twice",
                "a price is never changed: give the new terms a new version",
            )
        rows[str(row["id"])] = row
    return pl.DataFrame(list(rows.values()), schema=schema(PRICE_SET))


def _where(price: Mapping[str, object], place: int, origin: str) -> str:
    if "plan" in price and "version" in price:
        return f"{origin}: price {price['plan']}@{price['version']}"
    return f"{origin}: [[price]] number {place}"


def _row(price: Mapping[str, object], where: str) -> dict[str, object]:
    unpriced = price.get("unpriced", False)
    if not isinstance(unpriced, bool):
        raise Problem(where, f"`unpriced` is {unpriced!r}, it must be true, or left out")
    if unpriced:
        _keys(price, _UNPRICED_KEYS, ("interval_count",), where)
    else:
        _keys(price, _PRICE_KEYS, _PRICE_EXTRAS, where)
    plan, version = _text(price, "plan", where), _count(price, "version", where)
    currency, interval = _text(price, "currency", where), _text(price, "interval", where)
    if currency not in CURRENCY_DIGITS:
        raise Problem(where, f"`currency` is {currency!r}, it must be an ISO 4217 code such as USD")
    if interval not in _INTERVALS:
        raise Problem(where, f"`interval` is {interval!r}, it must be {' or '.join(_INTERVALS)}")
    return {
        "occurred_at": None,
        "recorded_at": None,
        "source": "prices",
        "id": f"{plan}@{version}",
        "subject": plan,
        "cause": None,
        "version": version,
        "valid_from": _instant(price, "valid_from", where),
        "currency": currency,
        "interval": interval,
        "interval_count": _count({"interval_count": 1, **price}, "interval_count", where),
        "terms": UNPRICED if unpriced else terms_to_json(_terms(price, where)),
    }


def _terms(price: Mapping[str, object], where: str) -> Terms:
    base, minimum, tax_share = (_decimal(price, key, where) for key in _TERMS_KEYS)
    meters = _tables(price, "meter", where) if "meter" in price else []
    terms = Terms(
        base=base,
        minimum=minimum,
        tax_share=tax_share,
        meters=tuple(_meter(meter, place, where) for place, meter in enumerate(meters, 1)),
    )
    check(terms, where)
    return terms


def _meter(meter: Mapping[str, object], place: int, price: str) -> MeterTerms:
    where = f"{price}, meter {meter.get('meter', f'number {place}')}"
    _keys(meter, _METER_KEYS, (), where)
    return MeterTerms(
        meter=_text(meter, "meter", where),
        included=_decimal(meter, "included", where),
        mode=_text(meter, "mode", where),
        tiers=tuple(
            _tier(tier, f"{where}, tier {number}")
            for number, tier in enumerate(_tables(meter, "tiers", where), 1)
        ),
    )


def _tier(tier: Mapping[str, object], where: str) -> Tier:
    _keys(tier, ("rate",), ("up_to",), where)
    up_to = _decimal(tier, "up_to", where) if "up_to" in tier else None
    return Tier(up_to=up_to, rate=_decimal(tier, "rate", where))


def _keys(
    table: Mapping[str, object], required: tuple[str, ...], optional: tuple[str, ...], where: str
) -> None:
    known = ", ".join((*required, *optional))
    for key in table:
        if key not in required and key not in optional:
            raise Problem(where, f"unknown key `{key}`", f"known here: {known}")
    for key in required:
        if key not in table:
            raise Problem(where, f"the key `{key}` is missing", f"known here: {known}")


def _tables(table: Mapping[str, object], key: str, where: str) -> list[Mapping[str, object]]:
    found = table[key]
    rows = found if isinstance(found, list) else []
    tables = [row for row in rows if isinstance(row, Mapping)]
    if not tables or len(tables) < len(rows):
        raise Problem(where, f"`{key}` must be a list of tables, with one at least")
    return tables


def _text(table: Mapping[str, object], key: str, where: str) -> str:
    value = table[key]
    if not isinstance(value, str) or not value.strip():
        raise Problem(where, f"`{key}` is {value!r}, it must be a text in quotes")
    return value


def _count(table: Mapping[str, object], key: str, where: str) -> int:
    value = table[key]
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _INTEGER_MAX:
        raise Problem(where, f"`{key}` is {value!r}, it must be a whole number from 1 on")
    return value


def _decimal(table: Mapping[str, object], key: str, where: str) -> Decimal:
    value = table[key]
    if isinstance(value, float):
        quoted = f'write "{decimal_text(Decimal(repr(value)))}" in quotes'
        raise Problem(where, f"`{key}` is a bare number: {quoted}", _QUOTES)
    if not isinstance(value, str):
        raise Problem(where, f'`{key}` is {value!r}, it must be a text like "49.00"', _QUOTES)
    if not _NUMBER.fullmatch(value):
        raise Problem(where, f'`{key}` is {value!r}, it must be written like "1234.56"')
    return Decimal(value)


def _instant(table: Mapping[str, object], key: str, where: str) -> datetime:
    value = table[key]
    if isinstance(value, datetime):
        try:
            return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        except OverflowError:
            said = f"`{key}` is {value}, in UTC it lies before the year 1 or after the year 9999"
            raise Problem(where, said) from None
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    reason = "like 2026-09-01T00:00:00Z, without quotes; no offset means UTC"
    raise Problem(where, f"`{key}` is {value!r}, it must be a TOML date or date-time", reason)
