"""A policy tried on one's own history: the house once more, in a scratch store, and what differs.

Nothing is written to the house and nobody outside is reached.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import polars as pl

from psizero.core.clock import VirtualClock, iso
from psizero.core.content import canonical
from psizero.core.errors import Problem
from psizero.core.events.house import POLICY_CHANGED, SETTINGS_CHANGED
from psizero.core.records import RECORD_KINDS, VERDICT
from psizero.core.tables import Kind
from psizero.engine.history import kept_at_cadence
from psizero.engine.loop import Tick
from psizero.engine.replay import Course, Record, Told, answers, crew_of, fly_again
from psizero.engine.sight import Sight
from psizero.house import charter
from psizero.house.comparison import Comparison, Side, compared
from psizero.house.home import House
from psizero.house.members import Members
from psizero.house.storage import LEDGER
from psizero.store.duck import DuckStore
from psizero.store.rewind import MADE_ALL, MADE_BY_POLICY, MADE_BY_US, Cut, Past, rewound

SECTIONS = ("settings", "caps", *charter.NUMBERS)
"""What a replay may set otherwise."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """From where to where, and which settings by dotted key hold instead of those that held."""

    begin: datetime | None = None
    until: datetime | None = None
    settings: Mapping[str, object] = {}
    assume_approved: bool = False


def settings_from(said: Iterable[str], members: Members) -> dict[str, object]:
    """KEY=VALUE as in house.toml; a key without section is a setting of an automation.

    Raises Problem saying what is wrong with the first one that is.
    """
    found: dict[str, object] = {}
    for text in said:
        key, _, written = text.partition("=")
        section = key.partition(".")[0]
        name = key if section in charter.SECTIONS else f"settings.{key}"
        if name.partition(".")[0] not in SECTIONS:
            raise Problem(f"--set {key}: a replay sets only {', '.join(SECTIONS)}")
        try:
            value: object = tomllib.loads(f"value = {written}")["value"]
        except tomllib.TOMLDecodeError:
            value = written
        wrong = charter.fault(name, value, members.automations)
        if wrong:
            raise Problem(f"--set {text}: {wrong}")
        found[name] = value
    return found


def replay(house: House, trial: Trial, seen: Callable[[Tick], None]) -> Comparison:
    """Fly a scratch store over what was recorded, and compare. `seen` is told every tick.

    Raises Problem where there is no history between the two instants.
    """
    begin, until = _span(house, trial)
    through = house.store.through(begin) if begin else 0
    cut = _cut(house.members, through, until, trial.settings)
    with scratch(house, cut) as (again, past):
        rows: list[dict[str, object]] = [
            {
                "id": name,
                "subject": name.partition(".")[0],
                "name": name,
                "value": canonical(value),
                "by": "replay",
            }
            for name, value in sorted(trial.settings.items())
        ]
        if rows:
            again.append(SETTINGS_CHANGED, "replay", rows)
        told = Told(list(past.held), _offer(again), trial.assume_approved)
        record = Record(answers(house.read("receipt").filter(pl.col("position") > through)))
        crew = crew_of(again.crew(VirtualClock(datetime.min)), told, record)
        course = Course(past.instants, until, bool(trial.settings))
        for tick in fly_again(crew, told, course):
            seen(tick)
        sides = (Side(house.store, through, until), Side(again.store, through, until))
        return compared(sides, tuple(sorted(cut.made)), told, not trial.settings)


def _offer(again: House) -> Callable[[Kind, pl.DataFrame], None]:
    """How a row gets into the scratch as it lies in the record: not encrypted once more."""
    if not isinstance(again.store, DuckStore):
        raise Problem("a replay is flown in a file of its own", "unset PSIZERO_STORE")
    return again.store.offer


def _span(house: House, trial: Trial) -> tuple[datetime | None, datetime]:
    if house.store.position.sealed_at is None:
        raise Problem("nothing has happened in this house yet", "psizero fly --until INSTANT")
    now = house.now.replace(microsecond=0)
    until = trial.until or now
    if until.microsecond or (trial.begin and trial.begin >= until):
        raise Problem("--from lies before --to, and --to is a whole second")
    if until < house.store.founded_at:
        raise Problem(f"the house was founded at {iso(house.store.founded_at)}")
    return trial.begin, until


def _cut(members: Members, through: int, until: datetime, settings: Mapping[str, object]) -> Cut:
    """What the house itself makes: its records, what its verbs add, the histories it keeps."""
    histories = kept_at_cadence(members.catalog)
    made = {kind: MADE_BY_US for verb in members.verbs.values() for kind in verb.kinds}
    made |= {one.history.name: MADE_BY_US for one in histories.values() if one.history}
    made |= {kind.name: MADE_ALL for kind in RECORD_KINDS}
    made |= {VERDICT.name: MADE_BY_POLICY, POLICY_CHANGED.name: MADE_BY_POLICY}
    makers = [*members.automations, *histories]
    return Cut(through=through, until=until, made=made, makers=makers, without=sorted(settings))


@contextmanager
def scratch(house: House, cut: Cut) -> Iterator[tuple[House, Past]]:
    """A house in a folder that is deleted afterwards, rewound; it reads by the house's keys."""
    with TemporaryDirectory(prefix="psizero-replay-") as folder:
        place = Path(folder)
        (place / "house.toml").touch()
        ledger = house.store.file(cut.through)
        past = rewound(ledger, place / LEDGER, house.members.catalog, cut)
        again = House(place, house.members)
        again.sight = Sight(again.store, house.members.catalog, house.keys.read)
        try:
            yield again, past
        finally:
            again.store.close()
