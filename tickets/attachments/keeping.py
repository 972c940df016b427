"""Where files lie below MEDIA_ROOT, and how they come and go.

A file is written into `incoming`, and moves to its place once its row is committed. So what lies in
`incoming` and has no row after an hour is of an upload that was broken off, or of a transaction
that was rolled back: it is thrown away, and no other folder ever has to be searched. What is read
between the commit and the move is found in either place.
"""

import logging
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage

logger = logging.getLogger(__name__)

INCOMING = "incoming"
FOLDERS = 3  # that a place names: year, month and day
PIECE = 64 * 1024  # bytes
FILE_MODE = 0o640  # whoever makes the backup may be in the group
FOLDER_MODE = 0o750


class KeptFiles(FileSystemStorage):
    """Django's storage of files, for one whose move is still to come as well."""

    def open(self, name: str, mode: str = "rb") -> "File[Any]":
        try:
            return super().open(name, mode)
        except FileNotFoundError:
            with suppress(FileNotFoundError):
                return File(_incoming(name).open(mode))
            return super().open(name, mode)  # it may just have moved


def make_ready() -> None:
    """Make the folders, where they are not there yet."""
    _make(_incoming(""))


def try_out() -> None:
    """Write a file and move it, as an upload does; OSError says why that cannot be done."""
    make_ready()
    place = new_place()
    try:
        write(place, BytesIO(b"tried out"), PIECE)
        _make(_final(place).parent)
        _incoming(place).rename(_final(place))
    finally:
        drop_incoming(place)
        _final(place).unlink(missing_ok=True)


def new_place() -> str:
    """A name below MEDIA_ROOT that nobody can guess, in a folder of its day."""
    return f"{datetime.now(UTC):%Y/%m/%d}/{secrets.token_urlsafe(18)}"


def write(place: str, stream: BinaryIO, most: int) -> int:
    """Write what comes into `incoming`, to the disk itself. Returns how many bytes that were; of
    more than `most` the rest is left."""
    path = _incoming(place)
    size = 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file:
        os.fchmod(file.fileno(), FILE_MODE)  # whatever the umask is
        while piece := stream.read(PIECE):
            size += len(piece)
            if size > most:
                break
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return size


def opened_incoming(place: str) -> BinaryIO:
    return _incoming(place).open("rb")


def drop_incoming(place: str) -> None:
    _incoming(place).unlink(missing_ok=True)


def settle(place: str) -> None:
    """Move the file to its place: its row is committed. What fails is done by the next sweep."""
    source, target = _incoming(place), _final(place)
    try:
        _make(target.parent)
        source.rename(target)
    except FileNotFoundError:
        if not target.exists():
            logger.error("the file %s of an attachment is not there", place)
    except OSError:
        logger.exception("the file %s stays in %s for now", place, INCOMING)


def remove(place: str) -> bool:
    """Whether the file is gone now."""
    try:
        _final(place).unlink(missing_ok=True)
        drop_incoming(place)
    except OSError:
        logger.exception("the file %s could not be removed; it is tried again", place)
        return False
    return True


def left_behind(age: float, is_kept: Callable[[str], bool], most: int) -> int:
    """What has been in `incoming` for so many seconds goes to its place where a row is kept for it,
    and is thrown away where none is. Returns how many there were."""
    done = 0
    with suppress(FileNotFoundError), os.scandir(Path(settings.MEDIA_ROOT) / INCOMING) as entries:
        for entry in entries:
            if done >= most:
                break
            with suppress(FileNotFoundError):  # another process was quicker
                if time.time() - entry.stat().st_mtime < age:
                    continue
                done += 1
                place = entry.name.replace("-", "/", FOLDERS)
                if is_kept(place):
                    settle(place)
                else:
                    Path(entry.path).unlink()
    return done


def _make(folder: Path) -> None:
    """Make the folder and those above it, whatever the umask is."""
    if not folder.is_dir():
        _make(folder.parent)
        with suppress(FileExistsError):  # another process was quicker
            folder.mkdir()
            folder.chmod(FOLDER_MODE)


def _incoming(place: str) -> Path:
    return Path(settings.MEDIA_ROOT) / INCOMING / place.replace("/", "-", FOLDERS)


def _final(place: str) -> Path:
    return Path(settings.MEDIA_ROOT) / place
