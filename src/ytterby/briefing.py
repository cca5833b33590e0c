"""What the stages found, laid out as the tables of a report.

Nothing is computed here that another folder could have computed; this is the place where records
and arrays become the rows that people read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ytterby.catalog.countries import REST, country_name, country_position, region_members
from ytterby.catalog.sources import load_sources
from ytterby.catalog.studies import StudyFiles
from ytterby.catalog.tables import study_columns
from ytterby.errors import UnknownName
from ytterby.facts.shapes import shapes
from ytterby.findings import build_findings
from ytterby.network.chain import WEEKS_PER_YEAR, Chain
from ytterby.network.outcomes import ALL, fan, summarise
from ytterby.planning.rerouting import choke_points
from ytterby.views.results import Results

if TYPE_CHECKING:
    from ytterby.evidence.articles import Article, ArticleProblem
    from ytterby.evidence.claims import Claim, Quantity, TimeSpan
    from ytterby.evidence.reading import Reading
    from ytterby.ledger.ledger import Ledger
    from ytterby.network.ensemble import Ensemble
    from ytterby.planning.projects import Plan

REST_OF_WORLD = "ROW"
_MAGNET_STAGE = "magnet"
WITHOUT, WITH = "without plan", "with plan"


def articles_table(articles: Iterable[Article], origins: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """One row an article: article_id, title, date, language, agencies, origins, file, sha256."""
    rows = [
        {
            "article_id": article.id,
            "title": article.title or "",
            "date": article.date.value if article.date else "",
            "language": article.language or "",
            "agencies": ";".join(sorted({agency.name for agency in article.agencies})),
            "origins": ";".join(origins.get(article.id, ())),
            "file": article.file,
            "sha256": article.sha256,
        }
        for article in articles
    ]
    columns = ["article_id", "title", "date", "language", "agencies", "origins", "file", "sha256"]
    return pd.DataFrame(rows, columns=columns)


def problems_table(problems: Iterable[ArticleProblem]) -> pd.DataFrame:
    """One row an input that could not be used: file, message, remedy."""
    rows = [(problem.file, problem.message, problem.remedy) for problem in problems]
    return pd.DataFrame(rows, columns=["file", "message", "remedy"])


def claims_table(claims: Iterable[Claim]) -> pd.DataFrame:
    """One row a claim; spans count in code points of the article's text."""
    rows = [
        {
            "claim_id": claim.id,
            "report": claim.report,
            "kind": claim.kind,
            "relevance": claim.relevance,
            "gloss": claim.gloss_en,
            "quote": claim.spans[0].quote,
            "start": claim.spans[0].start,
            "end": claim.spans[0].end,
            "status": claim.status,
            "actors": ", ".join(f"{actor.id} ({actor.role})" for actor in claim.actors),
            "quantities": ", ".join(map(_quantity, claim.quantities)),
            "times": ", ".join(map(_time, claim.time)),
        }
        for claim in claims
    ]
    columns = "claim_id report kind relevance gloss quote start end status actors quantities times"
    return pd.DataFrame(rows, columns=columns.split())


def _quantity(quantity: Quantity) -> str:
    return f"{quantity.role}: {_amount(quantity)} {quantity.unit}"


def _amount(quantity: Quantity) -> str:
    """An amount as people write it: 550 bn, 60,000, 0.5."""
    if quantity.value is None:
        return quantity.qualifier
    for size, word in ((1e9, " bn"), (1e6, " million")):
        if abs(quantity.value) >= size:
            return f"{quantity.value / size:,.6g}{word}"
    return f"{quantity.value:,.6g}"


def _time(time: TimeSpan) -> str:
    return (
        f"{time.role}: {time.start or ''}..{time.end or ''}"
        if time.start != time.end
        else f"{time.role}: {time.end}"
    )


def verdicts_table(verdicts: pd.DataFrame, claims: Iterable[Claim]) -> pd.DataFrame:
    """Verdicts with the claim in words (``subject``, ``claimed``) and the band of its end value."""
    by_id = {claim.id: claim for claim in claims}
    claimed = [_claimed(row.claimed_from, row.claimed_to, row.unit) for row in verdicts.itertuples()]
    subject = [_subject(by_id[row.claim_id]) for row in verdicts.itertuples()]
    return verdicts.assign(subject=subject, claimed=claimed, low=verdicts["to_low"], high=verdicts["to_high"])


def _subject(claim: Claim) -> str:
    """What a claim is about, in a few English words."""
    agents = " and ".join(_country(a.id) for a in claim.actors if a.role == "agent")
    others = " and ".join(_country(a.id) for a in claim.actors if a.role == "counterpart")
    if claim.kind == "dependence" and agents and others:
        return f"{agents}'s dependence on {others}"
    return f"{agents}: {claim.kind.replace('_', ' ')}".removeprefix(": ")


def _country(code: str) -> str:
    try:
        return country_name(code)
    except UnknownName:  # a bloc or an organisation
        return code


def _claimed(first: float, last: float, unit: str) -> str:
    shown = [
        f"{value:.0%}" if unit == "share" else f"{value:g} {unit}"
        for value in (first, last)
        if value == value
    ]
    return " to ".join(shown)


def pledges_table(pledges: pd.DataFrame) -> pd.DataFrame:
    """Pledges with ``quotes`` as the claims they rest on; the words stand with the claims."""
    return pledges.assign(quotes=pledges["claims"])


def corroboration_table(clusters: pd.DataFrame) -> pd.DataFrame:
    """Events told more than once, with the independent origins behind them."""
    told = clusters[clusters["n_reports"] > 1]
    return told.rename(columns={"event": "statement"}).reset_index(drop=True)


def regions_table(regions: Sequence[str]) -> pd.DataFrame:
    """Regions of the study with their member countries and a point for their marks on the map."""
    rows = [_region(region, regions) for region in regions]
    return pd.DataFrame(rows, columns=["region", "label", "members", "latitude", "longitude"])


def _region(region: str, regions: Sequence[str] = ()) -> tuple[str, str, str, float, float]:
    if region == REST_OF_WORLD:
        return region, "Rest of the world", "", -25.0, -55.0
    bloc = region.removesuffix(REST)
    if bloc in ("EU", "EU27"):
        label = "Rest of the European Union" if region.endswith(REST) else "European Union"
        return region, label, ";".join(region_members(region, regions)), 49.0, 10.0
    try:
        latitude, longitude = country_position(region)
        return region, country_name(region), region, latitude, longitude
    except UnknownName:  # a region of the analyst's own
        return region, region, "", float("nan"), float("nan")


def flows_table(chain: Chain) -> pd.DataFrame:
    """Baseline flows between regions and stages in tonnes a year of product and of magnet elements.

    Elements counted in ``content_tpa`` are those that a magnet holds, so that ore and magnet compare.
    """
    stages = chain.stages
    content = _magnet_content(chain, stages)
    frame = pd.DataFrame(
        {
            "material": chain.pool_material[chain.arc_pool],
            "origin": chain.pool_region[chain.arc_pool],
            "user": chain.slot_process[chain.arc_slot],
            "flow_tpa": chain.arc_flow_t * WEEKS_PER_YEAR,
        }
    )
    frame["stage"] = [stages[m] for m in frame["material"]]
    user = chain.process_material[frame["user"]]
    frame["next_stage"] = [stages[m] if m >= 0 else "use" for m in user]
    frame["content_tpa"] = frame["flow_tpa"] * content[frame["material"]]
    frame["destination"] = np.array(chain.regions)[chain.process_region[frame["user"]]]
    frame["origin"] = np.array(chain.regions)[frame["origin"]]
    frame["material"] = np.array(chain.materials)[frame["material"]]
    keys = ["stage", "next_stage", "material", "origin", "destination"]
    flows = frame.groupby(keys, as_index=False, sort=True)[["flow_tpa", "content_tpa"]].sum()
    return flows[flows["flow_tpa"] > 0].reset_index(drop=True)


def _magnet_content(chain: Chain, stages: Sequence[str]) -> Any:
    magnets = [m for m, stage in enumerate(stages) if stage == _MAGNET_STAGE]
    counted = (chain.content[:, magnets] > 0).any(axis=1) if magnets else np.ones(len(chain.elements), bool)
    return chain.content[counted].sum(axis=0)


def chokepoints_table(nodes: pd.DataFrame, study: StudyFiles) -> pd.DataFrame:
    """Choke points with a ``label`` for people."""
    materials = study.tables["materials"].set_index("material")["label"]
    label = [f"{materials[row.material]} from {_region(row.region)[1]}" for row in nodes.itertuples()]
    return nodes.assign(label=label)


def assumptions_table(study: StudyFiles) -> pd.DataFrame:
    """Every row of the study that is an assumption: file, row, what, value, reason, source_id."""
    rows = []
    for table, columns in study_columns().items():
        frame = study.tables[table]
        if table == "sources":
            continue
        key = columns[0].name
        numbers = [column for column in columns if column.type in ("number", "integer") and column.required]
        for row in frame[frame["assumed"].astype(bool)].itertuples():
            values = [f"{c.name} {getattr(row, c.name):g} {c.unit}".strip() for c in numbers]
            what = " ".join(str(getattr(row, c.name)) for c in columns[:3] if c.type in ("id", "region"))
            rows.append(
                (
                    f"{table}.csv",
                    row.row,
                    what or getattr(row, key),
                    ", ".join(values),
                    row.reason,
                    row.source_id,
                )
            )
    return pd.DataFrame(rows, columns=["file", "row", "what", "value", "reason", "source_id"])


def sources_table(study: StudyFiles, used: Iterable[str]) -> pd.DataFrame:
    """Cards of the study and of the store's sources that the report's numbers name."""
    own = study.tables["sources"][["source_id", "title", "producer", "year", "licence"]]
    known = set(own["source_id"])
    keys = {key for joined in used for key in str(joined).split(";") if key}
    cards = [load_sources()[key] for key in sorted(keys - known) if key in load_sources()]
    rows = [(c.source_id, c.title, c.producer, f"{c.year}, {c.edition}", c.licence) for c in cards]
    return pd.concat([own, pd.DataFrame(rows, columns=own.columns)], ignore_index=True)


def fans_table(without: Ensemble, within: Ensemble, start: dt.date, regions: Sequence[str]) -> pd.DataFrame:
    """Weekly fans of the unmet share of the partners' regions: by scenario, and by sector over all."""
    parts = []
    for case, ensemble in ((WITHOUT, without), (WITH, within)):
        by_sector = fan(ensemble, by=("region", "sector"))
        by_sector = by_sector[by_sector["scenario"] == ALL]
        whole = fan(ensemble, by=("region",)).assign(sector="all")
        parts.append(pd.concat([whole, by_sector], ignore_index=True).assign(case=case))
    table = pd.concat(parts, ignore_index=True)
    table = table[table["region"].isin(regions)].reset_index(drop=True)
    table["date"] = [(start + dt.timedelta(weeks=int(week))).isoformat() for week in table["week"]]
    labels = {draw.scenario.name: draw.scenario.label for draw in without.draws} | {ALL: "All scenarios"}
    table["label"] = table["scenario"].map(labels)
    columns = "scenario label case region sector week date p5 p25 p50 p75 p95 mean"
    return table[columns.split()]


def losses_table(without: Ensemble, within: Ensemble, regions: Sequence[str]) -> pd.DataFrame:
    """Expected and tail loss of the partners' regions by scenario, without and with the plan."""
    parts = []
    for case, ensemble in ((WITHOUT, without), (WITH, within)):
        table = summarise(ensemble, regions=tuple(regions)).assign(case=case)
        parts.append(table)
    names = {"loss_usd": "expected_loss_usd", "loss_tail_usd": "cvar95_usd"}
    return pd.concat(parts, ignore_index=True).rename(columns=names)


def projects_table(plan: Plan, study: StudyFiles) -> pd.DataFrame:
    """Projects with the day they are ready, the loss each avoids and why it was taken or left."""
    own = study.tables["projects"][["project", "success_probability", "source_id"]]
    table = plan.projects.merge(own, on="project", how="left")
    table["ready"] = [day.isoformat() for day in table["online"]]
    table["reason"] = [_project_reason(row) for row in table.itertuples()]
    return table.rename(columns={"gain_usd": "avoided_loss_usd"})


def _project_reason(row: Any) -> str:
    if np.isnan(row.gain_usd):
        return "not open to these partners"
    millions = row.gain_usd / 1e6
    if row.chosen:
        return f"the plan would cost {millions:,.0f} million USD more without it"
    return f"worth at most {millions:,.0f} million USD beside the others"


def stockpiles_table(plan: Plan, study: StudyFiles) -> pd.DataFrame:
    """Sizes of the stockpiles, together and alone, with the cost of holding them for a year.

    ``purchase_usd`` is what filling them from today's stock costs at the study's prices.
    """
    parts = [
        plan.stockpiles.assign(
            case=case, size_t=plan.stockpiles[f"{key}_t"], cost_usd=plan.stockpiles[f"{key}_usd"]
        )
        for case, key in (("together", "joint"), ("alone", "alone"))
    ]
    table = pd.concat(parts, ignore_index=True)
    price = table["material"].map(study.tables["materials"].set_index("material")["price_usd_per_t"])
    table["purchase_usd"] = (table["size_t"] - table["today_t"]) * price
    columns = "case partner material region size_t cost_usd stockpile today_t purchase_usd"
    return table[columns.split()]


def costs_table(plan: Plan) -> pd.DataFrame:
    """Expected costs of every case by item, long.

    The planner buys more cheaply than today in every case, for it sees ahead. So operation counts as
    the change against no action, and a total says what a case costs apart from that foresight.
    """
    whole = plan.costs[plan.costs["partner"] == "all"].copy()
    foresight = whole.loc[whole["case"] == "no action", "operating_usd"].iloc[0]
    whole[["operating_usd", "total_usd"]] -= foresight
    items = {
        "expected_loss_usd": "expected loss",
        "capex_usd": "investment in projects",
        "holding_usd": "holding of stockpiles",
        "stock_used_usd": "stock used",
        "operating_usd": "operation, change against no action",
        "total_usd": "total",
    }
    long = whole.melt(id_vars="case", value_vars=list(items), var_name="item", value_name="value_usd")
    order = {case: rank for rank, case in enumerate(whole["case"])}
    long = long.sort_values("case", key=lambda cases: cases.map(order), kind="stable", ignore_index=True)
    return long.assign(item=long["item"].map(items))[["case", "item", "value_usd"]]


def plan_notes(plan: Plan) -> tuple[str, ...]:
    """What must be known to read the plan: its deadline, how sure it is, what its model simplifies."""
    proof = f"The plan is {plan.status} ({plan.gap_usd / 1e6:,.1f} million USD)."
    sharing = (
        "Costs alone and together count over today's operation, and the planner buys more cheaply than "
        "today because it sees ahead: a cost below zero is that foresight. Compare costs, not levels. "
        "Together, partners share the plants that serve them today, the projects and the stockpiles."
    )
    return (plan.deadline.message, proof, sharing, *plan.notes)


def gaps_table(plan: Plan) -> pd.DataFrame:
    """What one more tonne a year of each process outside the controlled regions is worth."""
    table = plan.gap_values
    table = table[
        (table["scope"] == "process") & ~table["controlled"].astype(bool) & (table["usd_per_tpa"] > 0)
    ]
    return table.rename(columns={"name": "process", "usd_per_tpa": "value_usd_per_t"}).reset_index(drop=True)


def split_table(plan: Plan) -> pd.DataFrame:
    """Who pays what for the joint plan: the Shapley value where it is stable, else the nucleolus."""
    split = plan.split
    stable = bool(plan.core.loc[plan.core["rule"] == "shapley", "stable"].any())
    rule = "shapley" if stable else "nucleolus"
    together = split[f"{rule}_usd"]
    table = split.assign(together_usd=together, saving_usd=split["alone_usd"] - together)
    return table.assign(shapley_stable=stable, rule="Shapley value, in the core" if stable else "nucleolus")


def brief(
    study: StudyFiles,
    chain: Chain,
    reading: Reading,
    ledger: Ledger,
    screened: pd.DataFrame,
    plan: Plan,
    futures: tuple[Ensemble, Ensemble],
    run: Mapping[str, Any],
) -> Results:
    """Lay out one run as the tables of a report, with the answer first.

    ``futures`` are the ensembles without and with the plan, on the same draws.
    """
    home = _home_regions(study, plan.partners)
    results = Results(
        settings=study.settings,
        run=run,
        shapes=shapes(),
        articles=articles_table(reading.articles, ledger.origins),
        problems=problems_table(reading.problems),
        claims=claims_table(reading.claims),
        verdicts=verdicts_table(ledger.verdicts, reading.claims),
        variants=ledger.variants,
        pledges=pledges_table(ledger.pledges),
        policies=ledger.policies,
        corroboration=corroboration_table(ledger.clusters),
        screen=screened,
        regions=regions_table(chain.regions),
        chokepoints=chokepoints_table(choke_points(chain, for_regions=home), study),
        flows=flows_table(chain),
        fans=fans_table(*futures, study.settings.planning.start, home),
        losses=losses_table(*futures, home),
        plan_notes=plan_notes(plan),
        plan_projects=projects_table(plan, study),
        plan_stockpiles=stockpiles_table(plan, study),
        plan_costs=costs_table(plan),
        gap_values=gaps_table(plan),
        split=split_table(plan),
        assumptions=assumptions_table(study),
        sources=sources_table(study, _sources_named(ledger, screened)),
    )
    return replace(results, answer=build_findings(results))


def _home_regions(study: StudyFiles, partners: Sequence[str]) -> tuple[str, ...]:
    rows = study.tables["partners"].itertuples()
    return tuple(region for row in rows if row.partner in partners for region in row.regions)


def _sources_named(ledger: Ledger, screened: pd.DataFrame) -> set[str]:
    return {*ledger.variants["source_id"], *ledger.policies["source_id"], *screened["source_id"].unique()}
