"""How the autopilot is: for people, for a load balancer, for Prometheus."""

from litestar import MediaType, Response, get
from litestar.types import ControllerRouterHandler

from psizero.api.access import Scope
from psizero.api.doors import doors_of
from psizero.api.frames import PROBLEMS, told
from psizero.api.problem import Asked
from psizero.house.live import Pulse

HEALTH = {**PROBLEMS, 503: told(Pulse, "late: a minute without a beat")}


@get("/api/v1/health", scope=Scope.OPEN, sync_to_thread=False, responses=HEALTH)
def health(request: Asked) -> Response[Pulse]:
    """How the house stood at its last beat. 503 where it is late: a minute without a beat."""
    pulse = doors_of(request).life.pulse()
    return Response(pulse, status_code=200 if pulse.status == "ok" else 503)


@get(
    "/api/v1/metrics",
    scope=Scope.METRICS,
    sync_to_thread=False,
    media_type=MediaType.TEXT,
    responses=PROBLEMS,
)
def metrics(request: Asked) -> str:
    """The same for Prometheus, in its text format 0.0.4."""
    pulse = doors_of(request).life.pulse()
    single = {
        "up": (pulse.status == "ok", "1 while the house beats."),
        "position": (pulse.position, "Rows sealed in the ledger."),
        "pending": (pulse.pending, "Decisions that wait for a person."),
        "stopped": (len(pulse.stopped), "Scopes that stand still."),
        "clock_behind_seconds": (pulse.clock_behind_seconds, "The machine's behind the house's."),
    }
    lines = [line for name, (value, means) in single.items() for line in _gauge(name, means, value)]
    lines += _gauge("unsealed_rows", "Rows that wait for their seal, of all kinds.", 0)[:2]
    for kind, rows in sorted(pulse.waiting.items()):
        lines.append(f'psizero_unsealed_rows{{kind="{kind}"}} {rows}')
    return "\n".join(lines) + "\n"


def _gauge(name: str, means: str, value: int) -> list[str]:
    full = f"psizero_{name}"
    return [f"# HELP {full} {means}", f"# TYPE {full} gauge", f"{full} {int(value)}"]


ROUTES: tuple[ControllerRouterHandler, ...] = (health, metrics)
