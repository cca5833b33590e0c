"""The wheel as it is built: what it holds, and that all of it may be shipped."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from ytterby.catalog.rows import read_rows
from ytterby.catalog.sources import source

ROOT = Path(__file__).resolve().parents[2]
STARTER = "ytterby/facts/starter/"
# Kinds of files by folder; whatever else turns up in a wheel was not thought about.
KNOWN = {
    "ytterby/catalog/data": {".csv"},
    "ytterby/evidence/rules": {".toml"},
    "ytterby/facts": {".sql"},
    "ytterby/facts/starter": {".parquet", ".csv", ".json", ".gz", ".md"},
    "ytterby/ledger/data": {".csv"},
    "ytterby/views": {".css", ".js", ".csv"},
    "ytterby/studies": {".csv", ".md", ".toml", ".txt"},
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (path,) = out.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def allowed(name):
    """Suffixes that some folder above a file may hold; code may stand everywhere."""
    folders = map(str, PurePosixPath(name).parents)
    return {".py"}.union(*(KNOWN.get(folder, set()) for folder in folders))


def test_every_file_of_the_wheel_is_of_a_known_kind(wheel):
    names = [name for name in wheel.namelist() if ".dist-info/" not in name]
    assert len(names) > 100
    strange = [name for name in names if PurePosixPath(name).suffix not in allowed(name)]
    assert strange == ["ytterby/py.typed"]


def test_the_data_of_the_wheel_are_those_of_the_manifest_and_may_be_shipped(wheel):
    manifest = json.loads(wheel.read(f"{STARTER}manifest.json"))
    entries = [*manifest["tables"], manifest["shapes"]]
    inside = {name.removeprefix(STARTER) for name in wheel.namelist() if name.startswith(STARTER)}
    assert inside == {entry["file"] for entry in entries} | {"manifest.json", "LICENSES.md"}
    for entry in entries:
        assert hashlib.sha256(wheel.read(STARTER + entry["file"])).hexdigest() == entry["sha256"]
    origins = {row["table"]: row["source_id"] for row in read_rows("facts_tables")}
    for entry in manifest["tables"]:
        for key in origins[entry["table"]].split(";"):
            assert source(key).may_redistribute, key


def test_licence_and_notices_travel_with_it(wheel):
    names = {name.rpartition("/")[2] for name in wheel.namelist() if ".dist-info/" in name}
    assert {"LICENSE", "NOTICE", "METADATA"} <= names
    assert sum(item.compress_size for item in wheel.infolist()) < 15_000_000
