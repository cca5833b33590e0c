"""Archives as publishers hand them out: the wanted members, unpacked within limits."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

from ytterby.errors import Fault, InputFaults

MAX_UNPACKED = 8_000_000_000  # 30 years of BACI are 7.5 GB; one year is 0.35 GB
MAX_RATIO = 60  # trade tables shrink 4 to 12 times; a run of zeros shrinks a thousand times
MAX_MEMBERS = 1000
_CHUNK = 1 << 20


def is_archive(path: Path) -> bool:
    """Whether a file is meant to be a zip archive."""
    return path.suffix.lower() == ".zip"


def members(path: Path, wanted: Callable[[str], bool]) -> list[str]:
    """Names in an archive that are wanted, after its declared sizes were found bearable.

    Raises
    ------
    InputFaults
        No archive, a truncated one, or one that would unpack to more than the limits.
    """
    archive = _open(path)
    with archive:
        infos = [info for info in archive.infolist() if wanted(info.filename)]
    total = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if len(infos) > MAX_MEMBERS:
        raise _refused(
            path, f"holds {len(infos):,} tables.", f"At most {MAX_MEMBERS} are read from one file."
        )
    if total > MAX_UNPACKED or total > MAX_RATIO * max(packed, 1):
        raise _refused(
            path,
            f"would unpack from {packed:,} to {total:,} bytes.",
            f"Limits are {MAX_UNPACKED:,} bytes and {MAX_RATIO} times; if you trust it, unpack it yourself "
            "and give the folder.",
        )
    return [info.filename for info in infos]


def unpack(path: Path, member: str, target: Path) -> None:
    """Write one member of an archive to a file; never more bytes than it declares.

    Raises
    ------
    InputFaults
        The archive is truncated, damaged or encrypted.
    """
    archive = _open(path)
    with archive:
        declared = archive.getinfo(member).file_size
        try:
            with archive.open(member) as source, target.open("wb") as sink:
                _copy(source, sink, declared)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            RuntimeError,
            NotImplementedError,
            ValueError,
        ) as error:
            raise _damaged(path, f"{member}: {error}") from error


def _copy(source: IO[bytes], sink: IO[bytes], declared: int) -> None:
    written = 0
    while chunk := source.read(_CHUNK):
        written += len(chunk)
        if written > declared:
            raise ValueError("more bytes than it declares")
        sink.write(chunk)
    if written != declared:
        raise ValueError("fewer bytes than it declares")


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, why: str) -> InputFaults:
    return _refused(path, f"is no sound zip archive ({why}).", "Download it again and compare its size.")


def _refused(path: Path, message: str, remedy: str) -> InputFaults:
    return InputFaults([Fault(path.name, None, None, message, remedy)])
