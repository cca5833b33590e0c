"""What to say beside numbers that stand but must be read with care."""

from __future__ import annotations

from ytterby.catalog.rows import read_rows


def answer_note(source_id: str, year: int) -> str:
    """Return what an answer from a source for a year has to say; mostly nothing.

    Cautions are declared in ``catalog/data/corrections.csv``; an imported source of another name has none.
    """
    return "; ".join(
        row["note"]
        for row in read_rows("corrections")
        if row["note_year"] == str(year) and source_id in row["source_id"].split(";")
    )


def import_note(publisher: str, material: str, stage: str, country: str, year: int, tonnes: float) -> str:
    """Caution for one number of a publisher's file, from ``catalog/data/import_cautions.csv``.

    The number itself is the guard: once the publisher mends it, nothing is said any more.
    """
    key = (publisher, material, stage, country)
    return "; ".join(
        row["note"]
        for row in read_rows("import_cautions")
        if key == (row["publisher"], row["material"], row["stage"], row["country_iso3"])
        and int(row["first_year"]) <= year <= int(row["last_year"])
        and tonnes == float(row["quantity_t"])
    )
