"""Customs codes of a material in the revisions of the Harmonized System, as one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ytterby.catalog.concordance import REVISIONS, load_codes
from ytterby.catalog.materials import material, revision_codes
from ytterby.errors import NoData

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "material", "hs_revision", "hs6", "stage", "basket", "hs92", "relation", "goods", "note", "documents",
)  # fmt: skip


def code_table(name: str, hs_revision: str | None = None) -> pd.DataFrame:
    """Codes of a material in one revision, or in each one after the other.

    Parameters
    ----------
    name
        Key or name of the catalog.
    hs_revision
        HS92 to HS22; all when None.

    Returns
    -------
    material, hs_revision, hs6 (empty where nobody followed the goods), stage, basket (core and wide are
    counted, mixed codes hold other goods too, absent ones are not in the starter data), hs92 (the code of the
    catalog that it continues), relation (from HS 1992), goods, note (what moved in which revision), documents
    (where that can be looked up). No numbers, hence no unit.

    Raises
    ------
    UnknownName
        An unknown material or revision.
    NoData
        The catalog follows no customs code of the material.
    """
    import pandas as pd

    key = material(name).material
    revisions = REVISIONS if hs_revision is None else (hs_revision,)
    rows = [code for revision in revisions for code in revision_codes(key, revision)]
    if not rows:
        raise NoData(f"the catalog follows no customs code of {key}.", "See the reference page of materials.")
    table = pd.DataFrame([row.model_dump() for row in rows])
    goods = [load_codes()[row.hs6].goods if row.hs6 else "" for row in rows]
    return table.assign(goods=goods, documents=table["documents"].map("; ".join))[list(COLUMNS)]
