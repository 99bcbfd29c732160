"""The village, flown once for all tests of customers. Only read."""

from collections.abc import Iterator

import pytest

from psizero.house.home import House
from tests.customers.second_health import Deed
from tests.customers.village import flown, village
from tests.toy.town import entered


@pytest.fixture(scope="session")
def deeds() -> list[Deed]:
    """Everything that happens in the village."""
    return village()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, deeds: list[Deed]) -> Iterator[House]:
    """The house at the village's end."""
    home = flown(tmp_path_factory.mktemp("village") / "home", deeds)
    with entered(home) as opened:
        yield opened
