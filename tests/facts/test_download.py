"""A download gives the file its name when it is whole and the one that was wanted, and not before."""

import hashlib
import io
import re
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ytterby.catalog.downloads import Offer, load_offers
from ytterby.cli import app, main
from ytterby.errors import DownloadBusy, DownloadRefused, NotOffered, Unreachable, YtterbyError
from ytterby.facts import download as module
from ytterby.facts import open_store
from ytterby.facts.download import download

pytestmark = pytest.mark.usefixtures("only_loopback")
FIXTURE = Path(__file__).parent / "publishers" / "fixtures" / "usgs_mcs_2026.csv"
TABLE = FIXTURE.read_bytes()
SHA256 = hashlib.sha256(TABLE).hexdigest()


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/") + ".csv", content)
    return buffer.getvalue()


def offer(publisher, **changes) -> Offer:
    row = {
        "kind": "usgs_mcs", "edition": "2026", "name": "table.csv", "url": publisher.url,
        "page": "https://example.org/", "terms": "public", "certainty": "seen", "seen_in": "a test",
        "published": "2026-02-06",
    }  # fmt: skip
    return Offer.model_validate(row | changes)


@pytest.fixture
def offered(publisher, monkeypatch):
    """Let the catalog offer one file, which lies on the server of the test."""
    publisher.content = TABLE
    monkeypatch.setattr(module, "Bounds", lambda: publisher.quick)

    def offered(**changes):
        found = offer(publisher, **changes)
        monkeypatch.setattr(module, "find_offer", lambda *_, **__: found)

    offered()
    return offered


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_its_checksum_and_the_next_command(offered, tmp_path):
    done = download("usgs_mcs", folder=tmp_path / "new" / "folder")
    assert done.path.read_bytes() == TABLE
    assert names(done.path.parent) == ["table.csv", "table.csv.sha256"]
    assert (done.path.parent / "table.csv.sha256").read_text() == f"{SHA256}  table.csv\n"
    assert (done.sha256, done.size_bytes, done.fetched, done.is_checked) == (SHA256, len(TABLE), True, False)
    assert done.command == f"ytterby facts import usgs_mcs {done.path} --edition 2026 --published 2026-02-06"


def test_sha256sum_agrees(offered, tmp_path):
    download("usgs_mcs", folder=tmp_path)
    done = subprocess.run(
        ["sha256sum", "--check", "table.csv.sha256"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout == "table.csv: OK\n"


def test_a_complete_file_is_not_fetched_again(publisher, offered, tmp_path):
    download("usgs_mcs", folder=tmp_path)
    again = download("usgs_mcs", folder=tmp_path)
    assert (again.fetched, again.sha256, len(publisher.asked)) == (False, SHA256, 1)


def test_a_file_put_there_by_hand_is_taken_when_its_checksum_is_known(publisher, offered, tmp_path):
    (tmp_path / "table.csv").write_bytes(TABLE)
    with pytest.raises(DownloadRefused, match="nothing tells whether it is whole"):
        download("usgs_mcs", folder=tmp_path)
    done = download("usgs_mcs", folder=tmp_path, sha256=SHA256.upper())
    assert (done.fetched, done.is_checked) == (False, True)
    assert not publisher.asked


def test_a_file_that_was_altered_is_noticed_and_left_alone(publisher, offered, tmp_path):
    done = download("usgs_mcs", folder=tmp_path)
    done.path.write_bytes(TABLE + b"x")
    with pytest.raises(DownloadRefused, match=f"not {SHA256}.*--again"):
        download("usgs_mcs", folder=tmp_path)
    assert done.path.read_bytes() == TABLE + b"x"
    assert len(publisher.asked) == 1


def test_again_replaces_and_tells_what_was_before(publisher, offered, tmp_path):
    download("usgs_mcs", folder=tmp_path)
    publisher.content = TABLE + TABLE
    done = download("usgs_mcs", folder=tmp_path, again=True)
    assert done.path.read_bytes() == TABLE + TABLE
    assert (done.before, done.sha256) == (SHA256, hashlib.sha256(TABLE + TABLE).hexdigest())


@pytest.mark.parametrize("source", ["given", "catalog"])
def test_a_wrong_checksum_leaves_nothing_and_keeps_what_was_there(publisher, offered, tmp_path, source):
    wrong = "0" * 64
    download("usgs_mcs", folder=tmp_path)
    publisher.content = b"something else\n"
    if source == "catalog":
        offered(sha256=wrong)
    with pytest.raises(DownloadRefused, match=f"not {wrong}.*--sha256.*By hand: open http"):
        download("usgs_mcs", folder=tmp_path, sha256=wrong if source == "given" else None, again=True)
    assert names(tmp_path) == ["table.csv", "table.csv.sha256"]
    assert (tmp_path / "table.csv").read_bytes() == TABLE


@pytest.mark.parametrize("text", ["", "abc", "g" * 64, "0" * 63])
def test_what_is_no_checksum_is_refused_before_anything_is_asked(publisher, offered, tmp_path, text):
    with pytest.raises(YtterbyError, match="is no SHA-256"):
        download("usgs_mcs", folder=tmp_path, sha256=text)
    assert not publisher.asked


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.zip", b"PK\x03\x04 whatever", None),
        ("a.zip", b"id,year\n1,2\n", "are no a.zip"),
        ("a.xlsx", b"id,year\n1,2\n", "are no a.xlsx"),
        ("a.csv", b"", "sent 0 bytes"),
        ("a.csv", b"\xef\xbb\xbf\n <HTML><title>Sign in</title>", "titled 'Sign in'"),
    ],
)
def test_what_is_not_the_file_does_not_get_its_name(publisher, offered, tmp_path, name, content, words):
    offered(name=name)
    publisher.content = content
    if words is None:
        assert download("usgs_mcs", folder=tmp_path).path.name == name
        return
    with pytest.raises(DownloadRefused, match=words):
        download("usgs_mcs", folder=tmp_path)
    assert names(tmp_path) == []


def test_a_file_of_unknown_length_needs_its_checksum(publisher, offered, tmp_path):
    def endless(publisher, handler):
        publisher.send_head(handler, 200)
        handler.wfile.write(publisher.content)

    publisher.script = [endless, endless]
    with pytest.raises(DownloadRefused, match=r"may be cut off.*--sha256"):
        download("usgs_mcs", folder=tmp_path)
    assert download("usgs_mcs", folder=tmp_path, sha256=SHA256).path.read_bytes() == TABLE


def test_the_size_is_bounded_by_the_known_one(publisher, offered, tmp_path):
    offered(size_bytes=len(TABLE) // 2 - 1)
    with pytest.raises(DownloadRefused, match="too large"):
        download("usgs_mcs", folder=tmp_path)
    offered(size_bytes=len(TABLE) // 2 + 1)
    assert download("usgs_mcs", folder=tmp_path).fetched


def test_a_table_is_taken_out_of_its_archive(publisher, offered, tmp_path):
    offered(name="release.zip", member="world.csv")
    publisher.content = archive(deep__world=TABLE, other=b"x")
    done = download("usgs_mcs", folder=tmp_path)
    assert (done.table.name, done.table.read_bytes()) == ("world.csv", TABLE)
    assert names(tmp_path) == ["release.zip", "release.zip.sha256", "world.csv"]
    assert " world.csv " not in done.command
    assert str(done.table) in done.command


@pytest.mark.parametrize("members", [{"other": b"x"}, {"world": b"x", "deep__world": b"y"}])
def test_an_archive_without_the_one_table_is_kept_and_told(publisher, offered, tmp_path, members):
    offered(name="release.zip", member="world.csv")
    publisher.content = archive(**members)
    with pytest.raises(
        DownloadRefused, match=f"holds {len(members) - ('other' in members)} tables world.csv"
    ):
        download("usgs_mcs", folder=tmp_path)
    assert names(tmp_path) == ["release.zip", "release.zip.sha256"]


def test_a_rolling_address_names_the_edition_by_the_day_of_the_file(publisher, offered, tmp_path):
    offered(edition="", rolling=True, published=None)
    done = download("usgs_mcs", folder=tmp_path)
    assert done.command.endswith("--edition 2026-01-05")
    assert download("usgs_mcs", folder=tmp_path).edition == "2026-01-05"  # and the same without fetching
    assert "--again fetches it" in run("usgs_mcs", "--to", tmp_path).output


@pytest.mark.parametrize("kind", ["bgs", "comtrade", "iea", "oecd"])
def test_what_is_for_people_only_says_where_and_what_then(tmp_path, kind):
    with pytest.raises(NotOffered) as told:
        download(kind, folder=tmp_path / "x")
    (row,) = [offer for offer in load_offers() if offer.kind == kind]
    assert row.page in str(told.value)
    assert f"ytterby facts import {kind} {tmp_path / 'x' / row.name} --edition EDITION" in str(told.value)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "offer", [offer for offer in load_offers() if offer.url], ids=lambda offer: offer.title
)
def test_offline_every_file_says_what_to_fetch_where_to_put_it_and_what_then(offer, tmp_path):
    edition = None if offer.rolling else offer.edition
    with pytest.raises(Unreachable) as told:
        download(offer.kind, folder=tmp_path, edition=edition, revision=offer.revision or None)
    text = str(told.value)
    assert f"By hand: open {offer.url} (or look for the file on {offer.page}) in a browser" in text
    assert f"save the file as {tmp_path / offer.name}" in text
    assert f"ytterby facts import {offer.kind} " in text
    assert names(tmp_path) == []


CHILD = """
import sys
from pathlib import Path
from ytterby.catalog.downloads import Offer
from ytterby.facts import download as module
from ytterby.facts.connection import Bounds
offer = Offer.model_validate_json(sys.argv[1])
module.find_offer = lambda *_, **__: offer
done = module.download("usgs_mcs", folder=Path(sys.argv[2]), bounds=Bounds(loopback=True, wait_s=0.1))
print(done.sha256)
"""


def wait_for(condition):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("waited in vain")


@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
def test_stopped_in_the_middle_it_goes_on_to_the_same_bytes(publisher, offered, tmp_path, how):
    publisher.content, pause = TABLE * 200, threading.Event()
    assert len(publisher.content) > 200_000
    publisher.script = [publisher.serving(cut=100_000, pause=pause)]
    part = tmp_path / "table.csv.part"
    command = [sys.executable, "-c", CHILD, offer(publisher).model_dump_json(), str(tmp_path)]
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: part.exists() and part.stat().st_size == 100_000)
        with pytest.raises(DownloadBusy, match="another process is fetching"):
            download("usgs_mcs", folder=tmp_path)
        child.send_signal(getattr(signal, how))
        assert child.wait(20) != 0
    finally:
        child.kill()
        pause.set()
    lock = {"table.csv.lock"} if how == "SIGKILL" else set()  # of no effect: the system freed it
    assert set(names(tmp_path)) == {"table.csv.part", "table.csv.part.json"} | lock
    second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert publisher.asked[-1]["Range"] == "bytes=100000-"
    assert (tmp_path / "table.csv").read_bytes() == TABLE * 200
    assert second.stdout.strip() == hashlib.sha256(TABLE * 200).hexdigest()
    assert names(tmp_path) == ["table.csv", "table.csv.sha256"]


def run(*words):
    return CliRunner().invoke(app, ["facts", "download", *map(str, words)])


def test_the_command_tells_checksum_terms_and_what_next(offered, tmp_path):
    done = run("usgs_mcs", "--to", tmp_path)
    assert done.exit_code == 0, done.output
    assert f"SHA-256 {SHA256} (not known before; kept in table.csv.sha256)" in done.output
    assert "Terms   public" in done.output
    assert f"Now: ytterby facts import usgs_mcs {tmp_path / 'table.csv'} --edition 2026" in done.output
    assert "lay there already" in run("usgs_mcs", "--to", tmp_path).output


def test_the_command_says_that_the_publisher_changed_the_file(publisher, offered, tmp_path):
    run("usgs_mcs", "--to", tmp_path)
    assert "has changed it" not in run("usgs_mcs", "--to", tmp_path, "--again").output
    publisher.content = TABLE + b"\n"
    assert f"the file before had {SHA256}" in run("usgs_mcs", "--to", tmp_path, "--again").output


def test_the_command_downloads_and_imports(offered, tmp_path):
    done = run("usgs_mcs", "--to", tmp_path, "--then-import", "--store", tmp_path / "store")
    assert done.exit_code == 0, done.output
    with open_store(tmp_path / "store") as store:
        (card,) = store.cards
    assert (card.edition, card.sha256, str(card.published)) == ("2026", SHA256, "2026-02-06")
    assert f"{card.rows:,} rows imported." in done.output
    assert card.rows > 0


def test_without_a_store_nothing_is_fetched_for_the_import(publisher, offered, tmp_path, monkeypatch):
    monkeypatch.delenv("YTTERBY_STORE", raising=False)
    assert "no store folder was named" in str(run("usgs_mcs", "--to", tmp_path, "--then-import").exception)
    assert not publisher.asked


def test_the_printed_command_is_one_that_runs(offered, tmp_path):
    text = run("usgs_mcs", "--to", tmp_path).output
    words = re.search(r"Now: ytterby (.*)", text)[1].split()
    done = CliRunner().invoke(app, [*words, "--store", str(tmp_path / "store")])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("words", [["--list"], []])
def test_the_list_shows_every_address_with_terms_and_certainty(words):
    text = run(*words).output
    for row in load_offers():
        assert (row.url or row.page) in text
        assert row.terms in text
        assert f"{row.certainty}: {row.seen_in}" in text
    assert "iea.org" not in run("baci", "--list").output


def test_offline_the_command_ends_with_one_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["ytterby", "facts", "download", "baci", "--to", str(tmp_path)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert "cannot be reached" in told
    assert "Traceback" not in told
