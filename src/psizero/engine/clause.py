"""The clause: one condition of the gate, with what it says and what would change it."""

import msgspec
import polars as pl


class Clause(msgspec.Struct, frozen=True):
    """`when` and `because` are expressions over the columns of `prepared` and `counts`.

    `counts` are taken over those still undecided when the clause's turn comes. `flips` are
    inputs of the clause, each with a value with which it may not hold any more.
    """

    name: str
    level: str
    when: pl.Expr
    because: pl.Expr
    doc: str
    flips: tuple[tuple[str, pl.Expr], ...] = ()
    counts: tuple[pl.Expr, ...] = ()
