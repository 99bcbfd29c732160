"""The main job on real input: two weeks of traffic of 292 clients, as the first issue tells it.

The file is public data and no part of the project; `data_folder` says where it is.
"""

from collections import Counter
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import ROOT
from tests.house import second_calculation as second
from tests.house.company import STOPS, Company, Subscription, Use
from tests.house.flights import objects, say
from tests.house.reading import as_calculated, issued

BEGIN, END = datetime(2026, 10, 1), datetime(2026, 10, 16)
PRICES = ROOT / "examples" / "prices" / "servegen.toml"
MAP = ROOT / "examples" / "maps" / "servegen.toml"


@pytest.fixture(scope="module")
def traffic(data_folder: Path) -> Path:
    return data_folder / "servegen_llm_traffic" / "servegen_llm_traffic.parquet"


@pytest.fixture(scope="module")
def company(traffic: Path) -> Company:
    """The file read by hand: calls = rate times 600 s rounded, bins without calls left out."""
    uses, clients = [], set()
    columns = pl.read_parquet(traffic).select("client", "t_s", "rate_rps")
    for number, (client, seconds, rate) in enumerate(columns.iter_rows()):
        clients.add(client)
        calls = Decimal(rate * 600).quantize(Decimal(1), ROUND_HALF_UP)
        if calls:
            at = BEGIN + timedelta(seconds=seconds)
            uses.append(Use(str(number), client, "calls", at, calls, ""))
    plan = [Subscription(one, one, "servegen-weekly", BEGIN) for one in sorted(clients)]
    return Company(STOPS, (), tuple(plan), tuple(uses))


@pytest.fixture(scope="module")
def home(traffic: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five commands of the issue."""
    home = tmp_path_factory.mktemp("servegen") / "home"
    say("init", "--home", home, "--grant", "finance.invoicing=auto")
    say("prices", "apply", PRICES, "--home", home)
    say("import", traffic, "--map", MAP, "--home", home)
    say("fly", "--until", "2026-10-16T00:00:00Z", "--home", home)
    return home


def test_584_invoices_equal_the_second_calculation(home: Path, company: Company) -> None:
    found = issued(home)
    assert [invoice["number"] for invoice in found] == list(range(1, 585))
    expected = second.invoices(company, PRICES.read_text(), END)
    for invoice, calculated in zip(found, expected, strict=True):
        assert as_calculated(invoice) == calculated
        sums = calculated.net, calculated.tax, calculated.net + calculated.tax
        assert (invoice["net"], invoice["tax"], invoice["total"]) == sums


def test_metered_units_are_the_sums_of_the_file(home: Path, company: Company) -> None:
    expected: Counter[str] = Counter()
    for use in company.uses:
        expected[use.customer] += int(use.units)
    metered: Counter[str] = Counter()
    for row in objects("table", "usage_quarter_hour", "--home", home):
        assert row["meter"] == "calls"
        metered[row["customer"]] += int(row["quantity"])
    assert len(expected) == 292
    assert metered == expected
    billed: Counter[str] = Counter()
    for invoice in issued(home):
        for line in invoice["lines"]:
            billed[invoice["customer"]] += Fraction(line["quantity"] or 0)
    assert billed == expected


def test_the_journal_balances(home: Path) -> None:
    sums: Counter[str] = Counter()
    for row in objects("table", "journal", "--home", home):
        sums[row["entry"]] += row["amount_minor"]
    assert len(sums) == 584 and set(sums.values()) == {0}


def test_nothing_was_rejected_and_verify_passes(home: Path) -> None:
    assert objects("rejected", "--home", home) == []
    assert say("verify", "--home", home).startswith("sound: ")
