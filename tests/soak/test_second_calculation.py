"""Other companies than the one of `make test`, drawn from PSIZERO_SOAK_SEED, calculated twice."""

import os
from pathlib import Path

import pytest

from tests.house import second_calculation as second
from tests.house.company import END, PRICES, company, write
from tests.house.flights import flown
from tests.house.reading import as_calculated, issued

SEED = os.environ.get("PSIZERO_SOAK_SEED", "soak")
COMPANIES = int(os.environ.get("PSIZERO_SOAK_N", "200")) // 50 or 1


@pytest.mark.parametrize("number", range(COMPANIES))
def test_invoices_equal_the_second_calculation(number: int, tmp_path: Path) -> None:
    happened = company(f"{SEED} {number}")
    home = flown(tmp_path / "home", write(happened, tmp_path / "files"), END)
    found = [as_calculated(invoice) for invoice in issued(home)]
    assert found == second.invoices(happened, PRICES, END)
