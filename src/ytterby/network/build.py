"""From a study's tables to a balanced chain: index arrays, faults all at once, baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ytterby.catalog.studies import StudyFiles
from ytterby.errors import Fault, InfeasibleChain, InputFaults
from ytterby.network.baseline import Baseline, back_substitute, find_problems
from ytterby.network.chain import WEEKS_PER_YEAR, Chain, Floats, Ints, Stockpile

SHARE_TOLERANCE = 1e-6  # shares typed with six digits still count as summing to 1
CONTENT_TOLERANCE = 1e-9  # relative; recipes are typed, so this only allows for rounding of floats


def build_chain(study: StudyFiles) -> Chain:
    """Build and balance the chain of a study.

    Raises
    ------
    InputFaults: shares that do not sum to 1, a process that makes matter, arcs that lead nowhere.
    InfeasibleChain: no steady state; names the processes and pools that cannot be fed.
    """
    builder = _Builder(study)
    faults = list(builder.faults())
    if faults:
        raise InputFaults(faults)
    return builder.chain()


class _Builder:
    """Turns the tables into index arrays; one method per part of the chain."""

    def __init__(self, study: StudyFiles) -> None:
        self.study = study
        self.tables: Mapping[str, pd.DataFrame] = study.tables
        self.regions = study.settings.regions
        self.materials = tuple(self.tables["materials"]["material"])
        self.elements = tuple(dict.fromkeys(self.tables["contents"]["element"]))
        self.sectors = tuple(dict.fromkeys(self.tables["demand"]["sector"]))
        self.content = self._content()
        recipes = self.tables["recipes"]
        self.inputs = {str(k): v for k, v in recipes[recipes["direction"] == "input"].groupby("recipe")}
        self.outputs = {str(k): v for k, v in recipes[recipes["direction"] == "output"].groupby("recipe")}
        self.plants = self._plants()
        self.slots = self._slots()
        self.pools = self._pools()
        self.arcs, self.arc_faults = self._arcs()

    def _content(self) -> Floats:
        content = np.full((len(self.elements), len(self.materials)), np.nan)
        for row in self.tables["contents"].itertuples():
            place = self.elements.index(row.element), self.materials.index(row.material)
            content[place] = row.content_t_per_t
        return content

    def _plants(self) -> pd.DataFrame:
        """Put producing processes and end uses in one table; uses stand last."""
        capacities = self.tables["capacities"].drop(columns=["row", "source_id", "assumed", "reason"])
        made = self.tables["processes"].merge(capacities, on="process", how="left")
        made = made.assign(is_use=False, sector="", unmet_value_usd_per_t=0.0, priority=1, elasticity=0.0)
        made["file"] = "processes.csv"
        uses = self.tables["demand"].rename(columns={"use": "process"})
        uses = uses.assign(is_use=True, main_output="", weight=0.0, cost_usd_per_t=0.0, file="demand.csv")
        uses = uses.assign(capacity_tpa=np.inf, ramp_share_per_week=1.0)
        return pd.concat([made, uses], ignore_index=True)

    def _slots(self) -> pd.DataFrame:
        rows = [
            (p, plant.process, plant.region, item.material, item.quantity_t)
            for p, plant in enumerate(self.plants.itertuples())
            if plant.recipe in self.inputs
            for item in self.inputs[str(plant.recipe)].itertuples()
        ]
        return pd.DataFrame(rows, columns=["plant", "process", "region", "material", "quantity_t"])

    def _pools(self) -> dict[tuple[str, str], int]:
        pools: dict[tuple[str, str], int] = {}
        for plant in self.plants.itertuples():
            if plant.recipe in self.outputs:
                for item in self.outputs[str(plant.recipe)].itertuples():
                    pools.setdefault((str(item.material), str(plant.region)), len(pools))
        for row in self.tables["stockpiles"].itertuples():
            pools.setdefault((str(row.material), str(row.region)), len(pools))
        return pools

    def _arcs(self) -> tuple[pd.DataFrame, list[Fault]]:
        faults, rows = [], []
        table = self.tables["arcs"]
        named = table[table["process"] != ""]
        overridden = set(zip(named["process"], named["material"], strict=True))
        for arc in table.itertuples():
            users = self.slots[
                (self.slots["material"] == arc.material) & (self.slots["region"] == arc.destination)
            ]
            if arc.process:
                users = users[users["process"] == arc.process]
            else:
                keys = zip(users["process"], users["material"], strict=True)
                users = users[[key not in overridden for key in keys]]
            pool = self.pools.get((str(arc.material), str(arc.origin)))
            if pool is None:
                remedy = "Add a process that makes it there, or delete the row."
                faults.append(
                    _fault("arcs.csv", arc.row, "origin", "nothing makes this material there.", remedy)
                )
            elif users.empty:
                remedy = "Add a user, or delete the row."
                faults.append(_fault("arcs.csv", arc.row, "destination", "nobody there uses it.", remedy))
            else:
                rows += [
                    (
                        pool,
                        slot,
                        max(1, int(arc.lag_weeks)),
                        arc.base_share,
                        arc.cost_usd_per_t,
                        arc.tariff_share,
                    )
                    for slot in users.index
                ]
        columns = ["pool", "slot", "lag", "share", "cost", "tariff"]
        return pd.DataFrame(rows, columns=columns), faults

    # faults, all at once ------------------------------------------------------------------------

    def faults(self) -> Iterator[Fault]:
        """Every fault of the tables that the column rules alone cannot see."""
        yield from self.arc_faults
        yield from self._missing_content()
        yield from self._empty_recipes()
        yield from self._plant_faults()
        yield from self._matter_made()
        yield from self._share_faults()
        yield from self._cover_faults()

    def _missing_content(self) -> Iterator[Fault]:
        if not self.elements:
            message = "has no rows, so that nobody can see whether a process makes matter."
            yield _fault("contents.csv", None, "element", message, "Give the content of each material.")
        for e, m in np.argwhere(np.isnan(self.content)):
            message = f"no row for {self.elements[e]} in {self.materials[m]}."
            yield _fault(
                "contents.csv", None, "element", message, "Missing is not zero: write 0 if there is none."
            )

    def _empty_recipes(self) -> Iterator[Fault]:
        """Amounts of nothing: a plant whose product is 0 t would have to run for ever."""
        recipes = self.tables["recipes"]
        for row in recipes.loc[~(recipes["quantity_t"] > 0), "row"]:
            yield _fault("recipes.csv", row, "quantity_t", "is 0.", "Give an amount, or delete the row.")

    def _plant_faults(self) -> Iterator[Fault]:
        for plant in self.plants.itertuples():
            made = set(self.outputs[str(plant.recipe)]["material"]) if plant.recipe in self.outputs else set()
            file, row = str(plant.file), int(plant.row)
            if plant.is_use and made:
                yield _fault(
                    file, row, "recipe", "an end use may not make anything.", "Give it a recipe of inputs."
                )
            if not plant.is_use and plant.main_output not in made:
                message = f"the recipe does not make {plant.main_output!r}."
                yield _fault(file, row, "main_output", message, f"Choose one of {', '.join(sorted(made))}.")
            if not plant.is_use and np.isnan(plant.capacity_tpa):
                yield _fault(file, row, "process", "has no row in capacities.csv.", "Add its capacity.")

    def _matter_made(self) -> Iterator[Fault]:
        for recipe, given in self.outputs.items():
            taken = self.inputs.get(recipe)
            if taken is None:
                continue  # extraction: matter enters the chain here
            inside, outside = (self._element_mass(table) for table in (taken, given))
            for e in np.flatnonzero(outside > inside * (1 + CONTENT_TOLERANCE) + 1e-15):
                amounts = f"{outside[e]:.6g} t {self.elements[e]} come out of {inside[e]:.6g} t"
                message = f"recipe {recipe} makes matter: {amounts}."
                remedy = "Raise the input or lower the output."
                yield _fault("recipes.csv", int(given["row"].iloc[0]), "quantity_t", message, remedy)

    def _element_mass(self, table: pd.DataFrame) -> Floats:
        columns = [self.materials.index(name) for name in table["material"]]
        mass: Floats = np.nan_to_num(self.content)[:, columns] @ table["quantity_t"].to_numpy(float)
        return mass

    def _share_faults(self) -> Iterator[Fault]:
        total = self.arcs.groupby("slot")["share"].sum() if len(self.arcs) else pd.Series(dtype=float)
        runs = self.plants["is_use"] | (self.plants["weight"] > 0)
        for k, slot in enumerate(self.slots.itertuples()):
            plant = self.plants.iloc[int(slot.plant)]
            message = f"{slot.process} gets no {slot.material}."
            if k not in total.index:
                remedy = f"Add rows in arcs.csv for {slot.material} to {slot.region}."
                yield _fault(str(plant["file"]), int(plant["row"]), "recipe", message, remedy)
            elif abs(total[k] - 1) > SHARE_TOLERANCE and (runs.iloc[int(slot.plant)] or total[k] > 0):
                message = f"base shares of {slot.material} to {slot.process} sum to {total[k]:.6g}."
                yield _fault("arcs.csv", None, "base_share", message, "Let them sum to 1.")

    # the chain ----------------------------------------------------------------------------------

    def chain(self) -> Chain:
        """Assemble the arrays and solve the baseline."""
        # shares typed with few digits are scaled to sum to 1 exactly, else the baseline would leak
        typed = self.arcs["share"].to_numpy(float)
        total = self.arcs.groupby("slot")["share"].transform("sum").to_numpy(float)
        share = np.divide(typed, total, out=np.zeros(len(typed)), where=total > 0)
        output = self._output_rows()
        baseline = self._baseline(output, share, self._capacity())
        return Chain(
            regions=self.regions,
            materials=self.materials,
            elements=self.elements,
            sectors=self.sectors,
            content=self.content,
            price_usd_per_t=self.tables["materials"]["price_usd_per_t"].to_numpy(float),
            stages=tuple(self.tables["materials"]["stage"]),
            **self._pool_arrays(baseline),
            **self._process_arrays(baseline),
            output_process=output["plant"].to_numpy(np.int64),
            output_pool=output["pool"].to_numpy(np.int64),
            output_t=output["quantity_t"].to_numpy(float),
            **self._slot_arrays(baseline, share),
            stockpiles=tuple(self._stockpiles()),
        )

    def _capacity(self) -> Floats:
        """Tonnes of activity a week."""
        yearly: Floats = self.plants["capacity_tpa"].to_numpy(float)
        return yearly / WEEKS_PER_YEAR

    def _pool_arrays(self, baseline: Baseline) -> dict[str, Any]:
        materials = [name for name, _ in self.pools]
        regions = [name for _, name in self.pools]
        return {
            "pool_material": _positions(self.materials, materials),
            "pool_region": _positions(self.regions, regions),
            "pool_stock_t": self._cover("producer", materials, regions) * baseline.need,
            "pool_need_t": baseline.need,
            "pool_surplus_t": baseline.surplus,
        }

    def _process_arrays(self, baseline: Baseline) -> dict[str, Any]:
        plants, is_use = self.plants, self.plants["is_use"].to_numpy(bool)
        ramp = _product(self._capacity(), plants["ramp_share_per_week"].to_numpy(float))
        return {
            "processes": tuple(plants["process"]),
            "process_label": tuple(plants["label"]),
            "process_region": _positions(self.regions, plants["region"]),
            "process_material": _positions(self.materials, plants["main_output"]),
            "process_sector": _positions(self.sectors, plants["sector"]),
            "process_is_use": is_use,
            "capacity_t": self._capacity(),
            "ramp_t": np.where(is_use, np.inf, ramp),
            "ramp_share": plants["ramp_share_per_week"].to_numpy(float),
            "activity_t": baseline.activity,
            "cost_usd_per_t": plants["cost_usd_per_t"].to_numpy(float),
            "unmet_usd_per_t": plants["unmet_value_usd_per_t"].to_numpy(float),
            "priority": plants["priority"].to_numpy(float).astype(np.int64),
            "elasticity": np.nan_to_num(plants["elasticity"].to_numpy(float)),
            "loss_name": tuple(self._loss_name(str(recipe)) for recipe in plants["recipe"]),
        }

    def _slot_arrays(self, baseline: Baseline, share: Floats) -> dict[str, Any]:
        slots, arcs = self.slots, self.arcs
        use_t = slots["quantity_t"].to_numpy(float) * baseline.activity[slots["plant"].to_numpy(int)]
        return {
            "slot_process": slots["plant"].to_numpy(np.int64),
            "slot_material": _positions(self.materials, slots["material"]),
            "slot_t": slots["quantity_t"].to_numpy(float),
            "slot_stock_t": self._cover("user", slots["material"], slots["region"]) * use_t,
            "arc_pool": arcs["pool"].to_numpy(np.int64),
            "arc_slot": arcs["slot"].to_numpy(np.int64),
            "arc_lag": arcs["lag"].to_numpy(np.int64),
            "arc_share": share,
            "arc_flow_t": share * use_t[arcs["slot"].to_numpy(int)],
            "arc_cost_usd_per_t": arcs["cost"].to_numpy(float),
            "arc_tariff": arcs["tariff"].to_numpy(float),
        }

    def _output_rows(self) -> pd.DataFrame:
        rows = [
            (p, self.pools[str(item.material), str(plant.region)], item.quantity_t)
            for p, plant in enumerate(self.plants.itertuples())
            if plant.recipe in self.outputs
            for item in self.outputs[str(plant.recipe)].itertuples()
        ]
        return pd.DataFrame(rows, columns=["plant", "pool", "quantity_t"])

    def _baseline(self, output: pd.DataFrame, share: Floats, capacity: Floats) -> Baseline:
        plants, pools = len(self.plants), len(self.pools)
        made = np.zeros((pools, plants))
        np.add.at(made, (output["pool"].to_numpy(int), output["plant"].to_numpy(int)), output["quantity_t"])
        bought = np.zeros((pools, plants))
        slot = self.arcs["slot"].to_numpy(int)
        each = share * self.slots["quantity_t"].to_numpy(float)[slot]
        np.add.at(bought, (self.arcs["pool"].to_numpy(int), self.slots["plant"].to_numpy(int)[slot]), each)
        demand = np.where(self.plants["is_use"], self.plants["demand_tpa"].fillna(0) / WEEKS_PER_YEAR, 0.0)
        baseline = back_substitute(made, bought, demand, self._main_weights(made))
        names = [f"{m}@{r}" for m, r in self.pools]
        problems = list(find_problems(baseline, capacity, tuple(self.plants["process"]), names))
        if problems:
            raise InfeasibleChain("no steady state:\n  " + "\n  ".join(problems))
        return baseline

    def _main_weights(self, made: Floats) -> Floats:
        """[pool, plant] activity per unit of the pool's scale; rows of pools without main producers are 0."""
        weight = np.zeros_like(made)
        for p, plant in enumerate(self.plants.itertuples()):
            if not plant.is_use and plant.weight > 0:
                pool = self.pools[str(plant.main_output), str(plant.region)]
                weight[pool, p] = plant.weight / made[pool, p]
        return weight

    def _cover_faults(self) -> Iterator[Fault]:
        """Stock that nobody typed is unknown, not zero."""
        places = {
            "producer": list(self.pools),
            "user": list(zip(self.slots["material"], self.slots["region"], strict=True)),
        }
        for holder, pairs in places.items():
            known = self._covers(holder)
            for material in dict.fromkeys(
                m for m, r in pairs if (m, r) not in known and (m, "*") not in known
            ):
                message = f"no cover of {material} at its {holder}s."
                remedy = "Add a row (region * for all); write 0 weeks if nothing is held."
                yield _fault("inventories.csv", None, "cover_weeks", message, remedy)

    def _covers(self, holder: str) -> dict[tuple[str, str], float]:
        table = self.tables["inventories"]
        table = table[table["holder"] == holder]
        return {(row.material, row.region): row.cover_weeks for row in table.itertuples()}

    def _cover(self, holder: str, materials: Iterable[str], regions: Iterable[str]) -> Floats:
        cover = self._covers(holder)
        pairs = zip(materials, regions, strict=True)
        return np.array([cover[m, r] if (m, r) in cover else cover[m, "*"] for m, r in pairs], dtype=float)

    def _loss_name(self, recipe: str) -> str:
        rows = [table[recipe] for table in (self.inputs, self.outputs) if recipe in table]
        names = [name for table in rows for name in table["loss_name"] if name]
        return names[0] if names else "loss"

    def _stockpiles(self) -> Iterator[Stockpile]:
        partners = self.tables["partners"].set_index("partner")["regions"]
        for row in self.tables["stockpiles"].itertuples():
            pool = self.pools[str(row.material), str(row.region)]
            yield Stockpile(
                str(row.stockpile), str(row.partner), tuple(partners[row.partner]), pool,
                float(row.stock_t), float(row.limit_t), float(row.holding_usd_per_t_year),
            )  # fmt: skip


def _positions(names: tuple[str, ...], wanted: Iterable[str]) -> Ints:
    """Index of each wanted name; -1 for one that is not there (an end use has no main output)."""
    place = {name: i for i, name in enumerate(names)}
    return np.array([place.get(name, -1) for name in wanted], dtype=np.int64)


def _product(a: Floats, b: Floats) -> Floats:
    """Elementwise product with inf * 0 = 0 (an end use has no ramp)."""
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(a * b, nan=0.0, posinf=np.inf)


def _fault(file: str, row: object, column: str, message: str, remedy: str) -> Fault:
    return Fault(file, None if row is None else int(str(row)), column, message, remedy)
