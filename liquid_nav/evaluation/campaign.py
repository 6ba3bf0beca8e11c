"""A campaign is a map over a list of flights; ``concurrent.futures.Executor`` is its only way to
run in parallel.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Callable, Iterator, Sequence

from liquid_nav.errors import UserError
from liquid_nav.evaluation.task import FlightSummary, FlightTask, fly_task, prepare_worker_process


class Campaign:
    """Fly a list of tasks with an executor.

    Iterating yields ``(index, summary)`` as flights complete; ``run`` returns all summaries in the
    order of the tasks, whatever order they finished in. The first flight that breaks ends the
    campaign with its error.
    """

    def __init__(
        self,
        tasks: Sequence[FlightTask],
        executor: Executor,
        worker: Callable[[FlightTask], FlightSummary] = fly_task,
    ) -> None:
        """Take the flights, the executor, and the (picklable) function that flies one."""
        self.tasks = tuple(tasks)
        self._executor = executor
        self._worker = worker

    def __iter__(self) -> Iterator[tuple[int, FlightSummary]]:
        """Yield index and summary of each flight as it completes."""
        futures: dict[Future[FlightSummary], int] = {}
        try:
            for index, task in enumerate(self.tasks):
                futures[self._executor.submit(self._worker, task)] = index
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool as error:
            raise UserError(
                "a worker process died in flight, often for want of memory or in the graphics "
                "library",
                "try fewer --workers",
            ) from error
        finally:
            for future in futures:
                future.cancel()

    def run(self, on_flight: Callable[[FlightSummary], None] | None = None) -> list[FlightSummary]:
        """Fly all and return them in the order of the tasks.

        ``on_flight`` is called with each flight as it completes.
        """
        results: list[FlightSummary | None] = [None] * len(self.tasks)
        for index, summary in self:
            results[index] = summary
            if on_flight is not None:
                on_flight(summary)
        return [summary for summary in results if summary is not None]


@contextmanager
def process_pool(workers: int | None = None) -> Iterator[Executor]:
    """Give a pool of fresh processes (all cores by default) that leaves none behind, whatever ends
    the block.

    ``spawn`` and not ``fork``: graphics contexts and thread pools do not survive a fork.
    """
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        workers or available_cores(),
        multiprocessing.get_context("spawn"),
        initializer=_start_worker,
    )
    try:
        yield pool
    except BaseException:
        # A flight takes many seconds: do not wait for those under way. The pool's own thread reaps
        # the workers that have ended: do not join them here, it would race with that thread.
        for process in set(multiprocessing.active_children()) - before:
            process.kill()
        pool.shutdown(cancel_futures=True)
        raise
    else:
        pool.shutdown()


@contextmanager
def dask_cluster(address: str) -> Iterator[Executor]:
    """Give the executor of a running Dask cluster, e.g. ``tcp://head:8786``; its workers need
    liquid_nav too.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise UserError("Dask is not installed", "pip install 'liquid_nav[cluster]'") from error
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        remedy = "check the address, e.g. tcp://head:8786"
        raise UserError(f"no Dask scheduler answers at {address}", remedy) from error
    with client:
        yield client.get_executor(pure=False)


def available_cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def _start_worker() -> None:
    # Ctrl-C reaches the whole process group: only the parent answers it, and ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    prepare_worker_process()


def _end_with_parent() -> None:
    """End this worker when its parent is gone: after SIGKILL of the parent it would go on alone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
