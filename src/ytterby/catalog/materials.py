"""Materials, their stages, their customs codes, and the way from oxide to metal and back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ytterby.catalog.concordance import HS92, Link, Relation, check_revision, predecessors, successors
from ytterby.catalog.rows import read_rows
from ytterby.errors import BasisMismatch, UnknownName

ELEMENT, OXIDE, GROSS = "element content", "oxide content", "gross weight"
BASES = (ELEMENT, OXIDE, GROSS)
CORE, WIDE, MIXED, ABSENT = "core", "wide", "mixed", "absent"  # baskets of customs codes
OXYGEN_WEIGHT = 15.999


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Material(_Row):
    """One material; ``group`` gathers kin, critical flags follow the US list of 2025 and the EU's of 2023.

    ``rare_earth_class`` is light, heavy, neither (scandium) or empty. ``us_basis`` and ``eu_basis`` say
    whether a flag was seen in a stored document (the US one in the data release of the Mineral Commodity
    Summaries 2026) or is recalled.
    """

    material: str
    symbol: str
    group: str
    rare_earth_class: Literal["light", "heavy", "neither", ""]
    name_en: str
    name_de: str
    name_fr: str
    name_ja: str
    us_critical_2025: bool
    us_basis: Literal["seen", "recalled"]
    eu_critical_2023: bool
    eu_basis: Literal["seen", "recalled"]
    aliases: tuple[str, ...] = ()
    note: str = ""


class TradeCode(_Row):
    """One customs code (HS 1992) of one material at one stage.

    ``basket`` is core (counted), wide (counted in the wide definition), mixed (the code holds other
    goods too, so that its numbers are not the material's) or absent (not in the starter data).
    """

    material: str
    hs6: str
    stage: str
    basket: str
    description: str
    note: str = ""


class RevisionCode(_Row):
    """One customs code of a material in another revision, continuing the code ``hs92`` of the catalog.

    ``relation``, ``note`` and ``documents`` are of the step from HS 1992 (``catalog.concordance.Link``);
    ``hs6`` is empty, and the basket mixed, where nobody followed the goods.
    """

    material: str
    hs_revision: str
    hs6: str
    stage: str
    basket: str
    hs92: str
    relation: Relation
    note: str
    documents: tuple[str, ...]


@cache
def load_materials() -> dict[str, Material]:
    """All materials by key."""
    rows = (Material.model_validate({**row, "aliases": _aliases(row)}) for row in read_rows("materials"))
    return {row.material: row for row in rows}


def _aliases(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(part.strip() for part in row["aliases"].split(";") if part.strip())


def material(name: str) -> Material:
    """Material by key, by name in four languages, by alias or by chemical symbol.

    Raises
    ------
    UnknownName
        Nobody has this name; close ones are suggested.
    """
    materials = load_materials()
    key = _by_name().get(name.strip().casefold())
    if key is None:
        raise UnknownName("material", name, [*materials, *(m.name_en for m in materials.values())])
    return materials[key]


@cache
def _by_name() -> dict[str, str]:
    """Key by any spelling; keys themselves win over what others share with them."""
    found: dict[str, str] = {}
    for key, m in load_materials().items():
        for name in (m.symbol, *m.aliases, m.name_en, m.name_de, m.name_fr, m.name_ja):
            found.setdefault(name.casefold(), key)
    found.pop("", None)
    return found | {key: key for key in load_materials()}


def group_members(group: str) -> tuple[str, ...]:
    """Keys of the materials of a group; ``rare_earths`` also takes in its light and heavy elements."""
    groups = {m.group for m in load_materials().values()}
    if group not in groups:
        raise UnknownName("material group", group, groups)
    wanted = {group} | ({"light_rare_earths", "heavy_rare_earths"} if group == "rare_earths" else set())
    return tuple(key for key, m in load_materials().items() if m.group in wanted)


@cache
def load_trade_codes() -> tuple[TradeCode, ...]:
    """Every customs code of every material."""
    return tuple(TradeCode.model_validate(row) for row in read_rows("material_codes"))


def trade_codes(
    material: str, *, stage: str | None = None, basket: str = CORE, hs_revision: str = HS92
) -> tuple[str, ...]:
    """HS6 codes of a material in a revision; empty when none can be followed.

    Parameters
    ----------
    basket
        ``core``, or ``wide`` for the core codes and the wider ones.
    hs_revision
        HS92 to HS22. A code that splits is counted in all its parts; one that now holds other goods too is
        mixed and not counted (``revision_codes`` lists it).
    """
    counted = {CORE} if basket == CORE else {CORE, WIDE}
    fits = (c for c in revision_codes(material, hs_revision) if c.basket in counted)
    return tuple(dict.fromkeys(c.hs6 for c in fits if stage in (None, c.stage)))


def revision_codes(material: str, hs_revision: str) -> tuple[RevisionCode, ...]:
    """Codes of a material in a revision, one row per code of the catalog and code that continues it.

    Raises
    ------
    UnknownName
        An unknown material or revision.
    """
    if material not in load_materials():
        raise UnknownName("material", material, load_materials())
    check_revision(hs_revision)
    codes = (c for c in load_trade_codes() if c.material == material)
    return tuple(row for code in codes for row in _continued(code, hs_revision))


def _continued(code: TradeCode, hs_revision: str) -> Iterator[RevisionCode]:
    """What became of one code; of a mixed one only the parts that hold the material by name."""
    for link in successors(code.hs6, revision_to=hs_revision):
        if code.basket == MIXED and link.goods and code.material not in link.goods:
            continue
        yield RevisionCode(
            material=code.material,
            hs_revision=hs_revision,
            hs6=link.code,
            stage=code.stage,
            basket=_basket(code, link, hs_revision),
            hs92=code.hs6,
            relation=link.relation,
            note=link.note,
            documents=link.documents,
        )


def _basket(code: TradeCode, link: Link, hs_revision: str) -> str:
    """Basket of a successor: mixed as soon as it holds anything that is not the material at this stage."""
    if not link.code:
        return MIXED
    sources = predecessors(link.code, revision_from=hs_revision)
    own = {
        c.hs6: c.basket
        for c in load_trade_codes()
        if (c.material, c.stage) == (code.material, code.stage) and c.basket != MIXED
    }
    named = (code.material,)
    if any(source.code not in own and source.goods != named for source in sources):
        return MIXED
    baskets = {own.get(source.code, CORE) for source in sources}
    return next(name for name in (WIDE, CORE, ABSENT) if name in baskets)


def oxide_factor(material: str) -> float:
    """Tonnes of oxide that hold one tonne of the element: (n M + k 15.999)/(n M) for the oxide MnOk.

    Nd2O3 1.166, Dy2O3 1.148, Pr6O11 1.208, Tb4O7 1.176 (docs/method/indicators, section 2).

    Raises
    ------
    BasisMismatch
        The material is a mixture or has no oxide in the catalog, so that no factor is true.
    """
    rows = [row for row in read_rows("oxides") if row["material"] == material]
    if not rows:
        raise BasisMismatch(
            f"no oxide factor for {material!r}: a mixture, a product or a material without one.",
            "Convert element by element, or keep the basis of the source.",
        )
    metal = int(rows[0]["metal_atoms"]) * float(rows[0]["atomic_weight"])
    return (metal + int(rows[0]["oxygen_atoms"]) * OXYGEN_WEIGHT) / metal


def to_metal(quantity_t: float, material: str, basis: str) -> float:
    """Tonnes of element in a quantity of oxide or element; gross weight is refused."""
    return quantity_t / _factor_from(material, basis, ELEMENT)


def to_oxide(quantity_t: float, material: str, basis: str) -> float:
    """Tonnes of oxide that a quantity of element or oxide stands for; gross weight is refused."""
    return quantity_t * _factor_from(material, basis, OXIDE)


def _factor_from(material: str, basis: str, wanted: str) -> float:
    """One where the basis is the wanted one, else the oxide factor."""
    if basis == wanted:
        return 1.0
    if basis not in (ELEMENT, OXIDE):
        raise BasisMismatch(
            f"{basis!r} of {material} cannot be read as {wanted}.",
            "Only element content and oxide content convert; gross weight needs a content of its own.",
        )
    return oxide_factor(material)


def stages() -> tuple[str, ...]:
    """Stages of the chain in their order."""
    return tuple(row["stage"] for row in read_rows("stages"))
