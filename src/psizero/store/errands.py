"""Errands: thinking that other processes do for the committer, by a queue beside the log.

procrastinate keeps the queue. An errand that is lost costs time and nothing else: thinking is
pure, and whoever handed it out thinks it itself. Who is there is told by locks, not by clocks.
"""

from collections.abc import Awaitable, Callable, Sequence

import procrastinate
from procrastinate.jobs import Job
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from psizero.core.errors import Problem
from psizero.store.layout import AIDE_LOCK
from psizero.store.server import Connection, Found, Server, sql

_TASK = _QUEUE = "think"
_HEARTBEAT_SECONDS, _STALLED_SECONDS, _POLL_SECONDS = 5, 30, 1
Solve = Callable[[int, str], Awaitable[None]]


def _placed(url: str) -> str:
    """The same database, where procrastinate finds its own tables."""
    options = f"{conninfo_to_dict(url).get('options') or ''} -c search_path=work"
    return make_conninfo(url, options=options.strip())


class Errands:
    """What the committer hands out. Raises Problem where PostgreSQL is away: it waits for nobody
    here.
    """

    def __init__(self, url: str) -> None:
        self._server = Server(_placed(url), 0)
        self._queue = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

    def close(self) -> None:
        self._server.close()

    def aides(self) -> int:
        """How many processes are there to think."""
        counted = sql("aides")
        rows = self._server.patiently(
            lambda con: con.execute(counted, {"lock": AIDE_LOCK}).fetchall()
        )
        return int(str(rows[0][0]))

    def hand_out(self, errands: Sequence[str]) -> list[int]:
        """Their numbers; the last one is to be begun first. What was brought late goes."""
        jobs = [
            Job(
                id=None,
                queue=_QUEUE,
                task_name=_TASK,
                priority=number,
                lock=None,
                queueing_lock=None,
                task_kwargs={"errand": errand},
            )
            for number, errand in enumerate(errands)
        ]

        def work(con: Connection) -> list[int]:
            con.execute(sql("parcels_over"))
            deferred = self._queue.job_manager.batch_defer_jobs(jobs, connection=con)
            return [int(str(job.id)) for job in deferred]

        return self._asked(work)

    def take_back(self, job: int) -> bool:
        """Whether nobody had begun it."""
        return self._asked(
            lambda con: self._queue.job_manager.cancel_job_by_id(
                job, delete_job=True, connection=con
            )
        )

    def brought(self, job: int) -> tuple[bytes | None, bool, bool]:
        """What was brought; whether it was begun, and whether who began it is still there."""
        said = {"job": job, "lock": AIDE_LOCK}
        rows = self._server.patiently(lambda con: con.execute(sql("parcel"), said).fetchall())
        body, begun, there = rows[0]
        return body if isinstance(body, bytes) else None, bool(begun), bool(there)

    def _asked(self, work: Callable[[Connection], Found]) -> Found:
        try:
            return self._server.patiently(work)
        except procrastinate.exceptions.ProcrastinateException as error:
            raise Problem(f"{self._server.name}: the queue refuses: {error}") from None


class Aide:
    """One who thinks for the committer: it is there as long as its connection is."""

    def __init__(self, url: str) -> None:
        self._url, self._server, self._session = url, Server(url), -1

    def close(self) -> None:
        self._server.close()

    def present(self) -> None:
        """Be seen; again where the connection was lost."""
        self._server.patiently(self._seen)

    def _seen(self, con: Connection) -> None:
        if self._session != self._server.session:
            con.execute(sql("aide_lock"), {"lock": AIDE_LOCK})
            self._session = self._server.session

    def begin(self, job: int) -> None:
        """From now on it is waited for, as long as this process is there."""

        def work(con: Connection) -> None:
            self._seen(con)
            con.execute(sql("parcel_begun"), {"job": job})

        self._server.patiently(work)

    def bring(self, job: int, body: bytes) -> None:
        """Nothing is brought where the body is empty: it is thought elsewhere."""
        said = {"job": job, "body": body}
        self._server.patiently(lambda con: con.execute(sql("parcel_brought"), said))

    async def served(self, solve: Solve) -> None:
        """Take errands from the queue, one at a time, until the connection is lost."""
        connector = procrastinate.PsycopgConnector(
            conninfo=_placed(self._url), min_size=1, max_size=3, timeout=_STALLED_SECONDS
        )
        queue = procrastinate.App(connector=connector)

        async def think(context: procrastinate.JobContext, errand: str) -> None:
            await solve(int(str(context.job.id)), errand)

        queue.task(name=_TASK, queue=_QUEUE, pass_context=True)(think)
        async with queue.open_async():
            await queue.run_worker_async(
                queues=[_QUEUE],
                install_signal_handlers=False,
                delete_jobs="always",
                fetch_job_polling_interval=_POLL_SECONDS,
                update_heartbeat_interval=_HEARTBEAT_SECONDS,
                stalled_worker_timeout=_STALLED_SECONDS,
            )
