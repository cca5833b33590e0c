"""The road end to end on the toy study, and what happens when something is wrong."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import ytterby as yt
from ytterby.cli import app, main
from ytterby.errors import UnknownName
from ytterby.examples import find_study

FILES = {
    "report.html", "claims.jsonl", "verdicts.csv", "pledges.csv", "policies.csv", "screen.csv",
    "chokepoints.csv", "shortfall.parquet", "plan.json", "run.json", "figures", "pledges.ics",
}  # fmt: skip


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find_study("three-countries"), tmp_path / "toy"))


def snapshot(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_run_writes_every_table_and_repeats_byte_for_byte(tmp_path: Path) -> None:
    first = yt.run("three-countries", tmp_path / "a")
    yt.run("three-countries", tmp_path / "b", jobs=2)
    assert {p.name for p in (tmp_path / "a").iterdir()} >= FILES
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")
    assert first.answer


def test_the_plan_is_proven_on_the_same_futures(tmp_path: Path) -> None:
    losses = yt.run("three-countries", tmp_path / "a").losses
    loss = losses[losses["scenario"] == "all"].set_index("case")["expected_loss_usd"]
    assert loss["without plan"] > 0
    assert loss["with plan"] < loss["without plan"]


def test_the_stock_to_be_bought_is_told_beside_the_investment(tmp_path: Path) -> None:
    """Oxide costs 10,000 USD/t in the toy and nothing lies in the stockpile today."""
    results = yt.run("three-countries", tmp_path / "a")
    together = results.plan_stockpiles.set_index("case").loc["together"]
    assert together["purchase_usd"] == pytest.approx(together["size_t"] * 10_000)
    assert any("to be bought" in finding.text for finding in results.answer)


def test_another_seed_is_recorded(tmp_path: Path) -> None:
    yt.run("three-countries", tmp_path / "a", seed=7, draws=5)
    record = json.loads((tmp_path / "a" / "run.json").read_text(encoding="utf-8"))
    assert (record["seed"], record["draws"]) == (7, 5)
    assert len(record["hashes"]["arcs.csv"]) == 64


def test_bad_articles_are_named_and_the_run_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "empty.txt").touch()
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 10)
    (folder / "good.txt").write_text(
        "China is the world's largest producer of rare earths.\n", encoding="utf-8"
    )
    results = yt.run("three-countries", tmp_path / "out", articles=[folder])
    assert {Path(file).name for file in results.problems["file"]} == {"empty.txt", "binary.txt"}
    assert len(results.articles) == 1


def test_faults_of_a_study_end_the_command_with_2_and_nothing_is_written(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (toy / "demand.csv").unlink()
    path = toy / "arcs.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("ore,AAA,BBB", "ore,AAA,ZZZ"), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["ytterby", "run", str(toy), "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as stopped:
        main()
    told = capsys.readouterr().err
    assert stopped.value.code == 2
    assert "demand.csv: is missing." in told
    assert "arcs.csv, row 2, column destination: 'ZZZ'" in told
    assert not (tmp_path / "out").exists()


def test_an_unknown_study_suggests_the_near_name() -> None:
    with pytest.raises(UnknownName, match="japan-us-2025"):
        yt.load_study("japan-us-2026")


def test_the_command_line_goes_from_text_to_verdict(tmp_path: Path) -> None:
    text = tmp_path / "note.txt"
    text.write_text("China is the world's largest producer of rare earths.\n", encoding="utf-8")
    claims, verdicts = tmp_path / "claims.jsonl", tmp_path / "verdicts.csv"
    runner = CliRunner()
    assert runner.invoke(app, ["read", str(text), "--out", str(claims)]).exit_code == 0
    assert runner.invoke(app, ["verify", str(claims), "--out", str(verdicts)]).exit_code == 0
    assert "consistent" in verdicts.read_text(encoding="utf-8")


def test_screen_gives_a_reason_where_there_is_no_value(tmp_path: Path) -> None:
    table = yt.screen(countries=["JPN"], materials=["gallium", "rare_earths"], years=[2024])
    assert set(table["material"].astype(str)) == {"gallium", "rare_earths"}
    empty = table[table["value"].isna()]
    assert len(empty)
    assert (empty["status"].astype(str) != "ok").all()


@pytest.mark.parametrize("command", ["run", "read", "verify", "screen", "simulate", "plan", "new", "facts"])
def test_help_teaches_with_an_example_or_a_list(command: str) -> None:
    told = CliRunner().invoke(app, [command, "--help"]).output
    assert "Example:" in told or "Built-in studies" in told or "Commands" in told


def test_new_study_runs(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert CliRunner().invoke(app, ["new", str(folder)]).exit_code == 0
    assert yt.load_study(folder).chain.regions == ("AAA", "BBB", "CCC")


def test_main_job_on_the_five_real_reports_finds_what_it_must(shared: Path, tmp_path: Path) -> None:
    """Issue: the agreement, the control, the package, the tariff, the dependence claim, the deadline."""
    reading = yt.read([shared / "evidence" / "reports"])
    texts = {article.id: article.text for article in reading.articles}
    assert len(texts) == 5
    for claim in reading.claims:
        for span in claim.spans:
            assert texts[claim.report][span.start : span.end] == span.quote
    ledger = yt.verify(reading)
    found = {(claim.kind, q.value, q.unit) for claim in reading.claims for q in claim.quantities}
    assert {("investment_pledge", 550e9, "USD"), ("tariff", 15.0, "percent")} <= found
    assert {("dependence", 90.0, "percent"), ("dependence", 60.0, "percent")} <= found
    assert {"agreement", "export_control", "stockpiling"} <= {claim.kind for claim in reading.claims}
    assert {"2026-04-28", "2026-03-31"} <= set(ledger.pledges["due"])
    verdict = ledger.verdicts[ledger.verdicts["kind"] == "dependence"].iloc[0]
    assert verdict["verdict"] == "consistent_with_other_definition"
    assert verdict["to_low"] < 0.45 < 0.68 < verdict["to_high"]
