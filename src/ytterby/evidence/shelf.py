"""Coded articles by their number, read from disk when asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ytterby.evidence.article import Article
from ytterby.evidence.chunks import PLACE, KeptChunks
from ytterby.evidence.copies import WORD, Words

_AT_HAND = 256  # articles that stay parsed, and words of as many


class Shelf:
    """Articles of a row of coded chunks; one with an id already taken has no number.

    Parameters
    ----------
    keys: of the chunks, in order of the corpus.
    """

    def __init__(self, kept: KeptChunks, keys: Sequence[str]) -> None:
        self._kept, self._keys = kept, keys
        parts = [np.fromfile(kept.places_file(key), PLACE) for key in keys]
        places = np.concatenate([np.empty(0, PLACE), *parts])
        chunk = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        first_word = np.concatenate(
            [
                np.empty(0, np.int64),
                *(np.cumsum(part["words"], dtype=np.int64) - part["words"] for part in parts),
            ]
        )
        self.is_first = _is_first(places["id"])
        self.places: NDArray[Any] = places[self.is_first]
        self.chunk: NDArray[Any] = chunk[self.is_first]
        self._first_word = first_word[self.is_first]
        self.article = lru_cache(_AT_HAND)(self._article)
        self.words = lru_cache(_AT_HAND)(self._words)

    def __len__(self) -> int:
        return len(self.places)

    def _article(self, number: int) -> Article:
        return Article.model_validate(json.loads(self._line(number))["article"])

    def _line(self, number: int) -> bytes:
        start, end = int(self.places["start"][number]), int(self.places["end"][number])
        with self._kept.lines_file(self._keys[self.chunk[number]]).open("rb") as lines:
            lines.seek(start)
            return lines.read(end - start)

    def _words(self, number: int) -> Words:
        path = self._kept.words_file(self._keys[self.chunk[number]])
        skipped = int(self._first_word[number]) * WORD.itemsize
        rows = np.fromfile(path, WORD, int(self.places["words"][number]), offset=skipped)
        return Words(rows, int(self.places["least"][number]))

    def lines(self) -> Iterator[tuple[int, Iterator[dict[str, Any]]]]:
        """Each chunk by its place, with its records."""
        for place, key in enumerate(self._keys):
            with self._kept.lines_file(key).open("rb") as lines:
                yield place, map(json.loads, lines)


def _is_first(ids: NDArray[Any]) -> NDArray[Any]:
    """Whether each is the first with its id."""
    first = np.zeros(len(ids), bool)
    first[np.unique(ids, return_index=True)[1]] = True
    return first
