"""Questions that people ask of the tables: production shares, unit values, time series.

Every answer is a table whose rows carry unit, basis, source and edition. Shares of trade stand in
:mod:`ytterby.indicators.shares`, beside their equations. Rules: docs/method/facts, section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ytterby.catalog.cautions import answer_note
from ytterby.catalog.concordance import HS92
from ytterby.catalog.countries import iso3
from ytterby.catalog.materials import CORE, GROSS, material, revision_codes, trade_codes
from ytterby.errors import BasisMismatch, NoData, UnknownName
from ytterby.facts.production import ALL_EDITIONS, RESTS, WORLD, load_production
from ytterby.facts.registers import load_prices
from ytterby.facts.trade import Names, load_trade

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.facts.store import Store

UNNAMED = "OTH"
_NOISE = 1e-9  # part of a total below which a difference is the computer's and not the table's
SERIES_COLUMNS = (
    "series", "material", "stage", "country_iso3", "year", "value", "unit", "basis", "note", "source_id",
    "edition",
)  # fmt: skip


def production_shares(
    store: Store, *, material: str, year: int, stage: str | None = None, edition: str | None = None
) -> pd.DataFrame:
    """Share of each country in the world's production of a material at a stage.

    The world is what the countries and the rest of the table add up to. Where no rest is printed and the
    total is more, the difference is the row ``OTH``: unnamed or withheld countries.

    Parameters
    ----------
    material, year, stage, edition
        As in ``load_production``; the newest edition when None. A material with several stages in that
        year needs one.

    Returns
    -------
    country_iso3, share (0..1; NaN where the amount is withheld or not available), quantity_t, unit,
    basis, qualifier, material, stage, year, source_id, edition; largest first.

    Raises
    ------
    NoData
        Nothing fits, or no amount is known.
    BasisMismatch
        The table mixes bases, stages or editions: no sum is true.
    """
    key = _material(material)
    rows = load_production(store, material=key, stage=stage, year=year, edition=edition)
    rows = rows[rows["qualifier"] != "projection"] if edition is None else rows
    _check_one_basis(rows, f"{key} in {year}")
    grouped = rows.groupby("country_iso3", observed=True)
    table = grouped.agg(
        quantity_t=("quantity_t", lambda amounts: amounts.sum(min_count=1)),
        qualifier=("qualifier", lambda words: "; ".join(dict.fromkeys(words))),
    )
    printed = float(table["quantity_t"].get(WORLD, np.nan))
    parts = _with_rest(table.drop(index=WORLD, errors="ignore"), printed)
    total = parts["quantity_t"].sum()
    if not total > 0:
        raise NoData(f"no known production of {key} in {year}.", "Ask for another year or edition.")
    labels = rows.iloc[0][["material", "stage", "year", "unit", "basis", "source_id", "edition"]]
    shares = parts.assign(share=parts["quantity_t"] / total, **labels.to_dict())
    ordered = shares.sort_values("share", ascending=False, kind="stable").rename_axis("country_iso3")
    columns = [
        "country_iso3",
        "share",
        "quantity_t",
        "unit",
        "basis",
        "qualifier",
        "material",
        "stage",
        "year",
    ]
    return ordered.reset_index()[[*columns, "source_id", "edition"]]


def _with_rest(parts: pd.DataFrame, printed: float) -> pd.DataFrame:
    """Add as ``OTH`` what a larger printed total leaves, unless the table prints a rest of its own."""
    rest = printed - parts["quantity_t"].sum()
    if not rest > _NOISE * printed or parts.index.isin(RESTS).any():
        return parts
    parts = parts.copy()
    parts.loc[UNNAMED] = [rest, "printed total less the countries"]
    return parts


def _check_one_basis(rows: pd.DataFrame, asked: str) -> None:
    for column in ("stage", "basis", "edition", "source_id"):
        found = sorted(set(rows[column]))
        if len(found) > 1 or found == ["mixed"]:
            raise BasisMismatch(
                f"production of {asked} has {column} {', '.join(found)}: it cannot be added up.",
                "Name one stage and edition, or take the rows as they are with `facts series production`.",
            )


def unit_values(
    store: Store,
    *,
    material: str,
    importer: str | None = None,
    exporter: str | None = None,
    years: Sequence[int] | None = None,
    stage: str | None = None,
    basket: str = CORE,
    hs_revision: str = HS92,
) -> pd.DataFrame:
    """Value per mass of traded goods in USD/kg, over the flows whose mass is known.

    Returns
    -------
    material, stage, year, hs6 (the codes, joined by ``+``), unit_value_usd_per_kg, value_kusd, quantity_t
    (both of the flows with a mass), covered_share (their part of the value), basis, note, source_id,
    edition.
    NaN where no flow has a mass. One row a year.

    Raises
    ------
    NoData
        The store has no such flow, or the material no code.
    """
    key = _material(material)
    trade = trade_of(
        store, key, importer=importer, exporter=exporter, years=years, stage=stage, basket=basket,
        hs_revision=hs_revision,
    )  # fmt: skip
    known = trade["quantity_t"] > 0
    sums = trade.assign(
        known_kusd=trade["value_kusd"].where(known), quantity_t=trade["quantity_t"].where(known)
    )
    table = sums.groupby("year")[["value_kusd", "known_kusd", "quantity_t"]].sum(min_count=1).reset_index()
    return table.assign(
        # thousand dollars per tonne are dollars per kilogram
        unit_value_usd_per_kg=table["known_kusd"] / table["quantity_t"],
        covered_share=table["known_kusd"].fillna(0.0) / table["value_kusd"],
        value_kusd=table["known_kusd"],
        material=key,
        stage=stage or "all",
        hs6="+".join(sorted(trade["hs6"].unique())),
        basis=GROSS,
        source_id=trade["source_id"].iloc[0],
        edition="; ".join(dict.fromkeys(trade["edition"])),
        note=[answer_note(trade["source_id"].iloc[0], year) for year in table["year"]],
    )[[
        "material", "stage", "year", "hs6", "unit_value_usd_per_kg", "value_kusd", "quantity_t",
        "covered_share", "basis", "note", "source_id", "edition",
    ]]  # fmt: skip


def trade_of(
    store: Store,
    material: str,
    *,
    importer: Names = None,
    exporter: Names = None,
    years: Sequence[int] | None = None,
    stage: str | None = None,
    basket: str = CORE,
    hs_revision: str = HS92,
) -> pd.DataFrame:
    """Flows of a material's customs codes in a revision; columns as in ``load_trade``.

    Raises
    ------
    NoData
        The material has no customs code of its own at this stage, a code of it went into mixed ones in this
        revision, or the store has no such flow.
    """
    codes = trade_codes(material, stage=stage, basket=basket, hs_revision=hs_revision)
    _refuse_lost_codes(material, stage, basket, hs_revision)
    if not codes:
        at = f" at stage {stage}" if stage else ""
        raise NoData(
            f"no customs code of {hs_revision} counts {material}{at} alone.",
            "See `ytterby facts codes` for mixed codes, other stages and other revisions.",
        )
    countries = {"importer": importer, "exporter": exporter}
    named: dict[str, Any] = {
        side: iso3(names) if isinstance(names, str) else [iso3(name) for name in names]
        for side, names in countries.items()
        if names is not None
    }
    return load_trade(store, hs6=codes, years=years, hs_revision=hs_revision, **named)


def _refuse_lost_codes(material: str, stage: str | None, basket: str, hs_revision: str) -> None:
    """Refuse where a counted code has only mixed successors: the rest would be a narrower definition."""
    kept = trade_codes(material, stage=stage, basket=basket, hs_revision=hs_revision)
    rows = [code for code in revision_codes(material, hs_revision) if stage in (None, code.stage)]
    going_on = {code.hs92 for code in rows if code.hs6 in kept}
    lost = [c for c in trade_codes(material, stage=stage, basket=basket) if c not in going_on]
    if lost:
        into = sorted({code.hs6 or "codes nobody followed" for code in rows if code.hs92 in lost})
        raise NoData(
            f"{material} has no code of its own for HS92 {', '.join(lost)} in {hs_revision}: "
            f"{', '.join(into)} hold other goods too.",
            "Ask in an earlier revision, or for a stage with codes of its own (`ytterby facts codes`).",
        )


def load_series(
    store: Store,
    kind: str,
    *,
    material: str,
    country: str | None = None,
    stage: str | None = None,
    basket: str = CORE,
    hs_revision: str = HS92,
) -> pd.DataFrame:
    """Numbers of a material over time in long rows, all editions side by side.

    Parameters
    ----------
    kind
        ``production`` (t), ``import`` and ``export`` (t and USD, of a country or of the world),
        ``unit-value`` (USD/kg of a country's imports or of all trade), ``price`` (USD/kg as published).
    country
        ISO3 or name; all countries of ``production``, the world's trade when None.
    hs_revision
        Revision of the customs codes, for trade: BACI of that revision must be in the store.

    Returns
    -------
    series, material, stage, country_iso3, year, value (NaN where ``note`` says why), unit, basis, note,
    source_id, edition. A year without a row is missing and not zero.

    Raises
    ------
    UnknownName
        A kind, material or country nobody knows.
    NoData
        The store has no such numbers.
    """
    if kind not in SERIES:
        raise UnknownName("series", kind, SERIES)
    code = iso3(country) if country else None
    ask = SERIES[kind]
    if hs_revision != HS92:
        if kind not in _TRADE_SERIES:
            raise NoData(f"{kind} has no customs codes.", "Leave the revision out.")
        ask = partial(_TRADE_SERIES[kind], hs_revision=hs_revision)
    table = ask(store, _material(material), code, stage, basket)
    if table.empty:
        raise NoData(f"no {kind} of {material} for {code or 'any country'}.", "See `ytterby facts list`.")
    ordered = table.sort_values(["series", "stage", "country_iso3", "year", "edition"], kind="stable")
    return _with_cautions(ordered[list(SERIES_COLUMNS)].reset_index(drop=True))


def _with_cautions(series: pd.DataFrame) -> pd.DataFrame:
    """Add to the note of each row what an answer from its source for its year has to say."""
    told = [answer_note(*row) for row in zip(series["source_id"], series["year"], strict=True)]
    notes = zip(series["note"], told, strict=True)
    return series.assign(note=["; ".join(part for part in parts if part) for parts in notes])


def _production_series(
    store: Store, key: str, country: str | None, stage: str | None, _basket: str
) -> pd.DataFrame:
    rows = load_production(store, material=key, stage=stage, edition=ALL_EDITIONS)
    mine = rows[rows["country_iso3"] == country] if country else rows
    note = mine["qualifier"] + ": " + mine["detail"]
    return mine.rename(columns={"quantity_t": "value"}).assign(series="production", note=note)


def _trade_series(
    store: Store,
    key: str,
    country: str | None,
    stage: str | None,
    basket: str,
    *,
    side: str,
    hs_revision: str = HS92,
) -> pd.DataFrame:
    import pandas as pd

    importer, exporter = (country, None) if side == "import" else (None, country)
    trade = trade_of(
        store, key, importer=importer, exporter=exporter, stage=stage, basket=basket, hs_revision=hs_revision
    )
    known = trade["value_kusd"].where(trade["quantity_t"].notna(), 0.0)
    sums = trade.assign(known=known).groupby("year")[["value_kusd", "quantity_t", "known"]].sum(min_count=1)
    part = (sums["known"] / sums["value_kusd"]).map("mass known for {:.1%} of the value".format)
    mass = sums[["quantity_t"]].set_axis(["value"], axis=1).assign(unit="t", basis=GROSS, note=part)
    money = pd.DataFrame(
        {"value": 1000 * sums["value_kusd"], "unit": "USD", "basis": "f.o.b., current", "note": ""}
    )
    return pd.concat([mass, money]).reset_index().assign(
        series=side, material=key, stage=stage or "all", country_iso3=country or WORLD,
        source_id=trade["source_id"].iloc[0], edition="; ".join(dict.fromkeys(trade["edition"])),
    )  # fmt: skip


def _unit_value_series(
    store: Store,
    key: str,
    country: str | None,
    stage: str | None,
    basket: str,
    *,
    hs_revision: str = HS92,
) -> pd.DataFrame:
    table = unit_values(
        store, material=key, importer=country, stage=stage, basket=basket, hs_revision=hs_revision
    )
    note = table["covered_share"].map("over {:.1%} of the value".format)
    renamed = table.rename(columns={"unit_value_usd_per_kg": "value"})
    return renamed.assign(series="unit-value", unit="USD/kg", note=note, country_iso3=country or WORLD)


def _price_series(
    store: Store, key: str, country: str | None, stage: str | None, _basket: str
) -> pd.DataFrame:
    if country:
        raise NoData("prices are of no country.", "Leave the country out, or ask for unit-value.")
    rows = load_prices(store)
    # "neodymium oxide" is a material and a stage; mischmetal is neither and stays in the table.
    words = rows["material"].str.extract(r"^(?P<name>[a-z ]+) (?P<stage>oxide|metal)$")
    mine = (words["name"] == material(key).name_en) | (words["name"] == key)
    if stage:
        mine &= words["stage"] == stage
    return rows[mine].rename(columns={"price": "value", "delivery": "note"}).assign(
        series="price", material=key, stage=words["stage"], country_iso3=""
    )  # fmt: skip


_TRADE_SERIES: dict[str, Callable[..., pd.DataFrame]] = {
    "import": partial(_trade_series, side="import"),
    "export": partial(_trade_series, side="export"),
    "unit-value": _unit_value_series,
}
SERIES: dict[str, Callable[..., pd.DataFrame]] = {
    "production": _production_series,
    **_TRADE_SERIES,
    "price": _price_series,
}


def _material(name: str) -> str:
    return material(name).material
