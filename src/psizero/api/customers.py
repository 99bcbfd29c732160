"""Customers, their invoices, what they ask support for, and what each may use."""

from functools import partial

import polars as pl
from litestar import Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from psizero.api.access import Scope
from psizero.api.doors import doors_of, person_of, seen
from psizero.api.frames import (
    OBJECT,
    PAGED,
    PROBLEMS,
    At,
    Cut,
    Paging,
    Word,
    moment,
    objected,
    page_of,
    paged,
    told,
)
from psizero.api.limits import Entitlement
from psizero.api.problem import Asked, Gone
from psizero.api.tables import equalling
from psizero.house.home import House
from psizero.house.paper import paper, pdf
from psizero.house.rows import objects
from psizero.house.story import of_subject

_ROWS_MAX = 200
_PDF = {200: told(bytes, "PDF/A-3b", "application/pdf"), **PROBLEMS}
_OF_CUSTOMER = (
    "customer_balances",
    "subscriptions",
    "receivables",
    "credits",
    "entitlements",
    "health_standing",
)


@get("/api/v1/customers", scope=Scope.READ, responses=PAGED)
async def customers(
    request: Asked, cut: Paging, segment: Word = None, at: At = None
) -> Response[bytes]:
    """Every customer with segment and health; names to who may see."""
    named = person_of(request).may(Scope.PERSONAL)

    def read(house: House) -> Response[bytes]:
        frame = known(house, at)
        frame = equalling(frame, {"segment": segment} if segment is not None else {})
        if cut.format != "json" or not named:
            return paged(house, frame, cut)
        page = with_names(house, frame.slice(cut.offset, cut.limit))
        return page_of(house, page, cut, frame.height)

    return await seen(request, read)


def known(house: House, at: str | None = None) -> pl.DataFrame:
    """One row a customer, as of now or an instant."""
    now = moment(at)
    found = house.read("customers_known", now)
    health = house.read("health_standing", now)
    balances = house.read("customer_balances", now).drop(
        "from_position", "to_position", strict=False
    )
    for more in (house.read("customer_segments", now), health, balances):
        shared = [name for name in more.columns if name in found.columns and name != "customer"]
        found = found.join(more.drop(shared), on="customer", how="left", maintain_order="left")
    return found


def with_names(house: House, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with the customer's name, decrypted; erased ones say so."""
    kind = house.members.catalog.kinds["customer.created"]
    keys = frame.select(subject="customer").unique()
    rows = house.store.read_of(kind.table, keys, house.now)
    last = house.keys.decrypt(kind, rows.unique("subject", keep="last", maintain_order=True))
    names = last.select("name", customer="subject")
    return frame.join(names, on="customer", how="left", maintain_order="left")


@get("/api/v1/customers/{customer:str}", scope=Scope.READ, responses=OBJECT)
async def customer(request: Asked, customer: FromPath[str]) -> Response[bytes]:
    """One customer: subscriptions, debts, health, invoices, tickets, decisions about it."""
    named = person_of(request).may(Scope.PERSONAL)
    return await seen(request, lambda house: objected(story_of(house, customer, named)))


def story_of(house: House, customer: str, named: bool) -> dict[str, object]:
    """All that the house knows of one customer, each list at most so long, the last one first."""
    row = known(house).filter(pl.col("customer") == customer)
    if row.is_empty():
        raise Gone(f"there is no customer {customer[:100]!r}")
    found: dict[str, object] = {**objects(with_names(house, row) if named else row)[0]}
    for name in _OF_CUSTOMER:
        mine = house.read(name).filter(pl.col("customer") == customer)
        found[name] = objects(mine.head(_ROWS_MAX))
    keys = pl.DataFrame({"subject": [customer]})
    for name in ("invoices", "ticket_opened"):
        mine = house.store.read_of(name, keys, house.now)
        mine = mine.drop("lines", "text", strict=False)
        found[name] = objects(mine.reverse().head(_ROWS_MAX))
    about = of_subject(house, customer)
    nested = ["parameters", "evidence"]
    found["decisions"] = objects(about.rename({"decision": "id"}).reverse().head(_ROWS_MAX), nested)
    return found


@get("/api/v1/invoices", scope=Scope.READ, responses=PAGED)
async def invoices(
    request: Asked, cut: Paging, customer: Word = None, at: At = None
) -> Response[bytes]:
    """Every invoice, the last one first; its lines stand in the invoice itself."""

    def read(house: House) -> Response[bytes]:
        frame = house.read("invoices", moment(at)).drop("lines").rename({"subject": "customer"})
        equal = {"customer": customer} if customer is not None else {}
        return paged(house, equalling(frame, equal).reverse(), cut)

    return await seen(request, read)


@get("/api/v1/invoices/{number:int}", scope=Scope.READ, responses=OBJECT)
async def invoice(request: Asked, number: FromPath[int]) -> Response[bytes]:
    """One invoice with its lines and their steps."""
    return await seen(request, lambda house: objected(invoice_of(house, number)))


@get("/api/v1/invoices/{number:int}/pdf", scope=Scope.PERSONAL, responses=_PDF)
async def invoice_pdf(request: Asked, number: FromPath[int]) -> Response[bytes]:
    """The same on paper, as the customer got it."""

    def read(house: House) -> bytes:
        invoice_of(house, number)
        return pdf(paper(house, number))

    body = await seen(request, read)
    name = {"Content-Disposition": f'inline; filename="invoice-{number}.pdf"'}
    return Response(body, media_type="application/pdf", headers=name)


@get("/api/v1/tickets", scope=Scope.READ, responses=PAGED)
async def tickets(request: Asked, cut: Paging, customer: Word = None) -> Response[bytes]:
    """Requests for support, the last one first, without their words."""
    return await seen(request, partial(_tickets, cut=cut, customer=customer))


@get(
    "/api/v1/entitlements/{customer:str}",
    scope=Scope.ENTITLEMENTS,
    sync_to_thread=False,
    responses=PROBLEMS,
)
def entitlement(request: Asked, customer: FromPath[str]) -> Entitlement:
    """How much of its limit a customer may use; from memory, whatever the house is doing."""
    return doors_of(request).limits.of(customer)


def _tickets(house: House, cut: Cut, customer: str | None) -> Response[bytes]:
    closed = (
        house.read("ticket_closed").group_by("ticket").agg(closed_at=pl.col("occurred_at").max())
    )
    frame = house.read("ticket_opened").rename({"subject": "customer", "occurred_at": "opened_at"})
    frame = frame.join(closed, on="ticket", how="left", maintain_order="left")
    equal = {"customer": customer} if customer is not None else {}
    return paged(house, equalling(frame, equal).reverse(), cut)


def invoice_of(house: House, number: int) -> dict[str, object]:
    """One invoice with its lines. Raises Gone where there is none of this number."""
    found = house.store.read_of("invoices", pl.DataFrame({"number": [number]}), house.now)
    if found.is_empty():
        raise Gone(f"there is no invoice {number}")
    return objects(found.rename({"subject": "customer"}), ["lines"])[0]


ROUTES: tuple[ControllerRouterHandler, ...] = (
    customers,
    customer,
    invoices,
    invoice,
    invoice_pdf,
    tickets,
    entitlement,
)
