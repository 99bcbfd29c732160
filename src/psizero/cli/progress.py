"""Progress of long work, on stderr, and only where a person looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from psizero.cli.show import inert, note
from psizero.engine.loop import Tick


@contextmanager
def counting(what: str, unit: str) -> Iterator[Callable[[int], None]]:
    """A running count of unknown total."""
    plain = TextColumn("{task.description}", markup=False)
    columns = (SpinnerColumn(), plain, TimeElapsedColumn())
    with Progress(*columns, console=note, transient=True, disable=not note.is_terminal) as bar:
        task = bar.add_task(inert(what))
        yield lambda count: bar.update(task, description=f"{inert(what)}: {count:,} {unit}")


@contextmanager
def flying(until: datetime) -> Iterator[Callable[[Tick], None]]:
    """A bar over the virtual time from the first tick to the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    first: list[datetime] = []
    with Progress(*columns, console=note, transient=True, disable=not note.is_terminal) as bar:
        task = bar.add_task("flying", total=1.0)

        def seen(tick: Tick) -> None:
            first.append(tick.now)
            span = (until - first[0]).total_seconds() or 1.0
            done = (tick.now - first[0]).total_seconds() / span
            bar.update(task, description=f"{tick.now:%Y-%m-%d %H:%M}", completed=done)

        yield seen


@contextmanager
def counted(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar over work of a known number of parts."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=note, transient=True, disable=not note.is_terminal) as bar:
        task = bar.add_task(inert(what), total=total)
        yield lambda count: bar.update(task, completed=count)
