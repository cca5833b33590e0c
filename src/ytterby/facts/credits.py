"""Whose numbers a table holds: a line for each source, to travel with every file that is written.

Decision: docs/decisions/0009.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ytterby.catalog.sources import load_sources

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.facts.store import Store

CREDIT_COLUMNS = (
    "source_id", "edition", "title", "producer", "licence", "may_redistribute", "citation", "accessed",
    "note",
)  # fmt: skip
ALL = None  # in place of an edition: nobody said which
Held = tuple[str, str | None]


def credit(store: Store, table: pd.DataFrame) -> pd.DataFrame:
    """Sources of the rows of a table, told by its columns of sources and editions.

    Parameters
    ----------
    table
        Any answer of the store: ``source_id`` and ``edition``, or a pair of them under a prefix
        (``first_source_id``). A cell may join several sources by semicolons.

    Returns
    -------
    source_id, edition, title, producer, licence, may_redistribute, citation, accessed, note; one row a
    source and edition. A source without a card may not be passed on, since nobody said that it may.
    """
    held = dict.fromkeys(pair for column in table for pair in _held(table, str(column)))
    return _lines(store, held)


def credit_query(store: Store, sql: str) -> pd.DataFrame:
    """Sources of all tables that a query reads: its answer may hold rows of any of them."""
    keys = (key for joined in store.sources_of_query(sql) for key in joined.split(";") if key)
    return _lines(store, [(key, ALL) for key in dict.fromkeys(keys)])


def _held(table: pd.DataFrame, column: str) -> Iterator[Held]:
    """Pairs of source and edition that one column of sources names."""
    prefix, found, rest = column.rpartition("source_id")
    if not found or rest:
        return
    edition = f"{prefix}edition"
    both = [column, edition] if edition in table else [column]
    for joined, *told in (
        table[both].dropna(subset=[column]).drop_duplicates().itertuples(index=False, name=None)
    ):
        keys = [key for key in str(joined).split(";") if key]
        for key in keys:
            yield key, str(told[0]) if told and len(keys) == 1 else ALL


def _lines(store: Store, held: Iterable[Held]) -> pd.DataFrame:
    import pandas as pd

    lines = {(line["source_id"], line["edition"]): line for pair in held for line in _cards(store, *pair)}
    ordered = [lines[key] for key in sorted(lines)]
    return pd.DataFrame(ordered, columns=list(CREDIT_COLUMNS))


def _cards(store: Store, key: str, edition: str | None) -> list[dict[str, Any]]:
    """Lines of one source: of the editions named, or of all that the store has."""
    named = [card.model_dump() for card in store.cards if card.source_id == key
             and (edition is ALL or card.edition in (edition, *edition.split("; ")))]  # fmt: skip
    exact = any(card["edition"] == edition for card in named)
    found = named + [
        card.model_dump() for card in load_sources().values() if card.source_id == key and not exact
    ]
    return [{name: str(card[name]) if name == "accessed" else card[name] for name in CREDIT_COLUMNS}
            for card in found] or [_unknown(key, edition)]  # fmt: skip


def _unknown(key: str, edition: str | None) -> dict[str, Any]:
    texts = dict.fromkeys(CREDIT_COLUMNS, "")
    return {**texts, "source_id": key, "edition": edition or "", "licence": "not known",
            "may_redistribute": False}  # fmt: skip
