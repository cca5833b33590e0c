"""Import and export shares as people ask for them: a country, a material, a year.

The equations are those of :mod:`ytterby.indicators.dependence`; here the customs codes of the catalog
and the store meet them. Rules: docs/method/facts, section 5.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ytterby.catalog.cautions import answer_note
from ytterby.catalog.concordance import HS92
from ytterby.catalog.countries import iso3
from ytterby.catalog.materials import CORE, GROSS, material
from ytterby.errors import BadNumbers, NoData, UnknownName
from ytterby.facts.production import RESTS, WORLD, newest_edition
from ytterby.facts.queries import trade_of
from ytterby.indicators.dependence import MEASURES, By, RegionSet, import_shares, look_through_shares
from ytterby.indicators.regions import BLOCS, Regions, as_regions

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.facts.store import Store

ORIGINS = ("direct", "look-through")
SIDES = ("import", "export")
COLUMNS = (
    "side", "country_iso3", "partner_iso3", "year", "share", "direct_share", "amount", "unit",
    "covered_share", "material", "stage", "hs6", "by", "origin", "basis", "note", "source_id", "edition",
)  # fmt: skip


def trade_shares(
    store: Store,
    side: str,
    *,
    country: str,
    material: str,
    year: int,
    by: str = "mass",
    origin: str = "direct",
    stage: str | None = None,
    basket: str = CORE,
    hs_revision: str = HS92,
    regions: RegionSet | None = None,
    keep_intra: bool = False,
) -> pd.DataFrame:
    """Share of each partner in a country's imports or exports of a material in one year.

    Parameters
    ----------
    side
        ``import`` (partners are exporters) or ``export`` (partners are importers).
    country, material
        ISO3 or name, a bloc (``EU``, ``EU27``, ``G7``) or one of ``regions``; key or name of the catalog.
    by
        ``mass`` (tonnes of product) or ``value`` (thousand USD): two numbers, both true.
    origin
        ``direct`` counts the last exporter; ``look-through`` replaces what passes through a country by
        that country's own sources (imports only; proportional mixing is assumed).
    hs_revision
        Revision of the customs codes: BACI of that revision must be in the store.
    regions, keep_intra
        Regions of one's own as for ``as_regions``; trade among the members of a region or bloc is left
        out unless it is kept. Partners are single countries.

    Returns
    -------
    side, country_iso3, partner_iso3, year, share (0..1), direct_share, amount (NaN for look-through, which
    is a share of origin and no flow), unit, covered_share (part of the value whose flows have the
    amount), material, stage, hs6, by, origin, basis, note, source_id, edition; largest first.

    Raises
    ------
    UnknownName
        A side, measure, origin, country or material nobody knows.
    NoData
        The store has no such flow.
    BadNumbers
        Look-through was asked for exports, or would hide a producer.
    """
    measure = _check_asked(side, by, origin)
    key, (code, members) = _material(material), _whose(country, year, regions)
    importer, exporter = (members, None) if side == "import" else (None, members)
    flows = partial(trade_of, store, key, years=[year], stage=stage, basket=basket, hs_revision=hs_revision)
    own = _as_one(flows(importer=importer, exporter=exporter), side, code, members, keep_intra=keep_intra)
    direct = _direct(own, side, measure)
    if origin == "direct":
        table = direct
    else:
        if members != [code]:
            raise BadNumbers(
                f"look-through is of single countries, and {code} is a region.",
                "Ask for its members, or screen the region with the method look_through.",
            )
        world = flows()
        table = _look_through(world, direct, code, measure, _production(store, key, stage))
    source_id = str(own["source_id"].iloc[0])
    told = answer_note(source_id, year)
    if told:
        table = table.assign(note=(table["note"] + "; " + told).str.removeprefix("; "))
    unit, basis = ("t", GROSS) if by == "mass" else ("thousand USD", "f.o.b., current")
    return table.assign(
        side=side, country_iso3=code, year=year, unit=unit, material=key, stage=stage or "all",
        hs6="+".join(sorted(own["hs6"].unique())), by=by, origin=origin, basis=basis,
        source_id=source_id, edition="; ".join(dict.fromkeys(own["edition"])),
    )[list(COLUMNS)].reset_index(drop=True)  # fmt: skip


def _whose(country: str, year: int, regions: RegionSet | None) -> tuple[str, list[str]]:
    """Name and members of whom is asked for: a region of the caller's, a bloc, or a single country."""
    own = as_regions(regions) if regions is not None else Regions(())
    if country in own.names or country in BLOCS:
        members = (own if country in own.names else as_regions(country)).members(country, year)
        if not members:
            raise NoData(f"{country} has no members in {year}.", "Ask for another year.")
        return country, list(members)
    try:
        return iso3(country), [iso3(country)]
    except UnknownName as error:
        known = [*own.names, *BLOCS, *error.suggestions]
        raise UnknownName("country or region", country, known) from None


def _as_one(own: pd.DataFrame, side: str, code: str, members: list[str], *, keep_intra: bool) -> pd.DataFrame:
    """Flows of the members as those of one; without the trade among them unless it is kept."""
    mine, other = ("importer", "exporter") if side == "import" else ("exporter", "importer")
    kept = own if keep_intra or members == [code] else own[~own[other].isin(members)]
    if kept.empty:
        raise NoData(f"{code} trades with nobody but its own members.", "Keep the trade among them.")
    return kept.assign(**{mine: code})


def _check_asked(side: str, by: str, origin: str) -> By:
    """Refuse words nobody knows and give back the measure as one that is known."""
    for kind, name, known in (("side", side, SIDES), ("measure", by, MEASURES), ("origin", origin, ORIGINS)):
        if name not in known:
            raise UnknownName(kind, name, known)
    if (side, origin) == ("export", "look-through"):
        raise BadNumbers("look-through asks where imports come from.", "Ask it of imports.")
    return "mass" if by == "mass" else "value"


def _direct(own: pd.DataFrame, side: str, by: By) -> pd.DataFrame:
    """Shares of the partners; an export share is an import share with both ends exchanged."""
    ends = {"importer": "exporter", "exporter": "importer"}
    shares = import_shares(own.rename(columns=ends) if side == "export" else own, by=by)
    named = shares.rename(columns={"exporter": "partner_iso3", MEASURES[by]: "amount"})
    return named.assign(direct_share=named["share"], note="")


def _look_through(
    trade: pd.DataFrame, direct: pd.DataFrame, code: str, by: By, production: pd.DataFrame | None
) -> pd.DataFrame:
    """Shares by origin; production of the year counts where it can, by mass.

    Raises
    ------
    BadNumbers
        A large supplier that produces bought more than it sold, and its production of the year is not
        known: it would come out as mere transit.
    """
    year = int(trade["year"].iloc[0])
    made = None
    if production is not None and by == "mass" and (production["year"] == year).any():
        made = production[production["year"] == year]
    _refuse_hidden_producers(trade, direct, by, production if made is None else None)
    origins = look_through_shares(trade, by=by, production=made)
    mine = origins[origins["importer"] == code].rename(columns={"origin": "partner_iso3"})
    note = "what passes through a country has the mixture of all that it holds"
    if made is not None:
        card = made.iloc[0]
        note += (
            f"; production of {card['source_id']} ({card['basis']}) is counted as product weight one to one:"
            " an assumption"
        )
    return mine.assign(amount=float("nan"), covered_share=direct["covered_share"].iloc[0], note=note)


def _refuse_hidden_producers(
    trade: pd.DataFrame, direct: pd.DataFrame, by: By, production: pd.DataFrame | None, above: float = 0.05
) -> None:
    """Refuse suppliers of more than ``above`` that produce and yet bought more than they sold."""
    sold, bought = (trade.groupby(side)[MEASURES[by]].sum() for side in ("exporter", "importer"))
    large = direct.loc[direct["direct_share"] > above, "partner_iso3"]
    makers = (
        set() if production is None else set(production.loc[production["quantity_t"] > 0, "country_iso3"])
    )
    hidden = sorted(c for c in large if c in makers and bought.get(c, 0.0) > sold.get(c, 0.0))
    if hidden:
        raise BadNumbers(
            f"{', '.join(hidden)} bought more than they sold, so that their own production would not show.",
            "Ask by mass and for a year with production in the store, or for direct shares.",
        )


def _production(store: Store, key: str, stage: str | None) -> pd.DataFrame | None:
    """Production by country, newest edition of each year: mined for ores, else refined before mined."""
    wanted = ("mine",) if stage == "ore" else ("refined", "mine")
    for made_at in wanted:
        rows = store.select("production", material=key, stage=made_at)
        rows = rows[(rows["qualifier"] != "projection") & ~rows["country_iso3"].isin([WORLD, *RESTS])]
        if not rows.empty:
            return newest_edition(rows)
    return None


def _material(name: str) -> str:
    return material(name).material
