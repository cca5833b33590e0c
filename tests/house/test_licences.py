"""No runtime dependency, direct or not, may be under a GPL-family licence alone."""

import re
from importlib.metadata import PackageNotFoundError, distribution

ALLOWED = re.compile(
    r"MIT|BSD|Apache|MPL|PSF|Python Software Foundation|ISC|Zlib|Unlicense|0BSD", re.IGNORECASE
)
COPYLEFT = re.compile(r"\b[AL]?GPL|GNU .*General Public", re.IGNORECASE)


def _closure(name: str, seen: set[str]) -> set[str]:
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in seen:
        return seen
    try:
        wanted = distribution(name).requires or []
    except PackageNotFoundError:
        return seen  # needed on another platform or Python only
    seen.add(key)
    for line in wanted:
        if "extra ==" not in line:
            _closure(re.split(r"[ ;<>=!~\[(]", line, maxsplit=1)[0], seen)
    return seen


def _licence(name: str) -> str:
    meta = distribution(name).metadata
    classifiers = [c for c in meta.get_all("Classifier") or [] if c.startswith("License")]
    return " ".join([meta.get("License-Expression") or "", (meta.get("License") or "")[:200], *classifiers])


def test_runtime_licences_are_permissive_or_offer_a_permissive_choice() -> None:
    packages = _closure("ytterby", set())
    assert len(packages) > 10  # the closure was really walked
    refused = {}
    for name in sorted(packages):
        licence = _licence(name)
        chosen = not COPYLEFT.search(licence) or (" OR " in licence and ALLOWED.search(licence))
        if not chosen or not licence.strip():
            refused[name] = licence
    assert not refused
