"""One writer at a time, and a place that cannot be written is not called busy."""

import pytest

from ytterby.errors import StoreBusy
from ytterby.facts.durable import hold, put_text

BUSY = StoreBusy("busy")


def test_a_second_holder_is_refused_until_the_first_has_gone(tmp_path):
    with hold(tmp_path / "a.lock", BUSY):
        with pytest.raises(StoreBusy), hold(tmp_path / "a.lock", BUSY):
            pass
        with hold(tmp_path / "b.lock", BUSY):
            pass
    with hold(tmp_path / "a.lock", BUSY):
        pass


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    place = tmp_path / "absent" / "a.lock"
    with pytest.raises(OSError, match="unable to open") as told, hold(place, BUSY):
        pass
    assert told.value.filename == str(place)


def test_a_text_takes_the_place_of_the_old_one_whole(tmp_path):
    for text in ("one\n", "two\n"):
        put_text(tmp_path / "note", text)
        assert (tmp_path / "note").read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["note"]
