"""The page on publishers shows the addresses that the download uses, and how sure we are of each."""

from pathlib import Path

import pytest

from ytterby.catalog.rows import read_rows

PAGE = (Path(__file__).resolve().parents[2] / "docs/howto/publishers.md").read_text(encoding="utf-8")
LINES = [line for line in PAGE.partition("## Official addresses")[2].splitlines() if line.startswith("| `")]


@pytest.mark.parametrize(
    "row", read_rows("downloads"), ids=lambda row: row["kind"] + row["revision"] + row["edition"]
)
def test_every_address_is_shown_with_its_certainty(row):
    address = row["url"] or row["page"]
    if row["revision"]:
        address = address.replace(row["revision"], "REVISION").replace("{edition}", "EDITION")
    (line,) = [line for line in LINES if f"`{address}`" in line]
    assert line.startswith(f"| `{row['kind']}`")
    assert row["certainty"] in line.split("|")[3]
    assert (line.split("|")[4].strip() == "no") <= bool(row["url"])


def test_no_address_is_shown_that_no_row_has():
    assert {line.split("`")[1] for line in LINES} == {row["kind"] for row in read_rows("downloads")}
