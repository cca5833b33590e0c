"""Files that outlive their writer: one writer at a time, and on the disk before they count."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from ytterby.errors import YtterbyError


@contextmanager
def hold(lock: Path, busy: YtterbyError) -> Iterator[None]:
    """Exclusive lock that every system frees by itself when its holder dies: SQLite's, on an empty file.

    Raises
    ------
    YtterbyError
        ``busy``, when another process holds it.
    OSError
        It cannot be written there.
    """
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(closing(sqlite3.connect(lock, timeout=0, isolation_level=None)))
            connection.execute("PRAGMA journal_mode=MEMORY")  # else a killed holder leaves a journal too
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise OSError(errno.EACCES, str(error), str(lock)) from error
            raise busy from error
        yield


def make_durable(path: Path) -> None:
    """Hand a file, or where the system allows it a folder, to the disk."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def put_text(path: Path, text: str) -> None:
    """Write a small file so that a reader sees the old one or the new one, whole."""
    fresh = path.with_name(path.name + ".tmp")
    fresh.write_text(text, encoding="utf-8")
    make_durable(fresh)
    fresh.replace(path)
