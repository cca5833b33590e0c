"""Commands on press texts and what they tell: read, verify, policies, pledges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from ytterby.commands.output import (
    Out,
    Store,
    claims_file,
    claims_place,
    day,
    give,
    page_place,
    progress_bars,
)  # fmt: skip
from ytterby.errors import UnknownName, YtterbyError

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.evidence.claims import Claim
    from ytterby.evidence.model import ModelReader
    from ytterby.evidence.reading import Reading
    from ytterby.evidence.sources import ArticleProblem
    from ytterby.ledger.calendars import Event
    from ytterby.ledger.ledger import Ledger
    from ytterby.ledger.likeness import Embedder

evidence_app = typer.Typer()
Claims = Annotated[Path, typer.Argument(help="Claims as JSON lines, from `ytterby read`.")]
Reports = Annotated[
    Path | None, typer.Option("--reports", help="Dates and origins, from `ytterby read --reports`.")
]
At = Annotated[
    datetime | None, typer.Option("--at", formats=["%Y-%m-%d"], help="Day that is asked of; default today.")
]
Ics = Annotated[Path | None, typer.Option("--ics", help="The same days as iCalendar.")]
Page = Annotated[
    Path | None,
    typer.Option("--page", callback=page_place, help="One HTML page: the articles with their claims marked, "
                 "and what other reports, tables and policies say."),
]  # fmt: skip
Calendar = Annotated[bool, typer.Option("--calendar", help="The days in calendar order.")]


@evidence_app.command()
def read(
    files: Annotated[list[Path], typer.Argument(help="Press texts (see above), or folders of them.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            callback=claims_place,
            help="Claims as JSON lines (.jsonl) or one a row (.csv, .parquet, .xlsx); else the terminal.",
        ),
    ] = None,
    reports: Annotated[
        Path | None,
        typer.Option("--reports", help="Metadata, noise, structure and copies of each text, JSON lines."),
    ] = None,
    rejected: Annotated[
        Path | None, typer.Option("--rejected", help="What the gate rejected and why, JSON lines.")
    ] = None,
    page: Page = None,
    problems: Annotated[
        Path | None, typer.Option("--problems", help="Texts that could not be read and why, JSON lines.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=256, help="Processes that read, with --out.")] = 1,
    executor: Annotated[
        str,
        typer.Option(
            "--executor",
            help="Where they run: processes, dask (extra dask), or the tcp:// address of a Dask scheduler.",
        ),
    ] = "processes",
    llm_url: Annotated[
        str | None,
        typer.Option("--llm-url", help="OpenAI-compatible endpoint as a second reader behind the same gate."),
    ] = None,
    llm_model: Annotated[str | None, typer.Option("--llm-model", help="Its model.")] = None,
    llm_cache: Annotated[
        Path | None, typer.Option("--llm-cache", help="Folder to keep its answers in.")
    ] = None,
) -> None:
    """Read press texts into claims, each with the exact words it rests on.

    Reads .txt, .html, .json, .jsonl, RSS and Atom (.rss, .atom, .xml), .mbox and .eml. Offline, unless
    you name an endpoint; its key comes from the variable YTTERBY_LLM_KEY.

    With --out memory does not grow with the number of texts. What is read stays in a folder beside the
    output until that is whole: after an interruption the same command goes on where it was.

    Example: ytterby read articles/ --out claims.jsonl --reports reports.jsonl --jobs 8 --page dossier.html
    """
    model = _model_reader(llm_url, llm_model, llm_cache)
    if out and model is None and page is None:
        _read_many(files, out, _Beside(reports, rejected, problems), jobs, executor)
        return
    _read_few(files, out, _Beside(reports, rejected, problems), model, page)


class _Beside(NamedTuple):
    """Files beside the claims."""

    reports: Path | None
    rejected: Path | None
    problems: Path | None


def _read_many(files: list[Path], out: Path, beside: _Beside, jobs: int, executor: str) -> None:
    """Read with bounded memory, and tell what the corpus held."""
    from ytterby import study as road
    from ytterby.evidence.corpus import Places, read_corpus

    told = _Told()
    with progress_bars() as progress, claims_file(out) as claims:
        corpus = read_corpus(
            road.check_paths(files), Places(claims, *beside), jobs=jobs, executor=executor,
            progress=progress, tell=told.tell,
        )  # fmt: skip
    told.close()
    for reason, count in corpus.rejected.most_common():
        typer.echo(f"rejected, {reason}: {count:,}", err=True)
    if corpus.chunks_kept:
        typer.echo(f"{corpus.chunks_kept:,} of {corpus.chunks:,} parts were finished before", err=True)
    copies = f", {corpus.copied:,} in {corpus.families:,} families of copies" if corpus.copied else ""
    typer.echo(f"{corpus.claims:,} claims of {corpus.articles:,} articles{copies}: {out}")


class _Told:
    """Problems on the terminal, as many as a person reads."""

    most = 100

    def __init__(self) -> None:
        self._count = 0

    def tell(self, problem: ArticleProblem) -> None:
        """Tell one problem."""
        self._count += 1
        if self._count <= self.most:
            typer.echo(f"! {problem}", err=True)

    def close(self) -> None:
        """Say how many were not told."""
        if self._count > self.most:
            typer.echo(f"! {self._count - self.most:,} further problems; --problems FILE has all", err=True)


def _read_few(
    files: list[Path], out: Path | None, beside: _Beside, model: ModelReader | None, page: Path | None
) -> None:
    """Read at once: for the terminal, for a page, or with a second reader."""
    from ytterby import study as road
    from ytterby.evidence.claims import write_claims

    with progress_bars() as progress:
        reading = road.read(files, model=model, progress=progress)
    _tell(reading)
    _write(reading, beside)
    if page:
        _write_page(reading, road.verify(reading), date.today(), page)
    if out:
        with claims_file(out) as place:
            write_claims(reading.claims, place)
        typer.echo(f"{len(reading.claims)} claims of {len(reading.articles)} articles: {out}")
    if out or page:
        return
    for claim in reading.claims:
        typer.echo(f"{claim.id}  {claim.kind} ({claim.status})  {claim.spans[0].quote!r}")


def _model_reader(url: str | None, model: str | None, cache: Path | None) -> ModelReader | None:
    if url is None and model is None and cache is None:
        return None
    if url is None or model is None:
        raise YtterbyError("--llm-url and --llm-model belong together.", "Give both, or neither.")
    from ytterby.evidence.endpoint import Endpoint
    from ytterby.evidence.model import ModelReader

    return ModelReader(Endpoint(url, model, cache=cache))


def _tell(reading: Reading) -> None:
    from ytterby.evidence.gate import count_reasons

    told = _Told()
    for problem in reading.problems:
        told.tell(problem)
    told.close()
    for reason, count in count_reasons(reading.rejected).items():
        typer.echo(f"rejected, {reason}: {count:,}", err=True)


def _write_page(reading: Reading, ledger: Ledger, at: date, page: Path) -> None:
    from ytterby.views.dossier import Dossier, write_dossier

    write_dossier(Dossier(reading, ledger, at), page)
    typer.echo(f"Page: {page}")


def _write(reading: Reading, beside: _Beside) -> None:
    from ytterby.evidence.cards import write_articles
    from ytterby.evidence.gate import write_rejected
    from ytterby.evidence.sources import write_problems

    if beside.reports:
        write_articles(reading.articles, beside.reports, reading.text_reuse)
    if beside.rejected:
        write_rejected(reading.rejected, beside.rejected)
    if beside.problems:
        write_problems(reading.problems, beside.problems)


@evidence_app.command()
def verify(
    claims: Claims,
    out: Out = None,
    reports: Reports = None,
    variants: Annotated[bool, typer.Option("--variants", help="One row per definition tried.")] = False,
    clusters: Annotated[
        bool, typer.Option("--clusters", help="One row per event: who tells it, how many origins, conflicts.")
    ] = False,
    differences: Annotated[
        bool, typer.Option("--differences", help="One row per difference inside an event, with its type.")
    ] = False,
    articles: Annotated[
        list[Path] | None, typer.Option("--articles", help="With --page: the texts that the claims are from.")
    ] = None,
    page: Page = None,
    at: At = None,
    across_languages: Annotated[
        bool, typer.Option("--across-languages", help="Link events by meaning, with the extra `embeddings`.")
    ] = False,
    claim_review: Annotated[
        Path | None,
        typer.Option("--claim-review", help="The verdicts also as ClaimReview of schema.org (.jsonld)."),
    ] = None,
    reviewer: Annotated[
        str | None, typer.Option("--reviewer", help="Name of who publishes the reviews; else none is given.")
    ] = None,
    reviewer_url: Annotated[str | None, typer.Option("--reviewer-url", help="Their address.")] = None,
    reviewed_on: Annotated[
        datetime | None,
        typer.Option("--reviewed-on", formats=["%Y-%m-%d"], help="Day of the reviews; else none is given."),
    ] = None,
    store: Store = None,
) -> None:
    """Check each numeric claim against the store: a verdict as a band over named definitions.

    With --reports origins and dates of the reports are known: corroboration then counts agencies and
    copies, not papers.

    Example: ytterby verify claims.jsonl --reports reports.jsonl --clusters --out events.csv

    Example: ytterby verify claims.jsonl --articles articles/ --page dossier.html
    """
    from ytterby import study as road
    from ytterby.evidence.cards import read_cards
    from ytterby.evidence.claims import read_claims
    from ytterby.facts.store import open_store
    from ytterby.ledger.likeness import BundledEmbedder
    from ytterby.views.claim_reviews import Reviewer, claim_reviews, write_claim_reviews

    if variants + clusters + differences > 1:
        raise YtterbyError(
            "--variants, --clusters and --differences are tables of their own.", "Give one of them."
        )
    if bool(articles) != bool(page):
        raise YtterbyError("--articles and --page belong together.", "Give both, or neither.")
    if claim_review:
        _review_place(claim_review, reviewer, reviewer_url)
    told, embed = read_claims(claims), BundledEmbedder() if across_languages else None
    if articles and page:
        _verify_page(told, articles, day(at) or date.today(), page, store, embed)
        if not (out or claim_review):
            return
    cards = read_cards(reports) if reports else []
    with open_store(store) as opened:
        checked = road.verify(told, store=opened, reports=cards, date=day(at), embed=embed)
    if claim_review:
        who = Reviewer(reviewer, reviewer_url, reviewed_on.date().isoformat() if reviewed_on else None)
        reviews = claim_reviews(told, checked.verdicts, cards, who)
        write_claim_reviews(reviews, claim_review)
        left = len(checked.verdicts) - len(reviews)
        typer.echo(f"{len(reviews):,} reviews: {claim_review} ({left:,} claims have no rating)")
    table = checked.variants if variants else checked.clusters if clusters else checked.verdicts
    give(checked.differences if differences else table, out)


def _verify_page(
    claims: Sequence[Claim],
    articles: Sequence[Path],
    at: date,
    page: Path,
    store: Path | None,
    embed: Embedder | None,
) -> None:
    """Show claims that are there already in the articles they were read from."""
    from dataclasses import replace

    from ytterby import study as road
    from ytterby.evidence.reading import gather_articles
    from ytterby.facts.store import open_store

    reading = replace(gather_articles(road.check_paths(articles)), claims=tuple(claims))
    with open_store(store) as opened:
        _write_page(reading, road.verify(reading, store=opened, date=at, embed=embed), at, page)


def _review_place(place: Path, reviewer: str | None, url: str | None) -> None:
    from ytterby.views.tables import check_place

    check_place(place, formats=(".jsonld", ".json"))
    if url and not reviewer:
        raise YtterbyError("--reviewer-url needs a name.", "Give --reviewer too.")


@evidence_app.command()
def policies(
    at: At = None,
    claims: Annotated[
        Path | None, typer.Option("--claims", help="Claims, from `ytterby read`, that may date a policy.")
    ] = None,
    reports: Reports = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", help="in_force, announced, suspended ...; default all.")
    ] = None,
    issuer: Annotated[str | None, typer.Option("--issuer", help="ISO 3166 alpha-3 of who issued it.")] = None,
    updates: Annotated[
        bool, typer.Option("--updates", help="What the claims say about dates, with their quotes.")
    ] = False,
    calendar: Calendar = False,
    ics: Ics = None,
    store: Store = None,
    out: Out = None,
) -> None:
    """What was announced, in force, suspended or expired on a day.

    A claim changes a date only with its quote attached, where it speaks of one policy alone, and never
    against a printed date.

    Example: ytterby policies --at 2025-12-01 --state in_force --issuer CHN
    """
    from ytterby.ledger.calendars import policy_events

    known, told = _dated_policies(day(at) or date.today(), claims, reports, store)
    if updates:
        give(told, out)
        return
    kept = known[known["state"].isin(_states(state))]
    kept = kept[[issuer in names.split(";") for names in kept["issuers"]]] if issuer else kept
    shown = ["policy", "label", "issuers", "targets", "materials", "state", "certain"]
    _give_days(kept if out else kept[shown], policy_events(kept), calendar, ics, out)


def _states(asked: list[str] | None) -> list[str]:
    from ytterby.ledger.policies import STATES

    for name in asked or ():
        if name not in STATES:
            raise UnknownName("state", name, STATES)
    return asked or list(STATES)


def _dated_policies(
    at: date, claims: Path | None, reports: Path | None, store: Path | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    from ytterby.evidence.cards import read_cards
    from ytterby.evidence.claims import read_claims
    from ytterby.facts.store import open_store
    from ytterby.ledger.policies import build_policies, policies_in_force
    from ytterby.ledger.updates import update_policies

    cards = read_cards(reports) if reports else []
    with open_store(store) as opened:
        known = build_policies(opened)
    days = {card.id: card.day for card in cards if card.day}
    updated = update_policies(known, read_claims(claims) if claims else [], days)
    return policies_in_force(updated.policies, at), updated.updates


@evidence_app.command()
def pledges(
    claims: Claims,
    at: At = None,
    due_by: Annotated[
        datetime | None, typer.Option("--due-by", formats=["%Y-%m-%d"], help="Only what is due by that day.")
    ] = None,
    reports: Reports = None,
    calendar: Calendar = False,
    ics: Ics = None,
    out: Out = None,
) -> None:
    """Who promised what to whom, how much and by when; one row a pledge, however often it was printed.

    Example: ytterby pledges claims.jsonl --due-by 2026-12-31 --ics pledges.ics
    """
    from ytterby.evidence.cards import read_cards
    from ytterby.evidence.claims import read_claims
    from ytterby.ledger.calendars import pledge_events
    from ytterby.ledger.pledges import build_pledges, status_at
    from ytterby.ledger.reconcile import report_origins

    cards = read_cards(reports) if reports else []
    origins = report_origins(cards, [copy for card in cards for copy in card.text_reuse])
    known = status_at(build_pledges(read_claims(claims), origins), day(at) or date.today())
    if due_by:
        known = known[(known["due"] != "") & (known["due"] <= due_by.date().isoformat())]
    shown = ["due", "promisor", "promisee", "object", "amount", "unit", "state", "days_left", "n_origins"]
    _give_days(known if out else known[shown], pledge_events(known), calendar, ics, out)


def _give_days(
    table: pd.DataFrame, events: list[Event], calendar: bool, ics: Path | None, out: Path | None
) -> None:
    """Give a table, or its days in calendar order, and write the calendar file."""
    from ytterby.ledger.calendars import agenda, write_events

    if ics:
        typer.echo(f"{write_events(events, ics)} days: {ics}")
    if calendar:
        days = agenda(events)
        table = days if out else days[["date", "event", "who", "what", "state"]]
    give(table, out, limit=max(len(table), 1))
