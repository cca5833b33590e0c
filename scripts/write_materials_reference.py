"""Write ``docs/reference/materials.md`` from the catalog.

Run from anywhere: ``python scripts/write_materials_reference.py``; a test holds the page to the catalog.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ytterby.catalog.concordance import REVISIONS, load_changes, load_codes
from ytterby.catalog.materials import load_materials, load_trade_codes, revision_codes
from ytterby.catalog.rows import read_rows

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "materials.md"
HEAD = """# Materials, stages, customs codes, countries

Made from `src/ytterby/catalog/data` by `scripts/write_materials_reference.py`. In Python:
`ytterby.catalog.materials` (`material`, `trade_codes`, `revision_codes`, `to_oxide`, `to_metal`),
`ytterby.catalog.concordance` (`successors`, `predecessors`, `is_exact`),
`ytterby.catalog.countries` (`iso3`, `baci_iso3`, `comtrade_iso3`, `bloc_members`).
Rules: [facts](../method/facts.md).
"""
MATERIALS = """## Materials

US: on the list of the United States of 2025; EU: on the list of the Union of 2023. A star marks a flag
that is recalled and was not seen in a stored document.
"""
CODES = """## Customs codes

Codes are HS 1992. Basket: `core` is counted, `wide` only in the wide definition, `mixed` holds other goods
too, `absent` is not in the starter data.
"""
LATER = """## Customs codes in later revisions

Codes of materials that are not the same number with the same goods in every revision, by the revision in
which they change; the others of the table above stay as they are up to HS 2022. The relation is that to the
code of HS 1992. `ytterby facts codes MATERIAL` lists a material in every revision, with the document.
"""
CHANGES = """## What split, merged or was renumbered

All changes of the %d codes that were examined; a code of the list below without a change is unchanged, and
one that is not in the list is refused. Basis: seen in the document, or recalled.
"""
AREAS = """## Country codes of UN Comtrade that are not ISO 3166

`OTH` and `WLD` are sums and no countries. BACI uses the same codes where it names them.
"""


def build_page() -> str:
    """Return the whole page."""
    return "\n".join(
        [HEAD, MATERIALS, _materials(), _stages(), CODES, _codes(), *_revisions(), AREAS, _areas()]
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _materials() -> str:
    head = ("key", "name", "symbol", "group", "class", "US 2025", "EU 2023", "note")
    rows = [
        (f"`{m.material}`", m.name_en, m.symbol, m.group, m.rare_earth_class, us, eu, m.note)
        for m in load_materials().values()
        for us in [_flag(m.us_critical_2025, m.us_basis)]
        for eu in [_flag(m.eu_critical_2023, m.eu_basis)]
    ]
    return _table(head, rows)


def _flag(listed: bool, basis: str) -> str:
    return ("yes" if listed else "no") + ("*" if basis == "recalled" else "")


def _stages() -> str:
    rows = [(f"`{row['stage']}`", row["name_en"], row["description"]) for row in read_rows("stages")]
    return "## Stages\n\n" + _table(("key", "name", "meaning"), rows)


def _codes() -> str:
    head = ("material", "HS 1992", "stage", "basket", "goods", "note")
    rows = [(f"`{c.material}`", c.hs6, c.stage, c.basket, c.description, c.note) for c in load_trade_codes()]
    return _table(head, rows)


def _revisions() -> list[str]:
    return [LATER, _later(), CHANGES % len(load_codes()), _changes(), _examined()]


def _later() -> str:
    """One row per material, code and revision in which the answer differs from the revision before."""
    head = ("material", "HS 1992", "stage", "since", "codes (basket)", "relation")
    rows = []
    for code in load_trade_codes():
        before = [(code.hs6, code.basket, "same")]
        for revision in REVISIONS[1:]:
            found = [r for r in revision_codes(code.material, revision) if r.hs92 == code.hs6]
            now = [(r.hs6, r.basket, str(r.relation)) for r in found if r.stage == code.stage]
            if now != before:
                named = ", ".join(f"{hs6 or 'not followed'} ({basket})" for hs6, basket, _ in now)
                relations = ", ".join(dict.fromkeys(relation for _, _, relation in now))
                rows.append((f"`{code.material}`", code.hs6, code.stage, revision, named, relations))
            before = now
    return _table(head, rows)


def _changes() -> str:
    head = ("code", "from", "to", "successor", "relation", "what moved", "with", "basis", "document")
    rows = [
        (
            c.hs6,
            c.revision_from,
            c.revision_to,
            c.successor,
            c.relation,
            c.moved,
            c.others,
            c.basis,
            c.document,
        )
        for c in load_changes()
    ]
    return _table(head, rows)


def _examined() -> str:
    head = ("code", "first", "last", "goods", "basis")
    rows = [(c.hs6, c.first, c.last, c.goods, c.basis) for c in load_codes().values()]
    return "## Codes that were examined\n\n" + _table(head, rows)


def _areas() -> str:
    head = ("code", "read as", "kind", "note", "basis")
    keys = ("comtrade_code", "iso3", "kind", "note", "basis")
    return _table(head, [[row[key] for key in keys] for row in read_rows("comtrade_codes")])


def main() -> None:
    """Write the page."""
    PAGE.write_text(build_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
