"""The decision memo: what a plan says, in words an adviser can use, with the tables behind them.

One memo serves the terminal and the page: each part has sentences and at most one table of texts.
The raw numbers stand in ``plan.json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ytterby.catalog.studies import StudyFiles
from ytterby.planning.plan import Plan
from ytterby.planning.support import Terms
from ytterby.views.memo_page import Part, memo_figures, memo_html
from ytterby.views.tables import write_text
from ytterby.views.wording import money, percent, plain

_TOP = 8  # gap values shown
_RULES = {
    "shapley": "Shapley value",
    "nucleolus": "Nucleolus",
    "tau": "Tau value",
    "proportional": "In proportion to the loss without any measure",
}
_KEEPS = {"shapley": "Shapley", "nucleolus": "nucleolus", "tau": "tau", "proportional": "proportional"}
_CASES = {
    "no action": "no measure",
    "stockpiles only": "stockpiles only",
    "projects only": "projects only",
    "plan": "the plan",
}


def write_memo(plan: Plan, study: StudyFiles) -> tuple[Part, ...]:
    """Put a plan into words; parts without content are left out."""
    words = _Words(plan, study)
    parts = (
        words.answer(), words.projects(), words.support(), words.stockpiles(), words.costs(), words.proof(),
        words.cover(),
        words.together(), words.beliefs(), words.frontier(), words.alternatives(), words.regret(),
        words.gaps(), words.limits(),
    )  # fmt: skip
    return tuple(part for part in parts if part.sentences or len(part.table))


def memo_page(plan: Plan, study: StudyFiles, path: Path) -> None:
    """Write the memo as one self-contained page with its waterfall and frontier."""
    frontier = plan.insight.frontier if plan.insight else None
    figures = memo_figures(plan.costs, frontier)
    page = memo_html(study.settings.title, study.settings.question, write_memo(plan, study), figures)
    write_text(page, path)


def usd(value: Any) -> str:
    """Money with its unit."""
    shown = money(value)
    return shown if shown == "n/a" else f"{shown} USD"


def _money_need(row: Any) -> str:
    """A grant or a loan: its sum, and what it costs the state."""
    if row["level"] == 0 and row["enough"]:
        return "none needed"
    if not row["enough"]:
        return f"{usd(row['level'])} is not enough"
    return f"{usd(row['level'])} ({usd(row['cost_usd'])})"


def _price_need(row: Any) -> str:
    """A price that is guaranteed, as a multiple of today's."""
    if row["level"] == 0 and row["enough"]:
        return "none needed"
    return f"{plain(row['level'])} ({usd(row['cost_usd'])})" if row["enough"] else "not enough"


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


class _Words:
    def __init__(self, plan: Plan, study: StudyFiles) -> None:
        self.plan, self.tables = plan, study.tables
        self.planning = study.settings.planning
        self.chosen = plan.projects[plan.projects["chosen"].astype(bool)]
        self.material = dict(
            zip(self.tables["materials"]["material"], self.tables["materials"]["label"], strict=True)
        )
        self.partner = dict(
            zip(self.tables["partners"]["partner"], self.tables["partners"]["label"], strict=True)
        )
        scenarios = self.tables["scenarios"].drop_duplicates("scenario")
        self.scenario = dict(zip(scenarios["scenario"], scenarios["label"], strict=True))
        self.project = dict(zip(plan.projects["project"], plan.projects["label"], strict=True))
        self.partners = _listed([self.partner[p] for p in plan.partners])

    # what to do ---------------------------------------------------------------------------------

    def answer(self) -> Part:
        return Part("answer", "In short", tuple(self._answer()))

    def _answer(self) -> Iterator[str]:
        plan, stock = self.plan, self._stock()
        capex, bought = self.chosen["capex_usd"].sum(), stock["purchase_usd"].sum()
        names = _listed([str(name) for name in self.chosen["label"]]) or "no project"
        yield f"{self.partners} should take {names} ({usd(capex)}) and buy stock worth {usd(bought)}."
        before, after = self._case("no action"), self._case("plan")
        if before is not None and after is not None:
            yield (
                f"That lowers the expected loss from {usd(before.expected_loss_usd)} to "
                f"{usd(after.expected_loss_usd)} as a planner with foresight sees it."
            )
        whole = self._proof_of("all")
        if whole is not None:
            yield (
                f"Simulated without foresight on {self._draws()} draws that the plan has not seen, the "
                f"expected loss falls from {usd(whole.without_usd)} to {usd(whole.with_usd)}, and in "
                f"the worst "
                f"5 % from {usd(whole.without_tail_usd)} to {usd(whole.with_tail_usd)}."
            )
        yield plan.deadline.message
        saving = self._saving()
        if saving is not None:
            yield f"Acting together instead of each alone saves {usd(saving)} in expectation."

    def _case(self, name: str) -> Any:
        table = self.plan.costs
        return next(table[(table["case"] == name) & (table["partner"] == "all")].itertuples(), None)

    def _stock(self) -> pd.DataFrame:
        price = self.tables["materials"].set_index("material")["price_usd_per_t"]
        table = self.plan.stockpiles
        bought = (table["joint_t"] - table["today_t"]) * table["material"].map(price).astype(float)
        return table.assign(purchase_usd=bought)

    def projects(self) -> Part:
        rows = [
            {
                "project": row.label,
                "begin": row.begins.isoformat(),
                "ready": row.online.isoformat(),
                "investment": usd(row.capex_usd),
                "paid by": "; ".join(self._payers(row)),
                "worth": usd(row.gain_usd),
                "a week earlier": usd(self._week(row.project)),
            }
            for row in self.chosen.itertuples()
        ]
        table = pd.DataFrame(rows)
        if table.empty:
            return Part("projects", "Projects", ("No project is worth its cost.",))
        if self.plan.insight is None:
            table = table.drop(columns="a week earlier")
        said = "Worth: what the plan would cost more without the project, other decisions as they are."
        return Part("projects", "Projects to begin", (said,), table, "Chosen projects")

    def _payers(self, row: Any) -> Iterator[str]:
        for partner in self.plan.partners:
            paid = getattr(row, f"paid_{partner}_usd")
            if paid > 0:
                yield f"{self.partner[partner]} {usd(paid)}"

    def _week(self, project: str) -> float:
        if self.plan.insight is None:
            return float("nan")
        table = self.plan.insight.earlier.set_index("project")["usd_per_week"]
        return float(table.get(project, float("nan")))

    def support(self) -> Part:
        table = self.plan.support
        if table.empty:
            return Part("support", "Public money", ())
        rows = []
        for project, group in table.groupby("project", sort=False):
            by = group.set_index("instrument")
            first = by.iloc[0]
            rows.append(
                {
                    "project": self.project[str(project)],
                    "worth to an investor": usd(first["value_usd"]),
                    "grant": _money_need(by.loc["grant"]),
                    "loan": _money_need(by.loc["loan"]),
                    "price floor": _price_need(by.loc["price_floor"]),
                    "fixed price": _price_need(by.loc["offtake"]),
                }
            )
        terms = Terms()
        said = (
            f"What one instrument alone must give so that an investor who asks "
            f"{percent(terms.private_rate)} a "
            f"year builds and runs the project for {terms.years} years at today's prices and costs; in "
            f"brackets "
            "what it is expected to cost the state (present value). Prices are named as multiples of "
            "today's. "
            "Rates, life and price swings are assumptions of the method page."
        )
        return Part("support", "Public money it takes", (said,), pd.DataFrame(rows), "Support needed")

    def stockpiles(self) -> Part:
        table = self._stock()
        table = table[(table["joint_t"] > 0) | (table["alone_t"] > 0)]
        if table.empty:
            return Part("stockpiles", "Stockpiles", ())
        shown = pd.DataFrame(
            {
                "holder": table["partner"].map(self.partner),
                "material": table["material"].map(self.material),
                "today, t": table["today_t"].map(plain),
                "together, t": table["joint_t"].map(plain),
                "days": table["joint_days"].round().map(plain),
                "alone, t": table["alone_t"].map(plain),
                "to buy": table["purchase_usd"].map(usd),
                "holding a year": table["joint_usd"].map(usd),
            }
        )
        said = (
            "Days: how long the stock lasts at what the holder's plants and users buy of the material today. "
            "Japan's own rule of thumb is 60 days, and 180 for the most critical."
        )
        return Part("stockpiles", "Stockpiles", (said,), shown, "Stock to hold from the start")

    # what it brings -----------------------------------------------------------------------------

    def costs(self) -> Part:
        whole = self.plan.costs[self.plan.costs["partner"] == "all"]
        base = float(whole.loc[whole["case"] == "no action", "total_usd"].iloc[0])
        rows = [
            {
                "case": _CASES.get(row.case, row.case),
                "expected loss": usd(row.expected_loss_usd),
                "investment": usd(row.capex_usd),
                "holding": usd(row.holding_usd),
                "stock used": usd(row.stock_used_usd),
                "gain": usd(base - row.total_usd),
            }
            for row in whole.itertuples()
        ]
        said = (
            "Present values over the horizon, expected over the scenarios. Gain: all costs, operation "
            "included, "
            "against no measure."
        )
        told = (said, *self._price_of_the_deadline(whole))
        return Part("costs", "What it costs and saves", told, pd.DataFrame(rows), "Cases compared")

    def _price_of_the_deadline(self, whole: pd.DataFrame) -> Iterator[str]:
        """Stockpiles alone have no deadline to meet: where they cost less, that is its price."""
        total = whole.set_index("case")["total_usd"]
        more = float(total["plan"] - total["stockpiles only"])
        if more > self.plan.gap_usd:
            yield (
                f"Stockpiles alone would cost {usd(more)} less in expectation: that much the deadline's "
                f"supply "
                "outside the controlled regions costs here, beyond what it saves."
            )

    def _draws(self) -> int:
        table = self.plan.proof
        return int(table.loc[table["scenario"] == "all", "draws"].iloc[0])

    def _proof_of(self, scenario: str) -> Any:
        table = self.plan.proof
        if table.empty:
            return None
        return next(table[table["scenario"] == scenario].itertuples(), None)

    def proof(self) -> Part:
        table = self.plan.proof
        if table.empty:
            return Part("proof", "Put to the test", ())
        rows = [
            {
                "scenario": self.scenario.get(row.scenario, "all scenarios"),
                "chance": percent(row.probability),
                "loss without": usd(row.without_usd),
                "loss with": usd(row.with_usd),
                "with, foresight": usd(row.foresight_usd),
                "with, simulated": usd(row.simulated_usd),
            }
            for row in table.itertuples()
        ]
        whole = self._proof_of("all")
        said = (
            f"Loss without and with the plan: {self._draws()} draws, agents who see only the present. "
            f"The last "
            "two columns run the plan under each scenario's most likely numbers over the planner's horizon, "
            "with foresight and without: present values."
        )
        luck = (
            f"Whether projects succeed is drawn; with their expected capacity the loss would look "
            f"{usd(whole.flattered_usd)} smaller."
        )
        gap = (
            f"Foresight flatters: the planner sees {usd(whole.foresight_usd)}, the simulator "
            f"{usd(whole.simulated_usd)}."
        )
        return Part(
            "proof",
            "Put to the test",
            (said, *([luck] if whole.flattered_usd else []), gap),
            pd.DataFrame(rows),
            "Losses of the partners",
        )

    def cover(self) -> Part:
        table = self.plan.cover
        rows = [
            {
                "stock": row.policy,
                "worth": usd(row.stock_usd),
                "holding a year": usd(row.holding_usd),
                "expected loss": usd(row.expected_loss_usd),
                "loss, worst 5 %": usd(row.tail_loss_usd),
            }
            for row in table.itertuples()
        ]
        said = (
            "Stockpiles of so many days of what their holders buy, at most their limits, beside today's "
            "and the "
            "plan's, on the same unseen draws. No project is counted here."
        )
        return Part("cover", "Days of cover", (said,) if rows else (), pd.DataFrame(rows), "Stocks compared")

    # alone or together --------------------------------------------------------------------------

    def _saving(self) -> float | None:
        table = self.plan.coalitions
        whole = table[table["coalition"] == "+".join(self.plan.partners)]
        return float(whole["saving_usd"].iloc[0]) if len(self.plan.partners) > 1 and len(whole) else None

    def together(self) -> Part:
        split = self.plan.split
        if len(split) < 2:
            return Part("together", "Alone or together", ())
        sampled = bool((split["error_usd"] > 0).any())
        rows = [
            {
                "partner": self.partner[row.partner],
                "cost alone": usd(row.alone_usd),
                **{
                    f"keeps, {words}": usd(row.alone_usd - getattr(row, f"{rule}_usd"))
                    for rule, words in _KEEPS.items()
                    if split[f"{rule}_usd"].notna().all()
                },
                **({"give or take": usd(row.error_usd)} if sampled else {}),
            }
            for row in split.itertuples()
        ]
        said = (
            "Costs count over today's operation and may be negative, because a planner with foresight "
            "buys more "
            "cheaply than today. What a partner keeps is what it saves against acting alone.",
            *(self._core_sentence(row) for row in self.plan.core.itertuples()),
            *(
                ["Not every coalition was solved: the Shapley value is sampled, and no core is tested."]
                if sampled
                else []
            ),
        )
        return Part("together", "Alone or together, and who pays", said, pd.DataFrame(rows), "Fair splits")

    def _core_sentence(self, row: Any) -> str:
        rule = _RULES.get(row.rule, row.rule)
        if row.stable:
            return (
                f"{rule}: in the core. No group would do better on its own; the one nearest to leaving "
                f"({row.coalition}) still gains {usd(row.excess_usd)} by staying."
            )
        return (
            f"{rule}: not in the core. {row.coalition} would do better on its own by {usd(-row.excess_usd)} "
            "and would leave."
        )

    def beliefs(self) -> Part:
        table = self.plan.beliefs
        if table.empty:
            return Part("beliefs", "What the partners must believe", ())
        rows = [
            {
                "scenario": self.scenario[row.scenario],
                "chance": percent(row.probability),
                "saving if it comes": usd(row.saving_usd),
                "the pact holds from": percent(row.holds_from),
                "to": percent(row.holds_to),
            }
            for row in table.itertuples()
        ]
        said = (
            "With the decisions as they are: what acting together saves in each scenario, and the range "
            "of its "
            "chance (the others in proportion) in which the saving can be shared so that nobody would leave."
        )
        return Part("beliefs", "What the partners must believe", (said,), pd.DataFrame(rows), "Beliefs")

    # around the plan ----------------------------------------------------------------------------

    def frontier(self) -> Part:
        if self.plan.insight is None:
            return Part("frontier", "More or less money", ())
        rows = [
            {
                "varied": "budget" if row.varied == "budget" else f"care {plain(row.aversion)}",
                "budget": usd(row.budget_usd),
                "spent": usd(row.spent_usd),
                "expected loss": usd(row.expected_loss_usd),
                "loss, worst tenth": usd(row.tail_loss_usd),
                "projects": self._project_names(row.projects),
            }
            for row in self.plan.insight.frontier.itertuples()
        ]
        said = (
            "Along the budget the deadline is left out. Care: how much the worst tenth of "
            "probability counts beyond the average (CVaR)."
        )
        return Part(
            "frontier", "More or less money, more or less care", (said,), pd.DataFrame(rows), "Frontier"
        )

    def _project_names(self, joined: str) -> str:
        return ", ".join(self.project[name] for name in joined.split(";") if name) or "none"

    def alternatives(self) -> Part:
        if self.plan.insight is None:
            return Part("alternatives", "Nearly as good", ())
        table = self.plan.insight.alternatives
        rows = [
            {
                "plan": "the plan" if row.plan == 0 else plain(row.plan),
                "projects": self._project_names(row.projects),
                "costs more": usd(row.more_usd),
                "stock to buy": usd(row.stock_usd),
            }
            for row in table.itertuples()
        ]
        said = (
            "Plans that lose at most a tenth of the gain and differ most from the plan and each other: "
            "reasons "
            "that no model knows may prefer one of them."
            if len(table) > 1
            else "No other choice of projects comes within a tenth of the plan's gain."
        )
        return Part("alternatives", "Nearly as good", (said,), pd.DataFrame(rows), "Alternatives")

    def regret(self) -> Part:
        insight = self.plan.insight
        if insight is None:
            return Part("regret", "If the future were known", ())
        worst = insight.regret.loc[insight.regret.groupby("plan", sort=False)["regret_usd"].idxmax()]
        rows = [
            {
                "plan made for": self.scenario.get(row.plan, row.plan),
                "largest regret": usd(row.regret_usd),
                "if this comes": self.scenario[row.scenario],
            }
            for row in worst.itertuples()
        ]
        said = (
            f"Knowing the scenario before deciding would be worth {usd(insight.information_usd)} in "
            f"expectation.",
            f"Planning for the most likely scenario only would cost {usd(insight.stochastic_usd)} more than "
            "planning for all.",
            f"The smallest largest regret has the plan made for: "
            f"{self.scenario.get(insight.least_regretted, insight.least_regretted)}.",
        )
        return Part("regret", "If the future were known", said, pd.DataFrame(rows), "Regret")

    def gaps(self) -> Part:
        table = self.plan.gap_values
        table = table[(table["scope"] == "material outside") & (table["usd_per_tpa"] > 0)].head(_TOP)
        shown = pd.DataFrame(
            {
                "one more tonne a year of": table["material"].map(self.material),
                "at": table["label"],
                "is worth": table["usd_per_tpa"].map(usd),
            }
        )
        said = (
            f"Loss and cost avoided over the horizon, beside the plan, outside "
            f"{_listed(self.planning.controlled_regions)}."
        )
        return Part(
            "gaps", "Where one more tonne helps most", (said,) if len(shown) else (), shown, "Gap values"
        )

    def limits(self) -> Part:
        plan = self.plan
        proof = f"The plan is {plan.status} ({usd(plan.gap_usd)})."
        return Part("limits", "What to know before using it", (proof, *plan.notes))
