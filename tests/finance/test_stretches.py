"""A period in parts and in several bills: what it costs does not depend on how it is cut."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from psizero.finance.agreements import Agreements, Period
from psizero.finance.book import PriceBook
from psizero.finance.charges import Billing, Usage, charge
from psizero.finance.price_models import Transaction
from psizero.finance.proration import Share
from psizero.finance.rating import invoice_lines, late_line, spend
from psizero.finance.stretches import Stretch, Used, seat_fee, stretch_lines, unpriced
from psizero.finance.terms import (
    Commitment,
    MeterTerms,
    PerTransaction,
    PriceVersion,
    Tier,
    UsageDiscount,
)
from tests.finance.periods import END, NAMES, ROUNDS, START, billed, slow
from tests.finance.priced import (
    CENTS,
    bounds,
    halves,
    meters,
    per_unit,
    price,
    prices,
    terms_with,
    tiered,
)
from tests.finance.slow_prices import metered, rounded


@given(prices(), ROUNDS, st.booleans())
def test_a_period_costs_what_the_slow_one_says_however_often_it_is_billed(
    of: PriceVersion, rounds: list[tuple[Decimal, Decimal]], often: bool
) -> None:
    lines = billed(of, rounds, often)
    used = [line for line in lines if line.kind != "minimum"]
    without = replace(of, terms=replace(of.terms, minimum=Decimal(0)))
    assert sum((Fraction(line.precise) for line in used), Fraction(0)) == slow(without, rounds)
    for line in lines:
        assert line.amount_minor == rounded(Fraction(line.precise), 2)
        assert not line.steps or line.precise == sum(step.amount for step in line.steps)


@st.composite
def whole(draw: st.DrawFn) -> PriceVersion:
    """Prices whose every amount is whole cents, with a maximum."""
    modes = ("per_unit", "graduated", "volume", "package")

    def rounder(one: MeterTerms) -> MeterTerms:
        made = tuple(
            replace(tier, rate=Decimal(int(tier.rate)), fee=tier.fee and Decimal(int(tier.fee)))
            for tier in one.tiers
        )
        least, most = one.minimum and int(one.minimum), one.maximum and int(one.maximum)
        limits = [None if bound is None else Decimal(bound) for bound in (least, most)]
        return replace(one, tiers=made, minimum=limits[0], maximum=limits[1])

    both = [rounder(draw(meters(name, modes))) for name in NAMES]
    low, high = sorted((draw(st.integers(0, 400)), draw(st.integers(0, 900))))
    of = price(*both, base=str(draw(CENTS)), minimum=str(low))
    half = UsageDiscount("volume", (Tier(None, Decimal("0.5")),))
    return terms_with(of, str(high), discounts=(half,) if draw(st.booleans()) else ())


@given(whole(), ROUNDS, st.booleans())
def test_no_period_is_ever_posted_above_its_maximum(
    of: PriceVersion, rounds: list[tuple[Decimal, Decimal]], often: bool
) -> None:
    lines, most = billed(of, rounds, often), of.terms.maximum
    assert most is not None
    assert sum(line.amount_minor for line in lines) == 100 * slow(of, rounds) <= 100 * most


@given(prices(), ROUNDS, st.integers(0, 900))
def test_a_maximum_holds_to_the_cent_also_where_amounts_do_not(
    of: PriceVersion, rounds: list[tuple[Decimal, Decimal]], most: int
) -> None:
    of = terms_with(of, str(max(most, of.terms.minimum)), discounts=of.terms.discounts)
    for often in (True, False):
        total = sum(line.amount_minor for line in billed(of, rounds, often))
        assert total <= 100 * (of.terms.maximum or 0)
    without = replace(of, terms=replace(of.terms, maximum=None))
    if of.terms.maximum is not None and slow(without, rounds) > of.terms.maximum:
        assert total == 100 * of.terms.maximum


def test_a_maximum_counts_what_earlier_bills_of_the_period_took() -> None:
    of = terms_with(price(per_unit("1"), base="10"), "100")
    rounds = [(Decimal(80), Decimal(0)), (Decimal(50), Decimal(0)), (Decimal(5), Decimal(0))]
    lines = billed(of, rounds, often=True)
    assert [(line.kind, line.amount_minor) for line in lines] == [
        ("usage", 8000),
        ("usage", 2000),
        ("base", 0),
        ("usage", 0),
    ]
    assert lines[1].steps[-1].label == "maximum of the period"


def test_packages_are_begun_once_however_often_they_are_billed() -> None:
    terms = MeterTerms(
        "calls", Decimal(0), "package", (Tier(None, Decimal(5)),), package=Decimal(100)
    )
    lines = billed(price(terms), [(Decimal(40), Decimal(0)), (Decimal(40), Decimal(0))], often=True)
    assert [line.amount_minor for line in lines] == [500, 0]


SEATS = replace(tiered(("10", "8"), (None, "5"), meter="seats"), included=Decimal(2))


def test_seats_have_tiers_of_their_own_beside_a_fee_that_comes_once() -> None:
    of = terms_with(price(base="20"), seats=SEATS)
    (line,) = invoice_lines(of, {}, START, END, 15)
    assert line.amount_minor == 100 * (20 + 10 * 8 + 3 * 5)
    assert [(step.label, str(step.units)) for step in line.steps] == [
        ("15 seats: fixed fee", "1"),
        ("15 seats: included", "2"),
        ("15 seats: tier 1", "10"),
        ("15 seats: tier 2", "3"),
    ]


def test_seats_that_change_within_a_period_are_one_line_rounded_once() -> None:
    """5 seats for 10 of 30 days, 12 for 20: the graduated price of each by its share."""
    of = terms_with(price(base="20"), seats=SEATS)
    held = ((5, Share(10, 30)), (12, Share(20, 30)))
    (line,) = stretch_lines(Stretch(price=of, start=START, end=END, used=Used(), seats=held))
    assert Fraction(44, 3) + 2 * Fraction(100, 3) == Fraction(244, 3)
    assert line.amount_minor == rounded(Fraction(244, 3), 2) == 8133
    assert line.steps[0].label == "5 seats for 10 of 30 days: fixed fee"
    assert line.precise == sum(step.amount for step in line.steps)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), min_size=1, max_size=4),
    st.decimals(0, 500, places=4),
    st.booleans(),
)
def test_seats_are_the_slow_sum_of_their_days(
    held: list[tuple[int, int]], base: Decimal, own: bool
) -> None:
    days = sum(count for _, count in held)
    of = terms_with(price(base=str(base)), seats=SEATS if own else None)
    seats = tuple((count, Share(part, max(days, 1))) for count, part in held)
    lines = stretch_lines(Stretch(price=of, start=START, end=END, used=Used(), seats=seats))
    daily = [
        Fraction(base) + metered(SEATS, [Fraction(count)]) if own else Fraction(base) * count
        for count, part in held
        for _ in range(part)
    ]
    amount = sum(daily, Fraction(0)) / max(days, 1)
    assert sum(line.amount_minor for line in lines) == rounded(amount, 2)
    for line in lines:
        assert abs(Fraction(line.precise) - amount) <= Fraction(1, 2 * 10**15)


def test_the_fee_of_seats_is_the_base_for_each_where_nothing_else_is_said() -> None:
    assert seat_fee(price(base="7.5").terms, 3)[0] == Decimal("22.5")
    assert seat_fee(terms_with(price(base="7.5"), seats=SEATS).terms, 3)[0] == Decimal("15.5")


CARD = replace(
    per_unit("0.029", meter="paid"), mode="percentage", transaction=PerTransaction(Decimal("0.3"))
)


def test_a_price_of_each_transaction_cannot_be_made_from_a_total() -> None:
    total = {"paid": Decimal(100)}
    assert unpriced(price(CARD), total) == {"paid"}
    assert invoice_lines(price(CARD), total, START, END) == []
    each: dict[str, list[Transaction]] = {"paid": [(Decimal(100), 1)]}
    assert unpriced(price(CARD), Used(total, each)) == set()


@given(prices(), bounds(), st.tuples(halves(0, 30), halves(0, 30)), halves(0, 30))
def test_a_late_line_brings_a_period_to_what_it_costs_with_all_known(
    of: PriceVersion,
    limits: tuple[Decimal | None, Decimal | None],
    first: tuple[Decimal, Decimal],
    late: Decimal,
) -> None:
    plain = tuple(replace(one, transaction=None) for one in of.terms.meters)
    most = None if limits[1] is None else max(limits[1], of.terms.minimum)
    of = replace(of, terms=replace(of.terms, meters=plain, maximum=most))
    known = dict(zip(NAMES, first, strict=True))
    line = late_line(of, "calls", known, late, (START, END))
    assert line.precise == sum(step.amount for step in line.steps)
    after = {**known, "calls": known["calls"] + late}
    assert spend(of.terms, known) + line.precise == spend(of.terms, after)
    assert Fraction(spend(of.terms, after)) == slow(of, [(known["calls"] + late, first[1])])


@pytest.mark.parametrize(
    ("late", "label"), [("5", "discount and minimum"), ("500", "maximum of the period")]
)
def test_a_late_line_says_what_else_changed(late: str, label: str) -> None:
    tenth = UsageDiscount("volume", (Tier(None, Decimal("0.1")),))
    of = terms_with(price(per_unit("1")), "100", discounts=(tenth,))
    line = late_line(of, "calls", {"calls": Decimal(10)}, Decimal(late), (START, END))
    assert line.steps[-1].label == label


def test_invoicing_bills_seats_and_says_what_it_cannot_bill() -> None:
    of = terms_with(price(CARD, base="20"), seats=SEATS, commitment=Commitment(Decimal(100), 12))
    book = PriceBook({"plan": ((of.valid_from, of),)})
    period = Period("sub", "ada", "plan", START, END, correction=False, quantity=15)
    usage = Usage({("sub", START): {"paid": Decimal(7)}}, {}, {}, {})
    known = Billing(book, usage, Agreements({}, frozenset(), {}, {}))
    made = charge(period, known, with_late=True)
    assert made is not None and made.net_minor == 11500
    assert made.unpriced_meters == ["paid"]
    assert made.term is not None and (made.term.periods, made.term.spent) == (1, Decimal(115))
    assert sum(int(str(side["amount_minor"])) for side in made.entry()) == 0
