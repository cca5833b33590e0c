"""Where five equal words stand in two texts: an index of runs of words, in memory or on disk.

A run of five words is a number of 64 bits (its seed). Equal seeds give the places from where
:mod:`ytterby.evidence.copies` extends. A seed in more than ``COMMON`` places is a formula, or the words
of a text that many print: it leads from the first of them to each other, and is told apart. Whatever
the number of texts, the index on disk is worked through in parts of bounded size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEED = 5  # words
COMMON = 50  # places; a seed in more of them does not join each with each
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no bit of an earlier word is lost
PLACED = np.dtype([("seed", "<u8"), ("text", "<i4"), ("at", "<i4")])  # one run of words
PAIR = np.dtype([("a", "<i4"), ("b", "<i4"), ("x", "<i4"), ("y", "<i4"), ("common", "?")])
_PART = 2_000_000  # runs of words that are sorted at one time: 32 MB
_BATCH = 1_000_000  # pairs that are made at one time: 16 MB
_RANGE = 100_000  # runs of words of the texts whose pairs are sorted at one time

Rows = NDArray[Any]
# Two texts, the places of the seeds they share, and whether these are all common.
Meeting = tuple[int, int, list[tuple[int, int]], bool]


def placed_seeds(keys: NDArray[np.uint64], text: int) -> Rows:
    """Seeds of one text, in order of place; ``keys`` are its words as numbers."""
    count = max(0, len(keys) - SEED + 1)
    rows = np.empty(count, PLACED)
    seed = np.zeros(count, np.uint64)
    for shift in range(SEED):
        seed = seed * _FACTOR + keys[shift : shift + count]
    rows["seed"], rows["text"], rows["at"] = seed ^ (seed >> np.uint64(29)), text, np.arange(count)
    return rows


def shared_seeds(rows: Rows) -> Iterator[Rows]:
    """Pairs of places with one seed in two texts.

    Parameters
    ----------
    rows: seeds of several texts, in order of text and place.

    Returns
    -------
    Batches of rows (a, b, x, y): place x of text a and place y of text b, a < b; in no order.
    """
    rows = rows[np.argsort(rows["seed"], kind="stable")]
    new = np.flatnonzero(rows["seed"][1:] != rows["seed"][:-1]) + 1
    starts = np.r_[0, new] if len(rows) else new
    sizes = np.diff(np.r_[starts, len(rows)])
    for size in range(2, COMMON + 1):
        groups = starts[sizes == size]
        batch = _BATCH // size**2
        for first in range(0, len(groups), batch):
            yield _pairs(rows, groups[first : first + batch], size)
    often = sizes > COMMON
    yield _made(np.repeat(rows[starts[often]], sizes[often]), rows[np.repeat(often, sizes)], common=True)


def _pairs(rows: Rows, starts: NDArray[Any], size: int) -> Rows:
    """All pairs inside groups of ``size`` rows that begin at ``starts``."""
    first, second = np.array(list(combinations(range(size), 2))).T
    a, b = (rows[(starts[:, None] + side).ravel()] for side in (first, second))
    return _made(a, b, common=False)


def _made(a: Rows, b: Rows, *, common: bool) -> Rows:
    """Pairs of rows, without those inside one text."""
    apart = a["text"] != b["text"]
    pairs = np.empty(int(apart.sum()), PAIR)
    pairs["common"] = common
    for name, side, field in (("a", a, "text"), ("b", b, "text"), ("x", a, "at"), ("y", b, "at")):
        pairs[name] = side[field][apart]
    return pairs


def by_texts(pairs: Rows) -> Iterator[Meeting]:
    """Each two texts that share seeds, with the places, all in order; of common seeds only if all are."""
    pairs = pairs[np.lexsort((pairs["y"], pairs["x"], pairs["b"], pairs["a"]))]
    new = (pairs["a"][1:] != pairs["a"][:-1]) | (pairs["b"][1:] != pairs["b"][:-1])
    cuts = np.r_[0, np.flatnonzero(new) + 1, len(pairs)] if len(pairs) else [0]
    for start, end in pairwise(cuts):
        part = pairs[start:end]
        common = bool(part["common"].all())
        part = part if common else part[~part["common"]]
        places = list(zip(part["x"].tolist(), part["y"].tolist(), strict=True))
        yield int(part["a"][0]), int(part["b"][0]), places, common


class SeedFiles:
    """The index of many texts on disk.

    Parameters
    ----------
    folder: an empty folder; what is written there may be deleted afterwards.
    lengths: words of each text, so that the parts of the index get a bounded size.
    """

    def __init__(self, folder: Path, lengths: Sequence[int] | NDArray[Any]) -> None:
        self._folder = folder
        counts = np.maximum(0, np.asarray(lengths, np.int64) - SEED + 1)
        self._parts = int(counts.sum()) // _PART + 1
        self._range_of = (np.cumsum(counts) // _RANGE).astype(np.int32)

    def add(self, rows: Rows) -> None:
        """Take seeds of further texts, in order of text."""
        _spill(self._folder, "seeds", rows, (rows["seed"] % np.uint64(self._parts)).astype(np.int64))

    def pairs(self) -> Iterator[Meeting]:
        """As :func:`by_texts`, for all texts taken."""
        for part in range(self._parts):
            for pairs in shared_seeds(_taken(self._folder / f"seeds-{part}", PLACED)):
                _spill(self._folder, "pairs", pairs, self._range_of[pairs["a"]])
        for number in range(int(self._range_of[-1]) + 1 if len(self._range_of) else 0):
            yield from by_texts(_taken(self._folder / f"pairs-{number}", PAIR))


def _spill(folder: Path, name: str, rows: Rows, parts: NDArray[Any]) -> None:
    """Append rows to the file of their part; their order within it is kept."""
    order = np.argsort(parts, kind="stable")
    rows, parts = rows[order], parts[order]
    for part in np.unique(parts):
        first, last = np.searchsorted(parts, [part, part + 1])
        with (folder / f"{name}-{part}").open("ab") as file:
            file.write(rows[first:last].tobytes())


def _taken(path: Path, kind: np.dtype[Any]) -> Rows:
    """Rows of a file, which is deleted."""
    if not path.exists():
        return np.empty(0, kind)
    rows = np.fromfile(path, kind)
    path.unlink()
    return rows
