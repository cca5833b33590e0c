"""A publisher's server on 127.0.0.1 that behaves as a test tells it to; every other host is unknown."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ytterby.facts.connection import Bounds

QUICK = Bounds(connect_s=10, read_s=20, wait_s=0, loopback=True)


@dataclass
class Publisher:
    """What the server holds, what it has been asked, and how it answers the next requests."""

    port: int
    content: bytes = b""
    etag: str = '"one"'
    modified: str = "Mon, 05 Jan 2026 10:00:00 GMT"
    kind: str = "application/octet-stream"
    ranges: bool = True
    if_range: bool = True
    script: list = field(default_factory=list)  # one behaviour a request; then the plain one
    asked: list = field(default_factory=list)  # headers of each request
    secure: Callable[[ssl.SSLContext], None] | None = None  # go over to https

    quick = QUICK  # bounds for tests: no waiting, and http to this server

    @staticmethod
    def serving(cut=None, pause=None):
        """The file, or what is asked of it; ``cut`` bytes of it, then silence until ``pause`` or the end."""
        return lambda publisher, handler: publisher.serve(handler, cut, pause)

    @staticmethod
    def saying(code, **headers):
        """Only a status, with headers."""
        return lambda publisher, handler: publisher.send_head(handler, code, Content_Length=0, **headers)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/files/data.csv"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(dict(handler.headers))
        behave = self.script.pop(0) if self.script else self.serving()
        behave(self, handler)

    def start(self, headers: dict[str, str]) -> int:
        """Byte to begin with, as a correct server reads Range and If-Range."""
        wanted = headers.get("Range", "")
        if not self.ranges or not wanted:
            return 0
        marks = (self.etag, self.modified)
        if self.if_range and headers.get("If-Range") not in marks:
            return 0
        return int(wanted.removeprefix("bytes=").removesuffix("-"))

    def send_head(self, handler: BaseHTTPRequestHandler, status: int, **headers: object) -> None:
        handler.send_response(status)
        told = {"ETag": self.etag, "Last-Modified": self.modified, "Content-Type": self.kind}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in told.items():
            if value not in ("", None):
                handler.send_header(name, str(value))
        handler.end_headers()

    def serve(self, handler: BaseHTTPRequestHandler, cut: int | None, pause: threading.Event | None) -> None:
        start, size = self.start(handler.headers), len(self.content)
        if start and start >= size:
            self.send_head(handler, 416, Content_Range=f"bytes */{size}", Content_Length=0)
            return
        span = {"Content_Range": f"bytes {start}-{size - 1}/{size}"} if start else {}
        self.send_head(handler, 206 if start else 200, Content_Length=size - start, **span)
        handler.wfile.write(self.content[start : None if cut is None else start + cut])
        handler.wfile.flush()
        if pause is not None:
            pause.wait(20)


def secure(server, context):
    """Speak TLS from now on; the handshake happens in the thread of the request."""
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)


@pytest.fixture
def publisher():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            with contextlib.suppress(OSError):  # the client has gone
                self.server.publisher.answer(self)
            self.close_connection = True

        do_CONNECT = do_GET  # noqa: N815  the name that the server looks for

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        server.publisher = Publisher(server.server_address[1], secure=partial(secure, server))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server.publisher
        server.shutdown()
        thread.join()


@pytest.fixture
def only_loopback(monkeypatch):
    """No proxy, and no name leads anywhere: what a test reaches beyond 127.0.0.1 is an error."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    resolve = socket.getaddrinfo

    def only(host, *rest, **named):
        if host not in ("127.0.0.1", b"127.0.0.1"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", only)
