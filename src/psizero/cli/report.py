"""What each command prints, as text for people and as stable JSON for programs."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec
import polars as pl

from psizero.cli.show import Format, note, out, spelled, text
from psizero.core.clock import iso
from psizero.core.errors import Problem
from psizero.core.money import CURRENCY_DIGITS, Money
from psizero.engine.gate import CLAUSES
from psizero.engine.intake import Report
from psizero.engine.loop import Tick
from psizero.house.home import House
from psizero.house.members import members


def emit(value: object) -> None:
    """One JSON document on stdout, indented, in the order given."""
    body = msgspec.json.format(msgspec.json.encode(value), indent=2)
    sys.stdout.write(body.decode() + "\n")


def objects(frame: pl.DataFrame, nested: Sequence[str] = ()) -> list[dict[str, object]]:
    """Rows as objects; columns in `nested` hold JSON text and become objects."""
    rows: list[dict[str, object]] = spelled(frame).to_dicts()
    for row in rows:
        for name in nested:
            row[name] = msgspec.json.decode(str(row[name])) if row[name] else None
    return rows


def imported(reports: list[Report], format: Format) -> None:
    rows = [msgspec.to_builtins(one) for one in reports]
    if format == "json":
        emit(rows)
    else:
        text(pl.DataFrame(rows))
    if any(one.rejected or one.conflicts for one in reports):
        note.print("rejected and conflicting rows: psizero rejected")


def ticked(tick: Tick) -> None:
    thought = ", ".join(tick.thought) or "nothing due"
    made = f"{tick.decisions:,} decisions ({tick.automatic:,} auto)" if tick.decisions else ""
    out.print(f"{iso(tick.now)}  sealed {tick.sealed:>9,}  {thought}  {made}".rstrip())


def invoices(house: House, at: datetime | None, format: Format) -> None:
    frame = house.read("invoices", at)
    rows = [
        {
            "number": row["number"],
            "customer": row["subject"],
            "subscription": row["subscription"],
            "plan": row["plan"],
            "period_start": row["period_start"],
            "period_end": row["period_end"],
            "currency": row["currency"],
            "net": row["net_minor"],
            "tax": row["tax_minor"],
            "total": row["total_minor"],
            "correction": row["correction"],
            "billed_through": row["billed_through"],
            "issued_at": row["occurred_at"],
            "decision": row["cause"],
            "lines": row["lines"],
        }
        for row in objects(frame, ["lines"])
    ]
    if format == "json":
        emit(rows)
        return
    shown = frame.select(
        "number",
        pl.col("subject").alias("customer"),
        pl.col("period_start").dt.date().cast(pl.String),
        pl.col("period_end").dt.date().cast(pl.String),
        total=pl.struct("total_minor", "currency").map_elements(
            lambda one: str(Money(one["total_minor"], one["currency"])), return_dtype=pl.String
        ),
    )
    text(shown)
    for currency, sum_minor in (
        frame.group_by("currency").agg(pl.col("total_minor").sum()).sort("currency").iter_rows()
    ):
        out.print(f"{frame.height:,} invoices, {Money(sum_minor, currency)} in all")
    if frame.height:
        out.print("")
        invoice(frame.row(-1, named=True))


def invoice(row: dict[str, object]) -> None:
    """One invoice as a person reads it."""
    currency = str(row["currency"])
    digits = CURRENCY_DIGITS[currency]
    out.print(f"Invoice {row['number']}  ·  {row['subject']}  ·  plan {row['plan']}")
    out.print(
        f"Period {_day(row['period_start'])} to {_day(row['period_end'])} (UTC, end excluded)"
    )
    for line in msgspec.json.decode(str(row["lines"])):
        period = f" ({line['period_start'][:10]} to {line['period_end'][:10]})"
        described = line["description"] + (period if line["kind"] == "late_usage" else "")
        out.print(f"  {described:<58}{line['amount'] / 10**digits:>16,.{digits}f}")
        for step in line["steps"]:
            out.print(f"      {_step(step)}")
    for name in ("net", "tax", "total"):
        amount = row[f"{name}_minor"]
        if isinstance(amount, int) and (name != "tax" or amount):
            out.print(f"  {name:<58}{amount / 10**digits:>16,.{digits}f}")
    out.print(f"  in {currency}; usage known by {_instant(row['billed_through'])} is in it")


def _step(step: dict[str, str]) -> str:
    return f"{step['label']}: {step['units']} at {step['rate']} = {step['amount']}"


def _day(value: object) -> str:
    return value.date().isoformat() if isinstance(value, datetime) else ""


def _instant(value: object) -> str:
    return iso(value) if isinstance(value, datetime) else ""


def decided(house: House, at: datetime | None) -> pl.DataFrame:
    """Decisions with their last verdict and receipt."""
    verdicts = house.read("verdict", at).select(
        "decision", "level", "clause", "because", "by", verdict_position="position"
    )
    receipts = house.read("receipt", at).select(
        "decision", "state", "connector", "reference", "reason"
    )
    decisions = house.read("decision", at).drop("cause", "source")
    last = {"on": "decision", "how": "left", "maintain_order": "left"}
    return (
        decisions.rename({"id": "decision"})
        .join(verdicts.unique("decision", keep="last", maintain_order=True), **last)
        .join(receipts.unique("decision", keep="last", maintain_order=True), **last)
    )


def decisions(house: House, automation: str, at: datetime | None, format: Format) -> None:
    frame = decided(house, at)
    if automation:
        frame = frame.filter(pl.col("automation") == automation)
    if format == "json":
        rows = objects(frame.rename({"decision": "id"}), ["parameters", "evidence"])
        emit(rows)
        return
    text(
        frame.select(
            pl.col("decision").str.head(12).alias("id"),
            pl.col("occurred_at").alias("at"),
            "automation",
            "subject",
            "level",
            "state",
            why=pl.col("evidence").str.json_path_match("$.because"),
        )
    )


def explain(house: House, key: str, format: Format) -> None:
    found = decided(house, None).filter(pl.col("decision").str.starts_with(key))
    if found.height != 1:
        what = "no decision" if found.is_empty() else f"{found.height} decisions"
        raise Problem(f"{what} with an id that begins with {key!r}", "see: psizero decisions")
    row = objects(found.rename({"decision": "id"}), ["parameters", "evidence"])[0]
    run = house.read("run").filter(pl.col("id") == row["run"])
    row["run"] = objects(run.drop("cause"), ["settings"])[0]
    outcome = house.read("outcome").filter(pl.col("decision") == row["id"])
    row["outcomes"] = objects(outcome.select("occurred_at", "name", "value", "unit", "good"))
    if format == "json":
        emit(row)
        return
    evidence = row["evidence"]
    assert isinstance(evidence, dict)
    out.print(f"{row['automation']} decided to {row['verb']} for {row['subject']}")
    out.print(f"  because    {evidence['because']}")
    out.print(f"  rule       {evidence['rule']}")
    for name, value in evidence["facts"].items():
        for number, one in enumerate(value if isinstance(value, list) else [value]):
            out.print(f"  {'facts' if not number else '':<10} {name} = {one}")
    out.print(f"  otherwise  {evidence['counterfactual']}")
    out.print(f"  verdict    {row['level']} by clause {row['clause']}: {row['because']}")
    out.print(f"  effect     {row['state'] or 'none'} {row['reference'] or ''}".rstrip())
    out.print(f"  known      through position {row['run']['through']}, at {row['run']['now']}")
    for one in row["outcomes"]:
        good = {True: "good", False: "not good", None: "open"}[one["good"]]
        out.print(f"  outcome    {one['name']}: {one['value']} {one['unit']} ({good})")


def rejected(house: House, format: Format) -> None:
    """Rejected rows and conflicts, those that still wait for their seal included."""
    rejects = house.store.everything("row.rejected").select(
        kind="subject", origin="origin", line="line", reason="reason"
    )
    conflicts = house.store.everything("event.conflicted").select(
        kind="subject",
        origin="origin",
        line=pl.lit(None, pl.Int64),
        reason=pl.format(
            "source {} id {} is known with other content", "offered_source", "offered_id"
        ),
    )
    frame = pl.concat([rejects, conflicts]).sort("kind", "origin", "line", "reason")
    if format == "json":
        emit(objects(frame))
    else:
        text(frame)
        out.print(f"{rejects.height:,} rows rejected, {conflicts.height:,} conflicts")


def tables(format: Format) -> None:
    rows = [
        {"table": name, "form": type(table).__name__, "doc": table.doc}
        for name, table in sorted(members().catalog.tables.items())
    ]
    emit(rows) if format == "json" else text(pl.DataFrame(rows))


def automations(house: House, format: Format) -> None:
    policy, outcomes = house.policy(), house.read("outcome")
    rows = []
    for name, one in house.members.automations.items():
        mine = outcomes.filter(pl.col("automation") == name)
        good = mine["good"].drop_nulls()
        share = f"{int(good.sum())} of {good.len()} good" if good.len() else "not measured yet"
        due = f"due {one.due.table}.{one.due.column} + {one.due.delay_hours}" if one.due else ""
        cadence = one.cadence.rule if one.cadence else ""
        rows.append(
            {
                "automation": name,
                "domain": one.domain,
                "level": policy.level_of(name, "*").value,
                "cadence": "; ".join(filter(None, (cadence, due, *one.wakes_on))),
                "target": one.target,
                "last_measure": share,
            }
        )
    emit(rows) if format == "json" else text(pl.DataFrame(rows))


def gate(format: Format) -> None:
    rows = [
        {"order": number, "clause": one.name, "verdict": one.level, "means": one.doc}
        for number, one in enumerate(CLAUSES, start=1)
    ]
    emit(rows) if format == "json" else text(pl.DataFrame(rows))


def meters(house: House, format: Format) -> None:
    rows = (
        house.read("usage_recorded")
        .group_by("meter")
        .agg(
            customers=pl.col("customer").n_unique(),
            events=pl.col("events").sum(),
            quantity=pl.col("quantity").sum(),
            first=pl.col("start").min(),
            last=pl.col("start").max(),
        )
    )
    kind = house.members.catalog.kinds["usage.recorded"]
    running = (
        house.store.running(kind).group_by("meter").agg(running_quantity=pl.col("quantity").sum())
    )
    frame = rows.join(running, on="meter", how="full", coalesce=True).sort("meter")
    emit(objects(frame)) if format == "json" else text(frame)
    waiting = house.store.waiting().get("usage.recorded", 0)
    if waiting:
        note.print(f"{waiting:,} usage events wait for the house's clock to reach them")


def verified(house: House, head: Path | None, format: Format) -> None:
    """Raises Problem with the first places found when the ledger is not sound."""
    found = house.verify(head)
    position = house.store.position
    if format == "json":
        emit({"sound": not found, "rows": position.last, "chain": position.chain, "faults": found})
    elif not found:
        out.print(f"sound: {position.last:,} rows in {position.batches:,} batches")
        out.print(f"chain {position.chain}")
    if found:
        more = f"and {len(found) - 2} more places" if len(found) > 2 else ""
        raise Problem(*found[:2], *([more] if more else []))
