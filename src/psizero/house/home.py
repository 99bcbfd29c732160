"""A home: a folder with house.toml, house.duckdb, keys and what was sent."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from pathlib import Path

import msgspec
import polars as pl

from psizero.core.clock import MICROSECOND, VirtualClock
from psizero.core.content import content_id
from psizero.core.errors import Problem
from psizero.core.events.house import (
    HOUSE_FOUNDED,
    POLICY_CHANGED,
    SETTINGS_CHANGED,
    SUBJECT_ERASED,
)
from psizero.core.policy import ANY, Level, Policy, level
from psizero.core.ports import Clock, Line
from psizero.core.tables import Facts, Kind, schema
from psizero.engine.agenda import Crew
from psizero.engine.desk import Desk
from psizero.engine.sight import Sight
from psizero.engine.think import Thinker
from psizero.house import charter, storage
from psizero.house.addresses import Addresses
from psizero.house.draft import draft
from psizero.house.letterbox import everything_taken_in
from psizero.house.members import Members, members
from psizero.house.outlets import outlets
from psizero.house.stops import still
from psizero.house.storage import HEAD, LEDGER, AnyStore
from psizero.store.duck import DuckStore
from psizero.store.keys import Keys
from psizero.store.signature import read_head, write_head

HELD: dict[Path, "House"] = {}  # what this process runs live, by its resolved path
_STANCE = ("house.founded", "policy.changed", "settings.changed", "switch.changed")


class House:
    """An open home. Close it; a log in a file is owned by one process at a time."""

    def __init__(self, home: Path, found: Members, file: str = LEDGER) -> None:
        self.home, self.members = home, found
        self.said = charter.load(home / "house.toml", found.automations)
        many = storage.shared(home, found.catalog)
        self.keys = many.keys if many else Keys(home / "keys")
        self.store: AnyStore = many or DuckStore(home / file, found.catalog, self.keys)
        self.sight = Sight(self.store, found.catalog, self.keys.read)
        self._read_at = -1
        self._signed = self.store.position.batches
        self.addresses = Addresses(self.store, self.keys, found.catalog.kinds)
        self._policy = Policy()
        self.clock: Clock | None = storage.clock_of(many)  # the wall's, where the house runs live
        self.twin: Line | None = None  # the line to a synthetic company, where one is flown
        self._thinkers: Mapping[str, Thinker] = {}
        self._desk = Desk(self.store)

    def append(self, kind: Kind, source: str, rows: list[dict[str, object]]) -> int:
        """Rows of our own that are due now; returns how many were new."""
        typed = schema(kind)
        empty: dict[str, object] = dict.fromkeys(typed)
        if self.clock is not None:
            empty["recorded_at"] = max(self.clock.now(), self.store.floor + MICROSECOND)
        frame = pl.DataFrame([{**empty, "source": source, **row} for row in rows], schema=typed)
        return self.store.append(kind, frame).rows

    def beside(self) -> "House":
        """The same house for another thread, which reads alone and never waits for this one."""
        other = copy(self)
        other.store = self.store.beside()
        other.sight = Sight(other.store, other.members.catalog, self.keys.read)
        other._desk = Desk(other.store)
        other.addresses = Addresses(other.store, self.keys, self.members.catalog.kinds)
        other._read_at = -1
        return other

    def close(self) -> None:
        self.sign()
        self.store.close()

    def sign(self) -> None:
        """Write the signed head of the chain when it grew; a copy kept elsewhere proves a cut.

        A head that the chain does not continue is left as it is: it is the proof of a cut.
        """
        position = self.store.position
        if position.batches != self._signed and not self._head_fault(self.home / HEAD):
            self._write_head()
            self._signed = position.batches

    def _head_fault(self, path: Path) -> str:
        if not path.exists():
            return f"{path.name}: the signed head is missing" if self.store.position.batches else ""
        said = read_head(path.read_bytes(), (self.home / "keys" / "house.pub").read_bytes())
        fault = self.store.head_fault(int(str(said["batch"])), str(said["chain"]))
        return f"{path.name}: {fault}" if fault else ""

    def verify(self, head: Path | None = None) -> list[str]:
        """One line for each fault of the ledger; `head` is a signed head kept elsewhere."""
        faults = [self._head_fault(path) for path in (self.home / HEAD, *([head] if head else []))]
        return [*self.store.faults(), *filter(None, faults)]

    def erase(self, subject: str, now: datetime) -> bool:
        """Destroy a subject's service key, and legal keys whose term has ended.

        Takes the letterbox in first. Raises Problem where no personal data of it are known.
        """
        everything_taken_in(self)
        kinds = self.members.catalog.kinds.values()
        personal = [k.name for k in kinds if any(c.personal for c in k.columns.values())]
        if not any(subject in self.store.subjects(name) for name in personal):
            raise Problem(f"no personal data of {subject!r} is known", "nothing was erased")
        row: dict[str, object] = {"id": content_id(subject), "subject": subject}
        self.append(SUBJECT_ERASED, "house", [row | {"purpose": "service"}])
        had = self.keys.destroy(subject, now)
        self.keys.expire(now)
        return had

    def found(self, company: str, salt: str, grants: Mapping[str, Level]) -> None:
        """Write the founding; it is sealed before everything else.

        A house that was founded from another host is joined as it stands.
        """
        row: dict[str, object] = {"id": "founding", "subject": company}
        if not self.store.subjects(HOUSE_FOUNDED.name):
            with self.store.whole():
                self.append(HOUSE_FOUNDED, "house", [{**row, "company": company, "salt": salt}])
                self.grant(grants, by="founder", because="founding policy")
        elif grants:
            raise Problem("this house is founded; levels change by psizero promote and demote")
        self._write_head()

    def _write_head(self) -> None:
        position = self.store.position
        head = {"batch": position.batches, "position": position.last, "chain": position.chain}
        write_head(self.home / HEAD, self.home / "keys", head)

    def grant(self, grants: Mapping[str, Level], by: str, because: str) -> int:
        """Set levels for all verbs of automations; known when next sealed."""
        rows: list[dict[str, object]] = [
            {"subject": name, "scope": ANY, "level": one.value, "by": by, "because": because}
            | {"evidence": "{}", "restarts": False}
            for name, one in sorted(grants.items())
        ]
        return self.append_counted(POLICY_CHANGED, "house", rows)

    def append_counted(self, kind: Kind, source: str, rows: list[dict[str, object]]) -> int:
        """Rows whose ids count up, so that of several with one stamp the last said counts."""
        with self.store.alone():
            before = self.store.everything(kind.name).height
            named = [row | {"id": f"{before + n:09d}"} for n, row in enumerate(rows, start=1)]
            return self.append(kind, source, named) if rows else 0

    def take_charter(self, by: str = "house.toml") -> dict[str, str]:
        """Bring what house.toml says otherwise into the log; returns the difference."""
        # what waits for its seal counts too: a start that died has said it already
        known = dict(self.store.everything("settings.changed").select("name", "value").iter_rows())
        changed = charter.changes(self.said, known)
        rows: list[dict[str, object]] = [
            {"subject": name.partition(".")[0], "name": name, "value": value, "by": by}
            for name, value in sorted(changed.items())
        ]
        self.append_counted(SETTINGS_CHANGED, "house.toml", rows)
        return changed

    def read(
        self, table: str, at: datetime | None = None, given: Facts | None = None
    ) -> pl.DataFrame:
        """Any table as known now, or as it was known at an instant; derived ones computed.

        `given` frames stand for the tables they name; nothing is written.
        """
        now = at or self.now
        through = self.store.through(at) if at else None
        return self.sight.facts((table,), (now, through), given)[table]

    def seen(self, table: str, now: datetime, through: int) -> pl.DataFrame:
        """A table as a run saw it."""
        return self.sight.facts((table,), (now, through))[table]

    @property
    def now(self) -> datetime:
        """The house's clock: the last seal, or the last close of a quarter-hour."""
        position = self.store.position
        return max(position.sealed_at or datetime.min, position.rolled_until or datetime.min)

    def policy(self) -> Policy:
        """Levels, caps and bindings as the log has them."""
        return self._stance()[0]

    def thinkers(self) -> Mapping[str, Thinker]:
        """The automations under the settings that the log has, and what people edited."""
        return self._desk.over(self._stance()[1])

    def _stance(self) -> tuple[Policy, Mapping[str, Thinker]]:
        """Policy and thinkers, read again only when the log holds something new about them."""
        last = max(self.store.last_position(kind) for kind in _STANCE)
        if self._read_at != last:
            rows = self.read("levels").select("automation", "scope", "level", "restarted")
            levels = {(name, scope): level(text) for name, scope, text, _ in rows.iter_rows()}
            restarts = {name: at for name, _, _, at in rows.iter_rows() if at}
            stopped = frozenset(self.read("switches")["scope"])
            known, found = self.settings(), self.members
            founded = self.read("house_founded")
            salt = str(founded["salt"][0]) if founded.height else ""
            thinkers = {
                name: Thinker(one, charter.settings_of(one, known), found.codes[name], salt)
                for name, one in found.automations.items()
            }
            standing = {"levels": levels, "restarts": restarts, "stopped": stopped}
            self._policy, self._thinkers = charter.policy_of(known, **standing), thinkers
            self._read_at = last
        return self._policy, self._thinkers

    def said_policy(self) -> Policy:
        """The policy with what was said since the last seal: what people at the desk go by."""
        everything = self.store.everything
        levels = everything("policy.changed").select("subject", "scope", "level").iter_rows()
        said = everything("settings.changed").select("name", "value").iter_rows()
        switched = dict(everything("switch.changed").select("subject", "stopped").iter_rows())
        return charter.policy_of(
            {name: msgspec.json.decode(value) for name, value in said},
            levels={(name, scope): level(text) for name, scope, text in levels},
            stopped=frozenset(scope for scope, stopped in switched.items() if stopped),
        )

    def settings(self) -> dict[str, object]:
        """Settings by dotted key as the log has them; None where the default holds again."""
        return {k: msgspec.json.decode(v) for k, v in self.read("settings").iter_rows()}

    def crew(self, clock: VirtualClock) -> Crew:
        """All that the loop needs."""
        return Crew(
            self.sight,
            self.members.verbs,
            clock,
            self.thinkers,
            lambda: outlets(self, clock),
            self.policy,
            self.members.codes,
            self.halted,
            storage.aides_of(self.store, self.home),
        )

    def halted(self) -> frozenset[str]:
        """What stands still: by the log, or by a file that `psizero stop` wrote beside it."""
        return self.policy().stopped | still(self.home, self.store)

    def address(self, subject: str, channel: str = "mail") -> str:
        """Where a customer, or one of our people, is reached. Raises Refused: nobody knows."""
        ours = subject in self.policy().known_people() and channel == "mail"
        return self.addresses.of(subject, channel, f"{subject}@localhost" if ours else "")


@contextmanager
def opened(home: Path) -> Iterator[House]:
    """An existing home. Raises Problem where there is none, or another process owns it."""
    held = HELD.get(home.resolve())
    if held is not None:
        held.said = charter.load(home / "house.toml", held.members.automations)
        yield held
        return
    if not storage.is_home(home):
        raise Problem(f"{home} is no home", f"make one: psizero init --home {home}")
    house = House(home, members())
    try:
        yield house
    finally:
        house.close()


def create(home: Path, company: str, salt: str, grants: Mapping[str, Level]) -> None:
    """Make a home: its files, and in its log the founding with the levels granted.

    Raises Problem where there is one already, or a grant names no automation.
    """
    found = members()
    strange, names = sorted(set(grants) - set(found.automations)), ", ".join(found.automations)
    if strange:
        raise Problem(f"no automation {strange[0]!r}", f"automations: {names}")
    if storage.is_home(home):
        raise Problem(f"{home} is a home already")
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "house.toml").exists():
        (home / "house.toml").write_text(draft(company, found.automations))
    fresh = f"{LEDGER}.new"
    for left in (fresh, f"{fresh}.wal"):  # by an init that died: it is a home only once renamed
        (home / left).unlink(missing_ok=True)
    house = House(home, found, fresh)
    try:
        house.found(company, salt, grants)
    finally:
        house.close()
    if not storage.url_of(home):
        (home / fresh).rename(home / LEDGER)
