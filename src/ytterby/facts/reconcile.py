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

import pandas as pd

from ytterby.catalog.concordance import HS92, REVISIONS
from ytterby.catalog.materials import ELEMENT, GROSS, MIXED, OXIDE, load_trade_codes, material, revision_codes
from ytterby.catalog.sources import load_sources
from ytterby.errors import BadNumbers, UnknownName
from ytterby.facts.pairs import COLUMNS, KEY, ORDERS, as_pairs, judge, rank_pairs, relative_difference
from ytterby.facts.production import ALL_EDITIONS, RESTS, WORLD

if TYPE_CHECKING:
    from ytterby.facts.store import Store

_REPORTED = "reported_trade"
_SIDE = ["source_id", "edition", "amount_t", "basis"]
_TEXTS = "chain-facts-2026"
# One counts a part of what the other counts: never comparable, and worth saying so.
_KIN = {"magnet_rare_earths": "rare_earths"}
# What the words of the register of texts stand for; a unit without a basis is not compared.
_TEXT_STAGES = {"mine": "mine", "concentrate": "mine", "refining": "refined", "magnets": "magnet"}
_TEXT_UNITS = {"t REO": (1.0, OXIDE), "t Y2O3": (1.0, OXIDE), "kt": (1000.0, ELEMENT)}


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
    parts += [_compare_reports(flows) for flows in _reported_flows(store, keys)]
    found = pd.concat([part for part in parts if not part.empty] or parts[:1], ignore_index=True)
    return rank_pairs(found, amounts, tolerance, order, agreeing)


def _with_parts(materials: list[str]) -> list[str]:
    """Materials with those that count a part of them, so that the refusal to compare is told."""
    return materials + [part for part, whole in _KIN.items() if whole in materials and part not in materials]


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
    return pd.concat([as_pairs(rows, check) for check, rows in found.items()], ignore_index=True)


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
    return as_pairs(found.assign(country_iso3=WORLD, **same), "world total", partial=found["partial"])


def _compare_texts(store: Store, amounts: pd.DataFrame) -> pd.DataFrame:
    """Figures from texts against the table that comes closest: one that agrees confirms the text."""
    texts = _text_amounts(store)
    found = texts.merge(amounts, on=KEY, suffixes=("_a", "_b"))
    same = found[found["basis_a"] == found["basis_b"]]
    gap = relative_difference(same["amount_t_a"], same["amount_t_b"])
    best = same.assign(gap=gap).sort_values("gap").drop_duplicates("edition_a")
    return as_pairs(best.drop(columns="gap"), "texts")


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
    return judge(_compare_reports(flows), tolerance)[list(COLUMNS)]


def _compare_reports(flows: pd.DataFrame) -> pd.DataFrame:
    """The exporter's and the importer's report of one flow."""
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
    return as_pairs(labelled, "mirror flows")


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
    """Material by revision and code; the first of the catalog where several share a code.

    A code of a later revision names a material only where it holds nothing else.
    """
    found: dict[tuple[str, str], str] = {}
    for key in dict.fromkeys(code.material for code in load_trade_codes()):
        for revision in REVISIONS:
            for code in revision_codes(key, revision):
                if revision == HS92 or code.basket != MIXED:
                    found.setdefault((revision, code.hs6), key)
    return found
