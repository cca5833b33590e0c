"""The screen: every method for every country, material, stage and year the store has, in long rows.

All cells exist; a value that cannot be computed says why in ``status``. The rules of each indicator
stand in docs/method/indicators, section 6.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ytterby.catalog.countries import bloc_members, iso3
from ytterby.catalog.materials import load_materials, load_trade_codes, material
from ytterby.errors import UnknownName
from ytterby.indicators.cells import (
    EU,
    Array,
    Flags,
    Grid,
    Group,
    Imports,
    Integers,
    WorldProduction,
    Worlds,
    build_groups,
    gather_imports,
    gather_production,
    same_basis,
    same_goods,
)
from ytterby.indicators.criticality import COPPER_MIDPOINT, import_risks
from ytterby.indicators.dependence import net_import_reliance

if TYPE_CHECKING:
    from ytterby.facts.store import Store

Status = npt.NDArray[np.int8]

FIRST_YEAR, LAST_YEAR = 1995, 2025
COVERAGE = 0.95  # of imports: below it a value would rest on guesses and is not given
TRADE_SOURCE, WGI_SOURCE = "baci-hs92", "wgi-pv"
WORLD = "WLD"
OK = "ok"
COLUMNS = (
    "method", "indicator", "material", "stage", "country_iso3", "year",
    "value", "lower", "upper", "status", "components", "source_id",
)  # fmt: skip


def screen(
    store: Store,
    *,
    methods: Sequence[str] | None = None,
    materials: Sequence[str] | None = None,
    countries: Sequence[str] | None = None,
    years: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Indicators in long rows, one row a cell.

    Parameters
    ----------
    methods
        Of ``hhi`` (world production), ``import_hhi``, ``import_share`` (of the largest supplier),
        ``net_import_reliance``, ``geopolrisk``; all when None or ``["all"]``.
    materials
        Keys or names of the catalog; all when None.
    countries
        ISO3 or names; EU27 is the Union as one importer without its inner trade. All when None.
    years
        Calendar years; 1995-2025 when None.

    Returns
    -------
    method, indicator, material, stage, country_iso3 (WLD for ``hhi``), year, value, lower, upper,
    status (``ok`` or the reason why there is no value), components (JSON text), source_id.

    Raises
    ------
    UnknownName
        A method, material or country nobody knows.
    """
    chosen = _check_methods(methods)
    keys = [material(name).material for name in materials] if materials else list(load_materials())
    grid = Grid(
        groups=tuple(build_groups(keys)),
        countries=tuple(dict.fromkeys(map(iso3, countries))) if countries else _all_countries(store),
        years=tuple(years) if years is not None else tuple(range(FIRST_YEAR, LAST_YEAR + 1)),
    )
    production = gather_production(store, keys)
    parts = [_screen_production(keys, grid.years, production)] if "hhi" in chosen else []
    if set(chosen) - {"hhi"}:
        imports = gather_imports(store, grid)
        parts += [SCREENS[name](store, grid, imports, production) for name in chosen if name in SCREENS]
    return _join(parts)


def _check_methods(methods: Sequence[str] | None) -> tuple[str, ...]:
    known = ("hhi", *SCREENS)
    if methods is None or "all" in methods:
        return known
    for name in methods:
        if name not in known:
            raise UnknownName("method", name, known)
    return tuple(name for name in known if name in methods)


def _all_countries(store: Store) -> tuple[str, ...]:
    found = store.query("SELECT DISTINCT importer FROM trade ORDER BY importer")["importer"]
    return (*found, EU)


# --- production ---------------------------------------------------------------------------------


def _screen_production(keys: Sequence[str], years: Sequence[int], production: Worlds) -> pd.DataFrame:
    """HHI of world production at each stage a material has in the store, at mine where it has none."""
    stages = {key: sorted({s for m, s, _ in production if m == key}) or ["mine"] for key in keys}
    cells = [(key, stage, int(year)) for key in keys for stage in stages[key] for year in years]
    worlds = [production.get(cell) for cell in cells]
    frame = pd.DataFrame(cells, columns=["material", "stage", "year"])
    frame["value"] = [w.hhi if w else np.nan for w in worlds]
    frame["lower"] = frame["value"]
    frame["upper"] = [w.hhi_upper if w else np.nan for w in worlds]
    frame["status"] = [w.status if w else "no production in the store" for w in worlds]
    frame["components"] = [_production_components(w) if w else "{}" for w in worlds]
    frame["source_id"] = [w.source_id if w else "" for w in worlds]
    return frame.assign(method="hhi", indicator="production_hhi", country_iso3=WORLD)


def _production_components(world: WorldProduction) -> str:
    """Largest producer, its share, number of producers, edition and basis; withheld ones by name."""
    known = {code: mass for code, mass in world.by_country.items() if mass == mass}
    total = sum(known.values()) + world.rest_t
    largest = max(known, key=lambda code: known[code], default="")
    share = known[largest] / total if largest and total > 0 else float("nan")
    withheld = ",".join(sorted(set(world.by_country) - set(known)))
    return _json(
        largest=largest,
        largest_share=share,
        producers=sum(mass > 0 for mass in known.values()),
        rest_t=world.rest_t,
        unknown=withheld,
        basis=world.basis,
        edition=world.edition,
    )


def _json(**parts: str | float) -> str:
    """Small JSON object; numbers with six digits, a missing one is null."""
    texts = (f'"{key}": {_json_value(part)}' for key, part in parts.items())
    return "{" + ", ".join(texts) + "}"


def _json_value(part: str | float) -> str:
    if isinstance(part, str):
        return f'"{part}"'
    return f"{part:.6g}" if np.isfinite(part) else "null"


# --- imports ------------------------------------------------------------------------------------

# Status of a cell as a number, so that a million of them stay small.
REASONS = (
    OK,
    "no imports",
    "no trade code",
    "no trade code of its own",
    "no trade in the store for these codes",
    "no trade in the store for this year",
    "mass is known for less than 95 % of the import value",
    "no production in the store",
    "production on mixed bases",
    "no world total to share out",
    "no production is known",
    "own production is withheld or not available",
    "own production may be among the other countries of the source",
    "production and imports are on different bases",
    "production and trade are of different goods or stages",
    "apparent consumption is not positive",
    "no governance for suppliers of more than 5 % of the imports",
)
_CODE = {reason: number for number, reason in enumerate(REASONS)}


def _import_status(grid: Grid, imports: Imports) -> Status:
    """Why a cell has no import shares, ``ok`` where it has."""
    status = np.full(grid.shape, _CODE["no imports"], dtype=np.int8)
    for number, group in enumerate(grid.groups):
        held = imports.held[number]
        status[number][:, ~held] = _CODE["no trade in the store for this year"]
        if not held.any():
            status[number] = _CODE["no trade in the store for these codes"]
        if not group.codes:
            status[number] = _CODE["no trade code of its own" if group.mixed else "no trade code"]
    flat = status.reshape(-1)
    has = imports.cell_value > 0
    flat[has] = _CODE["mass is known for less than 95 % of the import value"]
    flat[has & (imports.cell_covered >= COVERAGE * imports.cell_value) & (imports.cell_mass > 0)] = 0
    return flat


def _refuse(status: Status, where: Flags, reason: str) -> None:
    """Give a reason to the cells that had none."""
    status[where & (status == 0)] = _CODE[reason]


def _screen_import_hhi(store: Store, grid: Grid, imports: Imports, production: Worlds) -> pd.DataFrame:
    """HHI of the suppliers of each importer, by mass; the bounds hold the value by money as well."""
    status = _import_status(grid, imports)
    by_mass = imports.total(np.square(imports.mass_share))
    by_value = imports.total(np.square(imports.value_share))
    parts = {"by_mass": by_mass, "by_value": by_value, "covered_share": _coverage(imports)}
    return _cells(grid, "import_hhi", status, (by_mass, by_value), parts)


def _screen_import_share(store: Store, grid: Grid, imports: Imports, production: Worlds) -> pd.DataFrame:
    """Share of the largest supplier by mass, with its name; the bounds hold its share by money as well."""
    status = _import_status(grid, imports)
    best = imports.largest
    by_mass, by_value = (
        np.append(share, np.nan)[best] for share in (imports.mass_share, imports.value_share)
    )
    names = np.array([*imports.suppliers, ""], dtype=object)
    parts = {
        "supplier": names[np.append(imports.pair_supplier, -1)[best]],
        "by_mass": by_mass,
        "by_value": by_value,
        "imports_t": imports.cell_mass,
        "covered_share": _coverage(imports),
    }
    return _cells(grid, "largest_import_share", status, (by_mass, by_value), parts, method="import_share")


def _coverage(imports: Imports) -> Array:
    """Part of the import value whose mass is known."""
    value = np.where(imports.cell_value > 0, imports.cell_value, np.nan)
    return np.asarray(imports.cell_covered / value)


# --- imports with production --------------------------------------------------------------------


class _Supply:
    """Production beside the imports of every cell, flat: world HHI, own production, and what is wrong.

    A country that the table of producers does not name makes nothing, or at most ``rest_t``.
    """

    def __init__(self, grid: Grid, production: Worlds) -> None:
        groups, countries, years = grid.shape
        self.hhi, self.hhi_upper, self.rest_t = (np.full((groups, 1, years), np.nan) for _ in range(3))
        self.status = np.full((groups, 1, years), _CODE["no production in the store"], dtype=np.int8)
        self.source = np.full((groups, 1, years), "", dtype=object)
        self.same_basis, self.same_goods = (np.zeros((groups, 1, years), dtype=bool) for _ in range(2))
        self.named = np.zeros(grid.shape, dtype=bool)
        self.domestic_t = np.zeros(grid.shape)
        for g, group in enumerate(grid.groups):
            for y, year in enumerate(grid.years):
                world = _pick_stage(production, group, year)
                if world is not None:
                    self._fill(grid, (g, y), group, world)

    def _fill(self, grid: Grid, at: tuple[int, int], group: Group, world: WorldProduction) -> None:
        """Write one table of producers into a group and year."""
        g, y = at
        self.hhi[g, 0, y], self.hhi_upper[g, 0, y] = world.hhi, world.hhi_upper
        self.rest_t[g, 0, y], self.status[g, 0, y] = world.rest_t, _CODE[world.status]
        self.source[g, 0, y] = world.source_id
        self.same_basis[g, 0, y] = same_basis(group, world.basis)
        self.same_goods[g, 0, y] = same_goods(group, world)
        for code, mass in world.by_country.items():
            if code in grid.place:
                self.domestic_t[g, grid.place[code], y] = mass
                self.named[g, grid.place[code], y] = True
        if EU in grid.place:
            members = [world.by_country.get(code, 0.0) for code in bloc_members(EU)]
            self.domestic_t[g, grid.place[EU], y] = sum(members)

    def flat(self, table: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Entries of a table for every cell."""
        return np.broadcast_to(table, self.domestic_t.shape).reshape(-1)

    def refuse(self, status: Status) -> None:
        """Give the reasons of production to cells that trade left without one."""
        world = self.flat(self.status)
        missing = status == 0
        status[missing] = world[missing]
        _refuse(status, np.isnan(self.domestic_t.reshape(-1)), "own production is withheld or not available")


def _pick_stage(production: Worlds, group: Group, year: int) -> WorldProduction | None:
    """Table of producers that fits the codes of a group: refined for all that is not ore, else mine."""
    stages = {c.stage for c in load_trade_codes() if c.material == group.material and c.hs6 in group.codes}
    order = ("mine", "refined") if not stages or "ore" in stages else ("refined", "mine")
    return next((production[k] for s in order if (k := (group.material, s, year)) in production), None)


def _screen_reliance(store: Store, grid: Grid, imports: Imports, production: Worlds) -> pd.DataFrame:
    """Net import reliance where production and trade count the same goods; stocks are not known."""
    supply = _Supply(grid, production)
    status = _import_status(grid, imports)
    supply.refuse(status)
    _refuse(status, ~supply.flat(supply.same_goods), "production and trade are of different goods or stages")
    own = supply.domestic_t.reshape(-1)
    # The rest of the source may hold all of a country it does not name, and some of the Union.
    hidden = np.where(supply.named.reshape(-1), 0.0, supply.flat(supply.rest_t))
    _refuse(
        status,
        hidden > (1 - COVERAGE) * (imports.cell_mass + own),
        "own production may be among the other countries of the source",
    )
    value = net_import_reliance(imports.cell_mass, imports.cell_exports, np.nan_to_num(own))
    lower = net_import_reliance(imports.cell_mass, imports.cell_exports, np.nan_to_num(own + hidden))
    _refuse(status, np.isnan(value), "apparent consumption is not positive")
    parts = {"imports_t": imports.cell_mass, "exports_t": imports.cell_exports, "production_t": own}
    numbers = (value, np.minimum(lower, value), value)
    return _cells(grid, "net_import_reliance", status, numbers, parts, sources=_sources(supply, TRADE_SOURCE))


def _screen_geopolrisk(store: Store, grid: Grid, imports: Imports, production: Worlds) -> pd.DataFrame:
    """GeoPolRisk score with a 90 percent interval from governance errors and the rest of production."""
    supply = _Supply(grid, production)
    status = _import_status(grid, imports)
    supply.refuse(status)
    own = supply.domestic_t.reshape(-1)
    _refuse(
        status, (own > 0) & ~supply.flat(supply.same_basis), "production and imports are on different bases"
    )
    instability, error = _governance(store, grid, imports)
    risks = import_risks(imports.pair_cell, np.nan_to_num(imports.pair_mass), instability, error, grid.size)
    blind = risks.blind_t > (1 - COVERAGE) * imports.cell_mass
    _refuse(status, blind, "no governance for suppliers of more than 5 % of the imports")
    risk, low, high = risks.within(own)
    hhi = supply.flat(supply.hhi)
    score, lower, upper = hhi * risk, hhi * low, supply.flat(supply.hhi_upper) * high
    price = np.where(imports.cell_mass > 0, imports.cell_covered, np.nan) / np.maximum(
        imports.cell_mass, 1e-300
    )
    parts = {
        "hhi": hhi,
        "import_risk": risk,
        "price_usd_per_kg": price,
        "midpoint": score * price,
        "characterisation_factor": score * price / COPPER_MIDPOINT,
    }
    sources = _sources(supply, f"{TRADE_SOURCE};{WGI_SOURCE}")
    return _cells(grid, "score", status, (score, lower, upper), parts, method="geopolrisk", sources=sources)


def _sources(supply: _Supply, others: str) -> npt.NDArray[Any]:
    """Sources of every cell: trade and governance, then production."""
    names = np.array([f"{others};{name}" for name in supply.source.reshape(-1)], dtype=object)
    return supply.flat(names.reshape(supply.source.shape))


def _governance(store: Store, grid: Grid, imports: Imports) -> tuple[Array, Array]:
    """Instability and standard error of the supplier of every pair in its year; NaN without one."""
    rows = store.select("governance")
    place = {code: n for n, code in enumerate(imports.suppliers)}
    supplier = np.array([place.get(code, -1) for code in rows["country_iso3"]], dtype=np.int64)
    year = grid.numbers_of_years(rows["year"])
    known = (supplier >= 0) & (year >= 0)
    table = np.full((2, len(imports.suppliers), len(grid.years)), np.nan)
    table[:, supplier[known], year[known]] = rows[["instability", "std_error"]].to_numpy()[known].T
    instability, error = table[:, imports.pair_supplier, imports.pair_cell % len(grid.years)]
    return instability, np.nan_to_num(error)


# --- long rows ----------------------------------------------------------------------------------


def _cells(
    grid: Grid,
    indicator: str,
    status: Status,
    numbers: tuple[Array, ...],
    parts: dict[str, npt.NDArray[Any]],
    *,
    method: str | None = None,
    sources: npt.NDArray[Any] | None = None,
) -> pd.DataFrame:
    """Long rows of one method; value, lower and upper are missing where the status is not ok.

    ``numbers`` are (value, another definition) or (value, lower, upper); ``parts`` become the components.
    """
    fine = status == 0
    value, low, high = (np.where(fine, number, np.nan) for number in _bounds(numbers))
    texts = np.full(grid.size, "{}", dtype=object)
    texts[fine] = _components({name: part[fine] for name, part in parts.items()})
    source = np.full(grid.size, TRADE_SOURCE, dtype=object) if sources is None else sources
    return pd.DataFrame(
        {
            "method": _categories([method or indicator], np.zeros(grid.size, np.int64)),
            "indicator": _categories([indicator], np.zeros(grid.size, np.int64)),
            **_labels(grid),
            "value": value,
            "lower": low,
            "upper": high,
            "status": pd.Categorical.from_codes(status, list(REASONS)),
            "components": texts,
            "source_id": pd.Categorical(np.where(fine, source, "")),
        }
    )


def _components(parts: dict[str, npt.NDArray[Any]]) -> list[str]:
    """JSON text of each cell; names in quotes, numbers with six digits."""
    fields = ", ".join(
        f'"{key}": "%s"' if part.dtype == object else f'"{key}": %.6g' for key, part in parts.items()
    )
    form = "{" + fields + "}"
    return [form % row for row in zip(*(part.tolist() for part in parts.values()), strict=True)]


def _bounds(numbers: tuple[Array, ...]) -> tuple[Array, Array, Array]:
    if len(numbers) == 3:
        return numbers
    # fmin: where the other definition is missing the value stands alone
    return numbers[0], np.fmin.reduce(numbers), np.fmax.reduce(numbers)


def _labels(grid: Grid) -> dict[str, Any]:
    """Material, stage, country and year of every cell."""
    groups, countries, years = grid.shape
    group = np.repeat(np.arange(groups), countries * years)
    country = np.tile(np.repeat(np.arange(countries), years), groups)
    return {
        "material": _categories([g.material for g in grid.groups], group),
        "stage": _categories([g.stage for g in grid.groups], group),
        "country_iso3": _categories(list(grid.countries), country),
        "year": np.tile(np.array(grid.years, dtype=np.int16), groups * countries),
    }


def _categories(names: list[str], numbers: Integers) -> pd.Categorical:
    """Categorical of names by number; a name may stand behind several numbers."""
    distinct = list(dict.fromkeys(names))
    code = np.array([distinct.index(name) for name in names], dtype=np.int16)
    return pd.Categorical.from_codes(code[numbers], distinct)


def _join(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """One table of all methods; text columns as categories, which keeps a million rows small."""
    joined: dict[str, Any] = {}
    for column in COLUMNS:
        pieces = [part[column] for part in parts]
        if column in ("value", "lower", "upper", "year", "components"):
            joined[column] = np.concatenate([np.asarray(piece) for piece in pieces])
        else:
            joined[column] = _union([pd.Categorical(piece) for piece in pieces])
    return pd.DataFrame(joined)


def _union(pieces: list[pd.Categorical]) -> pd.Categorical:
    from pandas.api.types import union_categoricals

    return union_categoricals(pieces)


Screen = Callable[["Store", Grid, Imports, Worlds], pd.DataFrame]
SCREENS: dict[str, Screen] = {
    "import_hhi": _screen_import_hhi,
    "import_share": _screen_import_share,
    "net_import_reliance": _screen_reliance,
    "geopolrisk": _screen_geopolrisk,
}
