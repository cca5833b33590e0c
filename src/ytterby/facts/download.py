"""Fetch a published file from its official address, or say clearly why not and what a person does then.

Nothing connects unless this is called. The file gets its name only when it is whole and its checksum
is the known one; until then it is a part (:mod:`ytterby.facts.transfer`), which a later call goes on
with. ``NAME.sha256`` beside it lets a later download be compared.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ytterby.catalog.downloads import Offer, find_offer
from ytterby.errors import DownloadBusy, DownloadRefused, NotOffered, Unreachable, YtterbyError
from ytterby.facts.connection import Bounds, page_title, web_page
from ytterby.facts.durable import hold, make_durable, put_text
from ytterby.facts.transfer import Received, forget, hash_file, transfer
from ytterby.facts.unpack import members, unpack

if TYPE_CHECKING:
    from ytterby.facts.transfer import Progress

_HASH = re.compile(r"[0-9a-f]{64}")
_ARCHIVES = (".zip", ".xlsx")  # both begin with the sign of a zip
_HEAD = 65_536
_MARGIN = 2  # a file may grow to this many times its known size


@dataclass(frozen=True)
class Downloaded:
    """A file that lies complete in its folder.

    ``table`` is what to import: the file, or the table unpacked from it. ``fetched`` is False where it
    lay there already. ``before`` is the checksum of an earlier download under this name, "" without one.
    """

    offer: Offer
    path: Path
    table: Path
    edition: str
    sha256: str
    size_bytes: int
    fetched: bool
    is_checked: bool
    before: str = ""

    @property
    def command(self) -> str:
        """The command that imports it."""
        return import_command(self.offer, self.table, self.edition)


def download(
    kind: str,
    *,
    folder: Path = Path(),
    edition: str | None = None,
    revision: str | None = None,
    sha256: str | None = None,
    again: bool = False,
    progress: Progress | None = None,
    bounds: Bounds | None = None,
) -> Downloaded:
    """Fetch one publisher's file into a folder, going on with a part that lies there.

    Parameters
    ----------
    kind
        As for ``import_table``.
    folder
        Where the file goes; made when absent.
    edition, revision
        See ``find_offer``.
    sha256
        Checksum that the file must have, 64 hexadecimal digits; the catalog's when None.
    again
        Fetch it even where it lies there, and replace it once the new one is whole.
    progress
        Called with the file's name, bytes so far, and bytes in all (0 where not known).
    bounds
        Times, tries and size; the size is by default twice the known one.

    Raises
    ------
    NotOffered
        The publisher gives this file to people only; the remedy says how to get it.
    Unreachable
        No network, or a server that keeps failing; what has come is kept.
    DownloadRefused
        Another checksum, too large, a web page, not https; nothing gets the file's name.
    DownloadBusy
        Another process is fetching it into the same folder.
    UnknownName
        No such kind, edition or revision.
    """
    offer = find_offer(kind, edition=edition, revision=revision)
    known = _known_hash(sha256, offer)
    target = folder / offer.name
    if not offer.url:
        raise NotOffered(
            f"{offer.title}: no file that a program may fetch. {offer.note}", _by_hand(offer, target)
        )
    folder.mkdir(parents=True, exist_ok=True)
    lock = target.with_name(target.name + ".lock")
    busy = DownloadBusy(f"another process is fetching {target}.", "Wait until it has finished.")
    with hold(lock, busy):
        try:
            return _download(offer, target, known, again, progress or _silent, _bounds(offer, bounds))
        except (DownloadRefused, Unreachable) as error:
            raise type(error)(error.message, f"{error.remedy} {_by_hand(offer, target)}".strip()) from error
        finally:
            lock.unlink(missing_ok=True)


def import_command(offer: Offer, table: Path, edition: str) -> str:
    """The command that imports a file of this offer."""
    words = ["ytterby", "facts", "import", offer.kind, str(table), "--edition", edition]
    if offer.published:
        words += ["--published", offer.published.isoformat()]
    return shlex.join(words)


def _silent(name: str, done: int, total: int) -> None:
    """Report nothing."""


def _by_hand(offer: Offer, target: Path) -> str:
    """What a person does instead."""
    table = target.with_name(offer.member) if offer.member else target
    unpacked = f", unpack {offer.member} from it" if offer.member else ""
    edition = offer.edition or "EDITION"
    where = f"{offer.url} (or look for the file on {offer.page})" if offer.url else offer.page
    return (
        f"By hand: open {where} in a browser, save the file as {target}{unpacked}, "
        f"then: {import_command(offer, table, edition)}"
    )


def _known_hash(given: str | None, offer: Offer) -> str:
    known = (given or offer.sha256).strip().lower()
    if given is not None and not _HASH.fullmatch(known):
        raise YtterbyError(f"{given[:80]!r} is no SHA-256.", "It has 64 hexadecimal digits.")
    return known


def _bounds(offer: Offer, given: Bounds | None) -> Bounds:
    bounds = given or Bounds()
    if offer.size_bytes is None:
        return bounds
    return replace(bounds, size_bytes=min(bounds.size_bytes, _MARGIN * offer.size_bytes))


def _download(
    offer: Offer, target: Path, known: str, again: bool, progress: Progress, bounds: Bounds
) -> Downloaded:
    if target.exists() and not again:
        return _finish(offer, target, _check_there(target, known), bool(known), fetched=False)
    before = _noted_hash(target)
    part = target.with_name(target.name + ".part")
    received = transfer(offer.url, part, bounds=bounds, progress=progress)
    _check_received(offer, part, received, known)
    _put(part, target, received)
    done = _finish(offer, target, received.sha256, bool(known), fetched=True)
    return replace(done, before=before)


def _check_there(target: Path, known: str) -> str:
    """Checksum of a file that lies there, when it is known to be the one that is wanted."""
    wanted = known or _noted_hash(target)
    found = hash_file(target).hexdigest()
    if found == wanted:
        return found
    told = f"its SHA-256 is {found}, not {wanted}" if wanted else "nothing tells whether it is whole"
    raise DownloadRefused(
        f"{target} is there, and {told}.", "Import it as it is, move it away, or replace it with --again."
    )


def _check_received(offer: Offer, part: Path, received: Received, known: str) -> None:
    """Refuse bytes that are not the file, and forget them, so that the next call starts afresh."""
    why = _fault(offer, part, received, known)
    if why:
        forget(part)
        raise why


def _fault(offer: Offer, part: Path, received: Received, known: str) -> DownloadRefused | None:
    with part.open("rb") as file:
        head = file.read(_HEAD)
    title = page_title(head)
    if title is not None:
        return web_page(offer.url, title)
    if known and received.sha256 != known:
        remedy = "Where the publisher has replaced the file, give the new checksum with --sha256."
        return DownloadRefused(f"{offer.url} has the SHA-256 {received.sha256}, not {known}.", remedy)
    if not head or (offer.name.endswith(_ARCHIVES) and not head.startswith(b"PK")):
        return DownloadRefused(f"{offer.url} sent {received.size_bytes:,} bytes that are no {offer.name}.")
    if not known and not received.is_whole:
        remedy = "Give the checksum with --sha256."
        return DownloadRefused(
            f"{offer.url} does not say how long the file is, so it may be cut off.", remedy
        )
    return None


def _put(part: Path, target: Path, received: Received) -> None:
    """Give the file its name: the checksum first, so that no complete file is without one."""
    if received.changed:
        stamp = received.changed.timestamp()
        os.utime(part, (stamp, stamp))
    put_text(_hash_note(target), f"{received.sha256}  {target.name}\n")
    part.replace(target)
    make_durable(target.parent)
    forget(part)


def _finish(offer: Offer, target: Path, sha256: str, is_checked: bool, *, fetched: bool) -> Downloaded:
    if not _hash_note(target).exists():
        put_text(_hash_note(target), f"{sha256}  {target.name}\n")
    status = target.stat()
    day = dt.datetime.fromtimestamp(status.st_mtime, tz=dt.UTC).date().isoformat()
    table = _unpacked(target, offer.member) if offer.member else target
    edition = offer.edition or day  # a rolling address names no edition; the day of its last change does
    return Downloaded(offer, target, table, edition, sha256, status.st_size, fetched, is_checked)


def _unpacked(archive: Path, member: str) -> Path:
    """The table to import, taken out of its archive and put beside it."""
    found = members(archive, lambda name: Path(name).name == member)
    if len(found) != 1:
        why = f"{archive} holds {len(found)} tables {member}."
        raise DownloadRefused(why, "The publisher may have changed it: unpack it and import what it holds.")
    table = archive.with_name(member)
    fresh = archive.with_name(member + ".tmp")
    try:
        unpack(archive, found[0], fresh)
        fresh.replace(table)
    finally:
        fresh.unlink(missing_ok=True)
    return table


def _hash_note(target: Path) -> Path:
    return target.with_name(target.name + ".sha256")


def _noted_hash(target: Path) -> str:
    """Checksum that an earlier download left beside a file; empty without one."""
    try:
        text = _hash_note(target).read_text(encoding="utf-8")[:64]
    except (OSError, UnicodeDecodeError):
        return ""
    return text if _HASH.fullmatch(text) else ""
