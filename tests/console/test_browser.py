"""A person at work in a real browser: by keyboard and mouse, wide and on a phone."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from psizero.api.access import Role
from psizero.house.stops import stops
from tests.api.doors import PASSWORD, Town
from tests.console.browsing import RULES, browsing
from tests.console.test_pages import OF_AUDIT, PAGES
from tests.house.living import until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE_MS = 30_000
WISHES = "growth.wishes"


@pytest.fixture(scope="module")
def machine() -> "Iterator[Browser]":
    """One browser for all."""
    with browsing() as found:
        yield found


def seat(machine: "Browser", town: Town, who: str, width: int = 1280, dark: bool = False) -> "Page":
    """A window of somebody who has logged in, or of nobody."""
    size = {"width": width, "height": 900}
    context = machine.new_context(viewport=size, color_scheme="dark" if dark else "light")
    context.set_default_timeout(PATIENCE_MS)
    if who:
        cookie = {"name": "psizero_session", "value": town.secrets[who], "url": town.url}
        context.add_cookies([cookie])
    page = context.new_page()
    page.goto(town.url + "/")
    return page


def wishes(town: Town) -> list[dict[str, object]]:
    """What waits of the wishes."""
    return [one for one in town.listed("decisions/pending") if one["automation"] == WISHES]


def test_somebody_comes_in_and_reads(machine: "Browser", town: Town) -> None:
    page = seat(machine, town, "")
    assert "/login" in page.url
    page.goto(f"{town.url}/join?secret={town.doors.users.invite('olga', Role.OWNER)}")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(town.url + "/")
    assert page.locator(".verdict").inner_text()
    page.locator(".number").first.click()
    assert "/tables/" in page.url and page.locator("table.raw tbody tr").count()
    page.get_by_role("link", name="Customers", exact=True).click()
    page.get_by_role("link", name=re.compile("ada", re.IGNORECASE)).first.click()
    assert page.get_by_role("heading", name="What was decided").is_visible()
    page.locator(".story a").first.click()
    page.get_by_role("link", name="In the ledger").click()
    assert page.get_by_role("heading", name="The decision that it belongs to").is_visible()
    page.get_by_role("link", name="Audit", exact=True).first.click()
    page.get_by_role("button", name="Check every record").click()
    page.get_by_text("Sound.").wait_for()


def test_one_yes_and_one_no(machine: "Browser", own_town: Town) -> None:
    page, before = seat(machine, own_town, "olga"), wishes(own_town)
    page.get_by_role("link", name="Decide", exact=True).click()
    page.get_by_role("link", name="gift send").first.click()
    page.get_by_role("button", name="Approve").click()
    page.locator(".done").wait_for()
    until(lambda: len(wishes(own_town)) == len(before) - 1)
    page.goto(f"{own_town.url}/decide?automation={WISHES}")
    page.get_by_role("link", name="gift send").first.click()
    page.get_by_label("Note").first.fill("not this one")
    page.get_by_role("button", name="Decline").click()
    page.locator(".done").wait_for()
    until(lambda: len(wishes(own_town)) == len(before) - 2)


def test_a_set_with_one_exception(machine: "Browser", own_town: Town) -> None:
    page, before = seat(machine, own_town, "olga"), wishes(own_town)
    page.goto(f"{own_town.url}/decide?automation={WISHES}")
    page.get_by_role("link", name="Tick all").click()
    boxes = page.get_by_role("checkbox")
    assert boxes.count() == len(before) and boxes.first.is_checked()
    boxes.nth(1).uncheck()
    left = str(boxes.nth(1).get_attribute("value")).partition(":")[0]
    page.get_by_role("button", name="Approve what is ticked").press("Enter")
    page.locator(".done").wait_for()
    until(lambda: [one["id"] for one in wishes(own_town)] == [left])


def test_everything_stands_still_at_one_press(machine: "Browser", own_town: Town) -> None:
    page = seat(machine, own_town, "sue", 390)
    page.goto(own_town.url + "/customers?segment=small")
    assert not page.get_by_role("link", name="Money", exact=True).is_visible()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Money", exact=True).click()
    page.get_by_role("button", name="Stop everything").click()
    page.get_by_text("Everything stands still.").wait_for()
    assert page.url == own_town.url + "/money" and "*" in stops(own_town.doors.home)
    for who in ("sue", "olga"):
        other = seat(machine, own_town, who)
        other.get_by_role("button", name="Let it go on").click()
        other.wait_for_load_state()
    until(lambda: stops(own_town.doors.home) == {})


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_every_page_is_for_everybody(
    machine: "Browser", town: Town, width: int, dark: bool
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page, axe = seat(machine, town, "olga", width, dark), Axe()
    for path in (*PAGES, *OF_AUDIT, "/money", "/money/invoices", "/money/books", "/support"):
        page.goto(town.url + path)
        found = axe.run(page, options={"runOnly": {"type": "tag", "values": list(RULES)}})
        assert found.violations_count == 0, (path, found.generate_report())
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (path, wide)
