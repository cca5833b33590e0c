"""Write a synthetic year of trade in BACI's own layout, as large as the real one.

    python benchmarks/make_baci.py FOLDER [--rows 10000000] [--years 2022] [--revision HS92]

Every key (exporter, importer, product) occurs once; one mass in twenty is missing, as ``NA``. The
numbers mean nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

from ytterby.catalog.countries import country_codes, is_country
from ytterby.catalog.rows import read_rows

VERSION = "209901"
PRODUCTS = 5000
CODES = tuple(sorted({row["hs6"] for row in read_rows("material_codes")}))


def write_year(folder: Path, year: int, rows: int, revision: str = "HS92") -> Path:
    """Write one year of flows with its tables of countries and products; give the path of the flows."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(":memory:", config={"memory_limit": "2GB", "temp_directory": str(folder)}) as db:
        _make_codes(db)
        name = f"{revision}_V{VERSION}"
        _copy(db, "SELECT code, description FROM product", folder / f"product_codes_{name}.csv")
        _copy(db, "FROM country", folder / f"country_codes_V{VERSION}.csv")
        path = folder / f"BACI_{revision}_Y{year}_V{VERSION}.csv"
        _copy(db, _flows(db, year, rows), path)
    return path


def product_codes() -> list[str]:
    """Codes of the synthetic years, those of the catalog among them."""
    filler = (f"{10101 + 191 * number:06d}" for number in range(PRODUCTS))
    return sorted({*CODES, *filler})[:PRODUCTS]


def _make_codes(db: duckdb.DuckDBPyConnection) -> None:
    """Tables of products (those of the catalog among them) and of countries, numbered from 0."""
    rows = _countries()
    numbers = [row["iso_n3"] for row in rows]
    db.execute("CREATE TABLE country (country_code INTEGER, country_name VARCHAR, country_iso2 VARCHAR, "
               "country_iso3 VARCHAR)")  # fmt: skip
    db.executemany(
        "INSERT INTO country VALUES (?, ?, ?, ?)",
        [
            (int(n), row["name"], row["iso2"], row["iso3"])
            for n, row in zip(numbers, _countries(), strict=True)
        ],
    )
    db.execute("CREATE TABLE product (n INTEGER, code VARCHAR, description VARCHAR)")
    db.executemany(
        "INSERT INTO product VALUES (?, ?, ?)",
        [(n, code, f"Product {n}") for n, code in enumerate(product_codes())],
    )


def _countries() -> list[dict[str, str]]:
    """Countries of today with a numeric code."""
    from ytterby.facts import open_store

    known = {code for code in country_codes() if is_country(code)}
    with open_store() as store:
        frame = store.select("countries", only=["iso3", "iso2", "iso_n3", "name"])
    frame = frame[frame["iso3"].isin(known) & (frame["iso_n3"] != "")]
    return list(frame.to_dict("records"))


def _flows(db: duckdb.DuckDBPyConnection, year: int, rows: int) -> str:
    """Flows in the file's order, by exporter, importer and product; each key once."""
    found = db.execute("SELECT count(*) FROM country").fetchone()
    countries = found[0] if found else 0
    keys = countries * countries * PRODUCTS
    step = keys // rows
    return f"""
        WITH numbered AS (
            SELECT row_number() OVER (ORDER BY country_code) - 1 AS n, country_code FROM country)
        SELECT {year} AS t, a.country_code AS i, b.country_code AS j, p.code AS k,
               round(exp(hash(key + {year}) % 1000003 / 90000.0) / 10, 3) AS v,
               CASE WHEN hash(key) % 20 = 0 THEN NULL
                    ELSE round(exp(hash(key + 7 * {year}) % 1000003 / 90000.0) / 20, 3) END AS q
        FROM (SELECT r * {step} + hash(r + {year}) % {step} AS key FROM range({rows}) x(r))
        JOIN numbered a ON a.n = key // {PRODUCTS * countries}
        JOIN numbered b ON b.n = (key // {PRODUCTS}) % {countries}
        JOIN product p ON p.n = key % {PRODUCTS}"""  # noqa: S608


def _copy(db: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    literal = str(path).replace("'", "''")
    db.execute(f"COPY ({select}) TO '{literal}' (FORMAT csv, HEADER, NULLSTR 'NA')")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--years", type=int, nargs="+", default=[2022])
    parser.add_argument("--revision", default="HS92")
    arguments = parser.parse_args()
    for year in arguments.years:
        path = write_year(arguments.folder, year, arguments.rows, arguments.revision)
        print(f"{path}: {path.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
