"""A transfer gives the server's bytes or an error, however the connection behaves."""

import hashlib
import random
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ytterby.errors import DownloadRefused, Unreachable
from ytterby.facts.transfer import transfer

pytestmark = pytest.mark.usefixtures("only_loopback")
CONTENT = random.Random(1).randbytes(200_000)  # noqa: S311  bytes, not secrets
OTHER = random.Random(2).randbytes(200_000)  # noqa: S311  as long, so that length tells nothing


def fetch(publisher, part, **bounds):
    seen = []
    done = transfer(
        publisher.url,
        part,
        bounds=replace(publisher.quick, **bounds),
        progress=lambda *told: seen.append(told),
    )
    return done, seen


@pytest.fixture
def part(tmp_path):
    return tmp_path / "data.csv.part"


def test_a_whole_file_with_its_hash_and_its_progress(publisher, part):
    publisher.content = CONTENT
    done, seen = fetch(publisher, part)
    assert part.read_bytes() == CONTENT
    assert (done.sha256, done.size_bytes) == (hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
    assert done.changed.isoformat() == "2026-01-05T10:00:00+00:00"
    assert seen[-1] == ("data.csv", len(CONTENT), len(CONTENT))
    assert [row[1] for row in seen] == sorted(row[1] for row in seen)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(1, 3000),
    cuts=st.lists(st.integers(0, 1500), max_size=4),
    ranges=st.booleans(),
    marks=st.sampled_from([('"one"', "Mon, 05 Jan 2026 10:00:00 GMT"), ('W/"one"', ""), ("", ""),
                           ("", "Mon, 05 Jan 2026 10:00:00 GMT")]),
)  # fmt: skip
def test_whatever_cuts_there_are_the_bytes_are_the_servers(publisher, size, cuts, ranges, marks):
    publisher.content, publisher.ranges = CONTENT[:size], ranges
    publisher.etag, publisher.modified = marks
    publisher.script, publisher.asked = [publisher.serving(cut=cut) for cut in cuts], []
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "data.csv.part"
        done, _ = fetch(publisher, part, failures=10)
        assert part.read_bytes() == publisher.content
        assert done.sha256 == hashlib.sha256(publisher.content).hexdigest()


def test_after_a_cut_only_the_rest_is_asked_for(publisher, part):
    publisher.content = CONTENT
    publisher.script = [publisher.serving(cut=150_000)]
    fetch(publisher, part)
    assert [asked.get("Range") for asked in publisher.asked] == [None, "bytes=150000-"]
    assert publisher.asked[1]["If-Range"] == '"one"'


@pytest.mark.parametrize("if_range", [True, False])
@pytest.mark.parametrize("other", [OTHER, OTHER[:120_000], OTHER + OTHER])
def test_a_file_that_changed_in_between_is_fetched_afresh_and_never_mixed(publisher, part, if_range, other):
    publisher.content, publisher.if_range = CONTENT, if_range

    def cut_then_change(publisher, handler):
        publisher.serving(cut=90_000)(publisher, handler)
        publisher.content, publisher.etag = other, '"two"'

    publisher.script = [cut_then_change]
    fetch(publisher, part)
    assert part.read_bytes() == other


def test_a_file_that_shrank_to_what_has_come_is_another_file(publisher, part):
    """The worst server: it overlooks If-Range and does not say which version its 416 is about."""
    publisher.content, publisher.if_range = CONTENT, False

    def cut_then_shrink(publisher, handler):
        publisher.serving(cut=90_000)(publisher, handler)
        publisher.content = OTHER[:90_000]

    def unmarked(publisher, handler):
        publisher.send_head(
            handler, 416, ETag="", Last_Modified="", Content_Range="bytes */90000", Content_Length=0
        )

    publisher.script = [cut_then_shrink, unmarked]
    fetch(publisher, part)
    assert part.read_bytes() == OTHER[:90_000]


def test_a_weak_mark_alone_is_no_reason_to_go_on(publisher, part):
    publisher.content, publisher.etag, publisher.modified = CONTENT, 'W/"one"', ""
    publisher.script = [publisher.serving(cut=150_000)]
    fetch(publisher, part)
    assert [asked.get("Range") for asked in publisher.asked] == [None, None]
    assert part.read_bytes() == CONTENT


def test_a_part_of_another_address_is_not_gone_on_with(publisher, part):
    publisher.content = CONTENT
    publisher.script = [publisher.serving(cut=5)] * 2
    with pytest.raises(Unreachable):
        fetch(publisher, part, failures=1)
    note = part.with_name(part.name + ".json")
    note.write_text(note.read_text().replace("data.csv", "else.csv"))
    publisher.script, publisher.asked = [], []
    fetch(publisher, part)
    assert "Range" not in publisher.asked[0]
    assert part.read_bytes() == CONTENT


def test_bytes_without_a_note_are_void(publisher, part):
    part.write_bytes(b"nobody knows whose")
    publisher.content = CONTENT
    fetch(publisher, part)
    assert part.read_bytes() == CONTENT


def test_a_part_that_was_complete_already_is_taken(publisher, part):
    publisher.content = CONTENT
    first, _ = fetch(publisher, part)
    assert fetch(publisher, part)[0] == first
    assert "Range" in publisher.asked[1]


def test_a_complete_part_of_an_older_version_is_not(publisher, part):
    publisher.content = CONTENT
    fetch(publisher, part)
    publisher.content, publisher.etag, publisher.if_range = OTHER, '"two"', False
    fetch(publisher, part)
    assert part.read_bytes() == OTHER


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_a_passing_fault_passes(publisher, part, code):
    publisher.content = CONTENT
    publisher.script = [publisher.saying(code), publisher.saying(code)]
    fetch(publisher, part)
    assert part.read_bytes() == CONTENT
    assert len(publisher.asked) == 3


def test_a_fault_that_does_not_pass_ends_after_some_tries(publisher, part):
    publisher.script = [publisher.saying(503)] * 20
    with pytest.raises(Unreachable, match="answers 503"):
        fetch(publisher, part, failures=3)
    assert len(publisher.asked) == 3


def test_a_server_that_gives_a_byte_a_time_is_left_in_the_end(publisher, part):
    publisher.content = CONTENT
    publisher.script = [publisher.serving(cut=1)] * 50
    with pytest.raises(Unreachable, match="failed 7 times"):
        fetch(publisher, part, attempts=7)
    assert part.read_bytes() == CONTENT[:7]


def test_the_wait_is_what_the_server_asks_within_bounds(publisher, part, monkeypatch):
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    publisher.content = CONTENT
    publisher.script = [
        publisher.saying(503),
        publisher.saying(503),
        publisher.saying(429, Retry_After=7),
        publisher.saying(503, Retry_After=9999),
    ]
    fetch(publisher, part, wait_s=1.0, failures=9)
    assert waits == [1.0, 2.0, 7.0, 60.0]


@pytest.mark.parametrize(
    ("code", "meaning"), [(401, "account"), (403, "browser"), (404, "no file lies there"), (418, "does not")]
)
def test_a_refusal_is_not_asked_twice(publisher, part, code, meaning):
    publisher.script = [publisher.saying(code)] * 2
    with pytest.raises(DownloadRefused, match=rf"answers {code} .*{meaning}"):
        fetch(publisher, part)
    assert len(publisher.asked) == 1
    assert not part.exists()


def test_redirects_are_followed_within_bounds(publisher, part):
    publisher.content = CONTENT
    publisher.script = [
        publisher.saying(302, Location="/elsewhere"),
        publisher.saying(308, Location=publisher.url),
    ]
    fetch(publisher, part)
    assert part.read_bytes() == CONTENT
    publisher.script = [publisher.saying(302, Location=publisher.url)] * 20
    with pytest.raises(DownloadRefused, match="leads on more than 5 times"):
        fetch(publisher, part)


@pytest.mark.parametrize(
    "location",
    [
        "http://example.org/x",
        "https://192.168.0.1/x",
        "https://localhost/x",
        "https://[::1]/x",
        "ftp://a.org/x",
    ],
)
def test_no_redirect_leads_off_https_or_into_a_home_network(publisher, part, location):
    publisher.script = [publisher.saying(302, Location=location)]
    with pytest.raises(DownloadRefused, match="is no https address of a public server"):
        fetch(publisher, part)


def test_plain_http_is_refused_without_asking(publisher, part):
    with pytest.raises(DownloadRefused, match="no https address"):
        fetch(publisher, part, loopback=False)
    assert not publisher.asked


def test_too_large_by_its_own_word(publisher, part):
    publisher.content = CONTENT
    with pytest.raises(DownloadRefused, match=r"too large: 200,000 bytes, at most 199,999"):
        fetch(publisher, part, size_bytes=199_999)
    assert not part.exists()
    assert fetch(publisher, part, size_bytes=200_000)[0].size_bytes == 200_000


def chunked(publisher, handler, whole=True):
    handler.protocol_version = "HTTP/1.1"
    publisher.send_head(handler, 200, Transfer_Encoding="chunked")
    for at in range(0, len(publisher.content), 50_000):
        piece = publisher.content[at : at + 50_000]
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    if whole:
        handler.wfile.write(b"0\r\n\r\n")


def test_too_large_although_nothing_was_announced(publisher, part):
    publisher.content = CONTENT
    publisher.script = [chunked]
    with pytest.raises(DownloadRefused, match="more than 120,000 bytes"):
        fetch(publisher, part, size_bytes=120_000)
    assert not part.exists()


def test_a_file_in_pieces_is_whole_with_its_last_piece_only(publisher, part):
    publisher.content = CONTENT
    publisher.script = [lambda p, h: chunked(p, h, whole=False), chunked]
    publisher.ranges = False
    done, _ = fetch(publisher, part)
    assert (part.read_bytes(), done.is_whole) == (CONTENT, True)
    assert len(publisher.asked) == 2


def test_a_file_without_any_length_is_not_called_whole(publisher, part):
    publisher.content = CONTENT

    def endless(publisher, handler):
        publisher.send_head(handler, 200)
        handler.wfile.write(publisher.content[:1000])

    publisher.script = [endless]
    assert fetch(publisher, part)[0].is_whole is False


def test_no_room_on_the_disk_is_said_before_a_byte_comes(publisher, part, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10}))
    publisher.content = CONTENT
    with pytest.raises(DownloadRefused, match=r"10 bytes free, 200,000 are to come"):
        fetch(publisher, part)


def test_a_web_page_is_refused_with_its_title(publisher, part):
    publisher.kind = "text/html; charset=utf-8"
    publisher.content = (
        b"<!DOCTYPE html><html><head><title>\n Just a &amp;  moment\x07 </title></head></html>"
    )
    with pytest.raises(DownloadRefused, match="web page titled 'Just a & moment' instead of the file"):
        fetch(publisher, part)
    assert not part.exists()


def test_packed_bytes_are_refused(publisher, part):
    publisher.content = b"x"
    publisher.script = [lambda p, h: p.send_head(h, 200, Content_Encoding="gzip", Content_Length=0)]
    with pytest.raises(DownloadRefused, match="comes packed"):
        fetch(publisher, part)


def test_silence_is_a_fault(publisher, part):
    publisher.content, pause = CONTENT, threading.Event()
    publisher.script = [publisher.serving(cut=1000, pause=pause)] * 2
    with pytest.raises(Unreachable, match=r"failed 1 times.*[Rr]ead timed out"):
        fetch(publisher, part, failures=1, read_s=0.4)
    pause.set()
    publisher.script = []
    fetch(publisher, part)
    assert part.read_bytes() == CONTENT


def test_a_trickle_is_a_fault(publisher, part):
    publisher.content, stop = CONTENT, threading.Event()

    def trickle(publisher, handler):
        publisher.send_head(handler, 200, Content_Length=len(publisher.content))
        for at in range(100):
            handler.wfile.write(publisher.content[at : at + 1])
            if stop.wait(0.05):
                return

    publisher.script = [trickle]
    with pytest.raises(Unreachable, match=r"only \d+ bytes in 0.3 seconds"):
        fetch(publisher, part, failures=1, slow_s=0.3, slow_bytes=1000)
    stop.set()


def test_without_a_network_there_is_one_try(publisher, part):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        publisher.port = closed.getsockname()[1]
        with pytest.raises(Unreachable, match=r"cannot be reached: .*refused"):
            fetch(publisher, part)
    with pytest.raises(Unreachable, match=r"https://www.cepii.fr/x cannot be reached: .*www.cepii.fr"):
        transfer("https://www.cepii.fr/x", part, bounds=publisher.quick, progress=print)


def test_a_network_that_goes_away_in_between_is_waited_for(publisher, part, monkeypatch):
    publisher.content = CONTENT
    publisher.script = [publisher.serving(cut=1000)]
    resolve, calls = socket.getaddrinfo, []

    def flap(host, *rest, **named):
        calls.append(host)
        if len(calls) == 2:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return resolve(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", flap)
    fetch(publisher, part)
    assert (part.read_bytes(), len(calls)) == (CONTENT, 3)


def test_a_proxy_that_refuses_is_named_without_its_password(publisher, part, monkeypatch):
    asked = []

    def refuse(self, handler):
        asked.append(handler.path)
        self.send_head(handler, 403, Content_Length=0)

    monkeypatch.setattr(type(publisher), "answer", refuse)
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@127.0.0.1:{publisher.port}")
    with pytest.raises(Unreachable, match="cannot be reached: the proxy does not connect") as told:
        transfer("https://www.cepii.fr/x", part, bounds=publisher.quick, progress=print)
    assert asked == ["www.cepii.fr:443"]  # it went to the proxy, which was asked to connect
    assert "secret" not in str(told.value)
    monkeypatch.setenv("HTTPS_PROXY", "socks9://me:secret@127.0.0.1:1")
    with pytest.raises(Unreachable, match=r"the proxy 127.0.0.1 cannot be used") as told:
        transfer("https://www.cepii.fr/x", part, bounds=publisher.quick, progress=print)
    assert "secret" not in str(told.value)


def test_no_proxy_is_respected(publisher, part, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    publisher.content = CONTENT
    fetch(publisher, part)
    assert part.read_bytes() == CONTENT


@pytest.fixture
def certificate(tmp_path):
    """A certificate for a.example that nobody has signed, and its key."""
    tool = shutil.which("openssl")
    if tool is None:
        pytest.skip("no openssl on this machine")
    files = ["-keyout", tmp_path / "key.pem", "-out", tmp_path / "own.pem"]
    subject = ["-subj", "/CN=a.example", "-addext", "subjectAltName=DNS:a.example"]
    command = [tool, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *files, *subject]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return tmp_path / "own.pem", tmp_path / "key.pem"


def test_https_needs_a_certificate_that_the_machine_trusts(publisher, part, certificate, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    publisher.secure(context)
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *rest, **named: resolve("127.0.0.1", *rest, **named))
    publisher.content, url = CONTENT, f"https://a.example:{publisher.port}/x"
    with pytest.raises(Unreachable, match=r"a\.example shows no certificate"):
        transfer(url, part, bounds=publisher.quick, progress=print)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    publisher.script = [publisher.serving(cut=70_000)]
    transfer(url, part, bounds=replace(publisher.quick, loopback=False), progress=lambda *_: None)
    assert part.read_bytes() == CONTENT
    publisher.script = [publisher.saying(302, Location=f"http://a.example:{publisher.port}/x")]
    part.unlink()
    with pytest.raises(DownloadRefused, match="is no https address"):
        transfer(url, part, bounds=publisher.quick, progress=print)
    with pytest.raises(Unreachable, match=r"b\.example shows no certificate"):  # of another name
        transfer(url.replace("a.ex", "b.ex"), part, bounds=publisher.quick, progress=print)


def test_a_server_without_tls_is_not_trusted(publisher, part, monkeypatch):
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **named: resolve("127.0.0.1", *rest, **named)
    )
    with pytest.raises(Unreachable, match="SSL_CERT_FILE"):
        transfer(f"https://a.example:{publisher.port}/x", part, bounds=publisher.quick, progress=print)
