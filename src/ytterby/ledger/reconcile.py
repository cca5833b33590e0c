"""Claims about one event across reports: clusters, independent origins, typed differences.

Rules, with their numbers, stand in docs/method/ledger.md, section 3. A coarser statement is not a
conflict, and two reports with one origin are one witness.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ytterby.evidence import Article, Reuse
from ytterby.evidence.cards import ReportCard
from ytterby.ledger.differences import Difference, differences_of, event_time
from ytterby.ledger.likeness import Embedder, Likeness, likeness_across_languages, word_likeness
from ytterby.ledger.statements import Statement, read_statements

# A pair of claims is about one event from this score on; see section 3.2 for the parts of it.
ACCEPT = 0.67
SURE = 0.95  # from here on a claim may have a second partner in the same report
COPY_WORDS = 8  # a run of this many words in common is one hand (evidence schema, section 5)
_SHARED = "text shared by"
_SHARED_WORDS = 30  # in all, so that one quotation of a speech makes no family
_MOST_WORDS = 400  # of a quote; longer quotes are compared by their beginning
_SHARES = {"production_share", "processing_share", "market_position"}
# Names under which one government speaks.
_GOVERNMENTS = {
    "White House": "US government", "US administration": "US government", "Washington": "US government",
    "State Department": "US government", "Beijing": "Chinese government", "MOFCOM": "Chinese government",
    "Tokyo": "Japanese government", "METI": "Japanese government",
}  # fmt: skip
GRAVE = frozenset({"conflict", "error_in_source"})  # differences that two true reports cannot have
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Cluster:
    """Claims about one event.

    ``label`` is conflicting where a difference is a conflict or an error in the source, else
    corroborated from two independent origins on, else single. ``origins`` holds one entry for
    each independent origin; ``relations`` says how each member relates to the fullest one.
    """

    id: str
    members: tuple[Statement, ...]
    relations: tuple[str, ...]
    origins: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def label(self) -> str:
        """The word for how well the event is attested."""
        if any(found.type in GRAVE for found in self.differences):
            return "conflicting"
        return "corroborated" if len(self.origins) > 1 else "single"

    @property
    def reports(self) -> tuple[str, ...]:
        """Reports that speak of the event, sorted."""
        return tuple(sorted({member.report for member in self.members}))


def reconcile(
    claims: Iterable[Any],
    report_origins: Mapping[str, Sequence[str]] | None = None,
    *,
    dates: Mapping[str, dt.date] | None = None,
    suspected: Mapping[str, str] | None = None,
    embed: Embedder | None = None,
) -> list[Cluster]:
    """Group claims about one event.

    Parameters
    ----------
    claims: claim records or mappings of their JSON shape, of any number of reports.
    report_origins: for each report the origins (agencies, families of copies) its text rests on;
        a report that is not named is an origin of its own.
    dates: day of each report; a later report that tells of a later stage is an update, no other word.
    suspected: claims whose roles the known policies contradict, and how; a difference of theirs in the
        roles is an error in the source and not a conflict of two witnesses.
    embed: compares quotes of two languages by their meaning; by their words alone where None.

    Returns
    -------
    Every claim in exactly one cluster, also those that stand alone, in the order of the claims.
    """
    statements = sorted(read_statements(claims, dates), key=lambda claim: claim.id)
    groups = _group(statements, likeness_across_languages(statements, embed))
    return [
        _cluster(f"K{number:02d}", members, report_origins or {}, frozenset(suspected or ()))
        for number, members in enumerate(groups, start=1)
    ]


def build_clusters(clusters: Sequence[Cluster]) -> pd.DataFrame:
    """Clusters as a table.

    Returns
    -------
    cluster_id, kind, event (words of the fullest claim), label, n_reports, n_origins, origins,
    reports, claims, relations (of each claim to the first), conflicts (fields, ';' between them),
    differences (all, as text).
    """
    return pd.DataFrame(
        [_row(cluster) for cluster in clusters],
        columns=["cluster_id", "kind", "event", "label", "n_reports", "n_origins", "origins", "reports",
                 "claims", "relations", "conflicts", "differences"],
    )  # fmt: skip


def build_differences(clusters: Sequence[Cluster]) -> pd.DataFrame:
    """List the differences inside clusters, one row each.

    Returns
    -------
    cluster_id, kind, field, type (granularity, wording, differs, temporal_update, conflict,
    error_in_source), claim, says, other_claim, other_says. The first claim is the fullest of its cluster.
    """
    rows = [
        (cluster.id, cluster.members[0].kind, found.field, found.type, *found.sides)
        for cluster in clusters
        for found in cluster.differences
    ]
    columns = ["cluster_id", "kind", "field", "type", "claim", "says", "other_claim", "other_says"]
    return pd.DataFrame(rows, columns=columns)


def _row(cluster: Cluster) -> list[Any]:
    conflicts = [found.field for found in cluster.differences if found.type in GRAVE]
    return [
        cluster.id, cluster.members[0].kind, cluster.members[0].quote, cluster.label, len(cluster.reports),
        len(cluster.origins), ";".join(cluster.origins), ";".join(cluster.reports),
        ";".join(member.id for member in cluster.members), ";".join(cluster.relations),
        ";".join(sorted(set(conflicts))),
        " | ".join(map(str, cluster.differences)),
    ]  # fmt: skip


def _cluster(
    name: str, members: Sequence[Statement], origins: Mapping[str, Sequence[str]], suspected: frozenset[str]
) -> Cluster:
    ordered = sorted(members, key=lambda claim: (-_detail(claim), claim.id))
    first, *rest = ordered
    pairs = [[_judged(found, suspected) for found in differences_of(first, other)] for other in rest]
    differences = tuple(found for pair in pairs for found in pair)
    relations = ["same", *map(_relation, pairs)]
    return Cluster(name, tuple(ordered), tuple(relations), independent_origins(ordered, origins), differences)


def _detail(claim: Statement) -> int:
    return len(claim.quantities) + len(claim.times) + len(claim.sources) + len(claim.details)


def _judged(difference: Difference, suspected: frozenset[str]) -> Difference:
    """Roles that the known policies contradict are an error of that source."""
    wrong = difference.field == "actors" and not suspected.isdisjoint(difference.sides[::2])
    return replace(difference, type="error_in_source") if wrong else difference


def _relation(differences: Sequence[Difference]) -> str:
    types = {found.type for found in differences}
    if types & GRAVE:
        return "differs"
    return "same_less_detail" if "granularity" in types else "same"


def independent_origins(
    members: Sequence[Statement], report_origins: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Count witnesses: one entry for each group of claims that go back to one hand (section 3.4).

    Two claims go back to one hand when they share an origin or a run of ``COPY_WORDS`` words.
    """
    groups: list[tuple[set[str], list[Statement]]] = []
    for member in members:
        names, claims = set(claim_origins(member, report_origins)), [member]
        apart = []
        for known, earlier in groups:
            if names & known or any(share_run(member.quote, other.quote) for other in earlier):
                names, claims = names | known, earlier + claims
            else:
                apart.append((known, earlier))
        groups = [*apart, (names, claims)]
    return tuple(sorted(_shown(names) for names, _ in groups))


def _shown(names: set[str]) -> str:
    """Name one hand: by the agencies and persons where there are any, else by the shared text."""
    known = sorted(name for name in names if not name.startswith(_SHARED))
    return "+".join(known or sorted(names))


def claim_origins(claim: Statement, report_origins: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Name the origins of one claim: who said it, else who wrote the report.

    An agency that passes an unnamed source on is the origin; a named person or government is an
    origin whoever prints it; without either the report's own origins count.
    """
    agencies = [via or name for name, kind, via in claim.sources if via or kind in {"agency", "media"}]
    told = [(name, kind) for name, kind, _ in claim.sources if kind not in {"agency", "media", "anonymous"}]
    named = [_GOVERNMENTS.get(name, name) if kind == "government" else name for name, kind in told]
    return tuple(agencies or named or report_origins.get(claim.report) or [f"report:{claim.report}"])


def share_run(a: str, b: str, words: int = COPY_WORDS) -> bool:
    """Whether two quotes have a run of this many words in common; shorter equal quotes count too."""
    left, right = (_WORD.findall(text.casefold())[:_MOST_WORDS] for text in (a, b))
    if min(len(left), len(right)) < words:
        return len(left) > 2 and left == right
    return not _runs(left, words).isdisjoint(_runs(right, words))


def _runs(words: list[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(words[k : k + length]) for k in range(len(words) - length + 1)}


def _group(statements: Sequence[Statement], alike: Likeness) -> list[list[Statement]]:
    """Join pairs, best first, unless two members of the joined group exclude each other."""
    home = {claim.id: [claim] for claim in statements}
    partners: set[tuple[str, str]] = set()
    scored = _scored_pairs(statements, alike)
    for score, a, b in sorted(scored, key=lambda pair: (-pair[0], pair[1].id, pair[2].id)):
        taken = (a.id, b.report) in partners or (b.id, a.report) in partners
        if (taken and score < SURE) or home[a.id] is home[b.id] or _exclude(home[a.id], home[b.id], alike):
            continue
        partners |= {(a.id, b.report), (b.id, a.report)}
        joined = home[a.id] + home[b.id]
        home.update({claim.id: joined for claim in joined})
    groups = {id(group): group for group in home.values()}
    return sorted(groups.values(), key=lambda group: min(claim.id for claim in group))


def _exclude(left: Sequence[Statement], right: Sequence[Statement], alike: Likeness) -> bool:
    return any(not compatible(a, b, alike) for a, b in itertools.product(left, right))


def _scored_pairs(
    statements: Sequence[Statement], alike: Likeness
) -> Iterator[tuple[float, Statement, Statement]]:
    for block in _blocks(statements):
        for a, b in itertools.combinations(block, 2):
            if a.report == b.report or not compatible(a, b, alike):
                continue
            if (score := score_pair(a, b, alike)) >= ACCEPT:
                yield score, a, b


def _blocks(statements: Sequence[Statement]) -> Iterable[list[Statement]]:
    blocks: dict[str, list[Statement]] = defaultdict(list)
    for claim in statements:
        blocks["share" if claim.kind in _SHARES else claim.kind].append(claim)
    return blocks.values()


def compatible(a: Statement, b: Statement, alike: Likeness = word_likeness) -> bool:
    """Whether two claims may be about one event: no slot that both fill excludes it (section 3.1)."""
    return (
        (a.kind == b.kind or {a.kind, b.kind} <= _SHARES)
        and (_same_actors(a, b) or _swapped(a, b))
        and _same_materials(a.materials, b.materials)
        and _same_detail(a, b)
        and _same_time(a, b)
        and _same_numbers(a, b, alike)
    )


def _same_actors(a: Statement, b: Statement) -> bool:
    agents, others = (set(a.agents), set(b.agents)), (set(a.others), set(b.others))
    return _nested(*agents) and (not all(others) or bool(others[0] & others[1]))


def _nested(left: set[str], right: set[str]) -> bool:
    return left <= right or right <= left


def _swapped(a: Statement, b: Statement) -> bool:
    """One report has the roles the other way round: the same event, and a conflict."""
    return bool(a.others) and set(a.agents) == set(b.others) and set(a.others) == set(b.agents)


def _same_materials(left: frozenset[str], right: frozenset[str]) -> bool:
    """Critical minerals hold all the others, so that the word excludes nothing."""
    wide = "critical_minerals"
    return not left or not right or bool(left & right) or wide in left or wide in right


def _same_detail(a: Statement, b: Statement) -> bool:
    fields = ("stage", "agreement_type", "statistic", "extraterritorial")
    values = [(a.details.get(name), b.details.get(name)) for name in fields]
    return all(x == y or not x or not y for x, y in values) and a.negated == b.negated


def _same_time(a: Statement, b: Statement) -> bool:
    left, right = event_time(a), event_time(b)
    return left is None or right is None or left.overlaps(right)


def _same_numbers(a: Statement, b: Statement, alike: Likeness) -> bool:
    """Numbers of the same role and unit differ: another event, unless the words are the same."""
    known = {(q.role, q.unit): q.value for q in a.quantities if q.value is not None}
    pairs = [(known.get((q.role, q.unit)), q.value) for q in b.quantities if q.value is not None]
    both = [(x, y) for x, y in pairs if x is not None]
    return not both or any(x == y for x, y in both) or alike(a, b) >= 0.8


def score_pair(a: Statement, b: Statement, alike: Likeness = word_likeness) -> float:
    """Score how much speaks for one event: words, numbers, materials, days, actors (section 3.2)."""
    numbers = _numbers(a) & _numbers(b)
    left, right = event_time(a), event_time(b)
    together = left is not None and right is not None and left.overlaps(right)
    return (
        alike(a, b)
        + 0.35 * min(len(numbers), 2)
        + 0.2 * bool(a.materials & b.materials)
        + 0.25 * together
        + 0.1 * (a.countries == b.countries)
        - 0.2 * _other_object(a, b)
    )


def _numbers(claim: Statement) -> set[tuple[float, str]]:
    return {(number.value, number.unit) for number in claim.quantities if number.value is not None}


def _other_object(a: Statement, b: Statement) -> bool:
    from rapidfuzz import fuzz

    return bool(a.object and b.object) and fuzz.token_set_ratio(a.object, b.object) < 40


def report_origins(
    articles: Iterable[Article | ReportCard], reuse: Iterable[Reuse] = ()
) -> dict[str, tuple[str, ...]]:
    """Read the origins of whole reports from their credits and from the text they share.

    Only a credit line speaks for a whole text; a photo credit and 'told Reuters' do not. Two reports
    that share ``_SHARED_WORDS`` words had one text before them, and count as one origin where
    neither says more. Reports with neither are left out: each is its own origin.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for article in articles:
        found[article.id] |= {a.name for a in article.agencies if a.evidence == "credit_line"}
    words: dict[tuple[str, str], int] = defaultdict(int)
    for copy in reuse:
        a, b = sorted((copy.a.report, copy.b.report))
        words[a, b] += copy.words
    for (a, b), count in words.items():
        if count >= _SHARED_WORDS:
            found[a].add(f"{_SHARED} {a} and {b}")
            found[b].add(f"{_SHARED} {a} and {b}")
    return {report: tuple(sorted(names)) for report, names in found.items() if names}
