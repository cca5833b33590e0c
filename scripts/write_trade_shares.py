"""Write shares of purchases that rest on customs weights into ``arcs.csv`` of a study.

``python scripts/write_trade_shares.py [STUDY FOLDER]``; a test holds the built-in study to the store.

A row whose reason begins ``weights of HS 284610+284690 in 2024`` gets the share that its origin has in
what the destination imported under these codes, among the origins that the table has for it. Rows of the
same material and destination without these words keep their shares, and the weights share the rest.
Regions are countries, ``EU27_REST`` and ``ROW``, as in the report; trade inside a region does not count.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from pathlib import Path

from ytterby.briefing import REST_OF_WORLD, regions_table
from ytterby.catalog.studies import read_study_files
from ytterby.facts.store import Store, open_store
from ytterby.facts.trade import load_trade

STUDY = Path(__file__).resolve().parents[1] / "src/ytterby/studies/japan-us-2025"
WORDS = re.compile(r"weights of HS (\d{6}(?:\+\d{6})*) in (\d{4})")
DIGITS = 2  # of a share: the codes hold other goods too, so a third would be made up
UNWEIGHED = 0.05  # of the value of a flow: rounding of the share hides less than that

Row = dict[str, str]


def trade_shares(rows: list[Row], regions: tuple[str, ...], store: Store) -> list[Row]:
    """Return the rows of ``arcs.csv`` with the shares that rest on weights written anew."""
    groups: defaultdict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["material"], row["destination"], row["process"]].append(row)
    shares: dict[int, str] = {}
    for (_, destination, _), group in groups.items():
        told = [row for row in group if WORDS.match(row["reason"])]
        if told:
            weights = [_weight(row, destination, regions, store) for row in told]
            left = 1 - sum(float(row["base_share"]) for row in group if row not in told)
            shares |= dict(zip(map(id, told), _rounded(weights, left), strict=True))
    return [{**row, "base_share": shares.get(id(row), row["base_share"])} for row in rows]


def _weight(row: Row, destination: str, regions: tuple[str, ...], store: Store) -> float:
    """Tonnes from the row's origin to its destination under the codes and in the year of its reason."""
    found = WORDS.match(row["reason"])
    assert found  # noqa: S101  # the caller has looked
    trade = load_trade(store, hs6=found[1].split("+"), years=[int(found[2])])
    members = regions_table(regions).set_index("region")["members"].to_dict()
    region_of = {iso3: region for region, names in members.items() for iso3 in names.split(";") if iso3}
    place = trade[["exporter", "importer"]].map(lambda iso3: region_of.get(iso3, REST_OF_WORLD))
    chosen = (place["exporter"] == row["origin"]) & (place["importer"] == destination)
    flows = trade[chosen]
    unweighed = flows.loc[flows["quantity_t"].isna(), "value_kusd"].sum()
    if unweighed > UNWEIGHED * flows["value_kusd"].sum():
        message = f"{row['origin']} to {destination}: {unweighed:,.0f} thousand USD have no weight."
        raise SystemExit(f"{message} Missing is not zero: type the share and say why.")
    return float(flows["quantity_t"].sum())


def _rounded(weights: list[float], whole: float) -> list[str]:
    """Shares of ``whole`` that sum to it with few digits; the largest remainders are rounded up."""
    unit = 10**DIGITS
    exact = [weight / sum(weights) * whole * unit for weight in weights]
    floor = [int(share) for share in exact]
    order = sorted(range(len(exact)), key=lambda i: floor[i] - exact[i])
    for i in order[: round(whole * unit) - sum(floor)]:
        floor[i] += 1
    return [f"{share / unit:g}" for share in floor]


def main(folder: Path) -> None:
    """Write the shares of one study."""
    regions = read_study_files(folder).settings.regions
    with (folder / "arcs.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names, rows = list(reader.fieldnames or ()), list(reader)
    with open_store() as store:
        written = trade_shares(rows, regions, store)
    with (folder / "arcs.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(written)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else STUDY)
