"""Runs geopolrisk-py and nothing of ours: the peer's own interpreter calls this file.

    PEER_PYTHON geopolrisk_driver.py CELLS.csv ANSWERS.csv TIMES.json

The peer is GPL and has no command line; what it computed and how long it took leave as files. The
steps for one value are those that its ``gprs_calc`` takes, without its stop at the first failure.
"""

import csv
import json
import logging
import sys
import time

started = time.perf_counter()
from geopolrisk.assessment import core, database, main, utils  # noqa: E402

logging.disable(logging.CRITICAL)  # its log calls pass arguments that its format does not take
times = {"import": time.perf_counter() - started}


def value(trade, material, country, year):
    """Texts of hhi, import risk, price, score and characterisation factor, and the error if there was one."""
    try:
        members = database.databases.regionslist[country]
        exposed, total, price = utils.aggregateTrade(year, members, material, data=trade)
        made = [core.HHI(material, year, utils.cvtcountry(one, type="Name")) for one in members]
        score, factor, risk = core.GeoPolRisk(exposed, total, price, sum(own for own, _ in made), made[-1][1])
    except Exception as error:  # noqa: BLE001 a cell that fails is an answer, too
        return ["", "", "", "", "", f"{type(error).__name__}: {error}"]
    return [*(repr(float(part)) for part in (made[-1][1], risk, price, score, factor)), ""]


def answer(cells_path, answers_path, times_path):
    """Compute the cells of a file; those marked ``timed`` on the whole table, as a user's call does."""
    start = time.perf_counter()
    trade = main.mapped_baci()
    utils.regions({})
    times["preparation"] = time.perf_counter() - start
    with open(cells_path, encoding="utf-8", newline="") as file:  # noqa: PTH123 the peer's own Python
        cells = list(csv.DictReader(file))
    names = database.databases.production["Country_ISO"]
    by_code = dict(zip(names["ISO"].astype(int), names["Country"], strict=True))
    # Split beforehand the rest goes a hundred times faster; the peer filters the same rows out again.
    split = dict(list(trade.groupby(["rawMaterial", "period"])))
    with open(answers_path, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123
        out = csv.writer(file)
        out.writerow(["material", "country", "year", "hhi", "import_risk", "price", "score", "cf", "error"])
        spent, count = 0.0, 0
        for cell in cells:
            year, material = int(cell["year"]), cell["material"]
            country = cell["country"] if cell["country"] == "EU" else by_code[int(cell["country"])]
            timed = cell["timed"] == "1"
            part = trade if timed else split.get((material, year), trade.iloc[:0])
            start = time.perf_counter()
            found = value(part, material, country, year)
            spent, count = (spent + time.perf_counter() - start, count + 1) if timed else (spent, count)
            out.writerow([material, cell["country"], year, *found])
    times["loop"], times["timed"] = spent, count
    with open(times_path, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(times, file)


if __name__ == "__main__":
    answer(*sys.argv[1:4])
