"""What became of the autopilot since the morning before: done, refused, fallen a rung, lost."""

from collections.abc import Iterator

from psizero.intelligence.claims import Claim
from psizero.intelligence.morning import Morning, cell, counted, name, number
from psizero.intelligence.prose import Line, Part, Pieces, line, listed

NAMED_MAX = 3


def autopilot(seen: Morning, why: list[Claim]) -> Part:
    """What was done since the morning before, and by itself."""
    done, reverted, refused, shadow = (
        seen.figure(one) for one in ("done", "reverted", "refused", "shadow")
    )
    rate = seen.figure("automation_rate")
    if done is None or reverted is None or refused is None or shadow is None:
        return Part("autopilot", "", ())
    if rate is None and not (done.value or shadow.value):
        quiet = line("It decided nothing since yesterday morning.")
        return Part("autopilot", "The autopilot overnight", (quiet, *_fallen(seen)))
    did: Pieces = (
        counted(done, "value", "action was", "actions were") if done.value else ("no action was",)
    )
    undone: Pieces = (cell(reverted),) if reverted.value else ("none",)
    denied: Pieces = (cell(refused),) if refused.value else ("none",)
    lines = [line(*did, " done, ", *undone, " reverted and ", *denied, " refused.")]
    if rate is not None:
        share: Pieces = (
            "Automation rate: ",
            cell(rate),
            " of ",
            *counted(rate, "count", "decision"),
        )
        lines.append(line(*share, " went through without a person."))
    if shadow.value:
        noted = counted(shadow, "value", "decision was", "decisions were")
        lines.append(line(*noted, " only noted, in shadow."))
    return Part("autopilot", "The autopilot overnight", (*lines, *_fallen(seen)))


def _fallen(seen: Morning) -> Iterator[Line]:
    """Each automation that fell, and to which level."""
    for row in seen.falls.head(NAMED_MAX).iter_rows(named=True):
        key = {"automation": str(row["automation"])}
        who, where = name("falls_daily", key, "automation"), str(row["level"])
        yield line(who, f" fell to {where} by itself; why: psizero table policy_changed.")


def lost(seen: Morning) -> list[Line]:
    """Rows that came and could not be taken in, by kind."""
    rows = seen.facts["rejected_daily"].sort(["rows", "kind"], descending=[True, False])
    parts: list[Pieces] = []
    for row in rows.head(NAMED_MAX).iter_rows(named=True):
        key = {"kind": str(row["kind"])}
        many = number("rejected_daily", key, "rows", (row["rows"], "count", ""))
        parts.append((many, " of ", name("rejected_daily", key, "kind")))
    if not parts:
        return []
    return [line("Rows rejected since yesterday morning: ", *listed(parts), "; psizero rejected.")]
