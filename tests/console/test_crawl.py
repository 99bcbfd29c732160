"""Every link of every page, as every role, in a house whose customers wrote what they liked."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from psizero.api.app import Mounted
from psizero.console import routes
from psizero.core.policy import Level
from tests.api.doors import LEVELS, PEOPLE, TOML, Town, opened
from tests.console.seen import Seen
from tests.toy.town import (
    BEGIN,
    END,
    asking,
    entered,
    fly,
    founded,
    introduced,
    late,
    settled,
    subscribed,
    take,
    used,
    wished,
)

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"
WHO = "x\"'><script>alert(1)</script>{{ 7*7 }}%2e?a=b&c#d"
"""As an id: it stands in addresses too."""
GIVEN = {
    "customers.ticket_triage": Level.AUTO,
    "customers.ticket_answer": Level.APPROVE,
    "customers.ticket_clock": Level.AUTO,
    "finance.dunning": Level.AUTO,
    "finance.collection": Level.AUTO,
}
ALIKE_MAX = 6
NAMED = re.compile(r"[0-9a-f]{32}|\d+|(?<=/customers/)[^?]+|(?<=/tables/)[^?]+|=[^&]*")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Flown, with something on every page."""
    home = tmp_path_factory.mktemp("crawl") / "home"
    founded(home, LEVELS | GIVEN, TOML)
    with entered(home) as house:
        introduced(house)
        settled(house)
        at = {"subject": WHO, "occurred_at": BEGIN}
        known = {"id": "new", "name": EVIL, "email": EVIL, "segment": EVIL, "zone": "UTC"}
        take(house, "customer.created", [at | known])
        take(house, "subscription.started", [subscribed(WHO, "steady")])
        take(house, "usage.recorded", [used(WHO, BEGIN, "500")])
        fly(house, END - timedelta(days=4))
        late(house)
        fly(house, END - timedelta(days=2))
        asking(house)
        now = house.now
        take(house, "article.set", [article(now)], now)
        take(house, "ticket.opened", [at | ticket() | {"occurred_at": now}], now)
        take(house, "ticket.said", [at | ticket() | said() | {"occurred_at": now}], now)
        wish = wished("gift.send", WHO, END - timedelta(hours=9), "evil", minor=7)
        take(house, "wish.made", [wish | {"currency": "EUR", "text": EVIL}])
        house.take_charter()
        fly(house, END)
    with opened(home, Mounted(pages=routes())) as found:
        yield found


def article(now: object) -> dict[str, object]:
    """A passage that quotes it."""
    return {
        "id": "evil",
        "subject": "evil.md",
        "occurred_at": now,
        "title": EVIL,
        "text": EVIL,
        "live": True,
    }


def ticket() -> dict[str, object]:
    """A ticket that is named so."""
    return {"id": "T9", "ticket": WHO, "topic": EVIL}


def said() -> dict[str, object]:
    """What it says."""
    return {
        "author": "customer",
        "direction": "in",
        "subject_line": EVIL,
        "text": EVIL,
        "message_id": EVIL,
        "headers": "{}",
    }


def crawled(town: Town, who: str) -> dict[str, str]:
    """Every page that can be come to from Today, of those that are alike some."""
    pages, left, alike = dict[str, str](), ["/"], Counter[str]()
    while left:
        path = left.pop(0)
        kind = NAMED.sub("*", path)
        alike[kind] += 1
        if path in pages or alike[kind] > ALIKE_MAX:
            continue
        found = town.ask(who, "GET", path)
        assert found.status_code == 200, (who, path, found.status_code, found.text[-800:])
        pages[path] = found.text if "html" in found.headers["content-type"] else ""
        links = [one.partition("#")[0] for one in Seen(pages[path]).links]
        left += [one for one in links if one and one not in pages]
    return pages


@pytest.fixture(scope="module")
def olgas(town: Town) -> dict[str, str]:
    """All that the owner comes to."""
    return crawled(town, "olga")


@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_every_link_of_every_page_leads_somewhere(
    town: Town, olgas: dict[str, str], who: str
) -> None:
    pages = olgas if who == "olga" else crawled(town, who)
    kinds = {NAMED.sub("*", path) for path in pages}
    assert {"/customers/*", "/decide/*", "/tables/*", "/money/invoices/*"} <= kinds, kinds
    for path, text in pages.items():
        assert not path.startswith(("http", "//")), path
        assert Seen(text).running == [], path
        assert "<script" not in text and "onerror=alert(1)>" not in text, path
        assert "49%2e" not in text, path


def test_what_was_written_stands_there_as_text(olgas: dict[str, str]) -> None:
    shown = [path for path, text in olgas.items() if "&lt;script&gt;" in text]
    for start in ("/customers", "/customers/", "/support/", "/decide/", "/tables/"):
        assert any(path.startswith(start) for path in shown), (start, sorted(shown))


def test_what_customers_write_is_for_who_may_see_it(town: Town) -> None:
    for who, may in (("sue", True), ("vic", False)):
        found = town.ask(who, "GET", "/support/T1")
        assert found.status_code == 200
        assert ("make a second key" in found.text) == may
        assert ("does not read what customers write" in found.text) != may
