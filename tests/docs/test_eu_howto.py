"""The how-to page on EU criticality: its example runs, and its numbers are what comes out."""

import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from ytterby.cli import app
from ytterby.facts.parameters import parameters

PAGE = (Path(__file__).resolve().parents[2] / "docs/howto/eu-criticality.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """Rows of the page's last command, all its commands run in a fresh folder."""
    folder = tmp_path_factory.mktemp("howto")
    (folder / "inputs.csv").write_text(block("csv"), encoding="utf-8")
    (folder / "inputs.toml").write_text(block("toml"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("YTTERBY_STORE", "my-store")
        for line in block("sh").splitlines()[1:]:
            words = [a or b for a, b in re.findall(r'"([^"]*)"|(\S+)', line)]
            done = CliRunner().invoke(app, words[1:])
            assert done.exit_code == 0, done.output
            assert "left out" not in done.output
    return pd.read_csv(folder / "eu.csv", keep_default_na=False)


def test_the_printed_numbers_come_out(result):
    printed = re.findall(r"\| `(\w+)` \| (\w+) \| ([\d.]+) \|\n", PAGE)
    assert len(printed) == 6
    rows = result.set_index(["indicator", "stage"])
    for indicator, stage, value in printed:
        row = rows.loc[(indicator, stage)]
        assert row["status"] == "ok"
        assert float(row["value"]) == pytest.approx(float(value), abs=5e-4), indicator
    assert "my-assessment" in rows.loc[("supply_risk", "refined"), "source_id"]


def test_elasticities_of_the_example_are_given_and_not_assumed(result):
    row = result[(result["indicator"] == "largest_supplier_loss_price_ratio")].iloc[0]
    assert '"elasticities": "given"' in row["components"]


def test_the_python_lines_run():
    scope: dict[str, object] = {}
    exec(block("python"), scope)  # noqa: S102  (our own page)
    assert callable(scope["eu_supply_risk"])


def test_every_parameter_stands_on_the_page_as_its_attribute_row_says():
    for row in parameters().values():
        labels = ", ".join(f"`{label}`" for label in row["labels"].split(";") if label)
        cells = (f"`{row['parameter']}`", row["unit"], row["minimum"], row["maximum"], labels)
        assert f"| {' | '.join(cells)} | {row['description']} |" in PAGE
