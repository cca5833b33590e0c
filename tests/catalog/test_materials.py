"""Materials, codes, conversion between bases, source cards."""

import pytest

from ytterby.catalog.materials import (
    ELEMENT,
    GROSS,
    OXIDE,
    group_members,
    load_materials,
    load_trade_codes,
    material,
    stages,
    to_metal,
    to_oxide,
    trade_codes,
)
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
