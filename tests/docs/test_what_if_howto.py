"""The how-to page on questions: its commands run, and its numbers are what comes out."""

import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from ytterby.catalog.rows import read_rows
from ytterby.cli import app

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "howto/what-if.md").read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    return [
        [a or b for a, b in re.findall(r'"([^"]*)"|(\S+)', line)][1:]
        for block in blocks for line in block.splitlines()
    ]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which the page's commands were run."""
    place = tmp_path_factory.mktemp("howto")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("COLUMNS", "80")
        for words in commands():
            done = CliRunner().invoke(app, words)
            assert done.exit_code == 0, done.output
            assert max(len(line) for line in done.stdout.splitlines() if line[:1] in "┃│├└┏") <= 80
    return place


def test_the_printed_stops_come_out(folder):
    printed = re.findall(
        r"\| (\w+) \| (\d+) % \| (\d+) % \| (\d+) % \| (\d+) \((\d+) to (\d+)\) \| ([\d.]+) \| ([\d.]+) \|",
        PAGE,
    )
    assert len(printed) == 4
    stops = pd.read_csv(folder / "answer/stops.csv")
    now = stops[stops["case"] == "as it is"].set_index(["region", "sector"])
    for use, *numbers in printed:
        row = now.loc["DEU", use]
        names = ["within_13", "within_26", "within_52", "lasts_weeks", "lasts_p5", "lasts_p95"]
        told = [row[name] * (100 if name.startswith("within") else 1) for name in names]
        assert [float(n) for n in numbers[:6]] == pytest.approx(told, abs=0.51)
        assert float(numbers[6]) == pytest.approx(row["unmet_t"], abs=0.051)
        assert float(numbers[7]) == pytest.approx(row["loss_usd"] / 1e6, abs=0.051)
    assert set(now[now["ever"] > 0].index) == {("DEU", use) for use, *_ in printed}
    assert stops.loc[stops["case"] == "with the change", "ever"].max() == 0


def test_the_other_end_of_a_licence_comes_out(folder):
    stops = pd.read_csv(folder / "ban/stops.csv")
    hit = stops[stops["ever"] > 0]
    names = ["region", "ever", "lasts_weeks", "lasts_p5", "lasts_p95"]
    assert hit[names].drop_duplicates().to_numpy().tolist() == [["DEU", 1.0, 9.0, 8.0, 11.0]]
    assert len(hit) == 4
    assert "after 9 (8 to 11) weeks" in PAGE


def test_the_printed_change_comes_out(folder):
    whole = pd.read_csv(folder / "answer/differences.csv").set_index(["region", "sector"]).loc["all", "all"]
    found = re.search(r"loss by (-[\d.]+) MUSD\s+\(95 % interval of the mean (-[\d.]+) to (-[\d.]+)\)", PAGE)
    told = [whole[f"difference_usd{end}"] / 1e6 for end in ("", "_low", "_high")]
    assert [float(number) for number in found.groups()] == pytest.approx(told, abs=0.051)
    answer = pd.read_json(folder / "answer/answer.json", typ="series")
    held, worth = re.search(r"are ([\d,]+) t, worth ([\d.]+) MUSD", PAGE).groups()
    assert float(held.replace(",", "")) == pytest.approx(answer["extra_t"], abs=0.51)
    assert float(worth) == pytest.approx(answer["extra_usd"] / 1e6, abs=0.051)


def test_the_python_lines_give_what_the_page_works_out_by_hand():
    scope = {}
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], scope)  # noqa: S102  (our own page)
    lost = scope["lost"]
    assert (lost["before_t"], lost["after_t"]) == pytest.approx((60.0, 40.0))
    assert scope["answer"].extra_t == pytest.approx(20.0)
    assert scope["answer"].stops["lasts_weeks"].tolist() == [5.0, 7.0]


def test_the_method_page_lists_the_assumptions_as_their_rows_say():
    page = (DOCS / "method/simulation.md").read_text(encoding="utf-8")
    for row in read_rows("assumptions"):
        cells = [row[name] for name in ("assumption", "low", "mode", "high", "unit", "reason")]
        assert f"| {' | '.join(cells)} |" in page
