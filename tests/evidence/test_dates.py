"""Times resolved against Tuesday 28 October 2025; intervals worked out with a calendar."""

from datetime import date

import pytest

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
