"""``ytterby explain``: take a value or a shortage apart, say what moved it, and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ytterby.commands.output import Out, Store, Study, give, give_folded, names_in, progress_bars

if TYPE_CHECKING:
    import pandas as pd

explain_app = typer.Typer(
    no_args_is_help=True,
    help="Take a value or a shortage apart: against the peer, over time, by cause, by what is not known.",
)
Countries = Annotated[
    list[str], typer.Option("--country", help="ISO 3166 alpha-3, name or EU27; may be repeated.")
]
Country = Annotated[str, typer.Option("--country", help="ISO 3166 alpha-3, name or EU27.")]
Materials = Annotated[
    list[str] | None, typer.Option("--material", help="Catalog name; may be repeated; default all.")
]
Year = Annotated[int, typer.Option("--year", min=1900, max=2100)]
Draws = Annotated[int, typer.Option("--draws", min=10, help="Random draws over what is not known.")]
Seed = Annotated[int, typer.Option("--seed", min=0)]


@explain_app.command("geopolrisk")
def geopolrisk(
    country: Countries,
    material: Annotated[list[str], typer.Option("--material", help="Catalog name, e.g. 'rare earths'.")],
    year: Annotated[list[int], typer.Option("--year", min=1900, max=2100)],
    stage: Annotated[str, typer.Option("--stage", help="Stage of the corrected cell.")] = "all",
    quantity: Annotated[
        str,
        typer.Option("--quantity", help="score, hhi, import_risk, price, midpoint, characterisation_factor."),
    ] = "score",
    store: Store = None,
    out: Out = None,
) -> None:
    """From the number of geopolrisk-py 2.0.1 to the corrected one, one convention at a time.

    Needs World Mining Data in the store (`ytterby facts import wmd FILE`).

    Example: ytterby explain geopolrisk --country JPN --material "rare earths" --year 2024
    """
    from ytterby.facts.credits import credit
    from ytterby.facts.store import open_store
    from ytterby.indicators.explain import brief, explain_geopolrisk

    with open_store(store) as opened:
        steps = explain_geopolrisk(
            opened, materials=material, countries=country, years=year, stage=stage, quantity=quantity
        )
        terms = credit(opened, steps)
    give_folded(steps if out else brief(steps), out, terms)


@explain_app.command("change")
def change(
    country: Countries,
    year_from: Annotated[int, typer.Option("--from", min=1900, max=2100, help="Earlier year.")],
    year_to: Annotated[int, typer.Option("--to", min=1900, max=2100, help="Later year.")],
    material: Materials = None,
    indicator: Annotated[
        str, typer.Option("--indicator", help="score, midpoint or characterisation_factor.")
    ] = "score",
    store: Store = None,
    out: Out = None,
) -> None:
    """What moved a GeoPolRisk value between two years: production, trade, governance, price.

    Example: ytterby explain change --country JPN --from 2023 --to 2024
    """
    from ytterby.facts.credits import credit
    from ytterby.facts.store import open_store
    from ytterby.indicators.change import FACTORS, explain_change

    with open_store(store) as opened:
        table = explain_change(
            opened, year_from=year_from, year_to=year_to, indicator=indicator, materials=material,
            countries=country,
        )  # fmt: skip
        terms = credit(opened, table)
    fine = table[table["status"] == "ok"]
    shown = fine.rename(columns={"value_from": "from", "value_to": "to", "country_iso3": "for"}).round(4)
    columns = ["material", "stage", "for", "from", "to", "change", *FACTORS, "breaks"]
    give_folded(table if out else shown[columns], out, terms)
    if not out and len(fine) < len(table):
        typer.echo(f"{len(table) - len(fine):,} cells have no value in one of the years; --out says why.")


@explain_app.command("series")
def series(
    country: Countries,
    material: Annotated[list[str], typer.Option("--material", help="Catalog name; may be repeated.")],
    method: Annotated[
        list[str] | None, typer.Option("--method", help="As for `ytterby screen`; default geopolrisk.")
    ] = None,
    store: Store = None,
    out: Out = None,
) -> None:
    """An indicator over the years, with the places marked at which the series breaks.

    Example: ytterby explain series --country JPN --material cobalt --method import_instability
    """
    from ytterby.facts.credits import credit
    from ytterby.facts.store import open_store
    from ytterby.indicators.timeline import indicator_series

    with open_store(store) as opened:
        rows = indicator_series(
            opened, materials=material, countries=country, methods=method or ["geopolrisk"]
        )
        terms = credit(opened, rows)
    shown = ["indicator", "material", "stage", "country_iso3", "year", "value", "lower", "upper", "breaks"]
    give_folded(rows if out else rows.loc[rows["status"] == "ok", shown], out, terms, limit=60)


@explain_app.command("doubts")
def doubts(
    country: Country,
    material: Annotated[str, typer.Option("--material", help="Catalog name, e.g. 'rare earths'.")],
    year: Year,
    draws: Draws = 2000,
    seed: Seed = 0,
    store: Store = None,
    out: Out = None,
) -> None:
    """Band of one GeoPolRisk score: governance errors, rounding, estimates, sources, definition.

    Example: ytterby explain doubts --country JPN --material "rare earths" --year 2024
    """
    from ytterby.facts.store import open_store
    from ytterby.indicators.uncertainty import score_band

    with open_store(store) as opened:
        table = score_band(opened, country=country, material=material, year=year, draws=draws, seed=seed)
    give_folded(table, out)


@explain_app.command("ranks")
def ranks(
    country: Country,
    year: Year,
    material: Materials = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many count as the top.")] = 10,
    draws: Draws = 2000,
    seed: Seed = 0,
    store: Store = None,
    out: Out = None,
) -> None:
    """How sure the order of the materials of a country is.

    Example: ytterby explain ranks --country JPN --year 2024
    """
    from ytterby.facts.store import open_store
    from ytterby.indicators.uncertainty import rank_stability

    with open_store(store) as opened:
        table = rank_stability(
            opened, country=country, year=year, materials=material, top=top, draws=draws, seed=seed
        )
    shown = ["country_iso3", "year", "material", "value", "rank", "rank_lower", "rank_upper", "top_share"]
    give_folded(table if out else table[shown], out, limit=60)


@explain_app.command("shortage")
def shortage(
    study: Study,
    scenario: Annotated[str, typer.Option("--scenario", help="Scenario of the study.")],
    use: Annotated[str, typer.Option("--use", help="Sector or end use, e.g. electric_vehicles.")],
    region: Annotated[str, typer.Option("--region", help="Region of the study, e.g. JPN.")],
    week: Annotated[int | None, typer.Option("--week", min=0, help="Week; default the worst.")] = None,
    draw: Annotated[
        int | None,
        typer.Option("--draw", min=0, help="A draw of `simulate`; default the most likely numbers."),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0)] = None,
    out: Out = None,
) -> None:
    """Why a use is short: back along the chain to the shock, with the tonnes of each step.

    Example: ytterby explain shortage japan-us-2025 --scenario stop_year --use electric_vehicles --region JPN
    """
    from ytterby import asking
    from ytterby import study as road

    table = asking.explain_shortage(
        road.load_study(study), use, region, scenario=scenario, week=week, draw=draw, seed=seed
    )
    shown = table.rename(columns={"since_week": "since", "until_week": "until"})
    give(table if out else shown, out)


@explain_app.command("drivers")
def drivers(
    study: Study,
    scenario: Annotated[str, typer.Option("--scenario", help="Scenario of the study.")],
    regions: Annotated[
        str | None, typer.Option("--regions", help="Where losses are counted, e.g. JPN,EU27; default all.")
    ] = None,
    measure: Annotated[str, typer.Option("--measure", help="usd or tonnes of unmet need.")] = "usd",
    points: Annotated[int, typer.Option("--points", min=8, help="Rows of the design; more is surer.")] = 96,
    seed: Annotated[int | None, typer.Option("--seed", min=0)] = None,
    out: Out = None,
) -> None:
    """Which assumption drives the loss of a scenario: Sobol indices with 95 % intervals.

    Example: ytterby explain drivers japan-us-2025 --scenario licence_wide --regions JPN,EU27
    """
    from ytterby import asking
    from ytterby import study as road

    with progress_bars() as progress:
        table = asking.explain_drivers(
            road.load_study(study), scenario=scenario, regions=names_in(regions), measure=measure,
            points=points, seed=seed, progress=progress,
        )  # fmt: skip
    give(table if out else _index_rows(table), out)


def _index_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Indices and their intervals in few columns."""

    def told(kind: str) -> list[str]:
        ends = (table[kind], table[f"{kind}_low"], table[f"{kind}_high"])
        return [
            f"{x:.2f} ({low:.2f} to {high:.2f})"
            for x, low, high in zip(*(e.round(2) + 0.0 for e in ends), strict=True)
        ]

    spread = [f"{row.low:g} to {row.high:g}" for row in table.itertuples()]
    named = {"parameter": table["parameter"], "range": spread}
    return table[[]].assign(**named, alone=told("first"), **{"with others": told("total")})
