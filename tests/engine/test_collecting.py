"""While proposals are made into frames nobody looks for garbage; afterwards it is as it was."""

import gc
from collections.abc import Iterator

import pytest

from psizero.core.records import Decision, Evidence
from psizero.engine.think import Thinker, framed
from tests.toy.installed import installed
from tests.toy.town import BEGIN

FOUND = installed()
WISHES = FOUND.automations["growth.wishes"]


def proposals(verb: str, seen: list[bool]) -> Iterator[Decision]:
    """Three, each with a look at the collector."""
    for name in ("ada", "bob", "cay"):
        seen.append(gc.isenabled())
        evidence = Evidence(because="it is asked", rule="always", facts={})
        yield Decision(verb=verb, subject=name, episode="1", parameters={}, evidence=evidence)


@pytest.fixture(params=[True, False])
def collected(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether garbage is collected when thinking begins."""
    before, wanted = gc.isenabled(), bool(request.param)
    (gc.enable if wanted else gc.disable)()
    yield wanted
    (gc.enable if before else gc.disable)()


def test_nobody_collects_meanwhile(collected: bool) -> None:
    seen: list[bool] = []
    thinker = Thinker(WISHES, WISHES.settings, "code", "salt")
    made = framed(
        thinker, proposals("gift.send", seen), FOUND.catalog.kinds, FOUND.verbs, (BEGIN, 1)
    )
    assert made.decisions.height == 3 and seen == [False] * 3
    assert gc.isenabled() is collected


def test_also_after_a_thinker_that_is_wrong(collected: bool) -> None:
    seen: list[bool] = []
    thinker = Thinker(WISHES, WISHES.settings, "code", "salt")
    wrong = proposals("invoice.issue", seen)
    with pytest.raises(ValueError, match="does not declare"):
        framed(thinker, wrong, FOUND.catalog.kinds, FOUND.verbs, (BEGIN, 1))
    assert seen == [False] * 3 and gc.isenabled() is collected
