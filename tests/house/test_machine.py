"""Desk, gate and hands as one machine: whatever people do in whatever order, no rule is broken."""

import json
import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import polars as pl
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.house import desk, levels
from psizero.house.edit import Wanted, edit
from psizero.house.levels import Wish
from tests.toy.town import BEGIN, BINDINGS, entered, fly, founded, said, take, wished

WISHES, HOUR = "growth.wishes", timedelta(hours=1)
TOML = (
    BINDINGS
    + f"[gate]\napproval_hours = 6\ncool_down_hours = 0\n[caps.{WISHES}]\nactions_per_day_max = 4\n"
    + '[people]\nanna = "owner"\nben = "owner"\n'
    + "[promotion]\ndecisions_min = 0\ndays_min = 0\nshare_min = 0\n"
)
STEPS = int(os.environ.get("PSIZERO_SOAK_N", "6"))
subjects, verbs = st.sampled_from("abc"), st.sampled_from(("gift.send", "account.close"))
numbers, hours = st.integers(0, 9), st.integers(1, 8)
owners, people = st.sampled_from(("anna", "ben")), st.sampled_from(("anna", "ben", "eve"))


class Desk(RuleBasedStateMachine):
    """A town whose owners promote, demote, stop, approve, edit and decline as they like."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())

    @initialize(level=st.sampled_from((Level.APPROVE, Level.APPROVE, Level.SHADOW)))
    def the_town_is_founded(self, level: Level) -> None:
        home = founded(self.folder / "home", {WISHES: level}, TOML)
        self.open = entered(home)
        self.house = self.open.__enter__()
        self.at, self.asked = BEGIN, 0
        for verb in ("gift.send", "account.close"):
            for subject in "abc":
                self.somebody_wishes(subject, verb, 0)
        fly(self.house, BEGIN)

    def teardown(self) -> None:
        self.open.__exit__(None, None, None)
        shutil.rmtree(self.folder)

    @rule(subject=subjects, verb=verbs, number=numbers)
    def somebody_wishes(self, subject: str, verb: str, number: int) -> None:
        self.asked += 1
        row = wished(verb, subject, self.at, f"e{number % 3}", text=f"text {number}")
        take(self.house, "wish.made", [{**row, "id": f"w{self.asked}"}])

    @rule(count=hours)
    def time_goes_on(self, count: int) -> None:
        self.at += count * HOUR
        fly(self.house, self.at)

    @rule(number=numbers, who=people, word=st.sampled_from(("yes", "no", "edit")))
    def somebody_answers(self, number: int, who: str, word: str) -> None:
        """To what waits; now and then to anything that was ever decided."""
        waits = self.house.read("pending")["decision"].to_list()
        keys = waits if waits and number else self.house.read("decision")["id"].to_list()
        if keys:
            key = keys[number % len(keys)]
            change = Wanted(said=(f"text=edit {number % 4}",), by=who, reason="wrong_text")
            try:
                if word == "edit":
                    edit(self.house, key, change)
                elif word == "yes":
                    desk.approve(self.house, [key], who)
                else:
                    desk.decline(self.house, key, who, "other", "")
            except Problem:
                return

    @rule(number=numbers, who=owners, then=owners)
    def somebody_edits(self, number: int, who: str, then: str) -> None:
        """And one of the two says yes to all that waits an hour later."""
        self.somebody_answers(number, who, "edit")
        self.time_goes_on(1)
        for key in self.house.read("pending")["decision"].to_list():
            try:
                desk.approve(self.house, [key], then)
            except Problem:
                continue

    @rule(number=numbers)
    def somebody_overrides(self, number: int) -> None:
        keys = self.house.read("decision")["id"].to_list()
        if keys:
            try:
                desk.override(self.house, keys[number % len(keys)], "anna", "other", "")
            except Problem:
                return

    @rule(level=st.sampled_from(list(Level)), restart=st.booleans())
    def the_level_changes(self, level: Level, restart: bool) -> None:
        for who in ("anna", "ben"):
            wish = Wish(automation=WISHES, level=level, by=who, restart_open=restart)
            for change in (levels.promote, levels.demote):
                try:
                    change(self.house, wish)
                except Problem:
                    continue

    @rule(stops=st.booleans())
    def the_switch_is_turned(self, stops: bool) -> None:
        if stops:
            levels.stop(self.house.home, "growth", "anna", "")
            levels.take_stops(self.house)
        else:
            for who in ("anna", "ben"):
                try:
                    levels.resume(self.house, "growth", who)
                except Problem:
                    continue

    @invariant()
    def no_decision_acts_twice(self) -> None:
        keys = [call["key"] for call in said(self.house.home)]
        assert len(set(keys)) == len(keys)
        verdicts = self._taken().select("decision", "automation", "verb", "subject", "episode")
        assert verdicts["decision"].is_unique().all()
        assert not verdicts.drop("decision").is_duplicated().any(), "one intent of an episode"

    @invariant()
    def what_acts_was_allowed(self) -> None:
        """By the level of that instant, or by people before their window ended."""
        taken = {row["decision"]: row for row in self._taken().iter_rows(named=True)}
        for call in said(self.house.home):
            assert call["key"] in taken
        people = self.house.read("verdict").filter(pl.col("by") != "policy")
        asked = self.house.read("verdict").filter(pl.col("level") == "approve")
        for key, row in taken.items():
            level = self._level_at(row["position"])
            if row["clause"] == "approved":
                window = asked.filter(pl.col("decision") == key)["answer_until"].max()
                yes = people.filter((pl.col("decision") == key) & (pl.col("clause") == "approved"))
                assert yes.height and yes["recorded_at"].min() <= window, "a late yes acted"
                assert level in ("approve", "auto") and "eve" not in yes["by"]
            else:
                assert level == "auto" and row["verb"] != "account.close", "protected asks always"

    @invariant()
    def what_was_edited_never_acts(self) -> None:
        """Nor does anything else that nobody edited, in that episode, from then on."""
        verdicts = self.house.read("verdict")
        edits = verdicts.filter((pl.col("by") != "policy") & (pl.col("clause") == "edited"))
        taken, decided = self._taken(), self.house.read("decision")
        assert taken.join(edits, on="decision").is_empty()
        later = taken.join(edits, on=["verb", "subject", "episode"], suffix="_edit")
        later = later.filter(pl.col("position") > pl.col("position_edit"))
        for row in later.iter_rows(named=True):
            said = decided.filter(pl.col("id") == row["decision"])
            assert '"text":"edit ' in said["parameters"][0], "the automation acts beside the edit"
            assert row["clause"] == "approved", "words of a person went out with nobody's yes"

    @invariant()
    def who_edited_is_not_the_only_one(self) -> None:
        """The last who edited an episode is the proposer; somebody else said yes in the window."""
        verdicts = self.house.read("verdict")
        asked = verdicts.filter((pl.col("by") == "policy") & (pl.col("clause") == "edited"))
        yes = verdicts.filter((pl.col("by") != "policy") & (pl.col("clause") == "approved"))
        for row in asked.join(self._taken().select("decision"), on="decision").iter_rows(
            named=True
        ):
            who = set(yes.filter(pl.col("decision") == row["decision"])["by"])
            assert who - {json.loads(row["counterfactual"])["was"]}, "his own yes is none"

    @invariant()
    def what_waits_is_open(self) -> None:
        """Nothing waits that was taken, or whose window is over."""
        waits = self.house.read("pending")
        assert waits.join(self._taken(), on="decision").is_empty()
        assert waits.filter(pl.col("answer_until") < self.house.now - HOUR).is_empty()

    def _taken(self) -> pl.DataFrame:
        held = (pl.col("by") == "policy") & (pl.col("level") == "auto")
        return self.house.read("verdict").filter(held)

    def _level_at(self, position: int) -> str:
        changes = self.house.read("policy_changed").filter(pl.col("position") < position)
        return str(changes.filter(pl.col("subject") == WISHES)["level"].to_list()[-1])


Desk.TestCase.settings = settings(
    max_examples=STEPS, stateful_step_count=25, deadline=None, print_blob=True
)
TestDesk = Desk.TestCase
