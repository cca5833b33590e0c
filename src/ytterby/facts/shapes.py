"""Country polygons for maps."""

from __future__ import annotations

import gzip
import json
from functools import cache
from typing import Any

from ytterby.facts.store import STARTER


@cache
def shapes() -> dict[str, Any]:
    """GeoJSON of 177 countries at 1:110 million; each feature's properties hold its ``iso3``."""
    content = gzip.decompress((STARTER / "natural_earth_110m.geojson.gz").read_bytes())
    loaded: dict[str, Any] = json.loads(content)
    return loaded
