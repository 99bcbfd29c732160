"""When an automation thinks, in words: an RFC 5545 rule is for programs."""

from collections.abc import Mapping

from psizero.core.automation import Automation
from psizero.core.clock import Cadence
from psizero.intelligence.prose import DAYS, MONTHS

_EVERY = {
    "HOURLY": "hour",
    "DAILY": "day",
    "WEEKLY": "week",
    "MONTHLY": "month",
    "YEARLY": "year",
}
_TAKEN = {"FREQ", "INTERVAL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYHOUR", "BYMINUTE", "BYSECOND"}


def awake(one: Automation) -> list[str]:
    """Everything that makes it think, the cadence first."""
    found = [recurring(one.cadence)] if one.cadence else []
    if one.due:
        delay = one.due.delay.replace("_", " ")
        found.append(
            f"when a row of {one.due.table} is due ({delay})"
            if delay
            else f"when a row of {one.due.table} is due"
        )
    return [*found, *(f"at {kind}" for kind in one.wakes_on)] or ["when it is asked"]


def recurring(cadence: Cadence) -> str:
    """A rule in words; one with parts that nobody says so is left as it is."""
    said = dict(part.partition("=")[::2] for part in cadence.rule.split(";"))
    every = _EVERY.get(said.get("FREQ", ""), "")
    if not every or not set(said) <= _TAKEN or said.get("BYSECOND", "0") != "0":
        return f"by the rule {cadence.rule} ({cadence.zone})"
    count = said.get("INTERVAL", "1")
    words = [f"every {every}" if count == "1" else f"every {count} {every}s"]
    words += _on(said)
    if "BYHOUR" in said:
        minute = said.get("BYMINUTE", "0").zfill(2)
        hours = [f"{hour.zfill(2)}:{minute}" for hour in said["BYHOUR"].split(",")]
        words.append(f"at {' and '.join(hours)} {cadence.zone}")
    elif "BYMINUTE" in said:
        words.append(f"at minute {said['BYMINUTE']}")
    return " ".join(words)


def _on(said: Mapping[str, str]) -> list[str]:
    """The days of a rule."""
    words = []
    if "BYDAY" in said:
        names = {day[:2].upper(): day for day in DAYS}
        days = [names.get(one, one) for one in said["BYDAY"].split(",")]
        words.append(f"on {' and '.join(days)}")
    if "BYMONTHDAY" in said:
        words.append(f"on day {' and '.join(said['BYMONTHDAY'].split(','))}")
    if "BYMONTH" in said:
        months = [MONTHS[int(one) - 1] for one in said["BYMONTH"].split(",")]
        words.append(f"in {' and '.join(months)}")
    return words
