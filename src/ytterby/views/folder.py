"""The folder of a run: written beside its place and renamed when complete."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ytterby.errors import Fault, InputFaults

RUN_FILE = "run.json"  # marks a folder as an earlier run, which may be replaced


def check_folder(out: Path) -> None:
    """Refuse a place that holds something other than an earlier run.

    Raises
    ------
    InputFaults: ``out`` is a file, or a folder with other content.
    """
    if out.is_dir() and (not any(out.iterdir()) or (out / RUN_FILE).is_file()):
        return
    if out.exists():
        remedy = "Name a new folder, or one that an earlier run wrote."
        raise InputFaults([Fault(str(out), None, None, "holds something else than a run.", remedy)])


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``out`` that takes its place when the block ends without error.

    After an error or an interruption ``out`` is as it was and the temporary folder is gone. Readers
    see the earlier run or the new one, never a half.
    """
    check_folder(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    made.chmod(0o755)  # mkdtemp keeps others out; a run is made to be read
    try:
        yield made
        _put_in_place(made, out)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _put_in_place(made: Path, out: Path) -> None:
    if not out.exists():
        made.rename(out)
        return
    earlier = Path(tempfile.mkdtemp(prefix=f".{out.name}.old.", dir=out.parent))
    os.replace(out, earlier / "run")  # noqa: PTH105 - rename refuses to replace on some systems
    try:
        made.rename(out)
    except OSError:
        os.replace(earlier / "run", out)  # noqa: PTH105
        raise
    finally:
        shutil.rmtree(earlier, ignore_errors=True)
