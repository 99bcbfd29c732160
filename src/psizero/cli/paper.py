"""The command `invoice`: one invoice as text, or as the PDF that a customer gets."""

from pathlib import Path
from typing import Annotated

import polars as pl
from cyclopts import Parameter

from psizero.cli import bill
from psizero.cli.app import Home
from psizero.cli.show import hint
from psizero.core.errors import Problem
from psizero.house.home import opened
from psizero.house.paper import paper, pdf


def invoice(
    number: int,
    /,
    *,
    home: Home,
    output: Annotated[Path | None, Parameter(name=["-o", "--output"], help="As PDF.")] = None,
) -> None:
    """One invoice, printed; with -o FILE.pdf as PDF/A-3 with the use of each day."""
    with opened(home) as house:
        said = paper(house, number)
        if output is None:
            bill.invoice(
                house.read("invoices").row(by_predicate=pl.col("number") == number, named=True)
            )
            return
    if output.suffix != ".pdf":
        raise Problem(f"-o {output}: a name that ends in .pdf is needed")
    whole = output.with_name(f"{output.name}.partial")
    try:
        whole.write_bytes(pdf(said))
        whole.replace(output)
    except OSError as error:
        whole.unlink(missing_ok=True)
        raise Problem(f"cannot write {output}: {error.strerror or error}") from None
    hint(f"invoice {number} written to {output}")
