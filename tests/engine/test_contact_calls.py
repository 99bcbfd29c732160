"""Contact once more at the call: what was said since it was decided holds."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from psizero.core.errors import Refused
from psizero.core.events.house import SWITCH_CHANGED
from tests.engine.test_contact_house import BEGIN, DAY, FOUND, HOUR, told, town, wish
from tests.toy.town import entered, fly, said, take

NIGHT = datetime(2026, 10, 1, 22)


@pytest.mark.parametrize(
    ("kind", "more", "why"),
    [
        (
            "consent.withdrawn",
            {"purpose": "all", "channel": "all", "origin": "one_click"},
            "product by mail is not wanted any more",
        ),
        ("message.complained", {"channel": "mail"}, "a complaint on mail: nothing is sent there"),
        ("subscription.ended", {"subscription": "s1"}, "no customer any more"),
    ],
)
def test_what_is_said_overnight_holds_in_the_morning(
    kind: str, more: dict[str, object], why: str, tmp_path: Path
) -> None:
    """Rule 43: an end bites on what waits."""
    home = town(tmp_path)
    with entered(home, FOUND) as house:
        take(house, "wish.made", [wish(one, NIGHT, "product") for one in ("ada", "bob")])
        told(house, kind, "ada", NIGHT + 3 * HOUR, **more)
        fly(house, NIGHT + DAY)
        found = house.read("receipt").filter(pl.col("subject") == "ada")
        assert found["state"].to_list() == ["refused"] and why in found["reason"][0]
        assert house.read("intents").is_empty()
    assert [call["subject"] for call in said(home)] == ["bob"]


def test_a_stop_that_lasts_into_the_night_rings_nobody(tmp_path: Path) -> None:
    home = town(tmp_path)
    stop = {"subject": "growth.wishes", "by": "owner", "because": "a drill"}
    with entered(home, FOUND) as house:
        told(house, "message.delivered", "bob", NIGHT + DAY, channel="mail")  # the clock goes on
        take(house, "wish.made", [wish("ada", NIGHT, "product")])
        fly(house, NIGHT + HOUR)
        house.append_counted(SWITCH_CHANGED, "house", [{**stop, "stopped": True}])
        fly(house, NIGHT + DAY)
        house.append_counted(SWITCH_CHANGED, "house", [{**stop, "stopped": False}])
        fly(house, NIGHT + DAY + HOUR)
        assert said(home) == []
        fly(house, NIGHT + 2 * DAY)
        done = house.read("receipt").filter(pl.col("state") == "done")["recorded_at"].to_list()
    assert [one.replace(microsecond=0) for one in done] == [datetime(2026, 10, 3, 8)]


def test_the_held_out_are_measured_too(tmp_path: Path) -> None:
    noon = BEGIN + 12 * HOUR
    toml = "[gate]\ncool_down_hours = 0\n[contact]\nholdout_share = 1\n"
    with entered(town(tmp_path, toml), FOUND) as house:
        take(house, "wish.made", [wish("ada", noon, "product")])
        fly(house, noon + 3 * DAY)
        assert house.read("verdict")["clause"].to_list() == ["held_out"]
        assert house.read("outcome")["subject"].to_list() == ["ada"]


def test_a_bounce_comes_in_at_the_door(tmp_path: Path) -> None:
    with entered(town(tmp_path), FOUND) as house:
        told(house, "message.bounced", "ada", BEGIN, channel="mail", reason="5.1.1 no such")
        fly(house, BEGIN + HOUR)
        assert house.read("message_bounced")["reason"].to_list() == ["5.1.1 no such"]
        assert house.read("suppressions")["bounced_at"].to_list() == [BEGIN]


def test_the_last_address_that_was_set_holds_on_its_channel(tmp_path: Path) -> None:
    with entered(town(tmp_path), FOUND) as house:
        told(house, "customer.created", "ada", BEGIN, email="old@town.example")
        for address, channel in (("new@town.example", "mail"), ("+491701234567", "phone")):
            told(house, "contact.set", "ada", BEGIN + HOUR, address=address, channel=channel)
        fly(house, BEGIN + timedelta(minutes=30))
        assert house.address("ada") == "old@town.example"
        fly(house, BEGIN + 2 * HOUR)
        assert house.address("ada") == "new@town.example"
        assert house.address("ada", "phone") == "+491701234567"
        assert house.address("owner") == "owner@localhost"
        for subject, channel in (("owner", "phone"), ("bob", "mail")):
            with pytest.raises(Refused):
                house.address(subject, channel)
        house.erase("ada", house.now)
        fly(house, BEGIN + 3 * HOUR)
        told(house, "contact.set", "bob", BEGIN + 4 * HOUR, address="b@b", channel="mail")
        fly(house, BEGIN + 5 * HOUR)
        with pytest.raises(Refused):
            house.address("ada")
