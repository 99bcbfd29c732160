"""The terms of a price: what the price book says, and what price.set keeps as JSON.

Fields that came later have a default that is left out of the JSON, so that older terms stay the
same bytes.
"""

from datetime import datetime
from decimal import Decimal

import msgspec

from psizero.core.content import canonical
from psizero.core.errors import Problem

MODES = ("per_unit", "graduated", "volume", "package", "percentage", "graduated_percentage")
"""How the units of a meter become an amount; see `finance/price_models.py`."""
SEAT_MODES = MODES[:4]
DISCOUNT_MODES = ("graduated", "volume")
SEATS = "seats"


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`rate` in major units per unit, for units over the included ones up to and with `up_to`.

    `fee` is added once where a unit falls into the tier. In the percentage modes and in discounts
    a unit is one major unit of money and `rate` is a share, 0 to 1.
    """

    up_to: Decimal | None
    rate: Decimal
    fee: Decimal | None = None


class PerTransaction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What each transaction of a percentage costs besides: major units; a transaction's price,
    its share and its fee together, is raised to `minimum` and cut to `maximum`.
    """

    fee: Decimal
    minimum: Decimal | None = None
    maximum: Decimal | None = None


class MeterTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a meter costs: `included` units are free, the rest is priced as `mode` says.

    `package` is how many units are in one; `minimum` and `maximum` are the least and the most that
    the meter costs in a period, in major units.
    """

    meter: str
    included: Decimal
    mode: str
    tiers: tuple[Tier, ...]
    package: Decimal | None = None
    transaction: PerTransaction | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None


class Commitment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A spend in major units that is promised for a term of so many periods."""

    amount: Decimal
    periods: int


class UsageDiscount(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A share off what the named meters come to in a period, all meters where none is named.

    graduated: each slice of that spend gets the share of its own tier. volume: all of it gets the
    share of the tier that it reaches.
    """

    mode: str
    tiers: tuple[Tier, ...]
    meters: tuple[str, ...] = ()


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A period's price in major units; `tax_share` is 0 to 1, on top of the net.

    `base` is for each seat, or once where `seats` says what seats cost. `minimum` and `maximum`
    are the least and the most that fee and usage of a period come to.
    """

    base: Decimal
    minimum: Decimal
    tax_share: Decimal
    meters: tuple[MeterTerms, ...]
    maximum: Decimal | None = None
    seats: MeterTerms | None = None
    commitment: Commitment | None = None
    discounts: tuple[UsageDiscount, ...] = ()


class PriceVersion(msgspec.Struct, frozen=True):
    """A row of price.set, its terms decoded."""

    plan: str
    version: int
    valid_from: datetime
    currency: str
    interval: str
    interval_count: int
    terms: Terms


def terms_of(text: str) -> Terms:
    """The column `terms` of price.set, decoded. Raises Problem on another shape."""
    try:
        return msgspec.json.decode(text, type=Terms)
    except msgspec.DecodeError as error:
        raise Problem("the terms of a price cannot be read", str(error)) from error


def terms_to_json(terms: Terms) -> str:
    """Canonical JSON: equal terms are the same text, whatever zeros they were written with."""
    return canonical(msgspec.to_builtins(terms, builtin_types=(Decimal,)))
