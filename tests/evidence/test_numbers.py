"""Numbers, units and qualifiers in four languages; values worked out by hand."""

import pytest

from ytterby.evidence.numbers import find_numbers, read_number

CASES = [
    ("de", "550 Milliarden Dollar", [(550e9, "USD")]),
    ("de", "472,51 Mrd. Euro", [(472.51e9, "EUR")]),
    ("de", "rund 60.000 Soldaten", [(60_000, "person")]),
    ("de", "von 90 auf 60 Prozent", [(90, "percent"), (60, "percent")]),
    ("de", "zwei Prozent des Bruttoinlandsprodukts", [(2, "percent_of_gdp")]),
    ("de", "10.500 Tonnen NdPr pro Jahr", [(10_500, "tonne_per_year")]),
    ("de", "110 Dollar pro Kilogramm", [(110, "USD_per_kg")]),
    ("de", "45 Arbeitstage", [(45, "working_day")]),
    ("de", "der Verbrauch wurde halbiert", [(0.5, "ratio")]),
    ("de", "bis 2026 auf zwei Prozent der Wirtschaftsleistung", [(2, "percent_of_gdp")]),
    ("en", "$550 billion", [(550e9, "USD")]),
    ("en", "US$8.5bn", [(8.5e9, "USD")]),
    ("en", "a 15% tariff", [(15, "percent")]),
    ("en", "from 90 to 60 percent", [(90, "percent"), (60, "percent")]),
    ("en", "20 to 30 billion dollars", [(20e9, "USD"), (30e9, "USD")]),
    ("en", "A$1.2 million", [(1.2e6, "AUD")]),
    ("en", "1,238 tonnes", [(1238, "tonne")]),
    ("en", "2 percent of GDP", [(2, "percent_of_gdp")]),
    ("en", "consumption was halved", [(0.5, "ratio")]),
    ("fr", "550 milliards de dollars", [(550e9, "USD")]),
    ("fr", "1 234,5 tonnes", [(1234.5, "tonne")]),
    ("fr", "de 90 % à 60 %", [(90, "percent"), (60, "percent")]),
    ("fr", "2 % du PIB", [(2, "percent_of_gdp")]),
    ("ja", "5500億ドル", [(550e9, "USD")]),
    ("ja", "1兆2000億円", [(1.2e12, "JPY")]),
    ("ja", "９０％", [(90, "percent")]),
    ("ja", "約6割", [(60, "percent")]),
    ("ja", "GDP比2%", [(2, "percent_of_gdp")]),
    ("ja", "1238トン", [(1238, "tonne")]),
]


@pytest.mark.parametrize(("language", "text", "expected"), CASES)
def test_value_and_unit(language: str, text: str, expected: list[tuple[float, str]]) -> None:
    assert [(n.value, n.unit) for n in find_numbers(text, language)] == expected


def test_a_change_has_from_and_to_and_a_range_has_low_and_high() -> None:
    assert [n.role for n in find_numbers("von 90 auf 60 Prozent", "de")] == ["from", "to"]
    assert [n.role for n in find_numbers("20 bis 30 Prozent", "de")] == ["low", "high"]


@pytest.mark.parametrize(
    ("language", "text", "qualifier"),
    [
        ("de", "rund 5 Tonnen", "approx"),
        ("de", "bis zu 75 Prozent", "at_most"),
        ("en", "more than 5 tonnes", "more_than"),
        ("en", "at least 5 tonnes", "at_least"),
        ("fr", "environ 5 tonnes", "approx"),
        ("ja", "約5トン", "approx"),
        ("en", "5 tonnes", "exact"),
    ],
)
def test_qualifier(language: str, text: str, qualifier: str) -> None:
    assert [n.qualifier for n in find_numbers(text, language)] == [qualifier]


def test_a_part_without_a_number_has_no_value() -> None:
    (number,) = find_numbers("verarbeitet einen Großteil der Mengen", "de")
    assert (number.value, number.unit, number.qualifier) == (None, "qualitative", "majority")


@pytest.mark.parametrize(
    ("digits", "decimal", "value"),
    [("1.234,5", ",", 1234.5), ("1,234.5", ".", 1234.5), ("6.5", ",", 6.5), ("60.000", ",", 60000.0)],
)
def test_decimal_sign_of_the_language(digits: str, decimal: str, value: float) -> None:
    assert read_number(digits, decimal) == value
