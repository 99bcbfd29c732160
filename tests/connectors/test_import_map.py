"""Import maps that are wrong: the problem names the map, the select and the key."""

import pytest

from psizero.connectors.files import parse_map
from psizero.core.errors import Problem
from psizero.core.events.usage import USAGE_RECORDED
from psizero.core.records import RECEIPT

KINDS = {kind.name: kind for kind in (USAGE_RECORDED, RECEIPT)}
GOOD = "source = 's'\n[[select]]\nkind = 'usage.recorded'\nsql = 'select 1'\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("source = \n", ["m.toml:", "line 1"]),
        (GOOD.replace("source", "sauce"), ["m.toml:", "sauce"]),
        (GOOD.replace("'s'", "''"), ["m.toml:", "`source`"]),
        (GOOD.replace("'s'", "3"), ["m.toml:", "`source`"]),
        ("source = 's'", ["m.toml:", "`select`"]),
        ("source = 's'\nselect = []", ["m.toml:", "`select`"]),
        (GOOD + "[[select]]\nkind = 'usage.recorded'", ["m.toml: select 2", "`sql`"]),
        (GOOD + "colour = 1", ["m.toml: select 1", "`colour`"]),
        (GOOD.replace("'select 1'", "1"), ["m.toml: select 1", "`sql`"]),
        (GOOD.replace("usage.", "usages."), ["m.toml: select 1", "`kind`", "usage.recorded"]),
        (GOOD.replace("usage.recorded", "receipt"), ["m.toml: select 1", "`kind`", "itself"]),
        (GOOD.replace("select 1", "selec 1"), ["m.toml: select 1", "`sql`", "syntax"]),
        (GOOD.replace("select 1", "select 1; select 2"), ["select 1", "`sql`", "single"]),
        (GOOD.replace("select 1", "drop view file"), ["select 1", "`sql`", "single"]),
        (GOOD.replace("select 1", ""), ["select 1", "`sql`", "single"]),
    ],
)
def test_wrong_map(text: str, said: list[str]) -> None:
    with pytest.raises(Problem) as problem:
        parse_map(text, "m.toml", KINDS)
    assert all(word in str(problem.value) for word in said), str(problem.value)


def test_right_map() -> None:
    import_map = parse_map(GOOD + GOOD.partition("\n")[2], "m.toml", KINDS)
    assert (import_map.source, import_map.origin) == ("s", "m.toml")
    assert [(one.kind, one.sql) for one in import_map.selects] == [
        ("usage.recorded", "select 1")
    ] * 2
