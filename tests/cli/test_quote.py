"""`psizero quote`: every example of its page, the price book of a house, and what is refused."""

import io
import json
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from psizero.finance.terms import MODES
from psizero.house.home import opened
from tests.cli.attempts import PRICES, attempt, done, founded, holds, refused
from tests.cli.conftest import Shown

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "quote.md").read_text()
MODELS = ROOT / "examples" / "prices" / "models.toml"
EXAMPLES = re.findall(r"\n```json\n(.*?)```\n\n```(text|json)\n(.*?)```", PAGE, re.S)
WEEKLY = {"plan": "servegen-weekly", "start": "2026-09-07"}


def written(folder: Path, document: object) -> Path:
    file = folder / "quotes.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return file


def asked(folder: Path, *words: object, **quote: object) -> dict[str, object]:
    """The one quote that is answered."""
    file = written(folder, {"quotes": [{**WEEKLY, **quote}]})
    (found,) = json.loads(done("quote", file, *words))["quotes"]
    return dict(found)


@pytest.mark.parametrize(("document", "kind", "said"), EXAMPLES)
def test_every_example_of_the_page_is_what_is_printed(
    document: str, kind: str, said: str, tmp_path: Path
) -> None:
    own = () if '"prices"' in document else ("--prices", MODELS)
    assert done("quote", written(tmp_path, document), *own, "--format", kind) == said


def test_the_page_has_an_example_of_every_plan_of_the_book() -> None:
    used = set(re.findall(r'"plan": "([\w-]+)"', "".join(text for text, _, _ in EXAMPLES)))
    assert used == {*re.findall(r'\nplan = "([\w-]+)"', MODELS.read_text()), "mine"}
    assert set(MODES) <= set(re.findall(r'\nmode = "(\w+)"', MODELS.read_text()))


def keys(value: object, above: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from keys(one, above)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from keys(inner, name)


def test_the_page_names_every_field_that_is_answered() -> None:
    (answer,) = [text for _, kind, text in EXAMPLES if kind == "json"]
    table = PAGE.partition("## What is answered")[2].partition("## Rules")[0]
    assert [name for name in keys(json.loads(answer)) if name not in table] == []


def test_sums_are_of_the_lines(tmp_path: Path) -> None:
    usage = [{"meter": "calls", "quantity": "1250000.5"}]
    found = asked(tmp_path, "--prices", PRICES, usage=usage, until="2026-09-30")
    bills = found["bills"]
    assert isinstance(bills, list) and [one["net"] for one in bills] == [54025, 4900, 4900, 4900]
    for bill in bills:
        assert bill["net"] == sum(line["amount"] for line in bill["lines"])
        for line in bill["lines"]:
            steps = [Decimal(step["amount"]) for step in line["steps"]]
            assert not steps or sum(steps) == Decimal(line["precise"])
    assert (found["net"], found["total"]) == (68725, 68725)


def test_from_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps({"quotes": [WEEKLY]})))
    assert "49.00" in done("quote", "-", "--prices", PRICES, "--format", "text")


def test_the_price_book_of_a_house_is_taken_and_nothing_is_written(tmp_path: Path) -> None:
    home = founded(tmp_path / "home")
    before = holds(home)
    file = written(tmp_path, {"quotes": [WEEKLY]})
    assert "is no home" in refused("quote", file, "--home", tmp_path / "nowhere")
    assert "has no plan 'servegen-weekly'" in refused("quote", file, "--home", home)
    done("fly", "--home", home, "--until", "2026-09-02T00:00:00Z")
    known = holds(home)
    files = sorted(path.name for path in home.iterdir())
    assert done("quote", file, "--home", home) == done("quote", file, "--prices", PRICES)
    dearer = tmp_path / "dearer.toml"
    dearer.write_text(PRICES.read_text().replace('"49.00"', '"59.00"'))
    assert asked(tmp_path, "--home", home, "--prices", dearer)["net"] == 5900
    assert holds(home) == known != before
    assert sorted(path.name for path in home.iterdir()) == files


def test_without_a_home_nothing_is_left_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, {"quotes": [WEEKLY]})
    monkeypatch.chdir(tmp_path)
    done("quote", file, "--prices", PRICES)
    assert list(tmp_path.iterdir()) == [file]


def test_a_quote_is_the_invoice_that_the_house_issued(shown: Shown, tmp_path: Path) -> None:
    """Every invoice of the demo without late use, from its own quantities."""
    with opened(shown.home) as house:
        seats = dict(house.read("subscriptions").select("subscription", "quantity").iter_rows())
    invoices = [
        one
        for one in json.loads(done("invoices", "--home", shown.home, "--format", "json"))
        if not one["correction"] and all(line["kind"] != "late_usage" for line in one["lines"])
    ]
    quotes = [
        {
            "name": str(one["number"]),
            "plan": one["plan"],
            "start": one["period_start"],
            "until": one["period_end"],
            "anchor": one["period_start"][:10],
            "seats": seats[one["subscription"]],
            "usage": [
                {"meter": line["meter"], "quantity": line["quantity"]}
                for line in one["lines"]
                if line["meter"]
            ],
        }
        for one in invoices
    ]
    assert len(quotes) > 50
    file = written(tmp_path, {"quotes": quotes})
    made = json.loads(done("quote", file, "--home", shown.home))["quotes"]
    for one, quote in zip(invoices, made, strict=True):
        (bill,) = quote["bills"]
        kept = ("kind", "description", "meter", "quantity", "precise", "amount", "tax", "steps")
        for invoiced, quoted in zip(one["lines"], bill["lines"], strict=True):
            assert {name: invoiced[name] for name in kept} == {name: quoted[name] for name in kept}
        assert (bill["start"], bill["end"]) == (one["period_start"], one["period_end"])
        assert (quote["net"], quote["tax"], quote["total"]) == (
            one["net"],
            one["tax"],
            one["total"],
        )


WRONG: dict[str, object] = {
    "quotes.json: JSON is malformed": "{]",
    "quotes.json: Object missing required field `quotes`": {},
    "quotes.json: `quotes` is empty": {"quotes": []},
    "Expected `array`, got `object` - at `$.quotes`": {"quotes": {}},
    "missing required field `plan`": {"quotes": [{"start": "2026-09-07"}]},
    "unknown field `seat`": {"quotes": [{**WEEKLY, "seat": 3}]},
    "Expected `int | str`, got `float` - at `$.quotes[0].usage[0].quantity`": {
        "quotes": [{**WEEKLY, "usage": [{"meter": "calls", "quantity": 0.1}]}]
    },
    "two quotes have the name 'a'": {"quotes": [{**WEEKLY, "name": "a"}] * 2},
    "quote '1': `start` is '2026-13-01'; write 2026-09-01": {
        "quotes": [{**WEEKLY, "start": "2026-13-01"}]
    },
    "`start` is '1066-10-14', it lies outside 1970 to 2199": {
        "quotes": [{**WEEKLY, "start": "1066-10-14"}]
    },
    "`usage[0].quantity` is '1e3'; write it like": {
        "quotes": [{**WEEKLY, "usage": [{"meter": "calls", "quantity": "1e3"}]}]
    },
    "with 9 digits behind": {
        "quotes": [{**WEEKLY, "usage": [{"meter": "calls", "quantity": "0.0000000001"}]}]
    },
    "`usage[0].times` is 0": {
        "quotes": [{**WEEKLY, "usage": [{"meter": "calls", "quantity": 1, "times": 0}]}]
    },
    "`seats` is -1": {"quotes": [{**WEEKLY, "seats": -1}]},
    "`proration` is 'hour', it must be second or day or none": {
        "quotes": [{**WEEKLY, "proration": "hour"}]
    },
    "coupon 'c': it has a `share` or an `amount`": {
        "quotes": [{**WEEKLY, "coupons": [{"name": "c"}]}]
    },
    "tax level is 'page'": {"quotes": [{**WEEKLY, "tax": {"level": "page"}}]},
    "the price book has no plan 'x'; it has servegen-weekly": {"quotes": [{**WEEKLY, "plan": "x"}]},
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_wrong_is_said_in_one_line(said: str, tmp_path: Path) -> None:
    told = refused("quote", written(tmp_path, WRONG[said]), "--prices", PRICES)
    assert said in told
    assert len(told.strip().splitlines()) == 1


def test_which_prices_is_said(tmp_path: Path) -> None:
    file = written(tmp_path, {"quotes": [WEEKLY]})
    assert "has no `prices`: name a price book with --prices or --home" in refused("quote", file)
    own = {"quotes": [WEEKLY], "prices": [{"plan": "mine"}]}
    assert "has prices of its own" in refused("quote", written(tmp_path, own), "--prices", PRICES)
    assert "the key `version` is missing" in refused("quote", written(tmp_path, own))
    floated = [{"plan": "p", "version": 1, "valid_from": "2026-01-01", "currency": "USD"}]
    floated[0] |= {"interval": "week", "base": 0.1, "minimum": "0", "tax_share": "0"}
    own["prices"] = floated
    assert 'write "0.1" in quotes' in refused("quote", written(tmp_path, own))
    floated[0] |= {"valid_from": "soon"}
    assert "`valid_from` is 'soon'" in refused("quote", written(tmp_path, own))
    stdin = refused("quote", "-", "--home", tmp_path)
    assert "come from a file, not from stdin" in stdin
    assert "cannot read" in refused("quote", tmp_path / "none.json", "--prices", PRICES)
    deep = written(tmp_path, '{"quotes": [], "prices": ' + "[" * 99_999)
    assert attempt("quote", deep).code == 1
