"""The options of the agents, and the page that lists them."""

from pathlib import Path

import pytest

from ytterby.errors import YtterbyError
from ytterby.network.behaviour import Behaviour, describe_behaviour

PAGE = Path(__file__).resolve().parents[2] / "docs/method/simulation.md"


def test_the_page_lists_every_option_as_it_is() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for row in describe_behaviour():
        cells = (row[key] for key in ("option", "default", "unit", "effect", "source"))
        assert f"| {' | '.join(cells)} |" in text


@pytest.mark.parametrize(
    ("option", "value"), [("order_smoothing", 0.0), ("slot_gap_weeks", 0.5), ("switching_rate", float("nan"))]
)
def test_options_outside_their_range_are_refused(option: str, value: float) -> None:
    with pytest.raises(YtterbyError, match=option):
        Behaviour(**{option: value})
