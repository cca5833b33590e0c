"""One study from start to end: the road in one read, and its verbs one by one."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ytterby import __version__
from ytterby.catalog.studies import SETTINGS_FILE, Settings, StudyFiles, read_study_files
from ytterby.errors import Fault, InputFaults, UnknownName, YtterbyError
from ytterby.examples import find_study

if TYPE_CHECKING:
    import pandas as pd

    from ytterby.evidence.article import Article
    from ytterby.evidence.cards import ReportCard
    from ytterby.evidence.claims import Claim
    from ytterby.evidence.corpus import Corpus
    from ytterby.evidence.model import ModelReader
    from ytterby.evidence.reading import Reading
    from ytterby.facts.store import Store
    from ytterby.indicators.dependence import RegionSet
    from ytterby.ledger.ledger import Ledger
    from ytterby.ledger.likeness import Embedder
    from ytterby.network.backcast import Backcast
    from ytterby.network.behaviour import Behaviour
    from ytterby.network.chain import Chain
    from ytterby.network.ensemble import Ensemble
    from ytterby.network.executors import Processes
    from ytterby.network.shocks import Scenario
    from ytterby.network.summary import Summary
    from ytterby.planning.projects import Plan
    from ytterby.views.results import Results

# Methods of a run's screening: what the importers depend on. Those that ask for inputs of their own (eu,
# usgs), say the same once more (concentration), or list all producers (chokepoints) have their commands.
RUN_METHODS = (
    "hhi", "dera", "import_hhi", "import_share", "look_through", "import_instability", "net_import_reliance",
    "geopolrisk",
)  # fmt: skip
Progress = Callable[[str, int, int], None]  # stage, done, total


def _silent(stage: str, done: int, total: int) -> None:
    """Report nothing."""


@contextmanager
def _stage(name: str, progress: Progress) -> Iterator[None]:
    """Tell the start and the end of a stage that has no steps to count."""
    progress(name, 0, 1)
    yield
    progress(name, 1, 1)


@dataclass(frozen=True)
class Study:
    """A study that was read without fault: its files, chain and scenarios."""

    files: StudyFiles

    @property
    def settings(self) -> Settings:
        """The content of ``study.toml``."""
        return self.files.settings

    @cached_property
    def chain(self) -> Chain:
        """The balanced chain."""
        from ytterby.network.build import build_chain

        return build_chain(self.files)

    @cached_property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenarios with their shocks."""
        from ytterby.network.shocks import build_scenarios

        return build_scenarios(self.files, self.chain)


def load_study(study: str | Path) -> Study:
    """Read a built-in study or a study folder and balance its chain.

    Raises
    ------
    InputFaults: every fault of every file. InfeasibleChain: no steady state. UnknownName: no such study.
    """
    loaded = Study(read_study_files(find_study(study)))
    loaded.scenarios  # noqa: B018 - faults of chain and scenarios come now, not in the middle of a run
    return loaded


def read(
    paths: Sequence[str | Path], *, model: ModelReader | None = None, progress: Progress = _silent
) -> Reading:
    """Read press texts into claims, each with the exact words it rests on.

    Parameters
    ----------
    paths: files and folders of press texts.
    model: a second extractor behind the same gate; none by default.

    Raises
    ------
    InputFaults: a path that is not there. What is there and cannot be read is told in ``problems``.
    """
    from ytterby.evidence.reading import read_reports

    return read_reports(
        check_paths(paths), progress=lambda done, total: progress("Read", done, total), model=model
    )


def read_corpus(
    paths: Sequence[str | Path],
    claims: str | Path,
    *,
    reports: str | Path | None = None,
    rejected: str | Path | None = None,
    problems: str | Path | None = None,
    jobs: int = 1,
    executor: str = "processes",
    progress: Progress = _silent,
) -> Corpus:
    """Read any number of press texts with bounded memory into files of JSON Lines.

    Parameters
    ----------
    claims, reports, rejected, problems: files to write, as of ``ytterby read --out``; only the first
        is needed.
    jobs: processes; executor: "processes", "dask", or the tcp:// address of a Dask scheduler. The
        files are the same for any of them.

    Returns
    -------
    Counts. After an interruption the same call goes on where it was.

    Raises
    ------
    InputFaults: a path that is not there.
    """
    from ytterby.evidence.corpus import Places
    from ytterby.evidence.corpus import read_corpus as stream

    others = (Path(place) if place else None for place in (reports, rejected, problems))
    places = Places(Path(claims), *others)
    return stream(check_paths(paths), places, jobs=jobs, executor=executor, progress=progress)


def check_paths(paths: Sequence[str | Path]) -> list[Path]:
    """Refuse paths that are not there, all at once, before anything is read."""
    places = [Path(path) for path in paths]
    missing = [
        Fault(str(p), None, None, "is not there, or no file.", "Check the path.")
        for p in places
        if not (p.is_file() or p.is_dir())
    ]
    if missing:
        raise InputFaults(missing)
    return places


def verify(
    said: Reading | Iterable[Claim],
    *,
    store: Store | None = None,
    study: Study | None = None,
    date: dt.date | None = None,
    reports: Sequence[ReportCard] = (),
    embed: Embedder | None = None,
) -> Ledger:
    """Check claims against the store: verdicts as bands, pledges, policies at a date, events by origin.

    Parameters
    ----------
    said: a reading, whose articles tell dates and origins; or claims alone, where each report counts
        as an origin of its own and undated words may be met by later policies.
    date: day of which 'in force' and 'due' are asked; the study's, else today.
    reports: dates and origins beside claims alone, from ``read_cards``.
    embed: links events across languages by meaning; off by default (docs/decisions/0012).
    """
    from ytterby.evidence.reading import Reading
    from ytterby.facts.store import open_store
    from ytterby.ledger.ledger import keep_ledger
    from ytterby.ledger.reconcile import report_origins

    day = date or (study.settings.date if study else dt.date.today())
    policies = study.files.tables["policies"] if study else None
    store = store or open_store()
    known: Sequence[Article | ReportCard] = reports
    reuse = tuple(copy for card in reports for copy in card.text_reuse)
    if isinstance(said, Reading):
        claims, known, reuse = said.claims, said.articles, said.text_reuse
    else:
        claims = tuple(said)
    dates = {report.id: report.day for report in known if report.day}
    origins = report_origins(known, reuse)
    return keep_ledger(claims, store, day, policies=policies, origins=origins, dates=dates, embed=embed)


def screen(
    *,
    methods: Sequence[str] | None = None,
    countries: Sequence[str] | None = None,
    materials: Sequence[str] | None = None,
    years: Sequence[int] | None = None,
    regions: RegionSet | None = None,
    store: Store | None = None,
) -> pd.DataFrame:
    """Indicators for every country, material and year of the store; a cell without value says why.

    ``regions`` are groups of countries that count as one importer: a bloc, a mapping or a CSV file.
    """
    from ytterby.facts.store import open_store
    from ytterby.indicators.screen import METHODS
    from ytterby.indicators.screen import screen as screen_store

    return screen_store(
        store or open_store(),
        methods=methods or METHODS,
        countries=countries,
        materials=materials,
        years=years,
        regions=regions,
    )


def simulate(
    study: Study,
    *,
    scenario: str | None = None,
    draws: int | None = None,
    seed: int | None = None,
    plan: Plan | None = None,
    workers: Processes | None = None,
    progress: Progress = _silent,
) -> Ensemble:
    """Simulate the study's scenarios week by week, with or without a plan, on the same draws.

    ``workers`` (:class:`ytterby.network.executors.Processes`) shares the blocks of draws among processes or
    a Dask cluster and keeps finished ones for a restart; the numbers are the same with any.
    """
    from ytterby.network.ensemble import run_ensemble

    settings = study.settings.simulation
    weeks = settings.horizon_weeks
    return run_ensemble(
        plan.pooled(study.chain) if plan else study.chain,
        _chosen(study.scenarios, scenario),
        draws=draws or settings.draws,
        seed=settings.seed if seed is None else seed,
        weeks=weeks,
        added_capacity_t=plan.added_capacity_t(study.chain, weeks) if plan else None,
        stockpile_t=plan.stockpile_t if plan else None,
        progress=lambda done, total: progress("Simulate with the plan" if plan else "Simulate", done, total),
        workers=workers,
    )


def summarise_draws(
    study: Study,
    *,
    scenario: str | None = None,
    draws: int | None = None,
    seed: int | None = None,
    progress: Progress = _silent,
) -> Summary:
    """Simulate the draws of ``simulate`` and keep only their summary, however many there are."""
    from ytterby.network import summary

    settings = study.settings.simulation
    return summary.summarise_draws(
        study.chain,
        _chosen(study.scenarios, scenario),
        draws=draws or settings.draws,
        seed=settings.seed if seed is None else seed,
        weeks=settings.horizon_weeks,
        progress=lambda done, total: progress("Simulate", done, total),
    )


def backcast(
    study: Study,
    *,
    scenario: str | None = None,
    draws: int | None = None,
    seed: int | None = None,
    behaviour: Behaviour | None = None,
) -> Backcast:
    """Compare the study's model with the published series in its ``history.csv``.

    ``scenario`` takes one of the study's; else all count by their probability.

    Raises
    ------
    YtterbyError: the study has no history. InputFaults: periods or units that do not fit.
    """
    from ytterby.network.backcast import backcast_study

    chosen = _chosen(study.scenarios, scenario)
    return backcast_study(study.files, study.chain, chosen, draws=draws, seed=seed, behaviour=behaviour)


def _chosen(scenarios: tuple[Scenario, ...], name: str | None) -> tuple[Scenario, ...]:
    if name is None:
        return scenarios
    found = [scenario for scenario in scenarios if scenario.name == name]
    if not found:
        raise UnknownName("scenario", name, [scenario.name for scenario in scenarios])
    return (replace(found[0], probability=1.0),)


def plan(
    study: Study,
    *,
    budget: float | None = None,
    partners: Sequence[str] | None = None,
    by: dt.date | None = None,
    best_effort: bool = False,
    deep: bool = False,
    prove: bool = False,
    cover_days: Sequence[float] = (),
    planned_draws: int | None = None,
    drawn_from: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    progress: Progress = _silent,
    **options: Any,
) -> Plan:
    """Choose projects and stockpiles under a budget and a deadline, alone and together.

    Parameters
    ----------
    best_effort: take the most that can be had where the deadline's target cannot be met, and say so;
        else that is an error.
    deep: also the frontier, near-optimal alternatives, regret and the worth of time.
    prove: also simulate the plan on ``draws`` draws of another seed than the study's own.
    cover_days: also simulate stockpiles of so many days of need, on the same draws.
    planned_draws: plan for so many drawn futures instead of the most likely numbers of each scenario;
        with ``drawn_from`` they are chosen out of so many by forward selection.
    options: ``yearly_budget``, ``start_months``, ``aversion``, ``time_limit``, ``most_coalitions``,
        ``jobs`` of :func:`ytterby.planning.projects.plan_study`.
    """
    from ytterby.planning.futures import Drawing
    from ytterby.planning.projects import plan_study

    if drawn_from is not None and planned_draws is None:
        raise YtterbyError("draws to choose from, but not how many to plan for.", "Name both.")
    own = study.settings.simulation.seed if seed is None else seed
    options["drawing"] = Drawing(planned_draws, own, drawn_from) if planned_draws is not None else None
    made = plan_study(
        study.files, study.chain, study.scenarios, budget=budget, partners=partners, by=by,
        best_effort=best_effort, deep=deep, **options,
        progress=lambda what, share: progress(
            "Look further" if what in _FURTHER else "Plan", round(100 * share), 100
        ),
    )  # fmt: skip
    progress("Plan", 100, 100)
    if prove:
        made = _proven(study, made, draws, own, progress)
    return _covered(study, made, cover_days, draws, own, progress) if cover_days else made


_FURTHER = ("alternatives", "regret", "frontier", "worth of time")


def _proven(study: Study, made: Plan, draws: int | None, seed: int, progress: Progress) -> Plan:
    """Return the plan with its losses simulated on draws of another seed."""
    from ytterby.planning.proof import prove

    simulation, planning = study.settings.simulation, study.settings.planning
    proof = prove(
        made, study.chain, study.scenarios, regions=_home(study, made), draws=draws or simulation.draws,
        seed=seed, weeks=simulation.horizon_weeks, discount_rate=planning.discount_rate,
        horizon_weeks=planning.periods * planning.weeks_per_period,
        progress=lambda done, total: progress("Prove", done, total),
    )  # fmt: skip
    return replace(made, proof=proof)


def _covered(
    study: Study, made: Plan, days: Sequence[float], draws: int | None, seed: int, progress: Progress
) -> Plan:
    """Return the plan with stockpiles of so many days of need beside its own."""
    from ytterby.planning.proof import compare_cover
    from ytterby.planning.task import weekly_needs

    simulation = study.settings.simulation
    cover = compare_cover(
        made, study.chain, study.scenarios, regions=_home(study, made), days=days,
        draws=draws or simulation.draws, seed=seed, weeks=simulation.horizon_weeks,
        weekly_need_t=weekly_needs(study.files, study.chain),
        progress=lambda done, total: progress("Compare stockpiles", done, total),
    )  # fmt: skip
    return replace(made, cover=cover)


def _home(study: Study, made: Plan) -> list[str]:
    """Regions whose losses the partners of a plan count."""
    partners = study.files.tables["partners"].set_index("partner")["regions"]
    return [region for partner in made.partners for region in partners[partner]]


def export_plan(
    study: Study,
    path: str | Path,
    *,
    budget: float | None = None,
    partners: Sequence[str] | None = None,
    by: dt.date | None = None,
) -> Path:
    """Write the programme behind :func:`plan` for other solvers; ``path`` ends in .lp or .mps."""
    from ytterby.planning.export import export_plan as export

    return export(study.files, study.chain, study.scenarios, path, budget=budget, partners=partners, by=by)


def run(
    study: str | Path,
    out: str | Path,
    *,
    articles: Sequence[str | Path] | None = None,
    draws: int | None = None,
    seed: int | None = None,
    executor: str = "processes",
    jobs: int = 1,
    progress: Progress = _silent,
) -> Results:
    """Walk the whole road and write the report and every table behind it into ``out``.

    The folder appears whole or not at all; the same inputs and seed give the same bytes, with any
    ``executor`` and number of ``jobs``. Finished blocks of draws stand in ``<out>.work`` meanwhile, so that
    after a kill or a crash of the machine the same run goes on with them; any other end removes them.
    """
    from ytterby.briefing import brief
    from ytterby.facts.store import open_store
    from ytterby.network.executors import Processes
    from ytterby.views.folder import check_folder, whole_folder
    from ytterby.views.run import write_results

    out = Path(out)
    loaded = load_study(study)
    check_folder(out)
    own = loaded.files.folder / "articles"  # a study may do without
    paths = [Path(path) for path in articles] if articles else [own] if own.exists() else []
    wanted, store = loaded.settings.screening, open_store()
    reading = read(paths, progress=progress)
    with _stage("Check claims", progress):
        ledger = verify(reading, store=store, study=loaded)
    with _stage("Screen", progress):
        screened = screen(
            methods=RUN_METHODS, countries=wanted.importers, materials=wanted.materials, store=store
        )
    made = plan(loaded, best_effort=True, progress=progress)
    with Processes(executor, jobs, keep=out.parent / f"{out.name}.work") as workers:
        without = simulate(loaded, draws=draws, seed=seed, workers=workers, progress=progress)
        within = simulate(loaded, draws=draws, seed=seed, plan=made, workers=workers, progress=progress)
        with _stage("Write", progress), whole_folder(out) as folder:
            record = record_run(loaded, reading, draws=draws, seed=seed)
            futures = (without, within)
            results = brief(loaded.files, loaded.chain, reading, ledger, screened, made, futures, record)
            write_results(results, reading.claims, made, both_shortfalls(*futures), folder)
    return results


def record_run(study: Study, reading: Reading, *, draws: int | None, seed: int | None) -> dict[str, Any]:
    """What made a run: version, seed, draws and the SHA-256 of every input; no times, so that it repeats."""
    settings = study.settings.simulation
    hashes = {f"articles/{article.file}": article.sha256 for article in reading.articles}
    return run_head(study, settings.seed if seed is None else seed, draws or settings.draws, hashes)


def run_head(study: Study, seed: int, draws: int, more: dict[str, str]) -> dict[str, Any]:
    """Version, seed, draws, packages and the hashes of the study's files, of ``more`` and of the store."""
    from importlib.metadata import version

    from ytterby.facts.store import STARTER

    names = [SETTINGS_FILE, *(f"{table}.csv" for table in study.files.tables)]
    files = [path for name in sorted(names) if (path := study.files.folder / name).exists()]
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files} | more
    hashes["facts/manifest.json"] = hashlib.sha256((STARTER / "manifest.json").read_bytes()).hexdigest()
    return {
        "study": study.settings.name,
        "version": __version__,
        "seed": seed,
        "draws": draws,
        "packages": {name: version(name) for name in ("duckdb", "highspy", "numpy", "pandas", "plotly")},
        "hashes": hashes,
    }


def both_shortfalls(without: Ensemble, within: Ensemble) -> pd.DataFrame:
    """Shortfalls of the same futures without and with the plan, in one table with ``case``."""
    import numpy as np
    import pandas as pd

    cases = ("without plan", "with plan")
    tables = [without.shortfall, within.shortfall]
    rows = [len(table) for table in tables]
    # categories of all three texts are alike, so a million rows stay a few bytes each
    case = pd.Categorical.from_codes(np.repeat(np.array([0, 1], np.int8), rows), cases)
    return pd.concat(tables, ignore_index=True).assign(case=case)
