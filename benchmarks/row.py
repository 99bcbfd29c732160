"""One line of the report: what was measured, its figure, its budget, and whether it was kept."""

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`beside` is our speed as a share of the raw engine's at the same work in the same run.

    `met` is null where there is no budget; `figure` is null where nothing could be measured.
    """

    what: str
    figure: float | None = None
    unit: str = ""
    budget: str = ""
    beside: float | None = None
    met: bool | None = None


def at_most(what: str, figure: float, unit: str, most: float, beside: float | None = None) -> Row:
    """A figure that may not be above its budget."""
    budget = f"at most {most:g} {unit}"
    return Row(
        what=what, figure=figure, unit=unit, budget=budget, beside=beside, met=figure <= most
    )


def at_least_beside(what: str, figure: float, unit: str, share: float, beside: float) -> Row:
    """A rate that may not fall below a share (0 to 1) of the raw engine's."""
    budget = f"at least {share:.0%} of raw"
    return Row(
        what=what, figure=figure, unit=unit, budget=budget, beside=beside, met=beside >= share
    )


def shown(figure: float | None) -> str:
    """A figure with as many digits as say something: 3 at least, none behind a thousand."""
    if figure is None:
        return "-"
    digits = 0 if abs(figure) >= 1000 else 1 if abs(figure) >= 100 else 2 if figure >= 1 else 3
    return f"{figure:,.{digits}f}"


def cells(row: Row) -> tuple[str, str, str, str, str, str]:
    """What, figure, unit, budget, share of the raw engine's speed, and the verdict, as text."""
    verdict = "" if row.met is None else "met" if row.met else "NOT MET"
    beside = "" if row.beside is None else f"{row.beside:.2f}"
    return row.what, shown(row.figure), row.unit, row.budget, beside, verdict
