"""Invoicing as rules over any week: beside the golden cases in cases.toml."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.clock import quarter_hour
from psizero.core.records import Decision
from psizero.core.tables import POLARS_TYPES, Facts, Type
from psizero.finance.automations.invoicing import AUTOMATION, Settings, measure, propose
from psizero.finance.rating import MeterTerms, Terms, Tier, terms_to_json

MONDAY, WEEK = datetime(2026, 10, 5), timedelta(days=7)
GRACE = timedelta(hours=6)
METERS = ("calls", "tokens", "unpriced")
MICROSECOND = timedelta(microseconds=1)


class Week(msgspec.Struct, frozen=True):
    """A week of a customer: invoiced already or not, and by meter billed and open quantity."""

    customer: str
    number: int
    invoiced: bool
    quantities: dict[str, tuple[int, int]]

    @property
    def start(self) -> datetime:
        return MONDAY + self.number * WEEK


@st.composite
def lives(draw: st.DrawFn) -> list[Week]:
    """Up to three customers, each with invoiced weeks and then open ones."""
    quantity = st.integers(0, 20_000)
    weeks: list[Week] = []
    for customer in ("ada", "bob", "cyd")[: draw(st.integers(1, 3))]:
        invoiced, open_ = draw(st.integers(0, 3)), draw(st.integers(0, 2))
        for number in range(invoiced + open_):
            used = draw(st.dictionaries(st.sampled_from(METERS), st.tuples(quantity, quantity)))
            done = number < invoiced
            kept = {m: (billed if done else 0, new) for m, (billed, new) in used.items()}
            weeks.append(Week(customer, number, done, kept))
    return weeks


def typed(rows: list[dict[str, object]], columns: dict[str, Type]) -> pl.DataFrame:
    """Rows as the store would give them."""
    return pl.DataFrame(rows, schema={name: POLARS_TYPES[one] for name, one in columns.items()})


PERIOD = {
    "subscription": Type.TEXT,
    "customer": Type.TEXT,
    "plan": Type.TEXT,
    "period_start": Type.INSTANT,
    "period_end": Type.INSTANT,
    "invoiced": Type.BOOLEAN,
}
CALENDAR = PERIOD | {"open_end": Type.INSTANT, "correction": Type.BOOLEAN}
CALENDAR |= {"billed_through": Type.INSTANT, "quantity": Type.INTEGER, "version": Type.INTEGER}
CALENDAR |= {"whole_end": Type.INSTANT}
CHANGE = {"change": Type.TEXT, "subscription": Type.TEXT, "effective": Type.TEXT}
CHANGE |= {"changed_at": Type.INSTANT, "plan": Type.TEXT, "version": Type.INTEGER}
CHANGE |= {"quantity": Type.INTEGER}
COUPON = {"customer": Type.TEXT, "coupon": Type.TEXT, "subscription": Type.TEXT}
USAGE = PERIOD | {"meter": Type.TEXT}
USAGE |= {"billed_quantity": Type.QUANTITY, "open_quantity": Type.QUANTITY}
PRICE = {
    "plan": Type.TEXT,
    "version": Type.INTEGER,
    "valid_from": Type.INSTANT,
    "currency": Type.TEXT,
    "interval": Type.TEXT,
    "interval_count": Type.INTEGER,
    "terms": Type.JSON,
}


def prices() -> pl.DataFrame:
    """One plan with a base, tax, and two meters."""
    tiers = (Tier(Decimal(5000), Decimal("0.0105")), Tier(None, Decimal("0.000123456789")))
    calls = MeterTerms("calls", Decimal(1000), "graduated", tiers)
    tokens = MeterTerms("tokens", Decimal(0), "volume", tiers)
    terms = Terms(Decimal("49.00"), Decimal("60.00"), Decimal("0.19"), (calls, tokens))
    row = {"plan": "basic", "version": 1, "valid_from": MONDAY - WEEK, "currency": "EUR"}
    more = {"interval": "week", "interval_count": 1, "terms": terms_to_json(terms)}
    return typed([row | more], PRICE)


def facts_of(weeks: list[Week]) -> Facts:
    """The tables that are read; nobody has changed anything."""
    periods = [
        {
            "subscription": f"sub {week.customer}",
            "customer": week.customer,
            "plan": "basic",
            "period_start": week.start,
            "period_end": week.start + WEEK,
            "invoiced": week.invoiced,
        }
        for week in weeks
    ]
    calendar: list[dict[str, object]] = []
    usage: list[dict[str, object]] = []
    for week, period in zip(weeks, periods, strict=True):
        end = None if week.invoiced else period["period_end"]
        more = {"whole_end": period["period_end"], "quantity": 1, "version": None}
        calendar.append(
            {**period, **more, "open_end": end, "correction": False} | {"billed_through": None}
        )
        for meter, (billed, new) in sorted(week.quantities.items()):
            quantities = {"billed_quantity": Decimal(billed), "open_quantity": Decimal(new)}
            usage.append({**period, "meter": meter, **quantities})
    return {
        "billing_calendar": typed(calendar, CALENDAR),
        "period_usage": typed(usage, USAGE),
        "prices": prices(),
        "subscription_changes": typed([], CHANGE),
        "coupons": typed([], COUPON),
        "tax_rules": typed([], {"customer": Type.TEXT, "rule": Type.JSON}),
    }


def decide(weeks: list[Week], now: datetime) -> list[Decision]:
    """What is decided at an instant, under the default settings."""
    return list(propose(facts_of(weeks), Settings(), now))


def invoice_of(decision: Decision) -> dict[str, object]:
    """The one invoice that a decision adds."""
    (row,) = decision.rows["invoice.issued"]
    return dict(row)


def lines_of(decision: Decision) -> list[dict[str, object]]:
    """The lines of that invoice, read back."""
    return msgspec.json.decode(str(invoice_of(decision)["lines"]), type=list[dict[str, object]])


LATER = MONDAY + 6 * WEEK


@given(lives())
def test_each_open_week_once_and_no_other(weeks: list[Week]) -> None:
    made = Counter((one.subject, one.parameters["period_start"]) for one in decide(weeks, LATER))
    assert made == Counter((week.customer, week.start) for week in weeks if not week.invoiced)


@given(lives(), st.integers(-2, 2))
def test_none_before_its_grace(weeks: list[Week], step: int) -> None:
    now = MONDAY + 2 * WEEK + GRACE + step * MICROSECOND
    for one in decide(weeks, now):
        end = one.parameters["period_end"]
        assert isinstance(end, datetime) and end + GRACE <= now
    due = [week for week in weeks if not week.invoiced and week.start + WEEK + GRACE <= now]
    assert len(decide(weeks, now)) == len(due)


@given(lives())
def test_totals_are_the_sums_of_the_lines(weeks: list[Week]) -> None:
    for one in decide(weeks, LATER):
        said, lines = one.parameters, lines_of(one)
        assert said["net_minor"] == sum(int(str(line["amount"])) for line in lines)
        assert said["tax_minor"] == sum(int(str(line["tax"])) for line in lines)
        assert said["total_minor"] == int(str(said["net_minor"])) + int(str(said["tax_minor"]))
        assert {**invoice_of(one), **said} == invoice_of(one), "parameters stand in the row too"
        assert one.worth is not None and one.worth.expected.minor == said["total_minor"]


@given(lives())
def test_every_entry_balances_to_the_total(weeks: list[Week]) -> None:
    for one in decide(weeks, LATER):
        sides = one.rows["journal.posted"]
        assert sum(int(str(side["amount_minor"])) for side in sides) == 0
        owed = [side["amount_minor"] for side in sides if side["account"] == "receivable"]
        assert owed == ([one.parameters["total_minor"]] if one.parameters["total_minor"] else [])


@given(lives())
def test_late_use_is_billed_once_in_its_own_week(weeks: list[Week]) -> None:
    billed: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for one in decide(weeks, LATER):
        late = [line for line in lines_of(one) if line["kind"] == "late_usage"]
        billed[one.subject] += [(str(line["period_start"]), str(line["meter"])) for line in late]
        assert invoice_of(one)["late_minor"] == sum(int(str(line["amount"])) for line in late)
        assert all(str(line["period_start"]) < str(one.parameters["period_start"]) for line in late)
    for customer, found in billed.items():
        open_ = [week for week in weeks if week.customer == customer and not week.invoiced]
        owed = [
            (f"{week.start.isoformat()}Z", meter)
            for week in weeks
            for meter, (_, new) in week.quantities.items()
            if week.customer == customer and week.invoiced and new and meter != "unpriced"
        ]
        assert sorted(found) == (sorted(owed) if open_ else [])


@given(lives())
def test_what_has_no_price_is_said(weeks: list[Week]) -> None:
    known = {(week.customer, week.start): week.quantities for week in weeks}
    for one in decide(weeks, LATER):
        start = one.parameters["period_start"]
        assert isinstance(start, datetime)
        used = known[one.subject, start].get("unpriced", (0, 0))[1]
        assert one.evidence.facts["unpriced_meters"] == (["unpriced"] if used else [])


@given(st.datetimes(LATER, LATER + WEEK))
def test_billed_through_is_a_closed_quarter_hour(now: datetime) -> None:
    (one,) = decide([Week("ada", 0, False, {})], now)
    assert invoice_of(one)["billed_through"] == quarter_hour(now) <= now


def test_measured_by_what_came_late() -> None:
    due = pl.DataFrame(
        {
            "decision": ["d1", "d2", "d3"],
            "parameters": [
                '{"subscription":"a","period_start":"2026-10-05T00:00:00Z","total_minor":200}',
                '{"subscription":"b","period_start":"2026-10-05T00:00:00Z","total_minor":200}',
                '{"subscription":"c","period_start":"2026-10-05T00:00:00Z","total_minor":0}',
            ],
        }
    )
    late = {"subscription": ["a", "c", "a"], "period_start": [MONDAY, MONDAY, MONDAY + WEEK]}
    facts = {"invoice_corrections": pl.DataFrame({**late, "late_minor": [50, 7, 9]})}
    found = measure(facts, due)
    assert found["decision"].to_list() == ["d1", "d2", "d3"]
    assert [str(value) for value in found["value"]] == ["0.25", "0.0", "7.0"]
    assert found["good"].to_list() == [False, True, False]
    assert AUTOMATION.measure is measure
