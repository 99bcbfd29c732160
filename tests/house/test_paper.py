"""An invoice on paper says what was issued, for ever, and nothing of others' text is markup."""

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from msgspec.structs import replace
from pypdf import PdfReader

from psizero.core.errors import Problem
from psizero.house.home import House, opened
from psizero.house.paper import Paper, Party, paper, pdf
from tests.house.flights import bring, copied, filled, fly, say
from tests.house.killing import STOPS


@pytest.fixture(scope="module")
def house(small_home: Path) -> Iterator[House]:
    with opened(small_home) as house:
        yield house


def printed(said: Paper) -> str:
    pages = PdfReader(io.BytesIO(pdf(said))).pages
    return "\n".join(page.extract_text() for page in pages)


def busiest(house: House) -> int:
    """The invoice with the greatest total."""
    invoices = house.read("invoices")
    return int(invoices.sort("total_minor")["number"][-1])


def test_what_was_issued(house: House) -> None:
    """Every line and sum; the use of the days adds up to what the lines are made of."""
    number = busiest(house)
    row = house.read("invoices").row(by_predicate=pl.col("number") == number, named=True)
    said = paper(house, number)
    digits = [r.amount.replace(",", "").replace(".", "") for r in said.rows]
    assert sum(map(int, digits)) == row["net_minor"]
    text, described = printed(said), [r.description for r in said.rows]
    for expected in (f"Invoice {number}", said.total, said.buyer.name, *described):
        assert expected in text, expected
    heads, *days, sums = said.use
    for column, meter in enumerate(heads[1:], 1):
        counts = [Decimal((day[column] or "0").replace(",", "")) for day in days]
        assert sum(counts) == Decimal(sums[column].replace(",", ""))
        on_lines = [r.description for r in said.rows if f" {meter}" in r.description]
        assert any(line.startswith(sums[column]) for line in on_lines), (meter, on_lines)


def test_the_same_paper_for_ever(small_files: Path, tmp_path: Path) -> None:
    """Late use that came in since, and another address of ours, change nothing of it."""
    home = filled(tmp_path / "home", small_files)
    fly(home, STOPS[0])
    with opened(home) as house:
        first = [paper(house, number) for number in house.read("invoices")["number"]]
    assert first
    bring(home, small_files / "late-1.csv.gz", small_files / "usage.toml")
    charter = home / "house.toml"
    moved = '[company]\naddress = "2 New Street\\nTown"\ntax_id = "DE1"\n'
    charter.write_text(charter.read_text().replace("[company]\n", moved))
    fly(home, STOPS[1])
    with opened(home) as house:
        again = [paper(house, int(said.number)) for said in first]
        last = paper(house, max(house.read("invoices")["number"]))
    assert again == first
    assert pdf(again[0]) == pdf(first[0])
    assert last.seller.address == ("2 New Street", "Town") and last.seller.tax_id == "DE1"


def test_an_erased_name_is_gone(small_home: Path, tmp_path: Path) -> None:
    home = copied(small_home, tmp_path / "home")
    with opened(home) as house:
        row = house.read("invoices").row(0, named=True)
        before = paper(house, row["number"]).buyer.name
    assert before != row["subject"]
    (home / "keys" / "legal").rename(home / "keys" / "gone")
    (home / "keys" / "legal").mkdir()
    with opened(home) as house:
        after = paper(house, row["number"])
    assert before not in printed(after) and "[" in after.buyer.name


def test_the_text_of_others_is_text(house: House) -> None:
    """Nothing in a name or a description is set as markup, or runs."""
    evil = '#read("/etc/passwd") $x$ *bold* <a> "] #panic() \\ // //'
    said = replace(paper(house, 1), buyer=Party(name=evil), plan=evil, bank=evil)
    text = printed(said).replace("\n", " ")
    assert text.count('#read("/etc/passwd") $x$ *bold* <a>') >= 2


def test_the_command(small_home: Path, tmp_path: Path) -> None:
    target = tmp_path / "one.pdf"
    assert "Invoice 1 " in say("invoice", 1, "--home", small_home)
    say("invoice", 1, "--home", small_home, "-o", target)
    assert PdfReader(target).metadata is not None
    for words, said in (
        (("9999",), "no invoice 9999"),
        (("1", "-o", tmp_path / "x.txt"), "ends in .pdf"),
        (("1", "-o", tmp_path / "no" / "x.pdf"), "cannot write"),
    ):
        with pytest.raises(Problem, match=said):
            say("invoice", *words, "--home", small_home)
