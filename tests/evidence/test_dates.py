"""Times resolved against Tuesday 28 October 2025; intervals worked out with a calendar."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ytterby.evidence.dates import find_times

REPORT = date(2025, 10, 28)
CASES = [
    ("de", "am Dienstag", "", "2025-10-28", "2025-10-28"),
    ("de", "am Donnerstag", "", "2025-10-30", "2025-10-30"),
    ("de", "am Montag", "", "2025-10-27", "2025-10-27"),
    ("de", "bis März", "deadline", None, "2026-03-31"),
    ("de", "im März 2026", "", "2026-03-01", "2026-03-31"),
    ("de", "Anfang Oktober", "", "2025-10-01", "2025-10-10"),
    ("de", "Ende Oktober", "", "2025-10-21", "2025-10-31"),
    ("de", "in den nächsten sechs Monaten", "deadline", "2025-10-28", "2026-04-28"),
    ("de", "innerhalb der nächsten sechs Monate", "deadline", "2025-10-28", "2026-04-28"),
    ("de", "vergangene Woche", "", "2025-10-20", "2025-10-26"),
    ("de", "vor einer Woche", "", "2025-10-21", "2025-10-21"),
    ("de", "am Wochenende", "", "2025-10-25", "2025-10-26"),
    ("de", "im Juli", "", "2025-07-01", "2025-07-31"),
    ("de", "seit 2010", "since", "2010-01-01", "2010-12-31"),
    ("de", "am 28.10.2025", "", "2025-10-28", "2025-10-28"),
    ("en", "on Tuesday", "", "2025-10-28", "2025-10-28"),
    ("en", "by March 2026", "deadline", None, "2026-03-31"),
    ("en", "by March", "deadline", None, "2026-03-31"),
    ("en", "within six months", "deadline", "2025-10-28", "2026-04-28"),
    ("en", "within 180 days", "deadline", "2025-10-28", "2026-04-26"),
    ("en", "mid-October", "", "2025-10-11", "2025-10-20"),
    ("en", "October 9, 2025", "", "2025-10-09", "2025-10-09"),
    ("en", "last week", "", "2025-10-20", "2025-10-26"),
    ("fr", "mardi", "", "2025-10-28", "2025-10-28"),
    ("fr", "début octobre", "", "2025-10-01", "2025-10-10"),
    ("fr", "dans les six prochains mois", "deadline", "2025-10-28", "2026-04-28"),
    ("fr", "d'ici mars 2026", "deadline", None, "2026-03-31"),
    ("fr", "la semaine dernière", "", "2025-10-20", "2025-10-26"),
    ("ja", "2025年10月28日", "", "2025-10-28", "2025-10-28"),
    ("ja", "10月上旬", "", "2025-10-01", "2025-10-10"),
    ("ja", "6カ月以内", "deadline", "2025-10-28", "2026-04-28"),
    ("ja", "2026年3月までに", "deadline", None, "2026-03-31"),
    ("ja", "来年3月までに", "deadline", None, "2026-03-31"),
    ("ja", "先週", "", "2025-10-20", "2025-10-26"),
]


@pytest.mark.parametrize(("language", "text", "role", "start", "end"), CASES)
def test_interval(language: str, text: str, role: str, start: str | None, end: str | None) -> None:
    (moment,) = find_times(text, language, REPORT)
    found = (moment.role, moment.start and moment.start.isoformat(), moment.end and moment.end.isoformat())
    assert found == (role, start, end)


RELATIVE = [
    ("de", "ab dem 1. Dezember", "effective", "2025-12-01", "2025-12-01"),
    ("de", "binnen sechs Monaten", "deadline", "2025-10-28", "2026-04-28"),
    ("de", "bis Jahresende", "deadline", None, "2025-12-31"),
    ("de", "Anfang 2026", "", "2026-01-01", "2026-03-31"),
    ("de", "Mitte kommenden Jahres", "", "2026-06-01", "2026-07-31"),
    ("de", "im zweiten Halbjahr 2026", "", "2026-07-01", "2026-12-31"),
    ("de", "im dritten Quartal", "", "2025-07-01", "2025-09-30"),
    ("de", "im Sommer", "", "2025-06-01", "2025-08-31"),
    ("de", "noch vor Ende März 2026", "deadline", None, "2026-03-31"),
    ("en", "late last week", "", "2025-10-20", "2025-10-26"),
    ("en", "earlier this month", "", "2025-10-01", "2025-10-28"),
    ("en", "later this year", "", "2025-10-28", "2025-12-31"),
    ("en", "by the end of June", "deadline", None, "2026-06-30"),
    ("en", "mid-2028", "", "2028-06-01", "2028-07-31"),
    ("en", "in the second half of next year", "", "2026-07-01", "2026-12-31"),
    ("en", "since the start of the year", "since", "2025-01-01", "2025-03-31"),
    ("en", "in the year to March", "", "2024-04-01", "2025-03-31"),
    ("en", "last July", "", "2025-07-01", "2025-07-31"),
    ("en", "since November 4", "since", "2024-11-04", "2024-11-04"),
    ("en", "next spring", "", "2026-03-01", "2026-05-31"),
    ("fr", "d'ici à fin mars", "deadline", None, "2026-03-31"),
    ("fr", "d'ici à la fin de l'année prochaine", "deadline", None, "2026-12-31"),
    ("fr", "au second semestre 2026", "", "2026-07-01", "2026-12-31"),
    ("fr", "depuis avril dernier", "since", "2025-04-01", "2025-04-30"),
    ("fr", "à la fin du mois", "", "2025-10-21", "2025-10-31"),
    ("ja", "来年4月から", "effective", "2026-04-01", "2026-04-30"),
    ("ja", "今年度", "", "2025-04-01", "2026-03-31"),
    ("ja", "来年度末までに", "deadline", None, "2027-03-31"),
    ("ja", "来年度上半期", "", "2026-04-01", "2026-09-30"),
    ("ja", "26年3月期", "", "2025-04-01", "2026-03-31"),
    ("ja", "20年から", "since", "2020-01-01", "2020-12-31"),
    ("ja", "2027年半ばまでに", "deadline", None, "2027-07-31"),
    ("ja", "年内に", "deadline", None, "2025-12-31"),
]


@pytest.mark.parametrize(("language", "text", "role", "start", "end"), RELATIVE)
def test_relative_times(language: str, text: str, role: str, start: str | None, end: str | None) -> None:
    (moment,) = find_times(text, language, REPORT)
    found = (moment.role, moment.start and moment.start.isoformat(), moment.end and moment.end.isoformat())
    assert found == (role, start, end)


TWO_ENDED = [
    ("de", "vom 1. Januar 2027 bis zum 31. Dezember 2031", "2027-01-01", "2031-12-31"),
    ("de", "zwischen 2020 und 2024", "2020-01-01", "2024-12-31"),
    ("de", "von Januar bis März", "2025-01-01", "2025-03-31"),
    ("de", "am 3. und 4. November", "2025-11-03", "2025-11-04"),
    ("de", "in den ersten vier Monaten des Jahres", "2025-01-01", "2025-04-30"),
    ("de", "im Dezember vergangenen Jahres", "2024-12-01", "2024-12-31"),
    ("en", "from 2020 to 2024", "2020-01-01", "2024-12-31"),
    ("en", "2020-24", "2020-01-01", "2024-12-31"),
    ("en", "between November and January", "2024-11-01", "2025-01-31"),
    ("en", "June 3-4", "2025-06-03", "2025-06-04"),
    ("en", "in the six months to June", "2025-01-01", "2025-06-30"),
    ("en", "in the first two months of 2024", "2024-01-01", "2024-02-29"),
    ("en", "over the past three years", "2022-10-28", "2025-10-28"),
    ("fr", "de 2020 à 2024", "2020-01-01", "2024-12-31"),
    ("fr", "les 3 et 4 novembre", "2025-11-03", "2025-11-04"),
    ("fr", "ces trois derniers mois", "2025-07-28", "2025-10-28"),
    ("fr", "le 03/11/2025", "2025-11-03", "2025-11-03"),
    ("ja", "2020〜24年", "2020-01-01", "2024-12-31"),
    ("ja", "1〜3月", "2025-01-01", "2025-03-31"),
    ("ja", "2025年10〜12月", "2025-10-01", "2025-12-31"),
    ("ja", "今年後半", "2025-07-01", "2025-12-31"),
    ("ja", "来月上旬", "2025-11-01", "2025-11-10"),
    ("de", "Ostern", "2026-04-05", "2026-04-05"),
]


@pytest.mark.parametrize(("language", "text", "start", "end"), TWO_ENDED)
def test_times_with_two_ends(language: str, text: str, start: str, end: str) -> None:
    (moment,) = find_times(text, language, REPORT)
    assert (str(moment.start), str(moment.end)) == (start, end)


BEGINNINGS = [
    ("de", "frühestens im August", "effective", "2026-08-01", "2026-08-31"),
    ("de", "noch vor Weihnachten", "deadline", None, "2025-12-24"),
    ("de", "vom 1. März 2026 an", "effective", "2026-03-01", None),
    ("de", "von Januar an", "effective", "2026-01-01", None),
    ("de", "seit drei Wochen", "since", "2025-10-07", "2025-10-07"),
    ("de", "in der Nacht zum Montag", "", "2025-10-27", "2025-10-27"),
    ("en", "no earlier than March", "effective", "2026-03-01", "2026-03-31"),
    ("en", "from February", "effective", "2026-02-01", "2026-02-28"),
    ("en", "from next year", "effective", "2026-01-01", "2026-12-31"),
    ("fr", "pas avant 2028", "effective", "2028-01-01", "2028-12-31"),
    ("fr", "depuis trois semaines", "since", "2025-10-07", "2025-10-07"),
    ("ja", "2月から", "effective", "2026-02-01", "2026-02-28"),
    ("ja", "3週間前から", "since", "2025-10-07", "2025-10-07"),
]


@pytest.mark.parametrize(("language", "text", "role", "start", "end"), BEGINNINGS)
def test_beginnings(language: str, text: str, role: str, start: str | None, end: str | None) -> None:
    (moment,) = find_times(text, language, REPORT)
    found = (moment.role, moment.start and moment.start.isoformat(), moment.end and moment.end.isoformat())
    assert found == (role, start, end)


@given(st.integers(1900, 2100))
def test_easter_is_a_sunday_behind_the_spring_full_moon(year: int) -> None:
    (moment,) = find_times("Easter", "en", date(year, 4, 5))
    day = moment.start
    assert day is not None
    assert day.weekday() == 6
    assert date(year, 3, 22) <= day <= date(year, 4, 25)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "up 5 percent from a year earlier"),
        ("fr", "en recul de 21 % en un an"),
        ("fr", "a été signé"),
        ("ja", "前年同期比12%減"),
        ("ja", "前月末比15%安"),
        ("ja", "前年同月比13%減"),
    ],
)
def test_what_is_compared_with_is_no_time(language: str, text: str) -> None:
    assert find_times(text, language, REPORT) == []


def test_the_same_day_is_the_day_named_last() -> None:
    def days(language: str, text: str) -> list[date | None]:
        return [m.start for m in find_times(text, language, REPORT, anchor=date(2025, 10, 3))]

    assert days("ja", "同日") == [date(2025, 10, 3)]
    assert days("ja", "17日に発表し、翌日に施行した") == [date(2025, 10, 17), date(2025, 10, 18)]
    assert days("fr", "la veille") == [date(2025, 10, 2)]
    assert days("de", "am Vortag") == [date(2025, 10, 2)]


def test_a_weekday_behind_a_verb_of_saying_lies_back() -> None:
    text = "told reporters on Friday that it would"
    ahead = find_times(text, "en", REPORT, "future")
    told = find_times(text, "en", REPORT, "future", spoken=((0, 4),))
    assert [m.start for m in (*ahead, *told)] == [date(2025, 10, 31), date(2025, 10, 24)]
    between = find_times("kündigte sie am Freitag an", "de", REPORT, "future", spoken=((0, 26),))
    meant = find_times("said it would meet on Friday", "en", REPORT, "future", spoken=((0, 4),))
    assert [m.start for m in (*between, *meant)] == [date(2025, 10, 24), date(2025, 10, 31)]


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)), st.sampled_from(RELATIVE + CASES + BEGINNINGS))
def test_an_interval_never_ends_before_it_starts(report: date, case: tuple[str, str, str, str, str]) -> None:
    for moment in find_times(case[1], case[0], report):
        assert moment.start is None or moment.end is None or moment.start <= moment.end


def test_tense_decides_which_friday() -> None:
    def day(tense: str) -> date | None:
        return find_times("am Freitag", "de", REPORT, tense)[0].start  # type: ignore[arg-type]

    assert day("past") == date(2025, 10, 24)
    assert day("future") == date(2025, 10, 31)


def test_without_a_report_date_nothing_relative_is_guessed() -> None:
    assert find_times("am Dienstag, vergangene Woche, bis März", "de", None) == []
    assert len(find_times("am 28. Oktober 2025", "de", None)) == 1


@pytest.mark.parametrize("text", ["am 31. Februar 2025", "am 99.99.2025", "in 99999 Monaten"])
def test_impossible_dates_are_no_times(text: str) -> None:
    assert all(m.granularity != "day" for m in find_times(text, "de", REPORT))
