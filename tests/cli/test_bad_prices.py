"""Price books that are wrong: refused whole, and a price in force is never changed."""

from pathlib import Path

import pytest

from tests.cli.attempts import PRICES, attempt, copied, done, founded, holds, refused

BOOK = PRICES.read_text()
NEXT = BOOK.replace("version = 1", "version = 2").replace("2026-09-01T", "2026-12-01T")
OTHER = BOOK.replace("servegen-weekly", "another")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one price, whose clock stands at 2026-10-01. Only read."""
    made = founded(tmp_path_factory.mktemp("prices") / "home")
    done("fly", "--until", "2026-10-01T00:00:00Z", "--home", made)
    return made


def applied(home: Path, folder: Path, body: str | bytes) -> tuple[object, ...]:
    path = folder / "book.toml"
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return ("prices", "apply", path, "--home", home)


def changed(old: str, new: str, book: str = NEXT) -> str:
    assert book.count(old) >= 1
    return book.replace(old, new)


REFUSED = {
    "": "`price` is missing",
    "a = = 1": "a = = 1",
    "price = 3": "`price` must be a list of tables",
    "a = " + "[" * 9_999: "too deeply",
    changed('"49.00"', "49.00"): 'write "49" in quotes',
    changed('"49.00"', "49"): "`base` is 49",
    changed('"49.00"', '"-1"'): "`base` is -1",
    changed('"49.00"', '"1e3"'): "'1e3'",
    changed('"49.00"', '"NaN"'): "'NaN'",
    changed('"49.00"', f'"{"9" * 60}"'): "at most 23 digits",
    changed('"USD"', '"DOGE"'): "'DOGE'",
    changed('"USD"', '"usd"'): "'usd'",
    changed('"week"', '"quarter"'): "'quarter'",
    changed("version = 2", "version = 0"): "`version` is 0",
    changed("version = 2", "version = '2'"): "`version` is '2'",
    changed("2026-12-01T00:00:00Z", '"2026-12-01"'): "`valid_from`",
    changed("2026-12-01T00:00:00Z", "10:00:00"): "`valid_from`",
    changed("2026-12-01T00:00:00Z", "0001-01-01T00:00:00+10:00"): "before the year 1",
    changed("2026-12-01T00:00:00Z", "9999-12-31T23:00:00-10:00"): "after the year 9999",
    changed('tax_share = "0"', 'tax_share = "5"'): "`tax_share` is 5",
    changed('plan = "servegen-weekly"', "plan = 3"): "`plan` is 3",
    NEXT + NEXT: "stands there twice",
    BOOK.replace('"49.00"', '"59.00"'): "servegen-weekly@1 is in the price book with other terms",
    NEXT.replace("2026-12-01T", "2026-09-01T"): "servegen-weekly@2 would change",
    NEXT.replace("2026-12-01T", "2026-09-05T"): "servegen-weekly@2 would change",
    NEXT + NEXT.replace("version = 2", "version = 3"): "servegen-weekly@3 would change",
}


@pytest.mark.parametrize("body", REFUSED, ids=list(REFUSED.values()))
def test_refused(body: str, home: Path, tmp_path: Path) -> None:
    before = holds(home)
    said = refused(*applied(home, tmp_path, body))
    assert "book.toml" in said and REFUSED[body] in said
    assert holds(home) == before


def test_binary(home: Path, tmp_path: Path) -> None:
    assert "book.toml line 2: it is no UTF-8" in refused(*applied(home, tmp_path, b"a = 1\n\xff"))


@pytest.mark.parametrize("wrong", [text for text in REFUSED if "servegen-weekly@" in REFUSED[text]])
def test_nothing_of_a_book_that_is_partly_wrong(wrong: str, home: Path, tmp_path: Path) -> None:
    """The price that is new and right is not taken either."""
    before = holds(home)
    refused(*applied(home, tmp_path, OTHER + wrong))
    assert holds(home) == before


@pytest.mark.parametrize(
    "body",
    [
        BOOK,
        NEXT,
        OTHER,
        f"\ufeff{NEXT}".replace("\n", "\r\n"),
        # A plan that nobody was on yet, and then periods that had no price until now.
        OTHER + NEXT.replace("servegen-weekly", "another").replace("2026-12-01T", "2026-09-09T"),
        NEXT.replace("2026-12-01T", "2026-08-01T"),
    ],
)
def test_taken(body: str, home: Path, tmp_path: Path) -> None:
    """And the second time it is known already."""
    mine = copied(home, tmp_path / "home")
    prices = body.count("[[price]]\n") or body.count("[[price]]\r")
    for told in (f"{prices} prices added, 0 known", f"0 prices added, {prices} known"):
        if body != BOOK:
            assert told in done(*applied(mine, tmp_path, body))
    assert "1 known already" in done(*applied(mine, tmp_path, BOOK))


def test_a_price_in_force_before_the_first_flight(tmp_path: Path) -> None:
    """While nothing is billed yet, a book may be written in any order."""
    made = founded(tmp_path / "home")
    assert attempt(*applied(made, tmp_path, NEXT.replace("2026-12", "2026-10"))).code == 0
