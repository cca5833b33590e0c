"""Official addresses of published files: where each lies, under which terms, and how sure we are of it."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ytterby.catalog.rows import read_rows
from ytterby.errors import UnknownName, YtterbyError

EDITION = "{edition}"  # stands in an address whose naming is regular
_PLAIN = re.compile(r"[A-Za-z0-9]{1,12}", re.ASCII)  # an edition that may stand in an address


class Offer(BaseModel):
    """One published file; without ``url`` it is for people only, who get it on ``page``.

    ``kind`` is that of ``ytterby facts import``; ``member`` names the table to take out of an archive;
    ``rolling`` says that the address always gives the newest edition. ``certainty`` is of the address:
    seen in the document that ``seen_in`` names, built by the publisher's pattern, or recalled.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    edition: str = ""
    revision: str = ""
    name: str
    url: str = ""
    page: str
    size_bytes: int | None = None
    sha256: str = ""
    member: str = ""
    published: dt.date | None = None
    rolling: bool = False
    terms: str
    certainty: Literal["seen", "pattern", "recalled"]
    seen_in: str
    note: str = ""

    @property
    def title(self) -> str:
        """Kind, revision and edition in one line."""
        edition = "newest edition" if self.rolling else f"edition {self.edition}" if self.edition else ""
        return ", ".join(part for part in (f"{self.kind} {self.revision}".strip(), edition) if part)


@cache
def load_offers() -> tuple[Offer, ...]:
    """All files of the catalog, their addresses complete."""
    rows = ({name: text for name, text in row.items() if text} for row in read_rows("downloads"))
    return tuple(_complete(Offer.model_validate(row)) for row in rows)


def find_offer(kind: str, *, edition: str | None = None, revision: str | None = None) -> Offer:
    """File of a kind: the newest known edition, or the one that is named.

    Parameters
    ----------
    edition
        As the publisher names it (``202401b``, ``2025``). One that no row has is built by the
        publisher's pattern where there is one; size, checksum and date are then unknown.
    revision
        Revision of the Harmonized System, for BACI; HS92 when None.

    Raises
    ------
    UnknownName
        No such kind, revision or edition.
    YtterbyError
        An edition or a revision was named where none can be chosen.
    """
    offers = [offer for offer in load_offers() if offer.kind == kind]
    if not offers:
        raise UnknownName("kind of download", kind, (offer.kind for offer in load_offers()))
    offers = _of_revision(kind, offers, revision)
    if edition is None:
        return max(offers, key=lambda offer: offer.edition)
    wanted = edition.strip().removeprefix("V")
    for offer in offers:
        if offer.rolling or not offer.url:
            raise YtterbyError(f"editions of {kind} cannot be chosen here.", "Leave --edition out.")
        if offer.edition == wanted:
            return offer
    return _by_pattern(kind, wanted, [offer.edition for offer in offers], revision or offers[0].revision)


def _of_revision(kind: str, offers: list[Offer], revision: str | None) -> list[Offer]:
    known = [offer.revision for offer in offers if offer.revision]
    if not known:
        if revision:
            raise YtterbyError(f"{kind} has no revisions of the HS.", "Leave --revision out.")
        return offers
    wanted = (revision or known[0]).upper()
    if wanted not in known:
        raise UnknownName(f"revision of {kind}", wanted, known)
    return [offer for offer in offers if offer.revision == wanted]


def _by_pattern(kind: str, edition: str, known: list[str], revision: str) -> Offer:
    """File of an edition that no row has, where the publisher's naming is regular."""
    for row in read_rows("downloads"):
        if row["kind"] == kind and row["revision"] == revision.upper() and EDITION in row["url"]:
            if not _PLAIN.fullmatch(edition):
                raise UnknownName(f"edition of {kind}", edition, known)
            kept = {name: row[name] for name in ("kind", "revision", "name", "url", "page", "terms")}
            why = f"the publisher's pattern; edition {row['edition']} was looked up"
            return _complete(Offer(**kept, edition=edition, certainty="pattern", seen_in=why))  # type: ignore[arg-type]  # texts of a row
    raise UnknownName(f"edition of {kind}", edition, known)


def _complete(offer: Offer) -> Offer:
    """The same with the edition put into address and name."""
    texts = {name: getattr(offer, name).replace(EDITION, offer.edition) for name in ("name", "url")}
    return offer.model_copy(update=texts)
