"""Numbers, units and qualifiers in four languages; values worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


FORMS = [
    ("de", "zwischen 5 und 7 Mio. Tonnen", [(5e6, "tonne"), (7e6, "tonne")]),
    ("de", "rund ein Drittel der Förderung", [(33.333333, "percent")]),
    ("de", "neun von zehn Magneten", [(90, "percent")]),
    ("de", "ein Zehntel", [(10, "percent")]),
    ("de", "fünfundzwanzig Prozent", [(25, "percent")]),
    ("de", "ein 15-prozentiger Zoll", [(15, "percent")]),
    ("de", "um 10 Prozentpunkte", [(10, "percentage_point")]),
    ("de", "25 Basispunkte", [(0.25, "percentage_point")]),
    ("de", "mehr als doppelt so viel", [(2, "ratio")]),
    ("de", "auf das Dreifache", [(3, "ratio")]),
    ("de", "verfünffacht", [(5, "ratio")]),
    ("de", "eine Milliarde Euro", [(1e9, "EUR")]),
    ("de", "eine halbe Milliarde Euro", [(0.5e9, "EUR")]),
    ("de", "anderthalb Milliarden Euro", [(1.5e9, "EUR")]),
    ("de", "550 Milliarden Dollar (472 Mrd. Euro)", [(550e9, "USD"), (472e9, "EUR")]),
    ("de", "95.000 Dollar je Tonne", [(95, "USD_per_kg")]),
    ("de", "1.200 t Kobalt", [(1200, "tonne")]),
    ("de", "100 Mrd. Yuan", [(100e9, "CNY")]),
    ("en", "$550bn", [(550e9, "USD")]),
    ("en", "US$ 8.5 billion", [(8.5e9, "USD")]),
    ("en", "$5-7 billion", [(5e9, "USD"), (7e9, "USD")]),
    ("en", "$2.2bn-3bn", [(2.2e9, "USD"), (3e9, "USD")]),
    ("en", "half a billion dollars", [(0.5e9, "USD")]),
    ("en", "one and a half billion dollars", [(1.5e9, "USD")]),
    ("en", "forty-five percent", [(45, "percent")]),
    ("en", "half of the output", [(50, "percent")]),
    ("en", "a tenth of its value", [(10, "percent")]),
    ("en", "nine out of ten magnets", [(90, "percent")]),
    ("en", "in the third quarter of 2026", []),
    ("en", "in the first half of 2026", []),
    ("en", "the second-largest producer", [(2, "ordinal")]),
    ("en", "for one year", [(1, "year")]),
    ("en", "up from a year ago", []),
    ("de", "der drittgrößte Lieferant", [(3, "ordinal")]),
    ("fr", "pendant un an", [(1, "year")]),
    ("en", "25 bps", [(0.25, "percentage_point")]),
    ("en", "more than twice as much", [(2, "ratio")]),
    ("en", "a tenfold increase", [(10, "ratio")]),
    ("en", "5,000 t REO", [(5000, "tonne")]),
    ("en", "12 kt of copper", [(12_000, "tonne")]),
    ("en", "10 ktpa", [(10_000, "tonne_per_year")]),
    ("en", "1.2Mt of ore", [(1.2e6, "tonne")]),
    ("en", "10,000 metric tons", [(10_000, "tonne")]),
    ("en", "20,000 lb", [(9071.8474, "kg")]),
    ("en", "$39,500 a tonne", [(39.5, "USD_per_kg")]),
    ("en", "$12 a pound", [(26.455471, "USD_per_kg")]),
    ("en", "€110 per kg", [(110, "EUR")]),
    ("en", "$39,500 a tonne, down from $60,000 in June", [(39.5, "USD_per_kg"), (60, "USD_per_kg")]),
    ("en", "$110 per kg, and $5 million for the mine", [(110, "USD_per_kg"), (5e6, "USD")]),
    ("en", "72.8 billion rupees", [(72.8e9, "INR")]),
    ("en", "C$120 million", [(120e6, "CAD")]),
    ("en", "17 rare earth elements", [(17, "chemical_element")]),
    ("fr", "1,5 million de tonnes", [(1.5e6, "tonne")]),
    ("fr", "1\u202f200 tonnes", [(1200, "tonne")]),
    ("fr", "1\u00a0200\u00a0t", [(1200, "tonne")]),
    ("fr", "5 M€", [(5e6, "EUR")]),
    ("fr", "un milliard d'euros", [(1e9, "EUR")]),
    ("fr", "quarante-cinq jours", [(45, "day")]),
    ("fr", "six dixièmes de l'offre", [(60, "percent")]),
    ("fr", "les trois quarts", [(75, "percent")]),
    ("fr", "multiplié par cinq", [(5, "ratio")]),
    ("fr", "divisé par trois", [(0.333333, "ratio")]),
    ("fr", "15 250 dollars la tonne", [(15.25, "USD_per_kg")]),
    ("fr", "25 points de base", [(0.25, "percentage_point")]),
    ("ja", "5500億円", [(550e9, "JPY")]),
    ("ja", "3兆円", [(3e12, "JPY")]),
    ("ja", "５，５００億円", [(550e9, "JPY")]),
    ("ja", "3億5千万円", [(3.5e8, "JPY")]),
    ("ja", "3割", [(30, "percent")]),
    ("ja", "３割５分", [(35, "percent")]),
    ("ja", "2～3割", [(20, "percent"), (30, "percent")]),
    ("ja", "三分の一", [(33.333333, "percent")]),
    ("ja", "約半分を占める", [(50, "percent")]),
    ("ja", "1.5倍", [(1.5, "ratio")]),
    ("ja", "4400万トン", [(44e6, "tonne")]),
    ("ja", "1トン当たり9万5000ドル", [(95, "USD_per_kg")]),
    ("ja", "1キロ770ドル", [(770, "USD_per_kg")]),
    ("ja", "1000億元", [(100e9, "CNY")]),
]


@pytest.mark.parametrize(("language", "text", "expected"), FORMS)
def test_forms_of_numbers(language: str, text: str, expected: list[tuple[float, str]]) -> None:
    assert [(n.value, n.unit) for n in find_numbers(text, language)] == expected


@given(st.integers(1, 99_999_999))
def test_a_japanese_number_reads_the_same_with_and_without_its_scale(value: int) -> None:
    high, low = divmod(value, 10_000)
    written = f"{high}万{low}" if high and low else f"{high}万" if high else str(low)
    assert [n.value for n in find_numbers(f"{written}トン", "ja")] == [value]


@given(st.integers(1, 999_999_999), st.sampled_from([("de", "."), ("en", ","), ("fr", "\u202f")]))
def test_thousands_may_be_grouped(value: int, written: tuple[str, str]) -> None:
    language, sign = written
    grouped = f"{value:,}".replace(",", sign)
    assert [n.value for n in find_numbers(f"{grouped} t", language)] == [value]


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
