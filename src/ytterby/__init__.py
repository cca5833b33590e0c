"""ytterby: supply-security analysis for critical minerals, from public report to supply decision.

The verbs of the command line are functions here: ``read``, ``verify``, ``screen``, ``load_study``,
``simulate``, ``backcast``, ``plan``, ``run``. Beside them stand the equations of ``docs/method``, each a pure
function. Names are loaded when they are first used, so that ``import ytterby`` is quick.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "ytterby.study": (
        "backcast", "export_plan", "load_study", "plan", "read", "read_corpus", "run", "screen",
        "simulate", "verify",
    ),
    "ytterby.asking": ("compare", "explain_drivers", "explain_shortage", "what_if"),
    "ytterby.errors": ("YtterbyError",),
    "ytterby.catalog.materials": ("oxide_factor", "to_metal", "to_oxide"),
    "ytterby.facts.credits": ("credit",),
    "ytterby.facts.queries": ("load_series", "production_shares", "unit_values"),
    "ytterby.facts.reconcile": ("check_sources",),
    "ytterby.facts.store": ("open_store",),
    "ytterby.indicators.concentration": (
        "effective_number", "hhi", "hhi_band", "normalised_hhi", "risk_band", "shannon", "shares", "theil",
        "top_share", "weighted_country_risk",
    ),
    "ytterby.indicators.dependence": (
        "import_share", "import_shares", "look_through_origins", "look_through_shares", "net_import_reliance",
    ),
    "ytterby.indicators.customers": ("export_shares", "exporter_standing"),
    "ytterby.indicators.criticality": (
        "disruption", "disruption_potential", "economic_vulnerability", "eu_concentration", "eu_critical",
        "eu_economic_importance", "eu_governance", "eu_import_reliance", "eu_supply_risk", "expected_loss",
        "geopolrisk", "import_risk", "joint_loss_bounds", "nassar_supply_risk", "political_instability",
    ),
    "ytterby.indicators.chokepoints": ("Counted",),
    "ytterby.indicators.company": ("company_risk",),
    "ytterby.indicators.smallest_sets": ("smallest_sets",),
    "ytterby.indicators.reliance": ("net_reliance",),
    "ytterby.indicators.shares": ("trade_shares",),
    "ytterby.indicators.change": ("explain_change",),
    "ytterby.indicators.comparison": ("compare_methods", "supplier_flows"),
    "ytterby.indicators.explain": ("explain_geopolrisk",),
    "ytterby.indicators.timeline": ("indicator_series",),
    "ytterby.indicators.uncertainty": ("rank_stability", "score_band"),
    "ytterby.network.adjust": ("reconcile_study",),
    "ytterby.network.figures": ("check_figures",),
    "ytterby.network.reconcile": ("reconcile",),
    "ytterby.network.ario": (
        "ArioParameters", "CapacityLoss", "CollapseWarning", "recovery_level", "simulate_ario",
    ),
    "ytterby.network.io_table": ("InputOutputTable",),
    "ytterby.network.asked": ("AskedInventory", "AskedShock"),
    "ytterby.network.build": ("build_chain",),
    "ytterby.network.chain": ("check_balance",),
    "ytterby.network.executors": ("Processes",),
    "ytterby.network.outcomes": ("fan", "losses", "stops", "summarise", "worst_draws"),
    "ytterby.network.survival": ("days_of_cover", "time_to_recover", "time_to_survive"),
    "ytterby.memo": ("memo_page", "write_memo"),
    "ytterby.planning.programme": ("Aversion",),
    "ytterby.planning.support": ("support_needed",),
    "ytterby.planning.nucleolus": ("least_core", "nucleolus", "prenucleolus"),
    "ytterby.planning.recourse": ("solve_two_stage",),
    "ytterby.network.sensitivity": ("sobol_indices",),
    "ytterby.planning.rerouting": ("choke_points", "halving_sets"),
    "ytterby.planning.risk": ("cvar", "cvar_normal", "minimax_regret", "value_at_risk"),
    "ytterby.planning.schedules": ("schedule_projects",),
    "ytterby.planning.selection": ("choose_projects", "project_frontier"),
    "ytterby.planning.sharing": (
        "in_core", "proportional_split", "sampled_shapley", "savings_game", "shapley", "tau_value",
    ),
    "ytterby.planning.stockpile_policy": ("DemandCurve", "markov_stockpile"),
    "ytterby.planning.stockpiles": (
        "newsvendor", "newsvendor_cost", "newsvendor_normal", "pooling_gain", "sum_of_needs",
    ),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = ["__version__", *sorted(_MODULE_OF)]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
