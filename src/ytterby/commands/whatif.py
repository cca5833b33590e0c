"""``ytterby what-if``: a question in an analyst's words, answered with probabilities, losses and a figure."""

from __future__ import annotations

import datetime as dt
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ytterby.commands.output import Study, day, names_in, print_table, progress_bars
from ytterby.errors import YtterbyError

if TYPE_CHECKING:
    from ytterby.network.asked import AskedInventory, AskedShock

_Goods = "names between commas: materials of the study, or elements"
Span = tuple[dt.date, dt.date | None]  # first day, first day after
Ways = tuple[tuple[str, ...], tuple[str, ...]]  # origins, destinations
_INVENTORY = re.compile(r"\+?(?P<more>.+?)(?: of (?P<of>[^ ]+))?(?: in (?P<at>[^ ]+))?")


def what_if(
    study: Study,
    on: Annotated[
        datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Day on which it begins, e.g. 2026-12-01.")
    ],
    licence: Annotated[
        str | None, typer.Option("--licence", help=f"Goods that need a licence ({_Goods}); with --delay.")
    ] = None,
    ban: Annotated[str | None, typer.Option("--ban", help="Goods that may not be exported.")] = None,
    quota: Annotated[str | None, typer.Option("--quota", help="Goods under a quota; with --allow.")] = None,
    loss: Annotated[
        list[str] | None,
        typer.Option("--loss", help="plant@share lost, e.g. mine_ionic.MMR@0.6; repeatable."),
    ] = None,
    demand: Annotated[
        list[str] | None,
        typer.Option("--demand", help="sector@rise, e.g. electric_vehicles@0.2; repeatable."),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option("--from", help="Regions whose exports are hit; default the study's controlled regions."),
    ] = None,
    to: Annotated[str | None, typer.Option("--to", help="Regions that are hit; default all others.")] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=["%Y-%m-%d"], help="First day after it; default never."),
    ] = None,
    delay: Annotated[
        str, typer.Option("--delay", help='How long a licence takes: "45 working days", "30..45..60 days".')
    ] = "",
    refuse: Annotated[
        str,
        typer.Option("--refuse", help="Share of applications refused: 0.2 or 0.1..0.2..0.3; default none."),
    ] = "",
    allow: Annotated[
        str,
        typer.Option("--allow", help="Share of the usual flow that a quota allows: 0.6 or 0.4..0.6..0.8."),
    ] = "",
    regions: Annotated[
        str | None, typer.Option("--regions", help="Where to count; default every region with an end use.")
    ] = None,
    inventory: Annotated[
        list[str] | None,
        typer.Option("--inventory", help='A change to compare with: "+2 months [of GOODS] [in REGIONS]".'),
    ] = None,
    draws: Annotated[int | None, typer.Option("--draws", min=1, help="Random draws.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed of every random number.")] = None,
    weeks: Annotated[int, typer.Option("--weeks", min=1, help="Weeks simulated from then on.")] = 104,
    threshold: Annotated[
        float, typer.Option("--threshold", help="Unmet share of a week's need from which a use has stopped.")
    ] = 0.05,
    certain: Annotated[
        bool, typer.Option("--certain", help="Every assumption at its most likely value.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to make: page, figure, tables; an earlier one is replaced."),
    ] = None,
) -> None:
    """Which end uses stop when, how surely, at what loss, and what more inventory would change.

    "dysprosium" means its oxide and metal; "dysprosium+" all in the chain that contains it. The goods
    options may be combined and share --from, --to, --on and --until.

    Examples
    --------
    ytterby what-if japan-us-2025 --licence dysprosium+,terbium+ --on 2026-12-01 --delay "45 working days"
    --refuse 0.2 --regions JPN,DEU --inventory "+2 months" --out answer

    ytterby what-if japan-us-2025 --ban dysprosium,terbium --to JPN,USA --on 2026-12-01 --until 2027-06-01

    ytterby what-if japan-us-2025 --loss mine_ionic.MMR@0.3..0.6..0.9 --on 2026-03-01
    """
    from ytterby import asking
    from ytterby import study as road
    from ytterby.views.answer import answer_words, difference_rows, stop_rows, write_answer
    from ytterby.views.folder import check_folder

    goods = {"licence": licence, "ban": ban, "quota": quota}
    words = {"--delay": delay, "--refuse": refuse, "--allow": allow, "--from": origin, "--to": to}
    _check_owners(words, goods, bool(demand))
    changes = [_inventory(text) for text in inventory or []]
    if out:
        check_folder(out)
    loaded = road.load_study(study)
    ways = (names_in(origin) or loaded.settings.planning.controlled_regions, names_in(to) or ("*",))
    span = (on.date(), day(until))
    shocks = [
        *_goods_shocks(goods, span, ways, delay=delay, refused=refuse or "0", level=allow),
        *_other_shocks(loss or [], demand or [], span, ways[1]),
    ]
    with progress_bars() as progress:
        answer = asking.what_if(
            loaded, shocks, changes=changes, regions=names_in(regions), draws=draws,
            seed=seed, weeks=weeks, threshold=threshold, certain=certain, progress=progress,
        )  # fmt: skip
    for title, table in (("When uses stop", stop_rows(answer)), ("What it changes", difference_rows(answer))):
        if len(table):
            print_table(table, title, limit=60)
    for line in answer_words(answer):
        typer.echo(f"* {line}")
    for note in answer.notes:
        typer.echo(f"! {note}.", err=True)
    if out:
        write_answer(answer, out)
        typer.echo(f"\nAnswer: {out / 'answer.html'}")


def compare(
    first: Annotated[Path, typer.Argument(help="Folder of `ytterby run` or `ytterby what-if --out`.")],
    second: Annotated[Path, typer.Argument(help="Another, or the same with another case.")],
    first_case: Annotated[
        str | None,
        typer.Option("--first-case", help='Case of the first, e.g. "without plan"; default its first.'),
    ] = None,
    second_case: Annotated[
        str | None,
        typer.Option("--second-case", help='Case of the second, e.g. "with plan"; default its first.'),
    ] = None,
    unpaired: Annotated[
        bool, typer.Option("--unpaired", help="Compare means of runs whose draws are not common.")
    ] = False,
    threshold: Annotated[float, typer.Option("--threshold", help="As for `what-if`.")] = 0.05,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to make: page, figure, tables; an earlier one is replaced."),
    ] = None,
) -> None:
    """Differences of two runs, draw by draw: losses, stops and fans; the second less the first.

    Example: ytterby compare out/base out/ban --out out/difference

    Example: ytterby compare out out --first-case "without plan" --second-case "with plan"
    """
    from ytterby import asking
    from ytterby.views.compared import comparison_rows, stop_difference_rows, write_comparison
    from ytterby.views.folder import check_folder

    if out:
        check_folder(out)
    found = asking.compare(
        first, second, cases=(first_case, second_case), paired=not unpaired, threshold=threshold
    )
    for title, table in (("Losses", comparison_rows(found)), ("Stops", stop_difference_rows(found))):
        if len(table):
            print_table(table, title, limit=60)
        else:
            typer.echo(f"{title}: none in either run.")
    for note in found.notes:
        typer.echo(f"! {note}.", err=True)
    if out:
        write_comparison(found, out, first=str(first), second=str(second))
        typer.echo(f"\nComparison: {out / 'comparison.html'}")


_OWNERS = {
    "--delay": ("licence",), "--refuse": ("licence",), "--allow": ("quota",),
    "--from": ("licence", "ban", "quota"), "--to": ("licence", "ban", "quota", "demand"),
}  # fmt: skip


def _check_owners(words: dict[str, str | None], goods: dict[str, str | None], demand: bool) -> None:
    """Refuse an option that no other option of the command would use."""
    given = {kind for kind, names in goods.items() if names} | ({"demand"} if demand else set())
    for option, text in words.items():
        if text and not given & set(_OWNERS[option]):
            owners = " or ".join(f"--{owner}" for owner in _OWNERS[option])
            raise YtterbyError(f"{option} counts for {owners} only.", "Add one of them, or leave it out.")


def _goods_shocks(
    goods: dict[str, str | None], span: Span, ways: Ways, *, delay: str, refused: str, level: str
) -> list[AskedShock]:
    """Licences, bans and quotas on goods."""
    from ytterby.network.asked import AskedShock

    own = {"licence": {"delay": delay, "refused": refused}, "quota": {"level": level}, "ban": {}}
    return [
        AskedShock(kind, *span, names_in(names), *ways, **own[kind])  # type: ignore[arg-type]
        for kind, names in goods.items()
        if names
    ]


def _other_shocks(losses: list[str], demands: list[str], span: Span, to: tuple[str, ...]) -> list[AskedShock]:
    """Plants that lose capacity, and sectors that need more."""
    from ytterby.network.asked import AskedShock

    made = []
    for text in losses:
        plant, share = _pair(text, "--loss mine_ionic.MMR@0.6")
        made.append(AskedShock("capacity_loss", *span, level=share, plants=[plant]))
    for text in demands:
        sector, rise = _pair(text, "--demand electric_vehicles@0.2")
        made.append(AskedShock("demand_surge", *span, destinations=to, level=rise, sectors=[sector]))
    return made


def _pair(text: str, example: str) -> tuple[str, str]:
    name, at, number = text.rpartition("@")
    if not at or not name:
        raise YtterbyError(f"{text!r} is no name@share.", f"Write for example {example}.")
    return name, number


def _inventory(text: str) -> AskedInventory:
    from ytterby.network.asked import AskedInventory

    found = _INVENTORY.fullmatch(text.strip())
    if not found:
        raise YtterbyError(f"{text!r} is no change of inventory.", 'Write "+2 months of oxide_dy in JPN".')
    return AskedInventory(found["more"], names_in(found["of"]), names_in(found["at"]))
