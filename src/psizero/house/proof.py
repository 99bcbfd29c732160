"""New code and other settings prove themselves on the last 30 days, or begin again in shadow."""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from psizero.core.content import canonical
from psizero.core.events.house import POLICY_CHANGED
from psizero.core.policy import ANY, Level
from psizero.house import charter
from psizero.house.home import House
from psizero.house.replay import Trial, replay

SPAN = timedelta(days=30)
Settings = Mapping[str, object]


def prove(house: House) -> dict[str, str]:
    """Try what changed on the last 30 days; the automations that fall to shadow, and why.

    An automation that may act and now has other code, or other settings, than when it last
    thought keeps its level only where every decision comes out the same. What is said here is
    known at the next seal, before anything thinks.
    """
    changed = _changed(house)
    if not changed:
        return {}
    begin = house.now - SPAN
    trial = Trial(
        begin=begin if begin > house.store.founded_at else None,
        settings={key: value for said in changed.values() for key, value in said.items()},
    )
    unlike = set(replay(house, trial, lambda tick: None).automations)
    fallen = {
        name: "other settings" if said else "other code"
        for name, said in sorted(changed.items())
        if name in unlike
    }
    rows: list[dict[str, object]] = [
        {"subject": name, "scope": ANY, "level": Level.SHADOW.value, "by": "replay"}
        | {"because": f"{what}: the last {SPAN.days} days come out otherwise"}
        | {"evidence": canonical(changed[name]), "restarts": False}
        for name, what in fallen.items()
    ]
    house.append_counted(POLICY_CHANGED, "house", rows)
    return fallen


def _changed(house: House) -> dict[str, Settings]:
    """Automations that may act and are not as they last thought, with the settings that differ."""
    policy, found = house.said_policy(), dict[str, Settings]()
    for name, code, settings in (
        house.read("thoughts").select("automation", "code", "settings").iter_rows()
    ):
        automation = house.members.automations.get(name)
        if automation is None or policy.level_of(name, ANY).rank <= Level.SHADOW.rank:
            continue
        now = msgspec.to_builtins(charter.settings_of(automation, house.said))
        then = msgspec.json.decode(settings, type=dict[str, object])
        other = {
            f"settings.{name}.{key}": value
            for key, value in now.items()
            if canonical(value) != canonical(then.get(key))
        }
        if other or code != house.members.codes[name]:
            found[name] = other
    return found
