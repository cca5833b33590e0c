"""The folder of a run: written beside its place and renamed when complete."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ytterby.errors import Fault, InputFaults

RUN_FILE = "run.json"  # the record of a run; the files it names may be replaced by the next


def check_folder(out: Path) -> None:
    """Refuse a place that holds anything other than an earlier run: what people put there stays.

    Raises
    ------
    InputFaults: ``out`` is a file, or a folder with files that no run wrote; names some of them.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise InputFaults([Fault(str(out), None, None, "is a file.", "Name a new folder.")])
    foreign = sorted(files_in(out) - _written(out))
    if foreign:
        shown = ", ".join(foreign[:3]) + (" ..." if len(foreign) > 3 else "")
        remedy = "Name a new folder, or move these files."
        raise InputFaults([Fault(str(out), None, None, f"holds files that no run wrote: {shown}.", remedy)])


def files_in(folder: Path) -> set[str]:
    """Every file of a folder, relative, with ``/``."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def _written(out: Path) -> set[str]:
    """Files that the earlier run says it wrote; none where its record cannot be read."""
    try:
        record = json.loads((out / RUN_FILE).read_text(encoding="utf-8"))
        return {RUN_FILE, *map(str, record["files"])}
    except (OSError, ValueError, TypeError, KeyError):
        return set()


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``out`` that takes its place when the block ends without error.

    After an error or an interruption ``out`` is as it was and the temporary folder is gone. Readers
    see the earlier run or the new one, never a half.
    """
    check_folder(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    # Named before it is made: an interruption right after its making must find it to remove.
    made = out.parent / f".{out.name}.{secrets.token_hex(6)}"
    try:
        made.mkdir(mode=0o755)
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
