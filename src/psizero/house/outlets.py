"""Through what the house reaches out: the connectors that its policy binds, ready to be called."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from psizero.core.errors import Problem
from psizero.core.letter import Attachment
from psizero.core.ports import Clock, Connector
from psizero.engine.hands import Reading

if TYPE_CHECKING:
    from psizero.house.home import House


def outlets(house: "House", clock: Clock) -> Mapping[str, Connector]:
    """By name. Raises Problem where a verb is bound to what is no connector that can be called."""
    known = {n: m for n, m in house.members.connectors.items() if hasattr(m, "connect")}
    made: dict[str, Connector] = {}
    for name in house.policy().channels():
        line = house.twin if name == "twin" else None
        keeps = name if line is None else "outbox"
        if keeps not in known:
            raise Problem(f"house.toml binds a verb to {name!r}", f"connectors: {', '.join(known)}")
        plain = known[keeps].connect(house.home / keeps, clock, house.address)
        paper = None if line else lambda number: invoice_file(house, number)
        made[name] = Reading(plain, house.store, house.seen, line, paper)
    return made


def invoice_file(house: "House", number: str) -> Attachment:
    """An invoice as its customer gets it."""
    from psizero.house.paper import paper, pdf  # loaded where an invoice goes out

    return Attachment(f"invoice-{number}.pdf", "application/pdf", pdf(paper(house, int(number))))
