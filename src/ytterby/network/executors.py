"""Blocks of an ensemble in processes or on Dask, with what is finished kept for a restart.

A block is a function of what :class:`~ytterby.network.ensemble.Blocks` holds and of its first draw alone, so
neither the number of workers nor an interruption changes a byte.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ytterby import __version__
from ytterby.errors import YtterbyError
from ytterby.evidence.executors import PROCESSES, open_pool
from ytterby.network.ensemble import Blocks, Part


@dataclass
class Processes:
    """Simulates blocks with ``jobs`` workers; ``workers`` of :func:`ytterby.network.ensemble.run_ensemble`.

    Attributes
    ----------
    executor
        ``processes``, ``dask`` or the address of a Dask scheduler (``evidence.executors.open_pool``).
    keep
        Folder in which finished blocks wait for a restart; :meth:`forget` removes it when the output stands.
        As a context it is forgotten at any end but a kill.
    kept, blocks
        Blocks that were finished before, and all of them.
    """

    executor: str = PROCESSES
    jobs: int = 1
    keep: Path | None = None
    kept: int = 0
    blocks: int = 0
    _made: list[Path] = field(default_factory=list)

    def __call__(self, blocks: Blocks) -> Iterator[Part]:
        """Parts in the order of the blocks."""
        shelf = self._shelf(blocks)
        self.blocks += len(blocks.starts)
        with open_pool(self.executor, self.jobs) as pool:
            parts = pool.map(blocks.simulate, blocks.starts, lambda start: self._known(shelf, start))
            for start, part in zip(blocks.starts, parts, strict=True):
                if shelf is not None:
                    _store(part, _place(shelf, start))
                yield part

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self.forget()

    def forget(self) -> None:
        """Remove what was kept; nothing else in the folder is touched."""
        for shelf in self._made:
            shutil.rmtree(shelf, ignore_errors=True)
        if self.keep is not None and self.keep.is_dir() and not any(self.keep.iterdir()):
            self.keep.rmdir()

    def _shelf(self, blocks: Blocks) -> Path | None:
        """Folder of these blocks and no others: another seed or chain, or version of ours, has its own."""
        if self.keep is None:
            return None
        shelf = self.keep / fingerprint(__version__, np.__version__, blocks)[:32]
        shelf.mkdir(parents=True, exist_ok=True)
        self._made.append(shelf)
        return shelf

    def _known(self, shelf: Path | None, start: int) -> Part | None:
        part = None if shelf is None else _load(_place(shelf, start))
        self.kept += part is not None
        return part


def _place(shelf: Path, start: int) -> Path:
    return shelf / f"{start}.npz"


def _store(part: Part, place: Path) -> None:
    """Write a part beside its place and rename it, so that what has the name is whole."""
    if place.exists():
        return
    beside = place.with_suffix(f".{os.getpid()}")
    with beside.open("wb") as file:
        np.savez(file, **{name: getattr(part, name) for name in Part.__dataclass_fields__})
        file.flush()
        os.fsync(file.fileno())
    beside.replace(place)


def _load(place: Path) -> Part | None:
    """A part that is kept; one that is damaged is removed and counts as none."""
    try:
        with place.open("rb") as file, np.load(file, allow_pickle=False) as told:
            return Part(**{name: told[name] for name in Part.__dataclass_fields__})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        place.unlink(missing_ok=True)
        return None


def fingerprint(*parts: object) -> str:
    """SHA-256 of values, whatever process holds them; floats count to the last bit.

    Raises
    ------
    YtterbyError: something of a kind whose content is not known here.
    """
    digest = hashlib.sha256()
    for part in parts:
        _feed(digest, part)
    return digest.hexdigest()


def _feed(digest: hashlib._Hash, value: object) -> None:
    """Tell kind and length before content, so that no two values give the same bytes."""
    if isinstance(value, np.ndarray):
        digest.update(f"array {value.dtype.str} {value.shape} ".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        digest.update(f"{type(value).__qualname__} ".encode())
        _feed(digest, named)
    elif isinstance(value, Mapping):
        _feed(digest, tuple(sorted(value.items())))
    elif isinstance(value, (tuple, list)):
        digest.update(f"list {len(value)} ".encode())
        for one in value:
            _feed(digest, one)
    elif value is None or isinstance(value, (str, bool, int, float, np.generic)):
        text = repr(value.item() if isinstance(value, np.generic) else value)
        digest.update(f"{type(value).__name__} {len(text)} {text}".encode())
    else:
        raise YtterbyError(
            f"the content of {type(value).__name__} is not known.", "Leave it out of the blocks."
        )
