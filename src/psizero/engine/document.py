"""The document: what an action names by table and key, in the words that its automation saw."""

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256

import msgspec
import polars as pl

from psizero.core.errors import Refused
from psizero.core.letter import Attachment
from psizero.core.ports import Store

Read = Callable[[str, datetime, int], pl.DataFrame]
"""A table as known at an instant through a position."""
Paper = Callable[[str], Attachment]
"""An invoice by its number, as a file."""


class Document(msgspec.Struct, frozen=True):
    """One row of a table whose column `document` holds a JSON object of parameters."""

    table: str
    key: Mapping[str, str]


def named_in(value: object) -> Document | None:
    """The document that a parameter `{"document": {"table", "key"}}` names."""
    if isinstance(value, dict) and set(value) == {"document"}:
        return msgspec.convert(value["document"], Document)
    return None


def worded(
    store: Store,
    read: Read,
    decision: str,
    parameters: Mapping[str, object],
    paper: Paper | None = None,
) -> tuple[dict[str, object], str]:
    """The parameters with every document in its place, and the documents' hash.

    `{"paper": number}` becomes an invoice as a file; without `paper` none goes with it.
    Raises Refused where there is no such document.
    """
    said, digest = dict(parameters), ""
    for name, value in parameters.items():
        document = named_in(value)
        if document is not None:
            content = _content(store, read, decision, document)
            said |= {name: ""} | msgspec.json.decode(content, type=dict[str, object])
            digest += f" sha256:{sha256(content).hexdigest()}"
        elif isinstance(value, dict) and set(value) == {"paper"}:
            said[name] = ""
            if paper is not None and value["paper"]:
                said[name] = found = paper(str(value["paper"]))
                digest += f" sha256:{sha256(found.content).hexdigest()}"
    return said, digest


def _content(store: Store, read: Read, key: str, wanted: Document) -> bytes:
    known = store.floor
    decision = store.read_of("decision", pl.DataFrame({"id": [key]}), known)
    run = store.read_of("run", decision.select(id="run"), known)
    if run.is_empty():
        raise Refused("nobody knows when that was decided", "document")
    rows = read(wanted.table, run["now"][0], run["through"][0])
    for name, value in wanted.key.items():
        rows = rows.filter(pl.col(name).cast(pl.String) == value)
    if rows.height != 1:
        raise Refused(f"there is no such document in {wanted.table}", "document")
    return str(rows["document"][0]).encode()
