"""The addresses: complete, for every kind of import, and never bent by what a user types."""

from urllib.parse import urlsplit

import pytest

from ytterby.catalog.concordance import REVISIONS
from ytterby.catalog.downloads import find_offer, load_offers
from ytterby.catalog.rows import read_rows
from ytterby.errors import UnknownName, YtterbyError
from ytterby.facts.baci_names import read_name
from ytterby.facts.imports import KINDS, TIDY

OFFERS = load_offers()


def test_every_kind_of_import_but_tidy_tables_is_offered():
    assert {offer.kind for offer in OFFERS} == set(KINDS) - {TIDY}


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.title)
def test_a_row_is_complete_and_consistent(offer):
    for address in filter(None, (offer.url, offer.page)):
        assert urlsplit(address).scheme == "https"
        assert "{" not in address
    assert "/" not in offer.name
    assert "{" not in offer.name
    assert offer.terms
    assert offer.seen_in
    assert len(offer.sha256) in (0, 64)
    assert offer.edition or offer.rolling or not offer.url
    assert offer.url or offer.note  # what is by hand says why and how
    if offer.member:
        assert offer.name.endswith(".zip")


def test_no_two_rows_are_one_file():
    keys = [(offer.kind, offer.revision, offer.edition) for offer in OFFERS]
    assert len(set(keys)) == len(keys)


def test_all_revisions_of_baci_under_names_that_the_import_reads():
    assert [offer.revision for offer in OFFERS if offer.kind == "baci"] == list(REVISIONS)
    for revision in REVISIONS:
        offer = find_offer("baci", revision=revision.lower())
        assert offer.url.endswith(f"/{offer.name}")
        flows = read_name(f"BACI_{revision}_Y2022_V{offer.edition}.csv")
        assert offer.name == f"BACI_{flows.revision}_V{flows.version}.zip"


def test_the_newest_edition_stands_in_for_none():
    assert find_offer("usgs_mcs").edition == max(
        row["edition"] for row in read_rows("downloads") if row["kind"] == "usgs_mcs"
    )
    assert find_offer("usgs_mcs", edition="2025").name == "World_Data_Release_MCS_2025.zip"
    assert find_offer("baci").revision == "HS92"


@pytest.mark.parametrize("written", ["202401b", "V202401b", " 202401b "])
def test_another_edition_follows_the_pattern_and_claims_nothing(written):
    offer = find_offer("baci", edition=written, revision="HS17")
    assert offer.url == "https://www.cepii.fr/DATA_DOWNLOAD/baci/data/BACI_HS17_V202401b.zip"
    assert (offer.name, offer.edition) == ("BACI_HS17_V202401b.zip", "202401b")
    assert (offer.certainty, offer.size_bytes, offer.sha256, offer.published) == ("pattern", None, "", None)


@pytest.mark.parametrize("edition", ["../../etc", "202401b.zip?x=", "", "a b", "２０２４", "x" * 13])
def test_an_edition_cannot_bend_the_address(edition):
    with pytest.raises(UnknownName):
        find_offer("baci", edition=edition)


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("tidy", {}, "unknown kind of download"),
        ("basi", {}, "Did you mean baci"),
        ("usgs_mcs", {"edition": "1999"}, "unknown edition of usgs_mcs"),
        ("usgs_mcs", {"revision": "HS92"}, "has no revisions"),
        ("baci", {"revision": "HS99"}, "unknown revision of baci"),
        ("wgi", {"edition": "2025"}, "cannot be chosen"),
        ("iea", {"edition": "2025-05"}, "cannot be chosen"),
    ],
)
def test_what_is_not_offered_is_refused(kind, options, words):
    with pytest.raises(YtterbyError, match=words):
        find_offer(kind, **options)
