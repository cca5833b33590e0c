"""The writable side of the store: one folder, one Parquet file per part of an edition, one manifest.

::

    FOLDER/manifest.json     the cards; replaced by a rename, so that a reader sees the old or the new one
    FOLDER/editions/*.parquet  the rows; a file without a card does not exist for readers
    FOLDER/writer.lock       held by the one process that imports; the system frees it when that dies

An import writes its files beside the others, makes them durable, and only then renames the new
manifest over the old one. Whatever stops it before that rename leaves the store as it was; the next
import removes what was left lying about.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ytterby.errors import StoreBusy, StoreDamaged, YtterbyError
from ytterby.facts.durable import hold, make_durable

VARIABLE = "YTTERBY_STORE"
MANIFEST, EDITIONS, LOCK = "manifest.json", "editions", "writer.lock"
FORMAT = 2  # 1 had no resolution in production


class Card(BaseModel):
    """What one file of a store is: its source, its edition, its terms, and what was left out of it.

    ``part`` tells the files of one edition apart (a year of BACI); ``published`` is the publisher's
    date where somebody stated it, ``accessed`` the day of the import; ``sha256`` is of the input.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    source_id: str
    edition: str = Field(min_length=1, max_length=100)
    part: str = ""
    file: str = Field(pattern=r"^[a-z0-9_-]{1,160}\.parquet$")
    title: str
    producer: str
    licence: str
    may_redistribute: bool
    citation: str
    published: dt.date | None = None
    accessed: dt.date
    sha256: str
    rows: int = Field(ge=0)
    first_year: int | None = None
    last_year: int | None = None
    quarantined: dict[str, int] = {}
    note: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a further import of the same thing replaces."""
        return self.table, self.source_id, self.edition, self.part

    @property
    def known_since(self) -> dt.date:
        """Day from which the edition counts as known: its publication, else the day it was fetched."""
        return self.published or self.accessed


class Manifest(BaseModel):
    """Cards of a store, and files that the last import replaced and open readers may still use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    cards: tuple[Card, ...] = ()
    retired: tuple[str, ...] = ()


def store_folder(folder: Path | None = None) -> Path | None:
    """The folder given, else the one that the environment variable YTTERBY_STORE names, else None."""
    named = os.environ.get(VARIABLE)
    return folder or (Path(named) if named else None)


def required_folder(folder: Path | None) -> Path:
    """Folder to import into.

    Raises
    ------
    YtterbyError
        None was named; we do not choose a place on somebody's disk.
    """
    found = store_folder(folder)
    if found is None:
        raise YtterbyError(
            "no store folder was named.", f"Give one with --store FOLDER or set the variable {VARIABLE}."
        )
    return found


def read_manifest(folder: Path) -> Manifest:
    """Cards of a store; an absent manifest is an empty store.

    Raises
    ------
    StoreDamaged
        The manifest is not one of ours.
    """
    path = folder / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Manifest()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreDamaged(f"{path} cannot be read ({error}).", _REMEDY) from error
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise StoreDamaged(f"{path} is not a manifest of this program ({error}).", _REMEDY) from error
    if manifest.format != FORMAT:
        raise StoreDamaged(f"{path} has format {manifest.format}, this version reads {FORMAT}.", _REMEDY)
    return manifest


_REMEDY = "Name another folder, or import the data again into a fresh one."


def open_manifest(folder: Path) -> Manifest:
    """Cards of a store to read from.

    Raises
    ------
    StoreDamaged
        There is no store in the folder, or a file of the manifest is gone.
    """
    if not (folder / MANIFEST).is_file():
        raise StoreDamaged(
            f"there is no store in {folder}.", "Import something into it first: ytterby facts import --help."
        )
    manifest = read_manifest(folder)
    gone = [card.file for card in manifest.cards if not (folder / EDITIONS / card.file).is_file()]
    if gone:
        raise StoreDamaged(f"{folder} lacks {', '.join(gone)}, which its manifest names.", _REMEDY)
    return manifest


@dataclass
class Writer:
    """One import in the making: files are written under :meth:`new_file`, then announced with a card."""

    folder: Path
    manifest: Manifest
    cards: list[Card] = field(default_factory=list)

    def new_file(self, *words: str) -> Path:
        """Path of a file to write, its name free and readable; nobody reads it before the commit."""
        stem = "-".join(re.sub(r"[^a-z0-9]+", "_", word.lower()) for word in words if word)[:120]
        return self.folder / EDITIONS / f"{stem}-{uuid4().hex[:12]}.parquet"

    def scratch(self, suffix: str = "") -> Path:
        """Path for something that is not kept; goes with the import, or with the next one."""
        return self.folder / EDITIONS / f"{uuid4().hex[:12]}{suffix}.tmp"

    def put(self, card: Card) -> None:
        """Announce a finished file; it counts from the commit on."""
        make_durable(self.folder / EDITIONS / card.file)
        self.cards.append(card)


@contextmanager
def writing(folder: Path) -> Iterator[Writer]:
    """Import into a store: everything that the block puts counts at its end, or nothing does.

    Raises
    ------
    StoreBusy
        Another process is importing into this folder.
    """
    (folder / EDITIONS).mkdir(parents=True, exist_ok=True)
    with hold(folder / LOCK, _busy(folder)):
        manifest = read_manifest(folder)
        _clean(folder, manifest)
        writer = Writer(folder, manifest)
        try:
            yield writer
            _commit(writer)
        finally:
            _clean(folder, read_manifest(folder))


def _busy(folder: Path) -> StoreBusy:
    remedy = "Wait until it has finished; reading goes on meanwhile."
    return StoreBusy(f"another process is importing into {folder}.", remedy)


def _commit(writer: Writer) -> None:
    """Make the new manifest the manifest, in one rename."""
    replaced = {card.key for card in writer.cards}
    old = [card for card in writer.manifest.cards if card.key in replaced]
    kept = [card for card in writer.manifest.cards if card.key not in replaced]
    cards = sorted([*kept, *writer.cards], key=lambda card: card.key)
    manifest = Manifest(cards=tuple(cards), retired=tuple(card.file for card in old))
    fresh = writer.scratch(MANIFEST)
    content = json.dumps(manifest.model_dump(mode="json"), indent=1, ensure_ascii=False)
    fresh.write_text(content + "\n", encoding="utf-8")
    make_durable(fresh)
    make_durable(writer.folder / EDITIONS)
    fresh.replace(writer.folder / MANIFEST)
    make_durable(writer.folder)


def _clean(folder: Path, manifest: Manifest) -> None:
    """Remove what no card names; files just replaced stay one import longer, for readers that hold them."""
    named = {card.file for card in manifest.cards} | set(manifest.retired)
    for path in (folder / EDITIONS).iterdir():
        if path.name in named or path.suffix not in {".parquet", ".tmp"}:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
