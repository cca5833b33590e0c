"""The network, which nothing else in the package speaks to: https, a proxy, redirects, a bounded wait.

A fault that may pass is ``Passing``; what never will is an error that says so.
"""

from __future__ import annotations

import html
import ipaddress
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from ytterby import __version__
from ytterby.errors import DownloadRefused, Unreachable

if TYPE_CHECKING:
    from urllib3 import PoolManager
    from urllib3.response import BaseHTTPResponse

_CHUNK = 1 << 20
_PAGE = 65_536  # of a web page sent instead of a file, this much is read for its title
_HEADERS = {"User-Agent": f"ytterby/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
_PASSING = {408, 425, 429, 500, 502, 503, 504}  # the server may answer otherwise a little later
_MEANING = {
    401: "it wants an account",
    403: "it may want a browser or an account",
    404: "no file lies there any more",
    410: "no file lies there any more",
    451: "it may not give the file to you",
}


@dataclass(frozen=True)
class Bounds:
    """What keeps a transfer finite: seconds, tries and bytes.

    ``failures`` counts tries in a row that brought nothing, ``attempts`` all of them. Fewer than
    ``slow_bytes`` in ``slow_s`` is no transfer. ``loopback`` lets tests use http to 127.0.0.1.
    """

    connect_s: float = 20.0
    read_s: float = 60.0
    slow_s: float = 60.0
    slow_bytes: int = 60_000
    failures: int = 5
    attempts: int = 100
    wait_s: float = 1.0
    longest_wait_s: float = 60.0
    redirects: int = 5
    size_bytes: int = 8_000_000_000
    loopback: bool = False


class Passing(Exception):
    """A fault after which another try may succeed; ``wait_s`` where we know how long to wait."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        self.wait_s = wait_s
        super().__init__(why)


class NoRoute(Passing):
    """Nothing answered; with no earlier answer in this transfer, there is no network."""


@contextmanager
def answer(url: str, headers: dict[str, str], bounds: Bounds) -> Iterator[BaseHTTPResponse]:
    """The answer (200, 206 or 416) at the end of a bounded chain of redirects, each of them to https.

    Raises
    ------
    Passing
        Another try may succeed.
    DownloadRefused, Unreachable
        It will not.
    """
    first = url
    for _ in range(bounds.redirects + 1):
        _check_address(url, bounds)
        with _manager(url) as manager, closing(_ask(manager, url, _HEADERS | headers, bounds)) as response:
            target = response.get_redirect_location()
            if not target:
                _check_status(response, url, bounds)
                yield response
                return
            url = urljoin(url, target)
    raise DownloadRefused(f"{first} leads on more than {bounds.redirects} times, last to {url[:200]}.")


def paced(response: BaseHTTPResponse, bounds: Bounds) -> Iterator[bytes]:
    """Chunks as they come; a trickle is a fault, for it would never end."""
    since, came = time.monotonic(), 0
    while chunk := _next_chunk(response):
        yield chunk
        came += len(chunk)
        if time.monotonic() - since > bounds.slow_s:
            if came < bounds.slow_bytes:
                raise Passing(f"only {came:,} bytes in {bounds.slow_s:g} seconds")
            since, came = time.monotonic(), 0


def check_is_file(response: BaseHTTPResponse, url: str) -> None:
    """Refuse a web page, and bytes that are packed although plain ones were asked for.

    Raises
    ------
    DownloadRefused
        With the title of the page, which often says what is wanted.
    """
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        raise web_page(url, page_title(_next_chunk(response)[:_PAGE]) or "")
    coding = response.headers.get("Content-Encoding", "identity").lower()
    if coding != "identity":
        raise DownloadRefused(f"{url} comes packed ({coding[:20]}), though plain bytes were asked for.")


def web_page(url: str, title: str) -> DownloadRefused:
    """The refusal of a web page where a file should be."""
    named = f" titled {title!r}" if title else ""
    return DownloadRefused(f"{url} answers with a web page{named} instead of the file.")


def page_title(head: bytes) -> str | None:
    """Title of a web page, cleaned; empty for a page without one, None for what is no page."""
    start = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start.startswith((b"<!doctype html", b"<html", b"<head")):
        return None
    found = re.search(rb"<title[^>]{0,200}>(.{0,500}?)</title", head, re.DOTALL | re.IGNORECASE)
    text = html.unescape(found[1].decode("utf-8", "replace")) if found else ""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())[:120]


def _next_chunk(response: BaseHTTPResponse) -> bytes:
    """What has come, at most a chunk; read1 returns at once, so that a trickle is noticed."""
    from urllib3.exceptions import HTTPError

    try:
        return response.read1(_CHUNK, decode_content=False)
    except (HTTPError, OSError) as error:
        raise Passing(f"cut off ({_words(error)})") from error


def _check_address(url: str, bounds: Bounds) -> None:
    parts = urlsplit(url)
    is_test = bounds.loopback and parts.scheme == "http" and parts.hostname == "127.0.0.1"
    if not is_test and not (parts.scheme == "https" and _is_public(parts.hostname or "")):
        raise DownloadRefused(f"{url[:200]} is no https address of a public server.")


def _is_public(host: str) -> bool:
    """Whether a host is a full name or a public number; a redirect must not lead into a home network."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host


def _check_status(response: BaseHTTPResponse, url: str, bounds: Bounds) -> None:
    if response.status in (200, 206, 416):
        return
    host = urlsplit(url).hostname
    if response.status in _PASSING:
        raise Passing(f"{host} answers {response.status}", _asked_wait(response, bounds))
    meaning = _MEANING.get(response.status, "it does not give the file")
    raise DownloadRefused(f"{host} answers {response.status} for {url}: {meaning}.")


def _asked_wait(response: BaseHTTPResponse, bounds: Bounds) -> float | None:
    asked = response.headers.get("Retry-After", "")
    return min(float(asked), bounds.longest_wait_s) if asked.isdecimal() and len(asked) < 7 else None


@contextmanager
def _manager(url: str) -> Iterator[PoolManager]:
    """Connections for one address, through the proxy that the environment names for it."""
    import urllib3

    parts = urlsplit(url)
    proxies = {} if proxy_bypass(parts.hostname or "") else getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    try:
        manager = _through(proxy) if proxy else urllib3.PoolManager()
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        shown = urlsplit(proxy or "").hostname  # never the whole, which may hold a password
        raise Unreachable(f"the proxy {shown} cannot be used ({type(error).__name__}).", _PROXY) from error
    with manager:
        yield manager


_PROXY = "Check the variables HTTPS_PROXY and NO_PROXY."


def _through(proxy: str) -> PoolManager:
    import urllib3

    named = proxy if "://" in proxy else f"http://{proxy}"
    auth = urllib3.util.parse_url(named).auth
    headers = urllib3.make_headers(proxy_basic_auth=auth) if auth else None
    return urllib3.ProxyManager(named, proxy_headers=headers)


def _ask(manager: PoolManager, url: str, headers: dict[str, str], bounds: Bounds) -> BaseHTTPResponse:
    from urllib3 import Timeout, exceptions

    limits = Timeout(connect=bounds.connect_s, read=bounds.read_s)
    try:
        return manager.request(
            "GET", url, headers=headers, timeout=limits, retries=False, redirect=False, preload_content=False
        )
    except exceptions.SSLError as error:
        host, remedy = urlsplit(url).hostname, "Name your organisation's own authority in SSL_CERT_FILE."
        raise Unreachable(f"{host} shows no certificate that this machine trusts.", remedy) from error
    except exceptions.ProxyError as error:
        raise NoRoute(f"the proxy does not connect ({_words(error.original_error)})") from error
    except (exceptions.NewConnectionError, exceptions.ConnectTimeoutError) as error:
        raise NoRoute(_words(error)) from error
    except (exceptions.HTTPError, OSError) as error:
        if "Tunnel connection failed" in str(error):
            raise NoRoute(f"the proxy does not connect ({_words(error)})") from error
        raise Passing(_words(error)) from error


def _words(error: Exception) -> str:
    """What the client says, without the objects that it prints."""
    return re.sub(r"<[^>]*>|\w+Connection\([^)]*\):?", "", str(error)).strip(" :.,")[:200]
