"""Questions from end to end: by hand on three countries, repeatable, refused in one error."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from ytterby import asking
from ytterby.cli import app
from ytterby.errors import InputFaults, UnknownName, YtterbyError
from ytterby.network.asked import AskedInventory, AskedShock
from ytterby.network.comparing import futures_of
from ytterby.network.whatif import Answer, mean_interval
from ytterby.study import Study, load_study, simulate
from ytterby.views.answer import answer_words, write_answer

BAN = AskedShock("ban", dt.date(2026, 1, 1), dt.date(2026, 3, 12), ["oxide"], ["BBB"], ["CCC"])


@pytest.fixture(scope="module")
def toy() -> Study:
    return load_study("three-countries")


@pytest.fixture(scope="module")
def answer(toy: Study) -> Answer:
    return asking.what_if(toy, [BAN], changes=[AskedInventory("6 weeks")], regions=["CCC"], draws=30, seed=4)


class TestByHand:
    """Ten weeks without oxide from B: C has four weeks in stock and one at sea; see the study's README."""

    def test_certain(self, toy: Study) -> None:
        told = asking.what_if(toy, [BAN], regions=["CCC", "BBB"], certain=True)
        assert told.draws == 1
        rows = told.stops.set_index("region")
        assert rows.loc["CCC", ["within_13", "within_26", "within_52", "ever"]].tolist() == [1.0] * 4
        assert rows.loc["CCC", "lasts_weeks"] == 5
        assert rows.loc["CCC", "stop_day"] == "2026-02-05"
        assert rows.loc["CCC", "unmet_t"] == pytest.approx(60)
        assert rows.loc["CCC", "loss_usd"] == pytest.approx(60 * 100_000)
        assert rows.loc["CCC", "unmet_share"] == pytest.approx(60 / 1040)
        assert rows.loc["BBB", "ever"] == 0.0
        assert np.isnan(rows.loc["BBB", "lasts_weeks"])
        assert told.differences is None

    def test_the_start_moves_the_stop_and_nothing_else(self, toy: Study) -> None:
        later = AskedShock("ban", dt.date(2026, 4, 9), dt.date(2026, 6, 18), ["oxide"], ["BBB"], ["CCC"])
        told = asking.what_if(toy, [later], regions=["CCC"], certain=True).stops.iloc[0]
        assert (told["lasts_weeks"], told["stop_day"]) == (5, "2026-05-14")
        assert told["unmet_t"] == pytest.approx(60)

    def test_half_the_capacity_and_a_surge(self, toy: Study) -> None:
        """Needs that double at once in C: 20 t of motors a week against 10 t a week of oxide at first."""
        surge = AskedShock(
            "demand_surge", dt.date(2026, 1, 1), dt.date(2026, 1, 15), level=1, sectors=["motors"]
        )
        told = asking.what_if(toy, [surge], regions=["CCC"], certain=True).stops.iloc[0]
        assert told["ever"] == 0.0  # four weeks in stock are two weeks at twice the need

    def test_the_answer_in_words(self, toy: Study, answer: Answer) -> None:
        words = " ".join(answer_words(answer))
        assert "CCC: motors in 100 % of the draws" in words or "CCC: motors in 9" in words
        assert "60 t more" in words
        assert "helps in" in words


def test_the_change_runs_the_same_draws(toy: Study, answer: Answer) -> None:
    """Common random numbers: what is as it is does not depend on what it is compared with."""
    alone = asking.what_if(toy, [BAN], regions=["CCC"], draws=30, seed=4)
    np.testing.assert_array_equal(alone.cases["as it is"].unmet_t, answer.cases["as it is"].unmet_t)
    fewer = asking.what_if(toy, [BAN], regions=["CCC"], draws=10, seed=4)
    np.testing.assert_array_equal(fewer.cases["as it is"].unmet_t, answer.cases["as it is"].unmet_t[:10])


def test_differences_are_those_of_the_draws(answer: Answer) -> None:
    before, after = (
        each.unmet_t[:, :, list(each.chain.process_region[each.uses]).index(2)].sum(axis=1)
        for each in answer.cases.values()
    )
    row = answer.differences.set_index(["region", "sector"]).loc["CCC", "motors"]
    assert row["difference_t"] == pytest.approx((after - before).mean())
    assert row["difference_t_low"] < row["difference_t"] < row["difference_t_high"] < 0
    error = (after - before).std(ddof=1) / np.sqrt(len(before))
    assert row["difference_t_high"] - row["difference_t_low"] == pytest.approx(2 * 1.96 * error, rel=0.3)
    shares = ((after < before - 1e-9).mean(), (after > before + 1e-9).mean())
    assert (row["helps"], row["hurts"]) == pytest.approx(shares)
    assert 0 <= answer.stops["ever"].min() <= answer.stops["ever"].max() <= 1
    whole = answer.differences.set_index(["region", "sector"]).loc["all", "all"]
    assert whole["difference_usd"] == pytest.approx(row["difference_usd"])


def test_the_interval_of_a_mean_without_spread_is_a_point() -> None:
    picks = np.random.default_rng(1).integers(0, 8, (100, 8))
    low, high = mean_interval(np.full((8, 1), 3.0), picks)
    assert (low[0], high[0]) == (3.0, 3.0)


def test_same_seed_same_bytes(toy: Study, answer: Answer, tmp_path: Path) -> None:
    again = asking.what_if(toy, [BAN], changes=[AskedInventory("6 weeks")], regions=["CCC"], draws=30, seed=4)
    for told, name in ((answer, "a"), (again, "b")):
        write_answer(told, tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["answer.html", "answer.json", "differences.csv", "fans.csv", "run.json",
                     "shortfall.parquet", "stops.csv"]  # fmt: skip
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    write_answer(again, tmp_path / "a")  # an earlier answer is replaced
    (tmp_path / "b" / "mine.txt").touch()
    with pytest.raises(InputFaults, match="no run wrote"):
        write_answer(again, tmp_path / "b")


def test_faults_of_all_parts_come_at_once(toy: Study) -> None:
    with pytest.raises(InputFaults) as caught:
        asking.what_if(toy, [AskedShock("ban", dt.date(2026, 1, 1), materials=["gold"], origins=["BBB"])],
                       changes=[AskedInventory("2 moons")], regions=["DDD", "AAA"], draws=0, weeks=0,
                       threshold=1.0)  # fmt: skip
    told = str(caught.value)
    for words in ("gold", "2 moons", "DDD", "draws", "weeks", "threshold", "AAA has no end use"):
        assert words in told, words


class TestShortage:
    def test_by_hand(self, toy: Study) -> None:
        table = asking.explain_shortage(toy, "motors", "CCC", shocks=[BAN])
        assert table["node"].tolist() == [
            "motors.CCC", "oxide at motors.CCC", "oxide@BBB to motors.CCC", "What if",
        ]  # fmt: skip
        assert table["tonnes"].tolist() == pytest.approx([10, 10, 50, 50])  # weeks 0 to 4 of 10 t each
        assert table["since_week"].tolist() == [5, 5, 0, 0]
        assert table["until_week"].tolist() == [5, 5, 4, 4]
        later = asking.explain_shortage(toy, "motors.CCC", "CCC", scenario="ban", week=7)
        assert later["tonnes"].tolist() == pytest.approx([10, 30, 70, 70])

    def test_two_levels_up(self, toy: Study) -> None:
        """The mine in A stands still: B separates what it holds and then nothing, and C runs dry."""
        loss = AskedShock("capacity_loss", dt.date(2026, 1, 1), level=1, plants=["mine.AAA"])
        table = asking.explain_shortage(toy, "motors", "CCC", shocks=[loss])
        assert table["node"].tolist() == [
            "motors.CCC", "oxide at motors.CCC", "oxide@BBB to motors.CCC", "oxide@BBB", "separation.BBB",
            "ore at separation.BBB", "ore@AAA to separation.BBB", "ore@AAA", "mine.AAA", "What if",
        ]  # fmt: skip
        assert table["cause"].iloc[-1] == "capacity down to 0%"
        assert (table["share"] > 0).all()

    def test_what_cannot_be_traced_is_refused(self, toy: Study) -> None:
        with pytest.raises(YtterbyError, match="never short"):
            asking.explain_shortage(toy, "motors", "BBB", scenario="ban")
        with pytest.raises(YtterbyError, match="short in weeks 5 to 10"):
            asking.explain_shortage(toy, "motors", "CCC", scenario="ban", week=30)
        with pytest.raises(YtterbyError, match="outside the run"):
            asking.explain_shortage(toy, "motors", "CCC", scenario="ban", week=300)
        for use, region in (("engines", "CCC"), ("motors", "AAA")):
            with pytest.raises(UnknownName):
                asking.explain_shortage(toy, use, region, scenario="ban")

    def test_a_draw_is_that_of_the_answer(self, toy: Study, answer: Answer) -> None:
        unmet = answer.cases["as it is"].unmet_t[7].sum(axis=1)
        week = int(unmet.argmax())
        table = asking.explain_shortage(toy, "motors", "CCC", shocks=[BAN], week=week, draw=7, seed=4)
        assert table["tonnes"].iloc[0] == unmet[week]


class TestCompare:
    def test_two_cases_of_one_folder_are_the_answers_own_difference(
        self, answer: Answer, tmp_path: Path
    ) -> None:
        write_answer(answer, tmp_path / "a")
        found = asking.compare(tmp_path / "a", tmp_path / "a", cases=(None, "with the change"))
        mine = found.differences.set_index(["region", "sector"])
        theirs = answer.differences.set_index(["region", "sector"])
        for name in ("difference_t", "difference_usd", "helps", "hurts"):
            assert mine.loc["CCC", name].tolist() == pytest.approx(theirs.loc["CCC", name].tolist())
        same = asking.compare(tmp_path / "a", tmp_path / "a")
        assert same.differences[["difference_t", "difference_t_low", "helps"]].abs().to_numpy().max() == 0
        assert same.stops["difference_probability"].abs().max() == 0

    def test_ensembles(self, toy: Study, answer: Answer) -> None:
        first, second = answer.cases.values()
        found = asking.compare(first, second)
        assert found.paired
        assert found.differences["difference_t"].iloc[-1] == pytest.approx(
            (second.unmet_t.sum(axis=(1, 2)) - first.unmet_t.sum(axis=(1, 2))).mean()
        )

    def test_other_draws_are_refused_unless_told(self, toy: Study) -> None:
        first, second = (simulate(toy, scenario="ban", seed=seed) for seed in (1, 2))
        with pytest.raises(YtterbyError, match="seed 1 and 2"):
            asking.compare(first, second)
        told = asking.compare(first, second, paired=False)
        assert not told.paired
        assert "helps" not in told.differences
        assert "seed 1 and 2" in told.notes
        with pytest.raises(YtterbyError, match="draws"):
            asking.compare(first, simulate(toy))

    def test_unpaired_intervals_are_wider(self, answer: Answer) -> None:
        """Pairing takes out the luck that both cases share."""
        first, second = answer.cases.values()
        widths = []
        for paired in (True, False):
            row = asking.compare(first, second, paired=paired).differences.iloc[-1]
            widths.append(row["difference_t_high"] - row["difference_t_low"])
        assert widths[0] < 0.8 * widths[1]

    def test_no_folder_no_case_half_a_table(self, answer: Answer, tmp_path: Path) -> None:
        with pytest.raises(InputFaults, match="no Parquet file"):
            asking.compare(tmp_path, tmp_path)
        write_answer(answer, tmp_path / "a")
        with pytest.raises(UnknownName, match="case"):
            asking.compare(tmp_path / "a", tmp_path / "a", cases=("with plan", None))
        table = answer.cases["as it is"].shortfall
        with pytest.raises(YtterbyError, match="not whole"):
            futures_of(table.iloc[1:], "half", {})
        with pytest.raises(YtterbyError, match="not whole"):
            futures_of(pd.concat([table.iloc[1:], table.iloc[1:2]]), "twice", {})


class TestCommands:
    @pytest.mark.parametrize(
        ("words", "told"),
        [
            ("--ban oxide --regions DDD", "'DDD' is no region"), ("--loss mine.AAA", "no name@share"),
            ("--ban oxide --delay 3", "--delay counts for --licence only"), ("", "has no shock"),
            ("--ban oxide --refuse 0.2", "--refuse counts for --licence only"),
            ("--loss mine.AAA@0.5 --from AAA", "--from counts for --licence or --ban or --quota only"),
            ("--loss mine.AAA@0.5 --to CCC", "--to counts for"),
            ("--quota oxide", "'' is no share"), ("--licence oxide", "'' is no duration"),
            ("--ban oxide --loss mine.AAA@2", "out of order or range"),
            ("--ban oxide --inventory +2", "no duration"),
            ("--licence oxide --allow 0.5 --delay 3", "--allow counts for --quota only"),
        ],
    )  # fmt: skip
    def test_refused(self, words: str, told: str) -> None:
        line = ["what-if", "three-countries", "--on", "2026-01-01", *words.split()]
        done = CliRunner().invoke(app, line)
        assert isinstance(done.exception, YtterbyError)
        assert told in str(done.exception)

    def test_compare_writes_a_folder(self, answer: Answer, tmp_path: Path) -> None:
        write_answer(answer, tmp_path / "a")
        line = ["compare", str(tmp_path / "a"), str(tmp_path / "a"), "--second-case", "with the change"]
        done = CliRunner().invoke(app, [*line, "--out", str(tmp_path / "c")])
        assert done.exit_code == 0, done.output
        names = {path.name for path in (tmp_path / "c").iterdir()}
        assert names == {"comparison.html", "differences.csv", "fans.csv", "run.json", "stops.csv"}
        page = (tmp_path / "c" / "comparison.html").read_text(encoding="utf-8")
        assert "motors" in page
        assert "http://" not in page.split("<script>")[0]

    def test_flags_become_shocks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Goods share places and days, --from is the study's controlled region, losses have plants alone."""
        asked: dict[str, object] = {}

        def remember(study: Study, shocks: list[AskedShock], **more: object) -> None:
            asked.update(more, shocks=shocks)
            raise YtterbyError("enough")

        monkeypatch.setattr(asking, "what_if", remember)
        words = (
            "--licence ore,oxide --delay 3..4..5+weeks --refuse 0.1 --quota rest --allow 0.5 --to CCC "
            "--until 2026-06-01 --loss mine.AAA@0.3..0.6..0.9 --demand motors@0.2 "
            "--inventory +2+weeks+of+oxide+in+CCC"
        )
        line = [
            "what-if",
            "three-countries",
            "--on",
            "2026-01-01",
            *(w.replace("+", " ") for w in words.split()),
        ]
        CliRunner().invoke(app, line)
        span = (dt.date(2026, 1, 1), dt.date(2026, 6, 1))
        ways = (("BBB",), ("CCC",))
        assert asked["shocks"] == [
            AskedShock("licence", *span, ("ore", "oxide"), *ways, delay="3..4..5 weeks", refused="0.1"),
            AskedShock("quota", *span, ("rest",), *ways, level="0.5"),
            AskedShock("capacity_loss", *span, level="0.3..0.6..0.9", plants=["mine.AAA"]),
            AskedShock("demand_surge", *span, destinations=("CCC",), level="0.2", sectors=["motors"]),
        ]
        assert asked["changes"] == [AskedInventory("2 weeks", ("oxide",), ("CCC",))]
