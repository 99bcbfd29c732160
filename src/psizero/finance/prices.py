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
from psizero.finance.faults import check
from psizero.finance.terms import (
    MODES,
    SEAT_MODES,
    SEATS,
    Commitment,
    MeterTerms,
    PerTransaction,
    Terms,
    Tier,
    UsageDiscount,
    terms_to_json,
)

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_QUOTES = "rates are strings, or they become floats"
_INTEGER_MAX = 2**63 - 1
_INTERVALS = PRICE_SET.columns["interval"].choices
_TERMS_KEYS = ("base", "minimum", "tax_share")
_PRICE_KEYS = ("plan", "version", "valid_from", "currency", "interval", *_TERMS_KEYS)
_PRICE_EXTRAS = (
    "interval_count",
    "maximum",
    "seats",
    "commitment",
    "discount",
    "meter",
    "unpriced",
)
_UNPRICED_KEYS = ("plan", "version", "valid_from", "currency", "interval", "unpriced")
_SEAT_KEYS = ("included", "mode")
_RATES = ("tiers", "rate")
_ONE_RATE = ("per_unit", "package", "percentage")
_TRANSACTION_KEYS = ("transaction_fee", "transaction_minimum", "transaction_maximum")
_METER_EXTRAS = (*_RATES, "package", *_TRANSACTION_KEYS, "minimum", "maximum")


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
    discounts = _tables(price, "discount", where) if "discount" in price else []
    terms = Terms(
        base=base,
        minimum=minimum,
        tax_share=tax_share,
        meters=tuple(_meter(meter, place, where) for place, meter in enumerate(meters, 1)),
        maximum=_maybe(price, "maximum", where),
        seats=_seats(_table(price, "seats", where), where) if "seats" in price else None,
        commitment=_commitment(price, where) if "commitment" in price else None,
        discounts=tuple(_discount(one, n, where) for n, one in enumerate(discounts, 1)),
    )
    check(terms, where)
    return terms


def _meter(meter: Mapping[str, object], place: int, price: str) -> MeterTerms:
    where = f"{price}, meter {meter.get('meter', f'number {place}')}"
    _keys(meter, ("meter", *_SEAT_KEYS), _METER_EXTRAS, where)
    return MeterTerms(
        meter=_text(meter, "meter", where),
        included=_decimal(meter, "included", where),
        mode=_choice(meter, MODES, where),
        tiers=_rates(meter, where),
        package=_maybe(meter, "package", where),
        transaction=_transaction(meter, where),
        minimum=_maybe(meter, "minimum", where),
        maximum=_maybe(meter, "maximum", where),
    )


def _seats(seats: Mapping[str, object], price: str) -> MeterTerms:
    where = f"{price}, seats"
    _keys(seats, _SEAT_KEYS, (*_RATES, "package"), where)
    return MeterTerms(
        meter=SEATS,
        included=_decimal(seats, "included", where),
        mode=_choice(seats, SEAT_MODES, where),
        tiers=_rates(seats, where),
        package=_maybe(seats, "package", where),
    )


def _transaction(meter: Mapping[str, object], where: str) -> PerTransaction | None:
    if not any(key in meter for key in _TRANSACTION_KEYS):
        return None
    fee, minimum, maximum = (_maybe(meter, key, where) for key in _TRANSACTION_KEYS)
    return PerTransaction(fee or Decimal(0), minimum, maximum)


def _commitment(price: Mapping[str, object], above: str) -> Commitment:
    where, said = f"{above}, commitment", _table(price, "commitment", above)
    _keys(said, ("amount", "periods"), (), where)
    return Commitment(_decimal(said, "amount", where), _count(said, "periods", where))


def _discount(discount: Mapping[str, object], place: int, price: str) -> UsageDiscount:
    where = f"{price}, discount {place}"
    _keys(discount, (), ("meters", "mode", "tiers", "share"), where)
    meters = discount.get("meters", [])
    if not isinstance(meters, list) or not all(isinstance(name, str) for name in meters):
        raise Problem(where, f"`meters` is {meters!r}, it must be a list of names")
    if "share" in discount:
        _keys(discount, ("share",), ("meters",), where)
        tiers = (Tier(None, _decimal(discount, "share", where)),)
        return UsageDiscount("graduated", tiers, tuple(meters))
    _keys(discount, ("mode", "tiers"), ("meters",), where)
    return UsageDiscount(
        mode=_text(discount, "mode", where),
        tiers=tuple(
            _tier(tier, "share", f"{where}, tier {number}")
            for number, tier in enumerate(_tables(discount, "tiers", where), 1)
        ),
        meters=tuple(meters),
    )


def _rates(meter: Mapping[str, object], where: str) -> tuple[Tier, ...]:
    """One rate in the modes that have one, tiers in the others."""
    if "rate" in meter and "tiers" in meter:
        raise Problem(where, "`rate` and `tiers` stand there both: it is one or the other")
    if meter["mode"] in _ONE_RATE:
        said = f"the mode {meter['mode']} has one rate"
        if "tiers" in meter:
            raise Problem(where, f"`tiers` is there: {said}")
        if "rate" not in meter:
            raise Problem(where, f"the key `rate` is missing: {said}")
        return (Tier(None, _decimal(meter, "rate", where)),)
    if "tiers" not in meter:
        raise Problem(where, f"the key `tiers` is missing: the mode {meter['mode']} has tiers")
    return tuple(
        _tier(tier, "rate", f"{where}, tier {number}")
        for number, tier in enumerate(_tables(meter, "tiers", where), 1)
    )


def _tier(tier: Mapping[str, object], rate: str, where: str) -> Tier:
    _keys(tier, (rate,), ("up_to", "fee") if rate == "rate" else ("up_to",), where)
    up_to, fee = _maybe(tier, "up_to", where), _maybe(tier, "fee", where)
    return Tier(up_to=up_to, rate=_decimal(tier, rate, where), fee=fee)


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


def _table(table: Mapping[str, object], key: str, where: str) -> Mapping[str, object]:
    found = table[key]
    if not isinstance(found, Mapping):
        raise Problem(where, f"`{key}` must be one table")
    return found


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


def _maybe(table: Mapping[str, object], key: str, where: str) -> Decimal | None:
    return _decimal(table, key, where) if key in table else None


def _choice(table: Mapping[str, object], known: tuple[str, ...], where: str) -> str:
    value = _text(table, "mode", where)
    if value not in known:
        raise Problem(where, f"`mode` is {value!r}, it must be {' or '.join(known)}")
    return value


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
