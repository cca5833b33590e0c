"""A budget of processor time for one article: a text that costs more is named, and the rest goes on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS = 20.0  # of processor time; an article of 600 words takes a fiftieth of one


class OutOfTime(BaseException):
    """Raised inside the work itself; no ``Exception``, so that no parser takes it for a fault of a page."""


@contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """Raise :class:`OutOfTime` in the block once it has used ``seconds`` of processor time.

    Only the main thread of a process can be stopped so, and not on Windows; elsewhere the block runs
    on, held by the limits on sizes alone.
    """
    if not hasattr(signal, "SIGVTALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise OutOfTime
