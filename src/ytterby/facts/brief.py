"""The list of tables in few columns, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

WIDE = 110  # characters from which there is room for the descriptions


def brief_tables(tables: pd.DataFrame, width: int) -> pd.DataFrame:
    """Return name, rows, years, whether rows may be passed on, and terms; descriptions where there is room.

    Parameters
    ----------
    tables
        From ``Store.tables``; imported editions stand under the name of their table.
    """
    import pandas as pd

    imported = tables["description"].str.startswith("Imported ")
    named = tables["name"].where(
        ~imported, tables["name"] + " + " + tables["source_id"] + " " + tables["edition"]
    )
    columns = {
        "name": named,
        "rows": tables["rows"].map("{:,}".format),
        "years": tables["years"],
        "pass on": tables["may_redistribute"].map({True: "yes", False: "no"}),
        "terms": tables["licence"],
    }
    if width >= WIDE:
        columns["description"] = tables["description"]
    return pd.DataFrame(columns)
