"""A stretch of a period under one price: its fee, its use and its top-up, as lines before tax."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, localcontext

import msgspec
from msgspec.structs import replace

from psizero.core.money import CURRENCY_DIGITS, EXACT, money, round_half_away
from psizero.finance.discounts import discount_lines
from psizero.finance.lines import Line, limited, major, new_line, shown
from psizero.finance.price_models import (
    EXACTLY,
    ONE,
    ZERO,
    Quantities,
    Step,
    Transaction,
    Transactions,
    steps_between,
    usage_amount,
)
from psizero.finance.proration import WHOLE, Share, scaled, summed
from psizero.finance.terms import MeterTerms, PriceVersion, Terms


class Used(msgspec.Struct, frozen=True):
    """Totals by meter; for meters that price each transaction also these, in their order."""

    quantities: Quantities = {}
    transactions: Transactions = {}


NOTHING = Used()


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A period under one price, or the part of it that was under it.

    `seats` are how many for which share of the period, one after the other. `before` is what of
    `used` earlier bills of the period have billed, with the lines in `billed`; a stretch that is
    not `final` is billed for its use alone, since fees, minima and discounts wait for its end.
    """

    price: PriceVersion
    start: datetime
    end: datetime
    used: Used
    seats: tuple[tuple[int, Share], ...] = ((1, WHOLE),)
    before: Used = NOTHING
    billed: tuple[Line, ...] = ()
    final: bool = True

    @property
    def share(self) -> Share:
        """The part of the period that it is."""
        first = self.seats[0][1]
        return replace(first, used=sum(share.used for _, share in self.seats))


def unpriced(price: PriceVersion, used: Used | Quantities) -> set[str]:
    """Meters with a quantity that nobody bills: the price does not know them, so report them.

    Also those whose price is of each transaction, where only their total is known.
    """
    known = used if isinstance(used, Used) else Used(used)
    able = {
        one.meter
        for one in price.terms.meters
        if one.transaction is None or one.meter in known.transactions
    }
    return {meter for meter, quantity in known.quantities.items() if quantity and meter not in able}


def seat_fee(terms: Terms, seats: int) -> tuple[Decimal, list[Step]]:
    """The fee of a whole period: base for each seat, or once and the seats by their own terms."""
    with localcontext(EXACTLY):
        if terms.seats is None:
            count = Decimal(seats)
            return terms.base * count, [_fee_step("seats", count, terms.base)]
        steps = [_fee_step("fixed fee", ONE, terms.base)] if terms.base else []
        steps += usage_amount(terms.seats, Decimal(seats))[1]
        return sum((step.amount for step in steps), ZERO), steps


def _fee_step(label: str, units: Decimal, rate: Decimal) -> Step:
    return Step(label, ZERO, None, units, rate, units * rate)


def stretch_lines(stretch: Stretch) -> list[Line]:
    """The lines of a stretch: fee, use, top-up, usage discounts, all within the maximum.

    Of a part of a period, what the price gives for a whole one counts by its share: fees,
    included units, bounds and fees of tiers, minimum and maximum. The top-up is what the other
    lines, as rounded, have too little: decision 0031.
    """
    terms, price = scaled(stretch.price.terms, stretch.share), stretch.price
    period = (stretch.start, stretch.end)
    lines = _fee_lines(stretch) if stretch.final else []
    with localcontext(EXACTLY):
        usage: dict[str, Decimal] = {}
        for one in terms.meters:
            usage[one.meter], more = _usage_lines(stretch, one)
            lines += more
    if stretch.final:
        least = money(terms.minimum, price.currency)
        short = least.minor - sum(line.amount_minor for line in (*stretch.billed, *lines))
        if short > 0:
            text = f"top-up to the minimum of {least}"
            lines.append(new_line(price, period, "minimum", text, major(short, price.currency)))
        lines += discount_lines(price, terms, usage, period)
    return lines if terms.maximum is None else _within(terms.maximum, stretch, terms, lines)


def _within(maximum: Decimal, stretch: Stretch, terms: Terms, lines: Sequence[Line]) -> list[Line]:
    """What is posted of a period never comes to more than its maximum.

    A credit counts only for what earlier bills have not left out already for the same reason.
    """
    currency, before = stretch.price.currency, stretch.before
    posted = sum(line.amount_minor for line in stretch.billed)
    now = sum(line.amount_minor for line in lines)
    with localcontext(EXACTLY):
        left_out = -sum((line.precise for line in stretch.billed), ZERO)
        for one in terms.meters if stretch.billed else ():
            known = before.quantities.get(one.meter, ZERO)
            left_out += usage_amount(one, known, _own(before, one), final=False)[0]
        total = sum((line.precise for line in lines), left_out)
    most = max(money(maximum, currency).minor - posted, 0)
    owed = max(money(total, currency).minor, now) if left_out > 0 else now
    return limited(lines, min(owed, most), currency)


def _own(used: Used, terms: MeterTerms) -> Sequence[Transaction]:
    return used.transactions.get(terms.meter, ())


def _fee_lines(stretch: Stretch) -> list[Line]:
    """The fee, in one line however often the seats changed, so that it is rounded once."""
    price, terms = stretch.price, stretch.price.terms
    parts: list[tuple[str, Step, Share]] = []
    for count, share in stretch.seats:
        when = "" if share.used == share.whole else f" for {share.text}"
        said = f"{count:,} {'seat' if count == 1 else 'seats'}{when}"
        parts += [(said, step, share) for step in seat_fee(terms, count)[1]]
    exact, amounts = summed([(step.amount, share) for _, step, share in parts])
    if not exact:
        return []
    count, share = stretch.seats[0]
    text = f"{price.plan}, fixed fee"
    if len(stretch.seats) == 1:
        text += f" for {count:,} seats" if count > 1 else ""
        text += "" if share.used == share.whole else f" for {share.text}"
    with localcontext(EXACTLY):
        precise = sum(amounts, ZERO)
    line = new_line(price, (stretch.start, stretch.end), "base", text, precise)
    plain = len(stretch.seats) == 1 and terms.seats is None and share.used == share.whole
    steps = [
        replace(step, label=said if terms.seats is None else f"{said}: {step.label}", amount=amount)
        for (said, step, _), amount in zip(parts, amounts, strict=True)
    ]
    digits = CURRENCY_DIGITS[price.currency]
    minor = int(round_half_away(EXACT.scaleb(exact, Decimal(digits))))
    return [replace(line, amount_minor=minor, steps=() if plain else tuple(steps))]


def _usage_lines(stretch: Stretch, terms: MeterTerms) -> tuple[Decimal, list[Line]]:
    """What a meter comes to so far, and the line of one that was used or owes its own minimum."""
    meter, used, before = terms.meter, stretch.used, stretch.before
    if terms.transaction is not None and meter in unpriced(stretch.price, used):
        return ZERO, []
    total, known = used.quantities.get(meter, ZERO), before.quantities.get(meter, ZERO)
    amount, steps = usage_amount(terms, total, _own(used, terms), stretch.final)
    quantity, precise = total, amount
    if before is not NOTHING:
        old, gone = usage_amount(terms, known, _own(before, terms), final=False)
        with localcontext(EXACTLY):
            quantity, precise = total - known, amount - old
            steps = steps_between(gone, steps)
    if quantity <= 0 and not precise:
        return amount, []
    text = f"{shown(quantity)} {meter}, {shown(terms.included)} included"
    line = new_line(stretch.price, (stretch.start, stretch.end), "usage", text, precise)
    return amount, [replace(line, meter=meter, quantity=quantity, steps=tuple(steps))]
