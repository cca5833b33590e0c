"""Customs codes from one revision to another (docs/method/facts, section 2)."""

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ytterby.catalog.concordance import (
    EXACT,
    REVISIONS,
    UNKNOWN,
    is_exact,
    load_changes,
    load_codes,
    predecessors,
    successors,
)
from ytterby.catalog.materials import load_trade_codes, revision_codes, trade_codes
from ytterby.errors import UnknownName

SPANS = [(old, new) for i, old in enumerate(REVISIONS) for new in REVISIONS[i:]]


def codes_of(revision):
    return [code.hs6 for code in load_codes().values() if revision in code.revisions]


def forward(code, old, new):
    return {link.code: link for link in successors(code, revision_from=old, revision_to=new)}


def steps():
    return st.lists(st.sampled_from(REVISIONS), min_size=3, max_size=3).map(
        lambda found: sorted(found, key=REVISIONS.index)
    )


class TestTheTable:
    """Rules 1 and 2: every change is complete, documented and leads from one revision to the next."""

    def test_changes_lead_from_code_to_code_one_revision_on(self):
        for change in load_changes():
            place = REVISIONS.index(change.revision_from)
            assert REVISIONS[place + 1] == change.revision_to
            assert change.revision_from in load_codes()[change.hs6].revisions
            if change.relation == UNKNOWN:
                assert change.successor == ""
            else:
                assert change.revision_to in load_codes()[change.successor].revisions
                assert change.document
            assert change.moved

    def test_a_code_that_ends_has_a_successor_and_a_new_one_a_source(self):
        for code in load_codes().values():
            if code.last != REVISIONS[-1]:
                assert any(c.hs6 == code.hs6 and c.revision_from == code.last for c in load_changes())
            if code.first != REVISIONS[0]:
                before = REVISIONS[REVISIONS.index(code.first) - 1]
                assert any(c.successor == code.hs6 and c.revision_from == before for c in load_changes())

    def test_the_relation_written_down_is_the_one_that_the_rows_add_up_to(self):
        for change in load_changes():
            links = forward(change.hs6, change.revision_from, change.revision_to)
            assert links[change.successor].relation == change.relation, change

    def test_every_code_that_we_use_was_examined(self, shared):
        used = {code.hs6 for code in load_trade_codes()}
        for place in ("baci/baci_products.csv", "policy/hs6_stage_map.csv"):
            with (shared / "data" / place).open(encoding="utf-8", newline="") as handle:
                used |= {row["hs6"] for row in csv.DictReader(handle)}
        assert len(used) > 80
        assert used <= set(load_codes())

    def test_codes_that_stop_in_the_converted_series_are_those_that_were_merged_away(self, shared):
        with (shared / "data" / "baci" / "baci_products.csv").open(encoding="utf-8", newline="") as handle:
            stop = {row["hs6"] for row in csv.DictReader(handle) if int(row["last_year"]) < 2020}
        assert stop == {"250390", "283030", "811230"}
        for code in stop:
            assert all(link.relation not in EXACT for link in successors(code, revision_to="HS22"))


class TestTheLaws:
    """Rule 3: the answers fit together, whatever is asked for."""

    @pytest.mark.parametrize(("old", "new"), SPANS)
    def test_there_and_back_contains_the_start_with_the_same_relation(self, old, new):
        for code in codes_of(old):
            for target, link in forward(code, old, new).items():
                if target:
                    back = {s.code: s for s in predecessors(target, revision_from=new, revision_to=old)}
                    assert back[code].relation == link.relation
                    assert back[code].goods == link.goods

    @pytest.mark.parametrize(("old", "new"), SPANS)
    def test_back_and_there_contains_the_start(self, old, new):
        for code in codes_of(new):
            for source in predecessors(code, revision_from=new, revision_to=old):
                if source.code:
                    assert code in forward(source.code, old, new)

    @pytest.mark.parametrize(("old", "new"), SPANS)
    def test_an_exact_relation_is_the_only_one_both_ways(self, old, new):
        for code in codes_of(old):
            links = forward(code, old, new)
            if is_exact(code, revision_from=old, revision_to=new):
                (target,) = links
                back = predecessors(target, revision_from=new, revision_to=old)
                assert [source.code for source in back] == [code]
            else:
                assert not any(link.relation in EXACT for link in links.values())

    @settings(deadline=None)  # the first example fills the caches
    @given(revisions=steps(), data=st.data())
    def test_a_chain_of_steps_is_the_one_step_answer(self, revisions, data):
        old, between, new = revisions
        code = data.draw(st.sampled_from(codes_of(old)))
        chain, goods = set(), {}
        for middle, link in forward(code, old, between).items():
            after = forward(middle, between, new) if middle else {"": link}
            chain |= set(after)
            for target, second in after.items():
                # A code may hold metals by name: what has no name in common does not go this way.
                if not link.goods or not second.goods or set(link.goods) & set(second.goods):
                    goods[target] = True
        assert set(forward(code, old, new)) == set(goods) <= chain

    def test_no_goods_are_lost(self):
        for old, new in SPANS:
            for code in codes_of(old):
                assert forward(code, old, new)


class TestKnownChanges:
    """Changes that a customs expert knows by heart."""

    @pytest.mark.parametrize(
        ("code", "new", "expected", "relation"),
        [
            ("284690", "HS22", {"284690"}, "same"),
            ("850511", "HS17", {"850511"}, "same"),
            ("850511", "HS22", {"850511", "8549"}, None),
            ("250390", "HS96", {"250300"}, "merged"),
            ("811000", "HS02", {"811010", "811020", "811090"}, "split"),
            ("810510", "HS22", {"810520", "810530"}, "split"),
            ("811230", "HS02", {"811230"}, "same"),
            ("811230", "HS22", {"811292", "811299"}, "split and merged"),
            ("811291", "HS22", {"811231", "811241", "811251", "811252", "811292"}, None),
            ("810600", "HS22", {"810610", "810690"}, "split"),
            ("252890", "HS12", {"252800"}, "merged"),
        ],
    )
    def test_successors(self, code, new, expected, relation):
        links = successors(code, revision_to=new)
        assert {link.code for link in links} == expected
        assert relation is None or {link.relation for link in links} == {relation}

    def test_renumbered_is_exact(self):
        assert is_exact("810730", revision_from="HS17", revision_to="HS22")
        assert [
            link.relation for link in predecessors("811261", revision_from="HS22", revision_to="HS17")
        ] == ["renumbered"]

    def test_named_goods_do_not_stray(self):
        sources = predecessors("811231", revision_from="HS22")
        assert [(source.code, source.goods) for source in sources] == [("811291", ("hafnium",))]

    def test_what_nobody_followed_is_said(self):
        assert "" in {link.code for link in successors("810710", revision_to="HS22")}
        assert "" in {link.code for link in predecessors("8549", revision_from="HS22", revision_to="HS17")}


class TestRefusals:
    """Rule 4: an unexamined code is never taken as unchanged."""

    @pytest.mark.parametrize(
        ("code", "old", "new", "words"),
        [
            ("010121", "HS92", "HS22", "not examined"),
            ("284691", "HS92", "HS22", "284690"),
            ("811292", "HS92", "HS22", "HS02 to HS22"),
            ("811230", "HS07", "HS22", "HS92 to HS02"),
            ("284690", "HS92", "HS18", "HS17"),
            ("284690", "HS22", "HS17", "from HS22 on"),
        ],
    )
    def test_refused_with_a_way_out(self, code, old, new, words):
        with pytest.raises(UnknownName, match=words):
            successors(code, revision_from=old, revision_to=new)

    def test_predecessors_look_back_only(self):
        with pytest.raises(UnknownName):
            predecessors("284690", revision_from="HS92", revision_to="HS17")


class TestMaterials:
    """Rule 5: a material's codes in another revision."""

    def test_the_catalog_is_its_own_first_revision(self):
        for code in load_trade_codes():
            rows = revision_codes(code.material, "HS92")
            assert [(r.hs6, r.basket) for r in rows if r.hs92 == code.hs6] == [(code.hs6, code.basket)]

    @pytest.mark.parametrize(
        ("material", "revision", "codes"),
        [
            ("rare_earths", "HS22", ("280530", "284690")),
            ("ndfeb_magnets", "HS22", ("850511",)),
            ("cobalt", "HS17", ("282200", "810520", "810530")),
            ("tantalum", "HS07", ("810320", "810330")),
            ("germanium", "HS02", ("811230",)),
            ("germanium", "HS07", ()),
            ("gallium", "HS22", ()),
            ("hafnium", "HS17", ()),
            ("hafnium", "HS22", ("811231",)),
            ("rhenium", "HS22", ("811241",)),
            ("boron", "HS17", ("252800",)),
        ],
    )
    def test_counted_codes(self, material, revision, codes):
        assert trade_codes(material, hs_revision=revision) == codes

    def test_stage_and_basket_still_choose(self):
        assert trade_codes("cobalt", stage="metal", hs_revision="HS22") == ("810520", "810530")
        assert "284610" in trade_codes("rare_earths", basket="wide", hs_revision="HS22")

    @pytest.mark.parametrize("revision", REVISIONS)
    def test_a_counted_code_holds_nothing_but_the_material(self, revision):
        for material in {code.material for code in load_trade_codes()}:
            own = {c.hs6 for c in load_trade_codes() if c.material == material and c.basket != "mixed"}
            for code in trade_codes(material, basket="wide", hs_revision=revision):
                for source in predecessors(code, revision_from=revision):
                    assert source.code in own or source.goods == (material,), (material, code, source)

    def test_mixed_parts_of_other_materials_are_left_out(self):
        assert [row.hs6 for row in revision_codes("gallium", "HS22")] == ["811292"]
        assert [row.basket for row in revision_codes("gallium", "HS22")] == ["mixed"]
