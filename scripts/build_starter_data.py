"""Rebuild the starter data of the package from the shared data folder, byte for byte.

    python scripts/build_starter_data.py SHARED_DIR [--out FOLDER]

Only what ``SHARED_DIR/data/README.md`` marks *ship* goes in. Tables, columns, types and row order
come from ``catalog/data/facts_tables.csv`` and ``facts_columns.csv``; corrections are declared in
``corrections.csv`` and stop the rebuild when the fault they mend is no longer in the source.
Bytes repeat for one DuckDB version, which the manifest names; rows repeat for every version.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shutil
from pathlib import Path

import duckdb

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "ytterby"
CATALOG = PACKAGE / "catalog" / "data"
STARTER = PACKAGE / "facts" / "starter"

INPUTS = {
    "trade_source": "baci/baci_hs92_trade_1995_2024.parquet",
    "baci_codes": "baci/baci_country_codes.csv",
    "baci_products_source": "baci/baci_products.csv",
    "wgi": "wgi/wgi_political_stability_1996_2024.parquet",
    "usgs_2026": "usgs/mcs2026_all.parquet",
    "usgs_2025": "usgs/mcs2025_world.parquet",
    "critical": "usgs/us_critical_minerals_2025.csv",
    "iea": "iea/iea_supply_by_country.parquet",
    "iea_demand_source": "iea/iea_demand_scenarios.parquet",
    "prices_source": "prices/usgs_ree_prices_annual.csv",
    "magnets": "comtrade/china_magnet_exports_press.csv",
    "intensity_source": "intensity/premise_metals_db.csv",
    "studies": "intensity/material_requirements_by_study.csv.gz",
    "refs": "intensity/references.csv",
    "measures": "policy/measures.csv",
    "items": "policy/controlled_items.csv",
    "stages_source": "policy/hs6_stage_map.csv",
    "quotas_source": "policy/china_quotas.csv",
    "projects_source": "projects/projects.csv",
    "facts_source": "facts/facts.csv",
    "japan": "facts/japan_ree_demand.csv",
    "countries_source": "countries/countries.csv",
}

CATALOG_INPUTS = {
    "material_codes": "material_codes.csv",
    "usgs_production": "usgs_production.csv",
    "corrections_source": "corrections.csv",
}

# Each must count to exactly the number beside it as long as the source has the fault.
GUARDS = {
    "wgi-guyana": (
        """SELECT count(*) FROM wgi a JOIN wgi b USING (year, estimate)
           WHERE a.iso3 = 'GUY' AND b.iso3 = 'GUF' AND year >= 2023""",
        2,
    ),
    "wgi-clip": ("SELECT count(*) > 0 FROM wgi WHERE abs(estimate) > 2.5 AND NOT isnan(estimate)", True),
    "usgs-2025-titanium-unit": (
        """SELECT count(*) FROM usgs_2025 WHERE commodity = 'Titanium Mineral Concentrates' AND year = 2024
           AND country = 'World total (ilmenite, rounded)' AND unit = 'metric tons' AND value = 8900""",
        1,
    ),
    "usgs-2026-shifted": ("SELECT count(*) FROM usgs_2026 WHERE defect <> ''", 3),
    "usgs-2026-list": ("SELECT count(*) FROM usgs_2026 WHERE country = 'China, Germany, and Russia'", 1),
    "usgs-revisions": (
        """SELECT a.value || ' ' || b.value FROM usgs_2025 a, usgs_2026 b
           WHERE a.commodity = 'Rare earths' AND b.commodity = 'Rare Earths' AND a.country = 'Australia'
           AND b.country = 'Australia' AND a.statistic = 'Production' AND b.statistic = 'Production'
           AND a.year = 2024 AND b.year_end = 2024""",
        "13000.0 29000.0",
    ),
    "baci-490": (
        "SELECT count(*) FROM baci_codes WHERE baci_code = '490' AND source_iso3 = 'S19' AND iso3 = 'TWN'",
        1,
    ),
    "baci-unions": (
        """SELECT string_agg(iso3, ' ' ORDER BY baci_code::INT) FROM baci_codes
           WHERE baci_code IN ('58', '711', '736')""",
        "BEL ZAF SDN",
    ),
    "baci-2024": ("SELECT count(*) FROM trade_source WHERE year = 2024", 49292),
    "baci-gaps": (
        """SELECT string_agg(hs6 || ' ' || last, ', ' ORDER BY hs6)
           FROM (SELECT hs6, max(year) AS last FROM trade_source WHERE hs6 IN ('850511', '850519', '253090',
                 '380110', '811291', '811292', '283030', '250390', '811230') GROUP BY hs6)""",
        "250390 2007, 283030 2013, 811230 2016",
    ),
    "wgi-break": (
        """SELECT max(year) FILTER (vintage LIKE 'A%') || ' ' || min(year) FILTER (vintage NOT LIKE 'A%')
           FROM wgi""",
        "2022 2023",
    ),
    "iea-balance": (
        """SELECT sum(supply_kt) FILTER (stage = 'refining') > sum(supply_kt) FILTER (stage = 'mining')
           FROM iea WHERE mineral_key = 'Rare Earth Elements' AND year = 2024 AND country_iso3 <> 'WLD'""",
        True,
    ),
    "premise-units": (
        "SELECT string_agg(DISTINCT unit, '; ') FROM studies WHERE technology = 'EV'",
        "kg metal/kg motor",
    ),
}


def read_attributes(name: str) -> list[dict[str, str]]:
    """Rows of one catalog CSV."""
    with (CATALOG / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def open_sources(data: Path) -> duckdb.DuckDBPyConnection:
    """Open a connection with one view per input file and one per table of the starter data."""
    connection = duckdb.connect()
    connection.execute("SET threads = 1")  # the order of rows, and so the bytes, must not vary
    for name, path in INPUTS.items():
        create_input(connection, name, data / path)
    for name, path in CATALOG_INPUTS.items():
        create_input(connection, name, CATALOG / path)
    connection.execute((Path(__file__).parent / "starter_tables.sql").read_text(encoding="utf-8"))
    return connection


def create_input(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    """Make a view over one Parquet file, or a table of one CSV file (casts must not reach its reader)."""
    literal = str(path).replace("'", "''")
    if path.suffix == ".parquet":
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{literal}')")  # noqa: S608
    else:
        options = "header = true, all_varchar = true, quote = '\"', nullstr = ''"
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv('{literal}', {options})")  # noqa: S608


def check_corrections(connection: duckdb.DuckDBPyConnection) -> None:
    """Every declared correction still meets its fault, and every guard is declared."""
    declared = {row["correction_id"] for row in read_attributes("corrections.csv")}
    if declared != set(GUARDS):
        raise SystemExit(f"corrections.csv and GUARDS differ: {sorted(declared ^ set(GUARDS))}")
    for name, (sql, expected) in GUARDS.items():
        found = connection.execute(sql).fetchone()
        if found is None or found[0] != expected:
            raise SystemExit(
                f"correction {name}: the source changed ({found} instead of {expected}); review it"
            )


def write_table(
    connection: duckdb.DuckDBPyConnection, table: dict[str, str], columns: list[dict[str, str]], out: Path
) -> dict[str, object]:
    """Write one table and return its row of the manifest."""
    name = table["table"]
    # Text columns are never NULL: an empty cell of the source is an empty text.
    picked = ", ".join(
        f'coalesce("{c["column"]}"::VARCHAR, \'\') AS "{c["column"]}"'
        if c["type"] == "VARCHAR"
        else f'CAST("{c["column"]}" AS {c["type"]}) AS "{c["column"]}"'
        for c in columns
    )
    as_csv = name == "countries"  # ODbL: readable by itself, apart from the rest
    path = out / f"{name}.{'csv' if as_csv else 'parquet'}"
    form = "FORMAT csv, HEADER" if as_csv else "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19"
    select = f"SELECT {picked} FROM {name} ORDER BY {table['row_order']}"  # noqa: S608
    literal = str(path).replace("'", "''")
    connection.execute(f"COPY ({select}) TO '{literal}' ({form})")
    return describe(connection, name, path, table["year_column"])


def describe(connection: duckdb.DuckDBPyConnection, name: str, path: Path, year: str) -> dict[str, object]:
    """Name, rows, span of years and hash of a file just written."""
    span = f"min({year}), max({year})" if year else "NULL, NULL"
    row = connection.execute(f"SELECT count(*), {span} FROM '{path}'").fetchone()  # noqa: S608
    assert row is not None  # noqa: S101  an aggregate always has one row
    return {"table": name, "rows": row[0], "first_year": row[1], "last_year": row[2], **file_facts(path)}


def file_facts(path: Path) -> dict[str, object]:
    """Name, size and hash of a file."""
    content = path.read_bytes()
    return {"file": path.name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def literal(table: dict[str, str]) -> set[str]:
    """Columns that are one text for the whole table: the store adds them, the files do without."""
    rows = [row for row in read_attributes("facts_editions.csv") if row["table"] == table["table"]]
    return {part.partition("=")[0] for row in rows for part in row["literals"].split(";") if part}


def build(shared: Path, out: Path) -> None:
    """Write every table, the shapes and the manifest into ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    connection = open_sources(shared / "data")
    check_corrections(connection)
    columns = read_attributes("facts_columns.csv")
    files = []
    for table in (row for row in read_attributes("facts_tables.csv") if row["source_id"]):
        wanted = [c for c in columns if c["table"] == table["table"] and c["column"] not in literal(table)]
        files.append(write_table(connection, table, wanted, out))
    shapes = out / "natural_earth_110m.geojson.gz"
    shutil.copyfile(shared / "data" / "countries" / "natural_earth_countries_110m.geojson.gz", shapes)
    manifest = {"duckdb": duckdb.__version__, "tables": files, "shapes": file_facts(shapes)}
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--out", type=Path, default=STARTER)
    arguments = parser.parse_args()
    build(arguments.shared, arguments.out)
    total = sum(f.stat().st_size for f in arguments.out.iterdir())
    print(f"{arguments.out}: {total / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
