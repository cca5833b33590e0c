"""Sources against each other (docs/method/facts, section 4)."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ytterby.errors import BadNumbers, UnknownName
from ytterby.facts import open_store
from ytterby.facts.imports import import_table
from ytterby.facts.pairs import COLUMNS, brief, summarise
from ytterby.facts.reconcile import check_mirror_flows, check_sources, gather_amounts


@pytest.fixture(scope="module")
def store():
    with open_store() as opened:
        yield opened


class Tables:
    """A store of production rows and reports of trade, without texts, for cases by hand."""

    cards = ()

    def __init__(self, *rows, reports=()):
        names = ["material", "stage", "country_iso3", "year", "source_id", "edition", "quantity_t", "basis"]
        self.held = {"production": pd.DataFrame(rows, columns=[*names, "qualifier"])}
        if reports:
            self.held["reported_trade"] = pd.DataFrame(reports)

    def select(self, table, material=None, **_):
        if table == "facts":
            columns = (
                "material",
                "stage",
                "country_iso3",
                "year",
                "quantity",
                "unit",
                "source_id",
                "fact_id",
            )
            return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
        rows = self.held[table]
        return rows if material is None else rows[rows["material"].isin(material)]

    def tables(self):
        sources = [";".join(rows["source_id"].unique()) for rows in self.held.values()]
        return pd.DataFrame({"name": list(self.held), "source_id": sources})


def row(country, source, amount, *, basis="element content", qualifier="reported", year=2024, edition="1"):
    return ("cobalt", "mine", country, year, source, edition, amount, basis, qualifier)


def test_the_revisions_of_the_rare_earth_chapter_are_found(store):
    """Mineral Commodity Summaries 2025 and 2026, rare earths, production of 2024."""
    found = check_sources(store, materials=["rare earths"])
    revised = found[(found["check"] == "editions") & (found["status"] == "differ")].set_index("country_iso3")
    printed = {"AUS": (13000, 29000), "NGA": (13000, 1500), "THA": (13000, 2100), "MMR": (31000, 27000)}
    for country, (earlier, later) in printed.items():
        assert tuple(revised.loc[country, ["first_t", "second_t"]]) == (earlier, later)
    assert revised.loc["AUS", "relative_difference"] == pytest.approx(16 / 29)
    assert "CHN" not in revised.index  # 270,000 t in both
    assert list(found.columns) == list(COLUMNS)


def test_worst_first_and_what_cannot_be_compared_last(store):
    found = check_sources(store)
    differing = found[found["status"] == "differ"]
    assert differing["relative_difference"].is_monotonic_decreasing
    assert (differing["relative_difference"] > 0.1).all()
    assert differing.index.max() < found[found["status"] == "bases differ"].index.min()
    by_share = check_sources(store, order="share")
    assert by_share.loc[by_share["status"] == "differ", "world_share"].dropna().is_monotonic_decreasing


def test_oxides_of_all_and_content_of_four_are_never_compared(store):
    found = check_sources(store, materials=["rare_earths"], agreeing=True)
    across = found[(found["check"] == "sources") & (found["material"] == "rare_earths")]
    assert set(across["status"]) == {"bases differ"}
    assert across["relative_difference"].isna().all()
    assert across["remedy"].str.contains("convert").all()


def test_texts_are_held_against_the_edition_that_comes_closest(store):
    found = check_sources(store, agreeing=True)
    texts = found[found["check"] == "texts"].set_index("first_edition")
    assert texts.loc["F006", "second_edition"] == "2025"  # Australia as first printed
    assert texts.loc["F005", "second_edition"] == "2026"  # and as revised
    assert (texts["status"] == "agree").all()


def test_a_table_by_hand():
    store = Tables(
        row("AAA", "usgs-mcs-2025", 60.0), row("BBB", "usgs-mcs-2025", 20.0),
        row("WLD", "usgs-mcs-2025", 100.0),
        row("AAA", "usgs-mcs-2026", 90.0, edition="2"), row("AAA", "elsewhere", 30.0),
        row("BBB", "elsewhere", 20.0, basis="gross weight"),
    )  # fmt: skip
    found = check_sources(store, agreeing=True).set_index(["check", "country_iso3"])
    assert found.loc[("editions", "AAA"), "relative_difference"] == pytest.approx(1 / 3)
    assert found.loc[("sources", "AAA"), "relative_difference"] == pytest.approx(2 / 3)  # newest only
    assert found.loc[("sources", "BBB"), "status"] == "bases differ"
    assert found.loc[("world total", "WLD"), "relative_difference"] == pytest.approx(0.2)
    assert found.loc[("editions", "AAA"), "world_share"] == pytest.approx(0.3)


def test_missing_is_not_zero_and_zero_is_not_missing():
    withheld = Tables(row("AAA", "x", None, qualifier="withheld"), row("AAA", "y", 5.0))
    found = check_sources(withheld)
    assert list(found["status"]) == ["one has no number"]
    assert found["relative_difference"].isna().all()
    zero = check_sources(Tables(row("AAA", "x", 0.0), row("AAA", "y", 5.0)))
    assert list(zero["relative_difference"]) == [1.0]
    assert check_sources(Tables(row("AAA", "x", 0.0), row("AAA", "y", 0.0)), tolerance=0).empty


def test_a_sum_without_withheld_countries_is_no_disagreement():
    store = Tables(row("AAA", "x", 50.0), row("BBB", "x", None, qualifier="withheld"), row("WLD", "x", 100.0))
    assert list(check_sources(store)["status"]) == ["withheld parts are missing from the sum"]
    above = Tables(
        row("AAA", "x", 150.0), row("BBB", "x", None, qualifier="withheld"), row("WLD", "x", 100.0)
    )
    assert list(check_sources(above)["status"]) == ["differ"]


def test_a_withheld_detail_leaves_no_amount():
    store = Tables(row("AAA", "x", 50.0), row("AAA", "x", None, qualifier="withheld"))
    assert gather_amounts(store)["amount_t"].isna().all()


def test_rests_of_different_lists_are_not_compared():
    assert check_sources(Tables(row("OTH", "x", 1.0), row("OTH", "y", 9.0))).empty


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), min_size=1, max_size=8), st.floats(1e-3, 1e3)
)
def test_scaling_both_numbers_changes_no_difference(pairs, factor):
    """Law: the relative difference has no unit, lies within 0 and 1 and does not care who is first."""

    def differences(pairs):
        rows = [
            row(f"A{n:02}", source, amount)
            for n, pair in enumerate(pairs)
            for source, amount in zip("xy", pair, strict=True)
        ]
        found = check_sources(Tables(*rows), agreeing=True)
        return found.sort_values("country_iso3")["relative_difference"].to_numpy()

    found = differences(pairs)
    assert ((found >= 0) & (found <= 1)).all()
    assert (found == differences([(b, a) for a, b in pairs])).all()
    assert found == pytest.approx(differences([(a * factor, b * factor) for a, b in pairs]), abs=1e-6)


def report(exporter, importer, flow, amount, code="284690", edition="1"):
    names = [
        "exporter",
        "importer",
        "flow",
        "hs6",
        "hs_revision",
        "period",
        "year",
        "quantity_t",
        "source_id",
    ]
    values = [exporter, importer, flow, code, "HS92", "2024-05", 2024, amount, "un-comtrade"]
    return dict(zip([*names, "edition"], [*values, edition], strict=True))


def test_mirror_flows_by_hand():
    flows = pd.DataFrame(
        [
            report("CHN", "JPN", "exports", 80.0),
            report("CHN", "JPN", "re-exports", 5.0),  # a part of the exports
            report("CHN", "JPN", "imports", 100.0),
            report("VNM", "JPN", "imports", 7.0),  # Vietnam reports nothing
            report("CHN", "JPN", "imports", 7.0, code="010121"),
            report("CHN", "JPN", "exports", 7.0, code="010121"),
        ]
    )
    found = check_mirror_flows(flows).set_index("material")
    assert set(found.index) == {"rare_earths", "010121"}
    line = found.loc["rare_earths"]
    assert (line["country_iso3"], line["first_t"], line["second_t"]) == ("CHN>JPN", 80.0, 100.0)
    assert line["relative_difference"] == pytest.approx(0.2)
    assert (line["status"], line["stage"]) == ("differ", "284690 HS92 2024-05")
    assert found.loc["010121", "status"] == "agree"


def test_a_store_with_reports_is_checked_for_mirrors(store):
    assert "mirror flows: not checked" in summarise(check_sources(store, agreeing=True))

    reports = [
        report("CHN", "JPN", "exports", 1.0),
        report("CHN", "JPN", "imports", 3.0),
        report("CHN", "JPN", "exports", 3.0, edition="2"),  # no report of Japan in this edition
    ]
    found = check_sources(Tables(row("AAA", "x", 1.0), reports=reports))
    assert list(found["check"]) == ["mirror flows"]
    assert found["relative_difference"].item() == pytest.approx(2 / 3)
    assert "1 differ" in summarise(found)


def test_an_imported_table_is_held_against_the_starter_data(tmp_path):
    (tmp_path / "mapping.toml").write_text(
        """
        table = "production"
        columns = { material = "metal", country_iso3 = "country", year = "year", quantity_t = "output" }
        constants = { stage = "mine", basis = "oxide content", qualifier = "reported" }
        [source]
        source_id = "my-survey"
        title = "Survey"
        producer = "Our institute"
        licence = "internal"
        may_redistribute = false
        """,
        encoding="utf-8",
    )
    (tmp_path / "survey.csv").write_text("metal,country,year,output\nrare earths,CHN,2024,300000\n")
    import_table(
        "tidy",
        tmp_path / "survey.csv",
        edition="1",
        store=tmp_path / "own",
        mapping=tmp_path / "mapping.toml",
    )
    with open_store(tmp_path / "own") as own:
        found = check_sources(own, materials=["rare_earths"], agreeing=True)
    across = found[(found["check"] == "sources") & (found["status"] != "bases differ")]
    line = across[across["country_iso3"] == "CHN"].iloc[0]
    assert {line["first_source_id"], line["second_source_id"]} == {"my-survey", "usgs-mcs-2026"}
    assert line["relative_difference"] == pytest.approx(0.1)


def test_among_pairs_wholly_apart_the_larger_part_of_the_world_comes_first():
    """Zero against a few tonnes is as far apart as zero against half the world, and matters less."""
    names = {"AAA": 1.0, "BBB": 500.0, "CCC": 20.0}
    rows = [row(country, source, amount if source == "x" else 0.0)
            for country, amount in names.items() for source in ("x", "y")]  # fmt: skip
    found = check_sources(Tables(*rows, row("WLD", "x", 1000.0)))
    found = found[found["check"] == "sources"]
    assert set(found["relative_difference"]) == {1.0}
    assert found["country_iso3"].tolist() == ["BBB", "CCC", "AAA"]


def test_what_was_not_known_yet_is_not_compared():
    with open_store(known_on=dt.date(2020, 1, 1)) as early:
        assert check_sources(early, agreeing=True).empty


def test_words_for_the_terminal_and_refusals(store):
    found = check_sources(store, materials=["rare earths"])
    words = brief(found).set_index("what")
    assert words.loc[["rare_earths mine AUS 2024"], "apart"].iloc[0] == "55%"
    assert words.loc["rare_earths mine CHN 2024", "apart"] == ""
    assert words.loc["rare_earths mine CHN 2024", "first"] == "270,000 t usgs-mcs-2026"
    unknown = brief(check_sources(Tables(row("AAA", "x", None, qualifier="withheld"), row("AAA", "y", 5.25))))
    assert list(unknown[["first", "second"]].iloc[0]) == ["no number x", "5.25 t y"]
    with pytest.raises(BadNumbers, match="tolerance"):
        check_sources(store, tolerance=10)
    with pytest.raises(UnknownName, match="order"):
        check_sources(store, order="size")
    with pytest.raises(UnknownName, match="cobalt"):
        check_sources(store, materials=["kobald"])
