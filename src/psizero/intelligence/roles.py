"""Who gets a briefing, and what of it: order of the parts, tiles, and what is theirs to see."""

import msgspec

PARTS = (
    "verdict",
    "decide",
    "tiles",
    "changed",
    "customers",
    "service",
    "autopilot",
    "outlook",
    "foot",
)


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """`tiles`: the first five that are known. `domains` whose decisions are theirs; `*` is all.
    `topics` of what changed, and which `customers` are named: risks, openings, heaviest."""

    tiles: tuple[str, ...]
    parts: tuple[str, ...] = PARTS
    domains: tuple[str, ...] = ("*",)
    topics: tuple[str, ...] = ("money", "usage", "health", "support")
    customers: tuple[str, ...] = ("risks", "openings")


ROLES: dict[str, Role] = {
    "ceo": Role(
        tiles=tuple(
            "mrr invoiced_month paying usage health_average callers success new_week".split()
        ),
    ),
    "sales": Role(
        tiles=("new_week", "expansion_week", "mrr", "paying", "callers", "usage"),
        parts=("verdict", "customers", "decide", "tiles", "changed", "outlook", "foot"),
        domains=("growth", "customers"),
        topics=("money", "usage"),
        customers=("openings",),
    ),
    "cs": Role(
        tiles=tuple(
            "health_average critical warning churn_week backlog callers paying usage".split()
        ),
        parts=(
            "verdict",
            "customers",
            "decide",
            "tiles",
            "changed",
            "service",
            "autopilot",
            "foot",
        ),
        domains=("customers",),
        topics=("health", "usage", "support"),
        customers=("risks",),
    ),
    "support": Role(
        tiles=("backlog", "opened", "closed", "critical", "success", "callers", "usage"),
        parts=("verdict", "service", "decide", "tiles", "customers", "autopilot", "foot"),
        domains=("customers", "operations"),
        topics=("support", "usage", "health"),
        customers=("risks",),
    ),
    "engineering": Role(
        tiles=("success", "usage", "callers", "opened", "automation_rate", "backlog"),
        parts=(
            "verdict",
            "service",
            "tiles",
            "changed",
            "customers",
            "decide",
            "autopilot",
            "foot",
        ),
        domains=("operations",),
        topics=("usage",),
        customers=("heaviest",),
    ),
    "finance": Role(
        tiles=tuple(
            "invoiced_month received_month mrr new_week churn_week arr expansion_week".split()
        ),
        parts=("verdict", "decide", "tiles", "changed", "autopilot", "outlook", "foot"),
        domains=("finance",),
        topics=("money",),
        customers=(),
    ),
}
