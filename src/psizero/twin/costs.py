"""What the company pays for: its vendors, its budgets, what it spends to be found, and rates.

All of a day is handed in on the next morning, at one instant.
"""

from calendar import monthrange
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
import numpy as np

from psizero.core.events.budget import BUDGET_SET
from psizero.core.events.cost import COST_CHARGED
from psizero.core.events.exchange import EXCHANGE_QUOTED
from psizero.core.events.marketing import MARKETING_SPENT
from psizero.twin.accounts import CURRENCY
from psizero.twin.dice import normal
from psizero.twin.emission import Emission, Row, rows_of
from psizero.twin.planted import DAY, HOUR, Company, Planted, planted, rates

MORNING = 6 * HOUR
_LATE = 2 * DAY


class Item(msgspec.Struct, frozen=True):
    """What a vendor charges for. `month_day`: when, for what is charged once a month."""

    vendor: str
    service: str
    category: str
    currency: str = CURRENCY
    month_day: int = 0


_CLOUD = "Amber Cloud"
ITEMS = {
    "compute": Item(_CLOUD, "Compute", "infrastructure"),
    "network": Item(_CLOUD, "Network", "infrastructure"),
    "quantum_time": Item("Qubit Foundry", "Quantum time", "infrastructure", "EUR"),
    "database": Item(_CLOUD, "Managed database", "infrastructure"),
    "storage": Item(_CLOUD, "Object storage", "infrastructure"),
    "monitoring": Item("Watchtower", "Monitoring", "infrastructure"),
    "payroll": Item("Payroll", "Salaries", "personnel", CURRENCY, 28),
    "contractors": Item("Northbank Studio", "Contractors", "personnel", "EUR", 15),
    "tools": Item("Codeyard", "Seats", "operations", CURRENCY, 1),
    "mail": Item("Mailpost", "Delivery", "operations", CURRENCY, 1),
    "office": Item("Harbour Rooms", "Office", "operations", CURRENCY, 1),
}


def costs(
    company: Company,
    start: datetime,
    calls_daily: np.ndarray,
    replica_hours_daily: np.ndarray | None = None,
) -> Emission:
    """Charges of the days from `start`, one for each entry of `calls_daily`.

    Compute follows the hours of replicas where they are given, else the calls.
    """
    known = planted(company, start + len(calls_daily) * DAY)
    euros = rates(company, start, len(calls_daily))
    rows: list[Row] = []
    for number, calls in enumerate(calls_daily):
        day = start + number * DAY
        used = _used(company, day, float(calls))
        if replica_hours_daily is not None:
            hour = company.scenario.number("costs.replica_hour_minor")
            used["compute"] = hour * float(replica_hours_daily[number])
        found = _usage(company, day, used, (float(euros[number]), int(calls)))
        found += _monthly(company, day, float(euros[number])) + _credit(company, day)
        rows += [_late(row, known) for row in found]
    return Emission({COST_CHARGED.name: rows_of(COST_CHARGED, rows)} if rows else {})


def _used(company: Company, day: datetime, calls: float) -> dict[str, float]:
    """What each item charged by use comes to on a day, in minor units of its own currency."""
    scenario = company.scenario
    by_call = scenario.shares("costs.calls_minor")
    fixed = scenario.shares("costs.fixed_minor")
    names = (*by_call, *fixed)
    luck = company.dice.of("costs", day.isoformat()).random(len(names))
    noise = np.exp(scenario.number("costs.noise") * normal(luck))
    amounts = [by_call[one] * calls / 1000 for one in by_call]
    amounts += [fixed[one] * company.customers for one in fixed]
    return dict(zip(names, (np.array(amounts) * noise).tolist(), strict=True))


def _charge(
    name: str,
    day: datetime,
    minor: tuple[int, int],
    period: tuple[datetime, datetime],
    category: str = "Usage",
) -> Row:
    item = ITEMS[name]
    row: Row = {"id": f"cost-{day:%y%m%d}-{name}-{category.lower()}", "subject": item.vendor}
    row |= {"occurred_at": day + DAY, "delivered_at": day + DAY + MORNING}
    row |= {"service": item.service, "charge_category": category, "currency": CURRENCY}
    row |= {"pricing_currency": item.currency if item.currency != CURRENCY else None}
    row |= {"charge_period_start": period[0], "charge_period_end": period[1]}
    row |= {"category": item.category}
    return row | {"billed_minor": minor[0], "effective_minor": minor[1]}


def _usage(
    company: Company, day: datetime, used: dict[str, float], known: tuple[float, int]
) -> list[Row]:
    """A day's use. Of compute a part is paid ahead: billed when bought, effective when used."""
    euro, calls = known
    scenario, rows = company.scenario, []
    by_call = scenario.shares("costs.calls_minor")
    length = monthrange(day.year, day.month)[1]
    ahead = round(scenario.number("costs.commitment_minor") * company.customers)
    spread = ahead * day.day // length - ahead * (day.day - 1) // length
    for name, amount in used.items():
        minor = round(amount * (euro if ITEMS[name].currency == "EUR" else 1.0))
        billed, effective = minor, minor
        if name == "compute":
            covered = round(spread / scenario.number("costs.commitment_price"))
            billed = max(minor - covered, 0)
            effective = billed + spread
        row = _charge(name, day, (billed, effective), (day, day + DAY))
        rows.append(row | ({"consumed": Decimal(calls) / 1000} if name in by_call else {}))
    if day.day == 1:
        rows.append(_charge("compute", day, (ahead, 0), _month(day), "Purchase"))
    return rows


def _monthly(company: Company, day: datetime, euro: float) -> list[Row]:
    said = company.scenario.shares("costs.monthly_minor")
    rows = []
    for name, amount in said.items():
        if ITEMS[name].month_day == day.day:
            rate = euro if ITEMS[name].currency == "EUR" else 1.0
            minor = round(amount * company.customers * rate)
            rows.append(_charge(name, day, (minor, minor), _month(day), "Purchase"))
    return rows


def _credit(company: Company, day: datetime) -> list[Row]:
    luck = company.dice.of("credit", f"{day:%Y-%m}").random()
    if day.day != 5 or luck >= company.scenario.number("costs.credit_share"):
        return []
    minor = -round(company.scenario.number("costs.credit_minor") * company.customers)
    return [_charge("compute", day, (minor, minor), _month(day), "Credit")]


def _month(day: datetime) -> tuple[datetime, datetime]:
    first = day.replace(day=1)
    return first, first + monthrange(day.year, day.month)[1] * DAY


def _late(row: Row, known: tuple[Planted, ...]) -> Row:
    """A charge of a planted day is handed in two days later."""
    at, delivered = row["charge_period_start"], row["delivered_at"]
    for one in known:
        late = one.name == "late_load" and isinstance(at, datetime) and one.within(at)
        if late and isinstance(delivered, datetime) and row["charge_category"] == "Usage":
            return row | {"delivered_at": delivered + _LATE}
    return row


def budgets(company: Company, start: datetime, days: int) -> Emission:
    """What each category may cost in a month: said on its first day, or on the first of all."""
    rows: list[Row] = []
    for number in range(days):
        day = start + number * DAY
        if day.day == 1 or day == company.start:
            for name, amount in company.scenario.shares("costs.budget_minor").items():
                first, end = _month(day)
                row: Row = {"id": f"budget-{day:%y%m}-{name}", "subject": name}
                row |= {"occurred_at": day + MORNING, "currency": CURRENCY}
                row |= {"amount_minor": round(amount * company.customers)}
                rows.append(row | {"period_start": first, "period_end": end})
    return Emission({BUDGET_SET.name: rows_of(BUDGET_SET, rows)} if rows else {})


def spend(company: Company, start: datetime, days: int) -> Emission:
    """What each channel cost on some days, and how often it was shown and followed."""
    scenario = company.scenario
    daily, price = scenario.shares("market.spend_minor"), scenario.shares("market.click_minor")
    channels, rows = tuple(daily), []
    known = [one for one in planted(company, start + days * DAY) if one.name == "duplicate_load"]
    for number in range(days):
        day = start + number * DAY
        luck = company.dice.of("spend", day.isoformat()).random((len(channels), 2))
        noise = np.exp(scenario.number("market.spend_noise") * normal(luck))
        for place, channel in enumerate(channels):
            minor = round(daily[channel] * company.customers * float(noise[place, 0]))
            clicks = round(minor / price[channel] * float(noise[place, 1]))
            shown = round(clicks / scenario.number("market.clicked_share"))
            row: Row = {"id": f"spend-{day:%y%m%d}-{channel}", "subject": channel}
            row |= {"occurred_at": day + DAY, "delivered_at": day + DAY + MORNING}
            row |= {"amount_minor": minor, "currency": CURRENCY, "period_start": day}
            row |= {"period_end": day + DAY, "impressions": shown, "clicks": clicks}
            rows.append(row)
            if any(one.within(day) for one in known):
                again = {"id": f"{row['id']}-again", "delivered_at": day + DAY + MORNING + HOUR}
                rows.append(row | again)
    return Emission({MARKETING_SPENT.name: rows_of(MARKETING_SPENT, rows)} if rows else {})


def quotes(company: Company, start: datetime, days: int) -> Emission:
    """The reference rate of EUR on some days, as published in the afternoon."""
    rows: list[Row] = []
    for number, rate in enumerate(rates(company, start, days)):
        day = start + number * DAY
        row: Row = {"id": f"rate-{day:%y%m%d}-EUR", "subject": "EUR", "quote": CURRENCY}
        row |= {"occurred_at": day + timedelta(hours=14), "rate": Decimal(f"{rate:.6f}")}
        rows.append(row | {"delivered_at": day + DAY + MORNING})
    return Emission({EXCHANGE_QUOTED.name: rows_of(EXCHANGE_QUOTED, rows)} if rows else {})
