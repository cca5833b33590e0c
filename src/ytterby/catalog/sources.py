"""A card for every source: who made it, which edition, under which licence, how to cite it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from pydantic import BaseModel, ConfigDict

from ytterby.catalog.rows import read_rows
from ytterby.errors import UnknownName


class Source(BaseModel):
    """The card of one source; ``source_id`` stands in every row that comes from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source_id: str
    title: str
    producer: str
    edition: str
    year: int
    licence: str
    may_redistribute: bool
    citation: str
    accessed: str
    url: str = ""
    note: str = ""


@cache
def load_sources() -> dict[str, Source]:
    """All cards of the catalog by ``source_id``."""
    return {row["source_id"]: Source.model_validate(row) for row in read_rows("sources")}


def source(source_id: str) -> Source:
    """Card of one source.

    Raises
    ------
    UnknownName
        No card has this key; the closest keys are suggested.
    """
    cards = load_sources()
    if source_id not in cards:
        raise UnknownName("source", source_id, cards)
    return cards[source_id]


def attributions(source_ids: Iterable[str]) -> str:
    """Credit lines for an export, one a source: citation, edition and licence.

    Parameters
    ----------
    source_ids
        Keys as they stand in ``source_id`` columns; several may be joined by semicolons.
    """
    keys = sorted({key for joined in source_ids for key in joined.split(";") if key})
    cards = [source(key) for key in keys]
    return "\n".join(
        f"{c.source_id}: {c.citation}. Edition: {c.edition}. Licence: {c.licence}." for c in cards
    )
