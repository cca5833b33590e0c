"""Materials, codes, conversion between bases, source cards."""

import csv

import pytest

from ytterby.catalog.materials import (
    ELEMENT,
    GROSS,
    OXIDE,
    group_members,
    load_materials,
    load_trade_codes,
    material,
    oxide_factor,
    stages,
    to_metal,
    to_oxide,
    trade_codes,
)
from ytterby.catalog.rows import read_rows
from ytterby.catalog.sources import attributions, load_sources, source
from ytterby.errors import BasisMismatch, UnknownName


def test_seventeen_rare_earths_and_one_code_each_way():
    elements = [
        k
        for k in group_members("rare_earths")
        if load_materials()[k].symbol and len(load_materials()[k].symbol) <= 2
    ]
    assert len(elements) == 17
    assert {"dysprosium", "terbium"} <= set(group_members("heavy_rare_earths"))
    assert "neodymium" in group_members("light_rare_earths")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Neodym", "neodymium"),
        ("Nd", "neodymium"),
        ("レアアース", "rare_earths"),
        ("cobalt", "cobalt"),
        ("tungstène", "tungsten"),
    ],
)
def test_names_in_four_languages(name, key):
    assert material(name).material == key


def test_unknown_materials_get_suggestions():
    with pytest.raises(UnknownName, match="neodymium"):
        material("neodymum")
    with pytest.raises(UnknownName):
        trade_codes("unobtainium")


def test_codes_point_to_known_materials_and_stages():
    for code in load_trade_codes():
        assert code.material in load_materials()
        assert code.stage in stages()
        assert len(code.hs6) == 6
        assert code.hs6.isdigit()
        assert code.basket in ("core", "wide", "mixed", "absent")


def test_conversion_goes_there_and_back_or_is_refused():
    assert to_metal(to_oxide(5.0, "neodymium", ELEMENT), "neodymium", OXIDE) == pytest.approx(5.0)
    assert to_oxide(5.0, "rare_earths", OXIDE) == 5.0  # nothing to convert
    with pytest.raises(BasisMismatch, match="mixture"):
        to_metal(5.0, "rare_earths", OXIDE)
    with pytest.raises(BasisMismatch, match="gross weight"):
        to_metal(5.0, "neodymium", GROSS)


def test_every_card_is_complete_and_may_be_passed_on():
    for card in load_sources().values():
        assert card.title
        assert card.producer
        assert card.edition
        assert card.licence
        assert card.citation
        assert card.may_redistribute  # what may not is not in the package
    with pytest.raises(UnknownName, match="baci-hs92"):
        source("baci")


def test_attributions_name_each_source_once():
    text = attributions(["baci-hs92;wgi-pv", "wgi-pv", ""])
    assert len(text.splitlines()) == 2
    assert "CEPII" in text
    assert "CC BY 4.0" in text


@pytest.mark.parametrize(
    ("material", "factor"),
    [
        ("scandium", 1.5338), ("yttrium", 1.2699), ("lanthanum", 1.1728), ("cerium", 1.2284),
        ("praseodymium", 1.2082), ("neodymium", 1.1664), ("samarium", 1.1596), ("europium", 1.1579),
        ("gadolinium", 1.1526), ("terbium", 1.1762), ("dysprosium", 1.1477), ("holmium", 1.1455),
        ("erbium", 1.1435), ("thulium", 1.1421), ("ytterbium", 1.1387), ("lutetium", 1.1372),
        ("lithium", 2.1527), ("niobium", 1.4305), ("tantalum", 1.2211), ("tungsten", 1.2611),
        ("vanadium", 1.7852), ("titanium", 1.6685), ("cobalt", 1.3620), ("antimony", 1.1971),
        ("arsenic", 1.3203), ("chromium", 1.4616), ("gallium", 1.3442), ("germanium", 1.4406),
        ("zirconium", 1.3508), ("uranium", 1.1792), ("aluminium", 1.8895), ("alumina", 1.8895),
        ("potash", 1.2046), ("phosphate", 2.2914), ("boron", 3.2202), ("beryllium", 2.7753),
        ("molybdenum", 1.5003), ("hafnium", 1.1793),
    ],
)  # fmt: skip
def test_oxide_factors_as_handbooks_print_them(material, factor):
    assert oxide_factor(material) == pytest.approx(factor, abs=6e-4)


def test_every_material_that_a_table_counts_as_oxide_has_a_factor_or_is_a_mixture():
    mixtures = {"rare_earths", "magnet_rare_earths", "ndpr"}
    tables = [*read_rows("usgs_production"), *read_rows("publisher_production")]
    counted = {row["material"] for row in tables if row["basis"] == OXIDE}
    assert len(counted) > 8
    for name in counted - mixtures:
        assert oxide_factor(name) > 1
    for name in mixtures:
        with pytest.raises(BasisMismatch):
            oxide_factor(name)


US_GROUPS = {
    "rare_earths",
    "magnet_rare_earths",
    "ndpr",
    "alumina",
    "bauxite",
    "ferrosilicon",
    "titanium_metal",
}
EU_ONE = {  # what the Union's list names as one raw material
    "aluminium": "bauxite", "alumina": "bauxite", "titanium_metal": "titanium_metal",
    **dict.fromkeys(("platinum", "palladium", "rhodium", "ruthenium", "iridium"), "platinum group"),
}  # fmt: skip


def test_sixty_minerals_of_the_american_list():
    """Final list of 2025: 60 minerals; groups, mixtures and products of one mineral count once."""
    listed = {key for key, m in load_materials().items() if m.us_critical_2025} - US_GROUPS
    assert len(listed) == 60


def test_every_commodity_that_the_american_table_flags_is_in_the_catalog(shared):
    own = {"Graphite (Natural)": "graphite", "Niobium (Columbium)": "niobium", "Phosphate Rock": "phosphate",
           "Magnesium Metal": "magnesium", "Titanium Mineral Concentrates": "titanium"}  # fmt: skip
    groups = ("Platinum-Group Metals", "Rare Earths (Heavy)", "Zirconium And Hafnium")
    with (shared / "data/usgs/us_critical_minerals_2025.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["commodity"] not in groups]
    flagged = {row["commodity"] for row in rows if row["is_critical_2025"] == "Yes"}
    seen = {material(own.get(name, name)).material for name in flagged if "pigment" not in name.lower()}
    assert len(seen) > 55
    assert seen == {key for key, m in load_materials().items() if m.us_critical_2025 and m.us_basis == "seen"}


def test_thirty_four_raw_materials_of_the_unions_list():
    """Study of 2023, act of 2024: rare earths count as light ones, heavy ones and scandium."""
    groups = {"light_rare_earths", "heavy_rare_earths"}
    names = set()
    for key, m in load_materials().items():
        if m.eu_critical_2023 and m.group != "rare_earths":
            apart = m.group if m.group in groups and m.rare_earth_class != "neither" else key
            names.add(EU_ONE.get(key, apart))
    assert len(names) == 34


def test_classes_of_the_seventeen():
    classes = [
        m.rare_earth_class
        for m in load_materials().values()
        if m.group in ("light_rare_earths", "heavy_rare_earths")
    ]
    assert [classes.count(name) for name in ("light", "heavy", "neither")] == [6, 10, 1]
