"""Bytes from an address into a part beside the target, going on where an earlier try stopped.

::

    NAME.part        what has come so far
    NAME.part.json   whose bytes these are: address, the server's mark of the version, length

A transfer goes on only where the server confirms the version (If-Range with a strong ETag, else with
the date of the last change); otherwise it starts afresh, so two versions are never mixed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ytterby.errors import DownloadRefused, Unreachable
from ytterby.facts.connection import Bounds, NoRoute, Passing, answer, check_is_file, paced
from ytterby.facts.durable import put_text

if TYPE_CHECKING:
    import datetime as dt

    from urllib3.response import BaseHTTPResponse

    Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Received:
    """A file that has come: hash, length, time of its last change where the server says it.

    ``is_whole`` is False where the server said neither a length nor an end, so that nobody can tell.
    """

    sha256: str
    size_bytes: int
    changed: dt.datetime | None
    is_whole: bool = True


@dataclass(frozen=True)
class _Note:
    """Whose bytes a part holds: ``mark`` is an ETag or a date, ``total`` the length where it is known."""

    url: str
    mark: str
    total: int | None
    changed: str


@dataclass(frozen=True)
class _Task:
    """One transfer: from where, into which part, within which bounds."""

    url: str
    part: Path
    bounds: Bounds
    progress: Progress


def transfer(url: str, part: Path, *, bounds: Bounds, progress: Progress) -> Received:
    """Fetch an address into a part, going on from what lies there; the caller renames it.

    Raises
    ------
    Unreachable
        No network, or the server failed too often; what has come is kept.
    DownloadRefused
        Not https, too many redirects, too large, or a web page instead of a file.
    """
    task = _Task(url, part, bounds, progress)
    failures, answered = 0, False
    for _ in range(bounds.attempts):
        before = _size(part)
        try:
            return _attempt(task)
        except Passing as fault:
            if isinstance(fault, NoRoute) and not answered:
                raise Unreachable(f"{url} cannot be reached: {fault}.") from fault
            answered = True
            failures = 1 if _size(part) > before else failures + 1
            if failures >= bounds.failures:
                why = f"{url} failed {failures} times in a row, last: {fault}."
                raise Unreachable(why, "What has come is kept: try again later.") from fault
            time.sleep(_pause(fault, failures, bounds))
    raise Unreachable(f"{url} failed {bounds.attempts} times.", "What has come is kept: try again later.")


def forget(part: Path) -> None:
    """Remove a part and its note, the note first: bytes without one are void."""
    _note_of(part).unlink(missing_ok=True)
    part.unlink(missing_ok=True)


def hash_file(path: Path) -> hashlib._Hash:
    """SHA-256 over what a file holds, to be gone on with."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest


def _attempt(task: _Task) -> Received:
    note = _read_note(task)
    start = _size(task.part) if note else 0
    headers = {"Range": f"bytes={start}-", "If-Range": note.mark} if note and start else {}
    with answer(task.url, headers, task.bounds) as response:
        if response.status == 416:
            return _whole_already(task, response, note, start)
        start = _agreed_start(task, response, note, start)
        check_is_file(response, task.url)
        return _receive(task, response, start)


def _whole_already(task: _Task, response: BaseHTTPResponse, note: _Note | None, start: int) -> Received:
    """A part that a stop left complete: the server has nothing beyond it."""
    span = re.fullmatch(r"bytes \*/(\d+)", response.headers.get("Content-Range", ""))
    if note and span and int(span[1]) == start == note.total and _same_version(response, note):
        return Received(hash_file(task.part).hexdigest(), start, _moment(note.changed))
    forget(task.part)
    raise Passing("what had come belongs to no file there", 0.0)


def _agreed_start(task: _Task, response: BaseHTTPResponse, note: _Note | None, start: int) -> int:
    """Byte from which the answer goes on; 0 where the server sends the whole file."""
    if response.status != 206:
        return 0
    span = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    fits = span and int(span[1]) == start and (not note or span[2] in ("*", str(note.total)))
    if not (note and fits and _same_version(response, note)):
        forget(task.part)
        raise Passing("the server went on with another version", 0.0)
    return start


def _same_version(response: BaseHTTPResponse, note: _Note) -> bool:
    return _mark(response) in ("", note.mark)


def _mark(response: BaseHTTPResponse) -> str:
    """What tells versions apart: a strong ETag, else the date of the last change, else nothing."""
    tag = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")


def _receive(task: _Task, response: BaseHTTPResponse, start: int) -> Received:
    length = response.headers.get("Content-Length", "")
    total = start + int(length) if length.isdecimal() else None
    changed = response.headers.get("Last-Modified", "")
    _check_room(task, total, start)
    if not start:
        _begin(task, _Note(task.url, _mark(response), total, changed))
    digest = hash_file(task.part)  # of what has come; the client itself raises when bytes are missing
    with task.part.open("ab") as sink:
        done = _copy(task, response, digest, sink, start)
        os.fsync(sink.fileno())
    is_whole = total is not None or response.headers.get("Transfer-Encoding", "").lower() == "chunked"
    return Received(digest.hexdigest(), done, _moment(changed), is_whole)


def _check_room(task: _Task, total: int | None, start: int) -> None:
    if total is None:
        return
    if total > task.bounds.size_bytes:
        raise _too_large(task, f"{total:,} bytes")
    free = shutil.disk_usage(task.part.parent).free
    if total - start > free:
        why = f"{task.part.parent} has {free:,} bytes free, {total - start:,} are to come."
        raise DownloadRefused(why, "Make room.")


def _too_large(task: _Task, size: str) -> DownloadRefused:
    forget(task.part)
    most = task.bounds.size_bytes
    return DownloadRefused(f"{task.url} is too large: {size}, at most {most:,} are expected.")


def _begin(task: _Task, note: _Note) -> None:
    """Empty the part before its note says whose bytes come; a stop in between leaves no wrong pair."""
    forget(task.part)
    task.part.touch()
    if note.mark:
        put_text(_note_of(task.part), json.dumps(asdict(note)))


def _copy(task: _Task, response: BaseHTTPResponse, digest: hashlib._Hash, sink: BinaryIO, done: int) -> int:
    """Length after the last byte came; each is hashed as it is written."""
    length = response.headers.get("Content-Length", "")
    announced = done + int(length) if length.isdecimal() else 0
    for chunk in paced(response, task.bounds):
        done += len(chunk)
        if done > task.bounds.size_bytes:
            raise _too_large(task, f"more than {task.bounds.size_bytes:,} bytes")
        sink.write(chunk)
        sink.flush()  # a kill must find on the disk what the progress has told
        digest.update(chunk)
        task.progress(task.part.stem, done, announced)
    return done


def _pause(fault: Passing, failures: int, bounds: Bounds) -> float:
    """Seconds to wait: what the fault says, else twice as long each time."""
    if fault.wait_s is not None:
        return fault.wait_s
    return float(min(bounds.wait_s * 2 ** (failures - 1), bounds.longest_wait_s))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _moment(text: str) -> dt.datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None


def _note_of(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _read_note(task: _Task) -> _Note | None:
    """Note beside a part, where it belongs to this address."""
    try:
        note = _Note(**json.loads(_note_of(task.part).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    fits = note.url == task.url and isinstance(note.mark, str) and note.mark.isprintable()
    return note if fits else None
