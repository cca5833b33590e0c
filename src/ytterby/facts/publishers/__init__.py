"""Tables in the publishers' own formats: one small module each, all with the same three names.

``TABLE`` is the table of the store that it feeds, ``SOURCE`` the defaults of its card, and
``read(path, quarantine)`` gives the rows in that table's columns, without source_id and edition.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from ytterby.errors import UnknownName

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.facts.quarantine import Quarantine

PUBLISHERS = ("bgs", "comtrade", "iea", "oecd", "usgs_mcs", "wgi", "wmd")


class Publisher(Protocol):
    """What each module offers."""

    TABLE: str
    SOURCE: dict[str, Any]

    @staticmethod
    def read(path: Path, quarantine: Quarantine) -> pd.DataFrame:
        """Rows of the file that can be trusted; the others are in the quarantine."""


def publisher(name: str) -> Publisher:
    """Module of a publisher.

    Raises
    ------
    UnknownName
        No such publisher.
    """
    if name not in PUBLISHERS:
        raise UnknownName("publisher", name, PUBLISHERS)
    return cast("Publisher", import_module(f"ytterby.facts.publishers.{name}"))
