"""World tables of single chapters, editions 2022 to 2024: the unit stands in the name of the column."""

import pytest

from ytterby.errors import InputFaults

EARTHS = "Rare earths, mine production, rare-earth-oxide equivalent, metric tons"
HEADER = "Source,Country,Type,Prod_t_est_2022,Prod_t_est_2023,Prod_notes,Reserves_t,Reserves_notes,,,"
FILE = "mcs2024-raree_world.csv"


def write(folder, lines, *, name=FILE, header=HEADER):
    path = folder / name
    path.write_text("\n".join([header, *lines, "," * header.count(","), ""]), encoding="utf-8-sig")
    return path


def test_one_chapter_with_its_empty_columns_and_lines(ask, tmp_path):
    lines = [
        f'MCS2024,Burma,"{EARTHS}",12000,38000,,NA,,,,',
        f'MCS2024,World total (rounded),"{EARTHS}",300000,"350,000",,110000000,,,,',
        f'MCS2024,Canada,"{EARTHS}",0,W,,830000,,,,',
    ]
    rows, quarantine = ask("usgs_mcs", write(tmp_path, lines))
    found = rows.set_index(["country_iso3", "year"])
    assert found.loc[("MMR", 2023), ["quantity_t", "qualifier", "basis"]].tolist() == [
        38_000.0, "estimated", "oxide content",
    ]  # fmt: skip
    assert found.loc[("WLD", 2023), "quantity_t"] == 350_000.0
    assert found.loc[("CAN", 2022), "qualifier"] == "zero"
    assert found.loc[("CAN", 2023), "qualifier"] == "withheld"
    assert not quarantine.counts


def test_the_unit_of_a_column_counts_and_carats_are_no_mass_we_read(ask, tmp_path):
    header = "Source,Country,Type,Prod_kt_2021,Prod_kt_Est_2022,Prod_mct_2022,Prod_note"
    kind = "Mine production, recoverable copper content"
    path = write(
        tmp_path, [f'MCS2023,Chile,"{kind}",5620,5200,1,'], name="mcs2023-coppe_world.csv", header=header
    )
    rows, quarantine = ask("usgs_mcs", path)
    assert rows[["year", "quantity_t", "qualifier"]].to_numpy().tolist() == [
        [2021, 5_620_000.0, "reported"], [2022, 5_200_000.0, "estimated"],
    ]  # fmt: skip
    assert quarantine.counts == {"unknown unit": 1}


def test_a_world_total_stands_with_the_countries_that_it_sums(ask, tmp_path):
    lines = [
        "MCS2024,South Africa,Mine production: Ilmenite,900,1000,",
        "MCS2024,World total (rounded),World total mine production: Ilmenite (rounded),8000,8600,",
    ]
    header = "Source,Country,Type,Prod_kt_2022,Prod_kt_est_2023,Prod_notes"
    rows, _ = ask("usgs_mcs", write(tmp_path, lines, name="mcs2024-timin_world.csv", header=header))
    assert set(rows["country_iso3"]) == {"ZAF", "WLD"}
    assert rows["detail"].str.casefold().nunique() == 1


def test_a_type_without_a_basis_is_left_out(ask, tmp_path):
    path = write(tmp_path, ['MCS2024,China,"Mine production, gross guess",1,2,,,,,,'])
    rows, quarantine = ask("usgs_mcs", path)
    assert rows.empty
    assert quarantine.counts == {"commodity not in the catalog": 2}


def test_a_folder_of_chapters_is_read_as_one(ask, tmp_path):
    write(tmp_path, [f'MCS2024,China,"{EARTHS}",210000,240000,,,,,,'])
    tungsten = [
        'MCS2024,China,"Mine production, tungsten content",66000,63000,,,,,,',
        "MCS2024,Atlantis,Mine production,1,2,,,,,,",
    ]
    write(tmp_path, tungsten, name="mcs2024-tungs_world.csv")
    write(tmp_path, ["own notes"], name="notes.csv")
    rows, quarantine = ask("usgs_mcs", tmp_path)
    assert set(rows["material"]) == {"rare_earths", "tungsten"}
    assert {fault.file for fault in quarantine.faults} == {"mcs2024-tungs_world.csv"}


def test_without_its_name_a_chapter_is_refused(ask, tmp_path):
    path = write(tmp_path, [f'MCS2024,China,"{EARTHS}",1,2,,,,,,'], name="download.csv")
    with pytest.raises(InputFaults, match="which chapter"):
        ask("usgs_mcs", path)
    path.unlink()
    with pytest.raises(InputFaults, match="0 world tables"):
        ask("usgs_mcs", tmp_path)
