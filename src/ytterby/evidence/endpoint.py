"""An OpenAI-compatible endpoint, asked for one JSON answer at a time; the optional extra ``llm``.

With :mod:`ytterby.facts.connection` the only module that knows the network. It is loaded only where
an address is given. One request goes to that address and nowhere else: no redirect is followed, no
tool is offered, and the key, read from a variable of the environment, travels over https or to the
same machine only.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ytterby.errors import Unreachable, YtterbyError
from ytterby.evidence.decoding import NotReadable

KEY_VARIABLE = "YTTERBY_LLM_KEY"
_LARGEST_ANSWER = 4_000_000  # bytes
_TRIES = 3
_BUSY = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Endpoint:
    """Where a model is asked, and where its answers are kept.

    Attributes
    ----------
    url: base address, to which ``/chat/completions`` is added.
    cache: folder of answers by model, prompt and text; none are kept where it is None.
    pause_s: before a busy server is asked again; grows with each try.
    """

    url: str
    model: str
    cache: Path | None = None
    timeout_s: float = 120.0
    pause_s: float = 2.0

    def __post_init__(self) -> None:
        """Refuse addresses that a key must not go to."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise YtterbyError(f"{self.url!r} is no address of an endpoint.", "Write https://HOST/v1.")
        local = parts.hostname in ("127.0.0.1", "localhost", "::1")
        if parts.scheme == "http" and not local and os.environ.get(KEY_VARIABLE):
            raise YtterbyError("a key would travel unencrypted.", f"Use https, or unset {KEY_VARIABLE}.")

    def ask(self, prompt: str, text: str, schema: dict[str, Any]) -> str:
        """Ask once, with temperature 0 and the form of the answer prescribed; the answer as written.

        Raises
        ------
        Unreachable: no server, or one that keeps failing. YtterbyError: it refuses the key or the
        request. NotReadable: its answer for this text is none.
        """
        place = self._place(prompt, text, schema)
        if place and place.is_file() and place.stat().st_size <= _LARGEST_ANSWER:
            return place.read_text(encoding="utf-8")
        answer = _content(self._post(self._request(prompt, text, schema)))
        if place:
            place.parent.mkdir(parents=True, exist_ok=True)
            partial = place.with_name(f"{place.name}.{os.getpid()}.part")
            partial.write_text(answer, encoding="utf-8", newline="")
            partial.replace(place)
        return answer

    def _place(self, prompt: str, text: str, schema: dict[str, Any]) -> Path | None:
        """File of an answer: named by everything that the answer hangs on."""
        if self.cache is None:
            return None
        key = json.dumps([self.model, prompt, schema, text], sort_keys=True)
        return self.cache / f"{hashlib.sha256(key.encode('utf-8')).hexdigest()}.json"

    def _request(self, prompt: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
        form = {"type": "json_schema", "json_schema": {"name": "claims", "strict": True, "schema": schema}}
        messages = [{"role": "system", "content": prompt}, {"role": "user", "content": text}]
        return {"model": self.model, "temperature": 0, "messages": messages, "response_format": form}

    def _post(self, request: dict[str, Any]) -> bytes:
        key = os.environ.get(KEY_VARIABLE)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        address = self.url.rstrip("/") + "/chat/completions"
        status = 0
        for number in range(_TRIES):
            status, content = _exchange(address, request, headers, self.timeout_s)
            if status not in _BUSY:
                return _accepted(status, content)
            time.sleep(self.pause_s * number)
        raise Unreachable(f"the endpoint answers {status} again and again.", "Try again later.")


def _exchange(
    address: str, request: dict[str, Any], headers: dict[str, str], timeout_s: float
) -> tuple[int, bytes]:
    httpx = _httpx()
    try:
        with (
            httpx.Client(timeout=timeout_s, follow_redirects=False, trust_env=False) as client,
            client.stream("POST", address, json=request, headers=headers) as response,
        ):
            parts, size = [], 0
            for part in response.iter_bytes():
                size += len(part)
                if size > _LARGEST_ANSWER:
                    raise NotReadable("the model's answer is larger than 4 MB.", "Leave the article out.")
                parts.append(part)
            return response.status_code, b"".join(parts)
    except httpx.HTTPError as error:
        name = type(error).__name__
        raise Unreachable(
            f"the endpoint gives no answer ({name}).", "Check --llm-url, or leave it out."
        ) from None


def _httpx() -> Any:
    try:
        import httpx
    except ImportError:
        raise YtterbyError("a model needs the extra llm.", "pip install 'ytterby[llm]'") from None
    return httpx


def _accepted(status: int, content: bytes) -> bytes:
    if status in (401, 403):
        raise YtterbyError("the endpoint refuses the key.", f"Set it in the variable {KEY_VARIABLE}.")
    if status != 200:
        raise YtterbyError(f"the endpoint answers {status}.", "Check --llm-url and --llm-model.")
    return content


def _content(content: bytes) -> str:
    """The words of the first choice; nothing else of an answer is used."""
    try:
        told = json.loads(content)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        told = None
    if not isinstance(told, str):
        raise NotReadable("the endpoint's answer is not that of a chat model.", "The rules read it alone.")
    return told
