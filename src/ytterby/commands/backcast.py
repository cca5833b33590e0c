"""The command that looks back: a study's model beside published series."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ytterby.commands.output import Study, print_table

_SHOWN = (
    "series", "role", "points", "mape", "skill", "correlation", "inside", "turn_history", "turn_model",
    "recovery_history", "recovery_model",
)  # fmt: skip


def backcast(
    study: Study,
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="One scenario of the study; default all, weighted.")
    ] = None,
    draws: Annotated[int | None, typer.Option("--draws", min=1, help="Random draws.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed of every random number.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for backcast.html and its tables.")
    ] = None,
) -> None:
    """Compare a study's model with published series: fit, timing, and a model without policies beside it.

    Example: ytterby backcast japan-2010 --out out/backcast
    """
    from ytterby import study as road
    from ytterby.views.backcast import write_backcast

    loaded = road.load_study(study)
    made = road.backcast(loaded, scenario=scenario, draws=draws, seed=seed)
    points = made.points.drop(columns=["first", "last", "p25", "p75", "source_id"])
    print_table(points, "History and model", limit=60)
    fit = made.fit[list(_SHOWN)].set_index("series").T
    print_table(fit.reset_index(names="measure"), "Fit of the median")
    if out:
        write_backcast(made, loaded.settings, loaded.files.tables["series"], out)
        typer.echo(f"Backcast: {out / 'backcast.html'}")
