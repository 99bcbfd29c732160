"""Who may use which route: every route, every role, over the wire; denied unless it is said."""

import re

import pytest
from litestar import get
from litestar.handlers.http_handlers import HTTPRouteHandler

from psizero.api.access import GIVEN, RIGHTS, Role, Scope
from psizero.api.app import ROUTES, Mounted, application
from psizero.core.errors import Problem
from tests.api.doors import PEOPLE, Town

NOTHING = "0" * 32
FILLED = {"number:int": "999999", "position:int": "999999999"}


def asked() -> list[tuple[str, str, Scope]]:
    """Method, a path that means nothing, and scope of every route of the API."""
    found = []
    for route in ROUTES:
        assert isinstance(route, HTTPRouteHandler)
        for path in route.paths:
            filled = re.sub(r"\{([^}]*)\}", lambda hole: FILLED.get(hole[1], NOTHING), path)
            (method,) = route.http_methods - {"HEAD", "OPTIONS"}
            found.append((str(method), filled, route.opt["scope"]))
    return found


ASKED = asked()
HARMLESS = {"/api/v1/audit/verify": "slow", "/api/v1/policy/apply": "writes", "/api/v1/session": ""}
"""Routes that a denied person is not even let try, and that an allowed one is not made to here."""


@pytest.mark.parametrize("who", ["", *PEOPLE, "key read", "key decide", "key ingest"])
def test_every_route_for_every_role(town: Town, who: str) -> None:
    """Allowed is anything but 401 and 403: what is asked means nothing, and is refused later."""
    wrong = []
    for method, path, scope in ASKED:
        if who.startswith("key "):
            allowed = scope in (Scope.OPEN, Scope.SELF, Scope(who.removeprefix("key ")))
        else:
            allowed = scope is Scope.OPEN or (who != "" and scope in RIGHTS[PEOPLE[who]])
        if allowed and path in HARMLESS:
            continue
        more = {"json": {"strange": 1}} if method == "POST" else {}
        found = town.ask(who, method, path, **more).status_code
        denied = 403 if who else 401
        if (found == denied) is allowed or found >= 500:
            wrong.append((method, path, found, allowed))
    assert wrong == []


def test_a_route_without_a_scope_is_refused_at_start(town: Town) -> None:
    @get("/careless", sync_to_thread=False)
    def careless() -> str:
        return "anybody reads this"

    with pytest.raises(Problem, match=r"/careless.*no scope"):
        application(town.doors, Mounted(pages=[careless]))


def test_the_ladder_of_roles() -> None:
    """A viewer changes nothing, nobody but the owner makes users, a machine has its key alone."""
    writes = {Scope.DECIDE, Scope.STOP, Scope.LEVELS, Scope.SETTINGS, Scope.USERS}
    assert RIGHTS[Role.VIEWER].isdisjoint(writes | {Scope.PERSONAL, Scope.AUDIT})
    assert [role for role in Role if Scope.USERS in RIGHTS[role]] == [Role.OWNER]
    assert RIGHTS[Role.MACHINE] == frozenset()
    assert "users" not in GIVEN and "open" not in GIVEN


def test_a_way_that_is_none_is_denied_too(town: Town) -> None:
    assert town.ask("olga", "OPTIONS", "/api/v1/decisions").status_code == 405
    assert town.ask("olga", "PUT", "/api/v1/decisions").status_code == 405
    assert town.ask("", "GET", "/api/v1/nothing").status_code == 404
    assert town.ask("", "GET", "/api/openapi.json").status_code == 200
