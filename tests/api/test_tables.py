"""Every table through the door is the table itself; what is asked wrongly is told."""

from datetime import datetime, timedelta
from io import BytesIO

import httpx
import polars as pl
import pytest

from psizero.core.clock import iso
from psizero.core.tables import Derived
from psizero.house.rows import spelled
from tests.api.doors import Town
from tests.toy.town import END

WHOLE = ("usage_quarter_hour", "invoices", "levels", "decision", "pending", "customers_known")


def here(town: Town, name: str, at: datetime | None = None) -> pl.DataFrame:
    """The table as the house has it."""
    with town.doors.reader.house() as house:
        return house.read(name, at)


def test_every_table_is_listed_and_answers(town: Town) -> None:
    listed = town.listed("tables")
    catalog = town.doors.house.members.catalog
    assert [one["table"] for one in listed] == sorted(catalog.tables)
    for one in listed[::6]:
        found = town.ask("olga", "GET", f"/api/v1/tables/{one['table']}?limit=1")
        assert found.status_code == 200, (one["table"], found.text)


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_holds_what_the_table_holds(town: Town, name: str) -> None:
    found = here(town, name)
    body = town.ask("olga", "GET", f"/api/v1/tables/{name}?format=parquet").content
    assert pl.read_parquet(BytesIO(body)).equals(found)
    text = town.ask("olga", "GET", f"/api/v1/tables/{name}?format=csv").text
    assert text == spelled(found).write_csv()


def test_pages_make_the_whole(town: Town) -> None:
    whole = town.rows("tables/usage_quarter_hour?limit=10000")
    pages: list[dict[str, object]] = []
    while page := town.rows(f"tables/usage_quarter_hour?limit=7&offset={len(pages)}"):
        pages += page
    assert pages == whole and len(whole) == town.page("tables/usage_quarter_hour?limit=1").total


def test_rows_that_equal(town: Town) -> None:
    rows = town.rows("tables/usage_quarter_hour?customer=ada&meter=calls")
    assert rows and {(row["customer"], row["meter"]) for row in rows} == {("ada", "calls")}
    assert town.ask("olga", "GET", "/api/v1/tables/levels?nothing=1").status_code == 422


def test_as_it_was_known(town: Town) -> None:
    at = END - timedelta(days=5)
    found = town.page(f"tables/usage_quarter_hour?limit=1&at={iso(at)}")
    assert found.total == here(town, "usage_quarter_hour", at).height
    assert 0 < found.total < town.page("tables/usage_quarter_hour?limit=1").total


WRONG = {
    "tables/nothing": 404,
    "tables/..%2f..%2fusers.json": 404,
    "tables/levels?at=yesterday": 422,
    "tables/levels?at=0001-01-01": 422,
    "tables/levels?limit=0": 400,
    "tables/levels?limit=x": 400,
    "tables/levels?offset=-1": 400,
    "tables/levels?format=xml": 400,
    "invoices/999999": 404,
    "invoices/999999/pdf": 404,
    "decisions/" + "0" * 32: 404,
    "decisions/%27%20or%201=1": 400,
    "customers/nobody": 404,
    "automations/nothing": 404,
    "replays/nothing": 404,
    "audit/records": 422,
    "audit/records?kind=nothing": 422,
    "audit/records/999999": 404,
    "briefing?role=nobody": 404,
}


@pytest.mark.parametrize("path", WRONG)
def test_what_is_wrong_is_a_problem(town: Town, path: str) -> None:
    """RFC 9457, never a trace."""
    found = town.ask("olga", "GET", f"/api/v1/{path}")
    assert found.status_code == WRONG[path], found.text
    assert found.headers["content-type"] == "application/problem+json"
    said = found.json()
    assert said["status"] == found.status_code and said["title"] and said["detail"]
    assert "Traceback" not in found.text and "/site-packages/" not in found.text


QUOTE = {"quote": "q", "request": "{}"}


def test_rows_are_given_only_where_a_table_takes_them(town: Town) -> None:
    catalog = town.doors.house.members.catalog
    takers = {n: one.given for n, one in catalog.tables.items() if isinstance(one, Derived)}
    assert takers["quote"] == ("quote_request",)
    before = town.doors.house.store.position.last
    found = town.post("/api/v1/tables/quote", {"given": {"quote_request": []}})
    assert (found.status_code, found.json()["rows"]) == (200, [])
    strange = {"given": {"invoices": []}}
    assert town.post("/api/v1/tables/quote", strange).status_code == 422
    assert town.post("/api/v1/tables/levels", strange).status_code == 422
    column = {"given": {"quote_request": [{"nothing": 1}]}}
    assert "no column" in town.post("/api/v1/tables/quote", column).text
    typed = {"given": {"quote_request": [{"quote": 7}]}}
    assert town.post("/api/v1/tables/quote", typed).status_code == 422
    assert town.doors.house.store.position.last == before


BODIES = {
    b"": 400,
    b"{": 400,
    b"[]": 400,
    b'{"given": {}, "strange": 1}': 400,
    b'{"given": {"quote_request": [' + b"[" * 20_000: 400,
    b"\xff\xfe": 400,
    b'{"given": {}, "at": "' + b"9" * 2_000_000 + b'"}': 413,
}


@pytest.mark.parametrize("body", BODIES, ids=lambda body: f"{len(body)} bytes")
def test_a_bad_body_is_told(town: Town, body: bytes) -> None:
    head = {"Cookie": f"psizero_session={town.secrets['olga']}", "Origin": town.url}
    head["Content-Type"] = "application/json"
    found = httpx.post(f"{town.url}/api/v1/tables/quote", content=body, headers=head)
    assert found.status_code == BODIES[body], found.text[:200]
    assert found.headers["content-type"] == "application/problem+json"


def test_names_are_for_those_who_may_see_them(town: Town) -> None:
    by_name = {row["customer"]: row.get("name") for row in town.rows("customers", "sue")}
    assert by_name["ada"] == "Ada"
    assert all("name" not in row for row in town.rows("customers", "vic"))
    assert "Ada" not in town.ask("vic", "GET", "/api/v1/customers/ada").text
    assert "Ada" in town.ask("sue", "GET", "/api/v1/customers/ada").text


def test_an_invoice_and_its_paper(town: Town) -> None:
    (first, *_) = town.rows("invoices")
    told = town.get(f"/api/v1/invoices/{first['number']}")
    assert isinstance(told, dict) and told["lines"]
    paper = town.ask("fin", "GET", f"/api/v1/invoices/{first['number']}/pdf")
    assert paper.content.startswith(b"%PDF-") and "application/pdf" in paper.headers["content-type"]
