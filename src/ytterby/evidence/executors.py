"""One function over many items: here, in processes, or on a Dask cluster; results in order of the items."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TypeVar

from ytterby.errors import YtterbyError

PROCESSES, LOCAL, DASK = "processes", "local", "dask"
_AHEAD = 2  # items per process that are under way or wait to be taken
Item = TypeVar("Item")
Answer = TypeVar("Answer")
Known = TypeVar("Known")


class Pool:
    """Somewhere to run a function; memory holds a few items for each process, however many come."""

    def __init__(self, executor: Executor | None, jobs: int) -> None:
        self._executor, self._window = executor, jobs * _AHEAD

    def map(
        self, work: Callable[[Item], Answer], items: Iterable[Item], known: Callable[[Item], Known | None]
    ) -> Iterator[Answer | Known]:
        """``work(item)`` for each item in order, or what is known of it already.

        Raises
        ------
        YtterbyError: a process of the pool ended, which no fault of the input explains.
        """
        waiting: deque[Any] = deque()
        try:
            for item in items:
                answer = known(item)
                waiting.append(self._begin(work, item) if answer is None else answer)
                if len(waiting) > self._window:
                    yield _finished(waiting.popleft())
            while waiting:
                yield _finished(waiting.popleft())
        except BrokenProcessPool:
            message = "a process at work ended before its time, perhaps for want of memory."
            raise YtterbyError(message, "Run it again with fewer --jobs; what is finished is kept.") from None
        finally:
            for left in waiting:
                if isinstance(left, Future):
                    left.cancel()

    def _begin(self, work: Callable[[Item], Answer], item: Item) -> Answer | Future[Answer]:
        return work(item) if self._executor is None else self._executor.submit(work, item)


def _finished(answer: Any) -> Any:
    return answer.result() if isinstance(answer, Future) else answer


@contextmanager
def open_pool(executor: str = PROCESSES, jobs: int = 1) -> Iterator[Pool]:
    """A pool of ``jobs`` processes on this machine, or a Dask cluster.

    Parameters
    ----------
    executor: ``processes`` (or ``local``); ``dask`` for a Dask cluster of ``jobs`` processes on this
        machine; or the address of a Dask scheduler that runs already (``tcp://...``).

    Raises
    ------
    YtterbyError: no such executor, or Dask is not installed.
    """
    if executor in (PROCESSES, LOCAL):
        with _processes(jobs) as running:
            yield Pool(running, jobs)
    elif executor == DASK or executor.startswith(("tcp://", "tls://")):
        with _dask(executor, jobs) as (running, workers):
            yield Pool(running, workers)
    else:
        raise YtterbyError(f"no executor {executor!r}.", "Name processes, dask, or tcp://HOST:PORT.")


@contextmanager
def _processes(jobs: int) -> Iterator[Executor | None]:
    if jobs == 1:
        yield None
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_leave_with_parent)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_with_parent() -> None:
    """End this process when the one that started it is gone: a killed reader leaves nobody behind."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _dask(executor: str, jobs: int) -> Iterator[tuple[Any, int]]:
    try:
        dask: Any = import_module("distributed")
    except ImportError as error:
        raise YtterbyError(
            "this needs Dask, which is not installed.",
            "pip install 'ytterby[dask]', or leave --executor out.",
        ) from error
    if executor != DASK:
        with dask.Client(executor) as client:
            yield client.get_executor(), max(1, len(client.scheduler_info()["workers"]))
        return
    with (
        dask.LocalCluster(
            n_workers=jobs, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
        ) as cluster,
        dask.Client(cluster) as client,
    ):
        yield client.get_executor(), jobs
