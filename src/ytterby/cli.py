"""The command line: thin commands over the verbs of :mod:`ytterby.study`."""

from __future__ import annotations

import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ytterby import __version__
from ytterby.commands.backcast import backcast
from ytterby.commands.evidence import evidence_app
from ytterby.commands.explain import explain_app
from ytterby.commands.facts import facts_app
from ytterby.commands.output import (
    Out,
    OwnRegions,
    Store,
    Study,
    day,
    give,
    give_folded,
    json_place,
    model_place,
    page_place,
    print_parts,
    progress_bars,
)
from ytterby.commands.whatif import compare, what_if
from ytterby.errors import YtterbyError

app = typer.Typer(
    name="ytterby",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="""Supply-security analysis for critical minerals: from public report to supply decision.

    Start with **ytterby run japan-us-2025**: it reads the study's press notes, checks their numbers
    against trade data, simulates export controls on the magnet chain, plans projects and
    stockpiles, and writes one report. Everything runs offline.""",
)
app.add_typer(evidence_app)
app.add_typer(explain_app, name="explain")
app.add_typer(facts_app, name="facts")
app.command("what-if")(what_if)
app.command("compare")(compare)
app.command()(backcast)

Draws = Annotated[int | None, typer.Option("--draws", min=1, help="Random draws (default: the study's).")]
Executor = Annotated[
    str,
    typer.Option(
        "--executor",
        help="Where draws are simulated: local, dask (extra dask), or a Dask scheduler's tcp:// address.",
    ),
]
Jobs = Annotated[int, typer.Option("--jobs", min=1, max=256, help="Processes; results do not depend on it.")]
Seed = Annotated[
    int | None, typer.Option("--seed", min=0, help="Seed of every random number (default: the study's).")
]


def main() -> None:
    """Run the command line; an error of ours prints its faults and remedy and exits with 2."""
    signal.signal(signal.SIGTERM, _leave)  # else an ended run would leave its temporary folder
    try:
        app(standalone_mode=True)
    except YtterbyError as error:
        typer.echo(f"ytterby: {error}", err=True)
        sys.exit(2)
    except OSError as error:  # a path that cannot be read or written; anything else is a defect of ours
        typer.echo(
            f"ytterby: {error.filename or 'the output'}: {error.strerror}. Check path and rights.", err=True
        )
        sys.exit(2)


def _leave(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if version:
        typer.echo(f"ytterby {__version__}")
        raise typer.Exit


@app.command()
def run(
    study: Study,
    out: Annotated[
        Path, typer.Option("--out", help="Folder of the run; an earlier run there is replaced.")
    ] = Path("out"),
    articles: Annotated[
        list[Path] | None, typer.Option("--articles", help="Press texts instead of the study's.")
    ] = None,
    draws: Draws = None,
    seed: Seed = None,
    executor: Executor = "local",
    jobs: Jobs = 1,
) -> None:
    """Walk the whole road and write the report.

    Example: ytterby run japan-us-2025 --articles my-reports --out out/mine
    """
    from ytterby import study as road

    with progress_bars() as progress:
        results = road.run(
            study,
            out,
            articles=articles,
            draws=draws,
            seed=seed,
            executor=executor,
            jobs=jobs,
            progress=progress,
        )
    for finding in results.answer:
        typer.echo(f"* {finding.text}")
    for problem in results.problems.itertuples():
        typer.echo(f"! {problem.file}: {problem.message} {problem.remedy}", err=True)
    typer.echo(f"\nReport: {out / 'report.html'}")


@app.command()
def screen(
    method: Annotated[
        list[str] | None, typer.Option("--method", help="hhi, geopolrisk, geopolrisk_peer ...; default all.")
    ] = None,
    country: Annotated[
        list[str] | None, typer.Option("--country", help="ISO 3166 alpha-3, e.g. JPN.")
    ] = None,
    material: Annotated[
        list[str] | None, typer.Option("--material", help="Catalog name, e.g. 'rare earths'.")
    ] = None,
    year: Annotated[list[int] | None, typer.Option("--year", min=1900, max=2100)] = None,
    regions: OwnRegions = None,
    store: Store = None,
    out: Out = None,
) -> None:
    """Indicators for every country, material and year in the store; a cell without value says why.

    Example: ytterby screen --country JPN --material "rare earths" --year 2024
    """
    from ytterby import study as road
    from ytterby.facts.credits import credit
    from ytterby.facts.store import open_store

    methods = None if not method or "all" in method else method
    with open_store(store) as opened:
        cells = road.screen(
            methods=methods, countries=country, materials=material, years=year, regions=regions, store=opened
        )
        shown = cells if out else cells.drop(columns=["indicator", "components"])
        give_folded(shown, out, credit(opened, cells))


@app.command()
def suppliers(
    file: Annotated[Path, typer.Argument(help="Your suppliers: CSV, see the how-to page.")],
    home: Annotated[str, typer.Option("--home", help="Country or bloc of the company, e.g. JPN or EU27.")],
    year: Annotated[int | None, typer.Option("--year", min=1995, max=2100)] = None,
    countries: Annotated[
        bool, typer.Option("--countries", help="One row a country instead of one a material.")
    ] = False,
    store: Store = None,
    out: Out = None,
) -> None:
    """Concentration, single points of failure and GeoPolRisk of a company's own suppliers.

    Example: ytterby suppliers my-suppliers.csv --home JPN --out risk.csv
    """
    from ytterby.facts.store import open_store
    from ytterby.indicators.company import company_risk

    with open_store(store) as opened:
        risk = company_risk(file, home=home, year=year, store=opened)
    table = risk.countries if countries else risk.materials
    give(table if out or countries else table[list(_COMPANY)], out)


_COMPANY = (
    "material", "year", "hhi_suppliers", "hhi_countries", "largest_country", "largest_country_share",
    "only_supplier", "only_country", "import_risk", "score", "status",
)  # fmt: skip


@app.command()
def chokepoints(
    study: Study,
    home: Annotated[
        list[str] | None, typer.Option("--for", help="Count only uses in this region; may be repeated.")
    ] = None,
    halve: Annotated[
        bool, typer.Option("--halve", help="The smallest sets of nodes without which half is lost.")
    ] = False,
    sector: Annotated[
        list[str] | None, typer.Option("--sector", help="With --halve: count only these end uses.")
    ] = None,
    material: Annotated[
        str | None, typer.Option("--material", help="With --halve: what users take of this material.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="With --halve: value or tonnes.")] = "value",
    share: Annotated[float, typer.Option("--share", help="With --halve: the share to be lost.")] = 0.5,
    time: Annotated[
        bool,
        typer.Option("--time", help="Weeks until a use is short without each node, and weeks to recover."),
    ] = False,
    outage: Annotated[
        int | None,
        typer.Option(
            "--outage", min=1, max=259, help="With --time: weeks until the node is back; default 26."
        ),
    ] = None,
    out: Out = None,
) -> None:
    """Rank the nodes of a study's chain by what is lost without them, or find what halves supply.

    With --time: how many weeks the chain runs without each node, stocks and change of supplier included.

    Example: ytterby chokepoints japan-us-2025 --for JPN --halve --sector evs
    """
    from ytterby import study as road
    from ytterby.indicators.chokepoints import Counted
    from ytterby.planning.rerouting import choke_points, halving_sets

    chain = road.load_study(study).chain
    regions = tuple(home) if home else None
    if time and halve:
        raise YtterbyError("--time and --halve are two questions.", "Ask one of them.")
    if outage and not time:
        raise YtterbyError("--outage counts for --time only.", "Add --time, or leave it out.")
    if time:
        from ytterby.network.survival import survival_table

        give_folded(survival_table(chain, outage or 26, for_regions=regions), out)
        return
    if halve:
        counted = Counted(regions, tuple(sector) if sector else None, material, by)
        give_folded(halving_sets(chain, counted, goal=share), out)
        return
    for name, given in (("--sector", sector), ("--material", material), ("--by tonnes", by != "value")):
        if given:
            raise YtterbyError(f"{name} counts for --halve only.", "Add --halve, or leave it out.")
    table = choke_points(chain, for_regions=regions)
    give(table if out else table[list(_CHOKE_POINTS)], out)


_CHOKE_POINTS = (
    "rank", "node", "share_of_supply", "lost_use_share", "lost_use_share_with_spare",
    "lost_use_share_at_best", "in_smallest_set",
)  # fmt: skip


@app.command()
def atlas(
    country: Annotated[str, typer.Option("--country", help="ISO 3166 alpha-3, name or EU27.")],
    year: Annotated[int, typer.Option("--year", min=1900, max=2100)],
    out: Annotated[Path, typer.Option("--out", help="Folder to make; an earlier atlas there is replaced.")],
    draws: Annotated[int, typer.Option("--draws", min=10, help="Draws over what is not known.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    store: Store = None,
) -> None:
    """One page on a country: methods side by side, sure and unsure ranks, suppliers, map, changes.

    Example: ytterby atlas --country JPN --year 2024 --out out/atlas-japan
    """
    from ytterby.facts.store import open_store
    from ytterby.views.atlas import write_atlas

    with progress_bars() as progress, open_store(store) as opened:
        write_atlas(opened, out, country=country, year=year, draws=draws, seed=seed, progress=progress)
    typer.echo(f"Atlas: {out / 'atlas.html'}")


@app.command()
def simulate(
    study: Study,
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="One scenario of the study; default all.")
    ] = None,
    draws: Draws = None,
    seed: Seed = None,
    executor: Executor = "local",
    jobs: Jobs = 1,
    out: Out = None,
) -> None:
    """Simulate the study's scenarios week by week: who goes short of what, when, how surely.

    With --out, finished blocks of draws wait in a folder beside the output (its name and .work) until that
    is whole: after an interruption the same command goes on where it was. Without --out, --jobs and
    --executor nothing but the summary is kept, so that 10,000 draws and more fit into memory.

    Example: ytterby simulate japan-us-2025 --draws 200 --jobs 4 --out shortfall.parquet
    """
    from ytterby import study as road
    from ytterby.network.executors import Processes
    from ytterby.network.outcomes import summarise

    told: dict[str, Any] = {"scenario": scenario, "draws": draws, "seed": seed}
    alone = executor == "local" and jobs == 1
    if alone and out is None:
        with progress_bars() as progress:
            table = road.summarise_draws(road.load_study(study), **told, progress=progress).summarise()
        give(table, out)
        return
    workers = Processes(executor, jobs, keep=out.with_name(out.name + ".work") if out else None)
    with progress_bars() as progress:
        futures = road.simulate(road.load_study(study), **told, workers=workers, progress=progress)
    if workers.kept:
        typer.echo(f"{workers.kept} of {workers.blocks} blocks of draws were finished before", err=True)
    give(futures.shortfall if out else summarise(futures), out)
    workers.forget()


@app.command()
def plan(
    study: Study,
    budget: Annotated[
        float | None,
        typer.Option("--budget", min=0, help="Joint budget in USD; scales purses down, never up."),
    ] = None,
    yearly_budget: Annotated[
        float | None,
        typer.Option("--yearly-budget", min=0, help="Most the partners may spend together in any year, USD."),
    ] = None,
    partners: Annotated[str | None, typer.Option("--partners", help="For example JPN,USA.")] = None,
    by: Annotated[
        datetime | None, typer.Option("--by", formats=["%Y-%m-%d"], help="Deadline of the target.")
    ] = None,
    starts: Annotated[
        str | None,
        typer.Option("--starts", help="Months after the start at which projects may begin: 0,6,12."),
    ] = None,
    care: Annotated[
        float,
        typer.Option("--care", min=0, max=1, help="Weight of the worst tenth of probability (CVaR)."),
    ] = 0.0,
    deep: Annotated[
        bool,
        typer.Option("--deep", help="Also the frontier, near-optimal alternatives, regret, worth of time."),
    ] = False,
    draws: Draws = None,
    seed: Seed = None,
    draws_planned: Annotated[
        int | None,
        typer.Option(
            "--draws-planned", min=1, help="Plan for so many drawn futures, not for the most likely numbers."
        ),
    ] = None,
    drawn_from: Annotated[
        int | None,
        typer.Option("--drawn-from", min=1, help="Choose the futures planned for out of so many draws."),
    ] = None,
    cover: Annotated[
        str | None,
        typer.Option("--cover", help="Days of need in stock to compare with the plan: 60,180."),
    ] = None,
    most_coalitions: Annotated[
        int | None,
        typer.Option(
            "--most-coalitions",
            min=1,
            help="Solve all coalitions up to so many (7 by default); beyond, sample the split.",
        ),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Processes that solve coalitions.")] = 1,
    out: Annotated[Path | None, typer.Option("--out", callback=json_place, help="plan.json")] = None,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export", callback=model_place, help="Write the model (.lp, .mps) and do not solve it."
        ),
    ] = None,
    memo: Annotated[
        Path | None, typer.Option("--memo", callback=page_place, help="The memo as a page: memo.html")
    ] = None,
) -> None:
    """Choose projects and stockpiles under a budget and a deadline, alone and together.

    The plan is simulated on draws it has not seen, and told in words with the tables behind them.

    Example: ytterby plan japan-us-2025 --partners JPN,USA --by 2028-12-31 --memo memo.html
    """
    from ytterby import study as road
    from ytterby.memo import memo_page, write_memo
    from ytterby.planning.programme import Aversion
    from ytterby.views.run import write_plan

    if export:
        road.export_plan(
            road.load_study(study), export, budget=budget, partners=_partners(partners), by=day(by)
        )
        typer.echo(f"Model: {export}")
        return
    with progress_bars() as progress:
        loaded = road.load_study(study)
        made = road.plan(
            loaded, budget=budget, partners=_partners(partners), by=day(by), deep=deep, prove=True,
            draws=draws, seed=seed, yearly_budget=yearly_budget, start_months=_months(starts),
            aversion=Aversion(care), planned_draws=draws_planned, drawn_from=drawn_from,
            cover_days=_days(cover), most_coalitions=most_coalitions, jobs=jobs, progress=progress,
        )  # fmt: skip
    if out:
        write_plan(made, out)
        typer.echo(f"Plan: {out}")
    if memo:
        memo_page(made, loaded.files, memo)
        typer.echo(f"Memo: {memo}")
    if not (out or memo):
        print_parts(write_memo(made, loaded.files))


@app.command()
def balance(
    study: Study,
    changes: Annotated[
        bool, typer.Option("--changes", help="Show the needs, plants and flows that moved instead.")
    ] = False,
    to: Annotated[
        Path | None, typer.Option("--to", help="New study folder with the moved needs and shares.")
    ] = None,
    out: Out = None,
) -> None:
    """Set a study's base year beside published figures, and move it to the balanced one closest to both.

    Example: ytterby balance japan-us-2025 --to my-study
    """
    from ytterby.catalog.studies import write_study_files
    from ytterby.network.adjust import reconcile_study
    from ytterby.study import load_study

    found = reconcile_study(load_study(study).files)
    if found.figures.empty:
        remedy = "Add figures.csv (docs/reference/study.md); japan-us-2025 has one."
        raise YtterbyError("the study has no published figures to be set beside.", remedy)
    if to:
        write_study_files(found.study, to)
        typer.echo(f"{to}: the moved study; run it with: ytterby run {to}", err=True)
    table = found.changes if changes else found.figures
    give(table if out or changes else table[list(_FIGURES)], out)


_FIGURES = ("figure", "published", "model", "adjusted", "change_sigmas")


@app.command()
def new(
    name: Annotated[Path, typer.Argument(help="Folder to make.")],
    template: Annotated[str, typer.Option("--template", help="Built-in study to copy.")] = "three-countries",
) -> None:
    """Make a study folder to edit in a spreadsheet.

    Built-in studies: japan-us-2025 (the magnet chain), gallium-2023 (a second chain), japan-2010 and
    magnets-2025 (backcasts), three-countries (a toy to learn on).
    """
    from ytterby.examples import new_study

    folder = new_study(name, template)
    typer.echo(f"{folder}: edit its tables (COLUMNS.md explains them), then: ytterby run {folder}")


def _days(text: str | None) -> list[float]:
    """Days between commas."""
    parts = [part.strip() for part in text.split(",")] if text else []
    if text == "" or not all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts):
        raise YtterbyError(f"--cover {text!r} has no days.", "Write for example --cover 60,180.")
    return [float(part) for part in parts]


def _months(text: str | None) -> list[int] | None:
    """Whole months between commas."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
        raise YtterbyError(f"--starts {text!r} has no months.", "Write for example --starts 0,6,12.")
    return [int(part) for part in parts]


def _partners(text: str | None) -> list[str] | None:
    """Names between commas, each once; an empty list is refused rather than read as the study's own."""
    if text is None:
        return None
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise YtterbyError("--partners names nobody.", "Write for example --partners JPN,USA.")
    return names
