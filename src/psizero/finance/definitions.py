"""How the figures that steer are defined: settings with names, printed with every figure."""

from decimal import Decimal

import msgspec
import polars as pl

PREFIX = "settings.finance.kpi_watch."
"""Figures are made under the settings of the automation that watches them."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Over how many months figures reach, what is unusual, and who hears of it.

    A change is unusual beyond `spread_count` times the usual spread (1.4826 MAD) of the changes of
    up to `usual_months` before it, of which `usual_months_min` have to be known.
    """

    retention_months: int = 12
    run_rate_months: int = 3
    horizon_months: int = 60
    usual_months: int = 24
    usual_months_min: int = 6
    spread_count: int = 4
    nrr_percent_min: int = 100
    grr_percent_min: int = 90
    customer_churn_percent_max: int = 3
    expires_days: int = 7
    to: str = "owner"


def settings_from(known: pl.DataFrame) -> Settings:
    """From the kept table `settings`; what is absent there is at its default."""
    said = {
        name.removeprefix(PREFIX): msgspec.json.decode(value)
        for name, value in known.select("name", "value").iter_rows()
        if name.startswith(PREFIX) and value != "null"
    }
    return msgspec.convert(said, Settings)


def targets_from(known: pl.DataFrame, settings: Settings) -> dict[str, Decimal]:
    """By figure: house.toml's [targets], else what the settings say."""
    found = {
        "nrr_share": Decimal(settings.nrr_percent_min) / 100,
        "grr_share": Decimal(settings.grr_percent_min) / 100,
        "customer_churn_share": Decimal(settings.customer_churn_percent_max) / 100,
    }
    for name, value in known.select("name", "value").sort("name").iter_rows():
        figure = name.removeprefix("targets.")
        if name.startswith("targets.") and figure in WORDS and value != "null":
            found[figure] = Decimal(value)
    return found


WORDS = {
    "mrr_minor": "committed MRR at the month's end: fees a month, net of tax, without use",
    "usage_run_rate_minor": "revenue from use of {run_rate_months} months, times 12 over these",
    "arpa_minor": "MRR / customers who pay",
    "nrr_share": "MRR now of who paid {retention_months} months ago / theirs then",
    "grr_share": "as NRR, each customer with at most what it paid then",
    "customer_churn_share": "customers lost in the month / those at its start",
    "revenue_churn_share": "MRR of customers lost in the month / that at its start",
}
"""Each figure's definition, with the settings it depends on."""
LOWER_IS_BETTER = ("customer_churn_share", "revenue_churn_share")


def defined(figure: str, settings: Settings) -> str:
    """A figure's definition as it is printed with it."""
    return WORDS[figure].format(**msgspec.structs.asdict(settings))
