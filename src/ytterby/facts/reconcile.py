"""Sources against each other: where two printed numbers of one thing differ, worst first.

Four checks over what the store holds: two tables of one quantity (editions of one publisher, or two
publishers), countries against the printed world total, figures from texts against the tables, and,
where a table names who reported, an importer's report against the exporter's (mirror flows). Rules:
docs/method/facts, section 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ytterby.catalog.concordance import REVISIONS, codes_in
from ytterby.catalog.materials import ELEMENT, GROSS, OXIDE, material
from ytterby.catalog.sources import load_sources
from ytterby.errors import BadNumbers, UnknownName
from ytterby.facts.production import ALL_EDITIONS, RESTS, WORLD

if TYPE_CHECKING:
    from ytterby.facts.store import Store

ORDERS = {"difference": "relative_difference", "share": "world_share"}
KEY = ["material", "stage", "country_iso3", "year"]
COLUMNS = (
    "check", *KEY, "first_source_id", "first_edition", "first_t", "second_source_id", "second_edition",
    "second_t", "relative_difference", "world_share", "unit", "basis", "status", "remedy",
)  # fmt: skip
AGREE, DIFFER, NO_NUMBER, BASES, PARTIAL = (
    "agree", "differ", "one has no number", "bases differ", "withheld parts are missing from the sum",
)  # fmt: skip
STATUSES = (DIFFER, PARTIAL, BASES, NO_NUMBER, AGREE)  # in this order they are listed
_REPORTED = "reported_trade"
_SIDE = ["source_id", "edition", "amount_t", "basis"]
_TEXTS = "chain-facts-2026"
# One counts a part of what the other counts: never comparable, and worth saying so.
_KIN = {"magnet_rare_earths": "rare_earths"}
# What the words of the register of texts stand for; a unit without a basis is not compared.
_TEXT_STAGES = {"mine": "mine", "concentrate": "mine", "refining": "refined", "magnets": "magnet"}
_TEXT_UNITS = {"t REO": (1.0, OXIDE), "t Y2O3": (1.0, OXIDE), "kt": (1000.0, ELEMENT)}
_REMEDIES = {
    "editions": "Name the edition with the number; the newer one is the publisher's correction.",
    "sources": "Look at what each counts and give both; take one source for a whole comparison.",
    "world total": "Take the countries' sum and the printed total as bounds; rest and rounding explain some.",
    "texts": "Read the text's locator: it may quote another edition, year or definition.",
    "mirror flows": "Give both reports; freight, re-exports and hidden destinations make them differ.",
}
_STATUS_REMEDIES = {
    BASES: "Do not compare or add these two: convert with a named factor, or use one of them.",
    NO_NUMBER: "Missing is not zero: use the one number and say whose it is.",
    PARTIAL: "The difference to the total is at least what is withheld; it is no error.",
}


def check_sources(
    store: Store,
    *,
    tolerance: float = 0.1,
    materials: list[str] | None = None,
    order: str = "difference",
    agreeing: bool = False,
) -> pd.DataFrame:
    """Pairs of numbers that should be one and are not, worst first.

    Parameters
    ----------
    tolerance
        Relative difference up to which two numbers agree, ``|a - b| / max(a, b)``, 0..1.
    materials
        Keys or names of the catalog; all when None.
    order
        ``difference`` by the relative difference, ``share`` by the part of the world's supply in doubt.
    agreeing
        Also give the pairs that agree (status ``agree``).

    Returns
    -------
    check (editions, sources, world total, texts, mirror flows), material, stage, country_iso3, year,
    first_source_id, first_edition, first_t, second_source_id, second_edition, second_t,
    relative_difference (0..1, NaN where not comparable), world_share (``|a - b|`` over the printed world
    total, NaN without one), unit (t), basis, status, remedy. Pairs that cannot be compared follow
    those that differ.

    Raises
    ------
    BadNumbers
        The tolerance is not within 0 and 1.
    UnknownName
        A material or order nobody knows.
    """
    if not 0 <= tolerance <= 1:
        raise BadNumbers(f"tolerance {tolerance} is not within 0 and 1.", "0.1 stands for ten percent.")
    if order not in ORDERS:
        raise UnknownName("order", order, ORDERS)
    keys = _with_parts([material(name).material for name in materials]) if materials else None
    amounts = gather_amounts(store, keys)
    producers = _producers(store, amounts["source_id"])
    parts = [_compare_tables(amounts, producers), _compare_totals(amounts), _compare_texts(store, amounts)]
    parts += [check_mirror_flows(flows, tolerance=tolerance) for flows in _reported_flows(store, keys)]
    found = pd.concat([part for part in parts if not part.empty] or parts[:1], ignore_index=True)
    return _finish(found, amounts, tolerance, order, agreeing)


def _with_parts(materials: list[str]) -> list[str]:
    """Materials with those that count a part of them, so that the refusal to compare is told."""
    return materials + [part for part, whole in _KIN.items() if whole in materials and part not in materials]


def brief(pairs: pd.DataFrame) -> pd.DataFrame:
    """The table of ``check_sources`` in few columns, for a terminal."""
    first, second = (
        pairs[f"{side}_t"].map(_tonnes) + " " + pairs[f"{side}_source_id"] for side in ("first", "second")
    )
    columns = {
        "check": pairs["check"],
        "what": pairs["material"] + " " + pairs["stage"] + " " + pairs["country_iso3"],
        "year": pairs["year"],
        "first": first,
        "second": second,
        "difference": pairs["relative_difference"].map("{:.0%}".format).replace("nan%", ""),
        "status": pairs["status"],
    }
    return pd.DataFrame(columns)


def _tonnes(amount: float) -> str:
    if amount != amount:  # NaN
        return "no number"
    return f"{amount:,.0f} t" if amount >= 100 else f"{amount:.3g} t"


def summarise(pairs: pd.DataFrame) -> str:
    """Say in lines how many pairs of each check were compared and how many differ.

    Parameters
    ----------
    pairs
        From ``check_sources(..., agreeing=True)``.
    """
    lines = [
        f"{check}: {len(states)} pairs, "
        + ", ".join(f"{(states == s).sum()} {s}" for s in STATUSES if (states == s).any())
        for check, states in pairs.groupby("check")["status"]
    ]
    if not (pairs["check"] == "mirror flows").any():
        lines.append("mirror flows: not checked, no reports of both sides (BACI has one number a flow)")
    return "\n".join(lines)


def gather_amounts(store: Store, materials: list[str] | None = None) -> pd.DataFrame:
    """One printed amount per material, stage, country, year, source and edition, details added up.

    Returns
    -------
    material, stage, country_iso3, year, source_id, edition, amount_t (NaN where any detail is withheld,
    not available or not applicable), basis (``mixed`` where details differ). Projections and figures
    from texts are left out.
    """
    sources = _sources_of(store, "production")
    rows = store.select("production", material=materials, source_id=sources, edition=ALL_EDITIONS)
    rows = rows[(rows["qualifier"] != "projection") & (rows["source_id"] != _TEXTS)]
    unknown = rows["qualifier"].isin(["withheld", "not available", "not applicable"])
    groups = rows.assign(unknown=unknown).groupby([*KEY, "source_id", "edition"], observed=True)
    amounts = groups["quantity_t"].sum(min_count=1).rename("amount_t").reset_index()
    amounts["amount_t"] = amounts["amount_t"].mask(groups["unknown"].any().to_numpy())
    return amounts.assign(basis=groups["basis"].agg(_one_basis).to_numpy())


def _sources_of(store: Store, table: str) -> list[str]:
    """Every source of a table, imported ones too: left to itself, the store gives the starter's only."""
    tables = store.tables()
    joined = tables.loc[tables["name"] == table, "source_id"]
    return sorted({key for keys in joined for key in keys.split(";") if key})


def _one_basis(bases: pd.Series) -> str:
    """The basis of all rows, ``mixed`` if they have several."""
    first = str(bases.iloc[0])
    return first if (bases == first).all() else "mixed"


# --- the checks -----------------------------------------------------------------------------------


def _compare_tables(amounts: pd.DataFrame, producers: Mapping[str, str]) -> pd.DataFrame:
    """Each edition against the one before; the newest edition of each publisher against the others'."""
    named = amounts[~amounts["country_iso3"].isin(RESTS)]  # two rests are of different countries
    labelled = named.assign(producer=named["source_id"].map(producers))
    ordered = labelled.sort_values([*KEY, "producer", "edition"])
    before = ordered.groupby([*KEY, "producer"], observed=True)[_SIDE].shift()
    editions = ordered[KEY].join(before.add_suffix("_a")).join(ordered[_SIDE].add_suffix("_b"))
    newest = ordered.drop_duplicates([*KEY, "producer"], keep="last")
    others = newest.merge(newest, on=KEY, suffixes=("_a", "_b"))
    others = others[others["producer_a"] < others["producer_b"]]
    kin = newest.merge(_kin(newest), on=KEY, suffixes=("_a", "_b"))
    found = {"editions": editions.dropna(subset=["source_id_a"]), "sources": pd.concat([others, kin])}
    return pd.concat([_pairs(rows, check) for check, rows in found.items()], ignore_index=True)


def _producers(store: Store, source_ids: pd.Series) -> dict[str, str]:
    """Publisher of each source: of its card in the catalog, else of the import's; else it is its own."""
    cards = {card.source_id: card.producer for card in store.cards}
    cards |= {key: card.producer for key, card in load_sources().items()}
    return {key: cards.get(key, key) for key in source_ids.unique()}


def _kin(amounts: pd.DataFrame) -> pd.DataFrame:
    """Amounts of a part under the name of the whole, with a basis that no other has."""
    parts = amounts[amounts["material"].isin(_KIN)]
    basis = parts["material"].str.replace("_", " ") + " only, " + parts["basis"]
    return parts.assign(basis=basis, material=parts["material"].map(_KIN))


def _compare_totals(amounts: pd.DataFrame) -> pd.DataFrame:
    """The sum of the countries and rests of a table against the total that it prints."""
    table = [*KEY[:2], "year", "source_id", "edition"]
    total = amounts[amounts["country_iso3"] == WORLD]
    groups = amounts[amounts["country_iso3"] != WORLD].groupby(table, observed=True)
    summed = groups.agg(
        amount_t=("amount_t", "sum"),
        partial=("amount_t", lambda column: column.isna().any()),
        basis=("basis", _one_basis),
    ).reset_index()
    found = summed.merge(total.drop(columns="country_iso3"), on=table, suffixes=("_a", "_b"))
    same = {f"{column}_{side}": found[column] for column in ("source_id", "edition") for side in "ab"}
    return _pairs(found.assign(country_iso3=WORLD, **same), "world total", partial=found["partial"])


def _compare_texts(store: Store, amounts: pd.DataFrame) -> pd.DataFrame:
    """Figures from texts against the table that comes closest: one that agrees confirms the text."""
    texts = _text_amounts(store)
    found = texts.merge(amounts, on=KEY, suffixes=("_a", "_b"))
    same = found[found["basis_a"] == found["basis_b"]]
    gap = _relative(same["amount_t_a"], same["amount_t_b"])
    best = same.assign(gap=gap).sort_values("gap").drop_duplicates("edition_a")
    return _pairs(best.drop(columns="gap"), "texts")


def _text_amounts(store: Store) -> pd.DataFrame:
    """Figures of the register that speak of production; the edition names the figure by its key."""
    rows = store.select("facts")
    known = rows["unit"].isin(_TEXT_UNITS) & rows["stage"].isin(_TEXT_STAGES) & rows["year"].notna()
    rows = rows[known & rows["quantity"].notna()]
    factor, basis = (rows["unit"].map({u: pair[n] for u, pair in _TEXT_UNITS.items()}) for n in (0, 1))
    amounts = pd.DataFrame(
        {
            "material": [_text_material(name) for name in rows["material"]],
            "stage": rows["stage"].map(_TEXT_STAGES),
            "country_iso3": rows["country_iso3"],
            "year": rows["year"].astype("int16"),
            "source_id": rows["source_id"],
            "edition": rows["fact_id"],
            "amount_t": rows["quantity"] * factor,
            "basis": basis,
        }
    )
    # without rows the words would count as numbers and join with no other words
    return amounts[amounts["material"] != ""].astype(dict.fromkeys(KEY[:3], object))


def _text_material(words: str) -> str:
    """Key of the catalog for the words of a text, without what stands in brackets; empty if unknown."""
    try:
        return material(re.sub(r"\s*\([^)]*\)", "", words)).material
    except UnknownName:
        return ""


# --- mirror flows ---------------------------------------------------------------------------------


def check_mirror_flows(flows: pd.DataFrame, *, tolerance: float = 0.1) -> pd.DataFrame:
    """What an importer reports against what the exporter reports of the same flow.

    Parameters
    ----------
    flows
        exporter, importer, flow (``imports`` or ``exports``; others are left out), hs6, hs_revision, period,
        year, quantity_t (tonnes, NaN where missing), source_id, edition: the table ``reported_trade``.
        BACI is no such table: it has one reconciled number per flow.

    Returns
    -------
    The columns of ``check_sources``; ``first`` is the exporter's report, ``second`` the importer's,
    ``country_iso3`` is ``exporter>importer``, ``material`` the key of the catalog, else the code, and
    ``stage`` says code, revision and period.
    """
    key = ["exporter", "importer", "hs6", "hs_revision", "period", "year"]
    sides = flows.groupby([*key, "flow", "source_id", "edition"], observed=True)
    summed = sides["quantity_t"].sum(min_count=1).rename("amount_t").reset_index().assign(basis=GROSS)
    told = [summed[summed["flow"] == side].drop(columns="flow") for side in ("exports", "imports")]
    found = told[0].merge(told[1], on=key, suffixes=("_a", "_b"))
    names = _materials_of_codes()
    labelled = found.assign(
        material=[names.get(code, code[1]) for code in zip(found["hs_revision"], found["hs6"], strict=True)],
        stage=found["hs6"] + " " + found["hs_revision"] + " " + found["period"],
        country_iso3=found["exporter"] + ">" + found["importer"],
    )
    return _judge(_pairs(labelled, "mirror flows"), tolerance)


def _reported_flows(store: Store, materials: list[str] | None) -> Iterator[pd.DataFrame]:
    """Flows that say who reported them, one edition at a time; none in the starter data."""
    if not _sources_of(store, _REPORTED):
        return
    names = _materials_of_codes()
    wanted = None if materials is None else [c for (_, c), name in names.items() if name in materials]
    sources = _sources_of(store, _REPORTED)
    flows = store.select(_REPORTED, hs6=wanted, source_id=sources, edition=ALL_EDITIONS)
    for _, rows in flows.groupby(["source_id", "edition"], observed=True):
        yield rows


def _materials_of_codes() -> dict[tuple[str, str], str]:
    """Material by revision and code; the first of the catalog where several share a code."""
    found: dict[tuple[str, str], str] = {}
    for revision in REVISIONS:
        for code in codes_in(revision):
            found.setdefault((revision, code.hs6), code.material)
    return found


# --- judging --------------------------------------------------------------------------------------


def _pairs(found: pd.DataFrame, check: str | list[str], partial: pd.Series | bool = False) -> pd.DataFrame:
    """Two amounts a row under their public names."""
    names = {"source_id": "source_id", "edition": "edition", "amount_t": "t"}
    sides = {"a": "first", "b": "second"}
    renamed = {f"{old}_{s}": f"{side}_{new}" for s, side in sides.items() for old, new in names.items()}
    kept = [*KEY, *renamed.values(), "basis_a", "basis_b"]
    return found.rename(columns=renamed)[kept].assign(check=check, partial=partial)


def _judge(pairs: pd.DataFrame, tolerance: float) -> pd.DataFrame:
    """Relative difference, status and remedy of each pair."""
    other_basis = (pairs["basis_a"] != pairs["basis_b"]) | (pairs["basis_a"] == "mixed")
    no_number = pairs["first_t"].isna() | pairs["second_t"].isna()
    gap = _relative(pairs["first_t"], pairs["second_t"])
    below = pairs["partial"].astype(bool) & (pairs["first_t"] < pairs["second_t"])
    states = [other_basis, no_number, gap <= tolerance, below]
    status = np.select(states, [BASES, NO_NUMBER, AGREE, PARTIAL], DIFFER)
    basis = pairs["basis_a"].where(~other_basis, pairs["basis_a"] + " / " + pairs["basis_b"])
    remedy = pd.Series(status, index=pairs.index).map(_STATUS_REMEDIES).fillna(pairs["check"].map(_REMEDIES))
    judged = pairs.assign(
        relative_difference=gap.mask(other_basis), basis=basis, status=status, remedy=remedy
    )
    return judged.assign(unit="t", world_share=np.nan)


def _relative(first: pd.Series, second: pd.Series) -> pd.Series:
    """|a - b| over the larger one; 0 where both are 0, NaN where one is missing."""
    larger = np.maximum(first, second)
    return ((first - second).abs() / larger.where(larger > 0, 1.0)).astype(float)


def _finish(
    found: pd.DataFrame, amounts: pd.DataFrame, tolerance: float, order: str, agreeing: bool
) -> pd.DataFrame:
    """Judge, weigh against the world and sort."""
    mirrors = found["check"] == "mirror flows"
    judged = pd.concat([_judge(found[~mirrors], tolerance), found[mirrors]], ignore_index=True)
    world = amounts[amounts["country_iso3"] == WORLD].groupby(["material", "stage", "year"], observed=True)
    total = judged.join(world["amount_t"].max(), on=["material", "stage", "year"])["amount_t"]
    gap = (judged["first_t"] - judged["second_t"]).abs().mask(judged["status"] == BASES)
    judged["world_share"] = gap / total.where(total > 0)
    kept = judged if agreeing else judged[judged["status"] != AGREE]
    rank = kept["status"].map({status: place for place, status in enumerate(STATUSES)})
    keys = ["rank", ORDERS[order], *KEY, "first_edition", "second_edition"]
    down = [True, False, *[True] * (len(keys) - 2)]
    ordered = kept.assign(rank=rank).sort_values(keys, ascending=down, kind="stable")
    return ordered[list(COLUMNS)].reset_index(drop=True)
