"""The files of a message: what they are called, and how many of their bytes are kept."""

import re
from email.message import Message
from mimetypes import MimeTypes

from tickets.inbox.charsets import decoded
from tickets.inbox.headers import one_line, words
from tickets.inbox.message import ReceivedFile
from tickets.inbox.parts import Part

MOST_KEPT = 25 * 1024 * 1024  # bytes in all
LONGEST_NAME = 150
LONGEST_ENDING = 20
TYPES = MimeTypes()  # Python's own, and not those that this machine may know
FOLDERS = re.compile(r"[/\\]")
# What has a name of its own where the sender gave none.
NAMES = {
    "text/plain": "message.txt",
    "text/html": "message.html",
    "text/calendar": "invitation.ics",
    "message/rfc822": "message.eml",
    "application/ms-tnef": "winmail.dat",
    "application/pkcs7-mime": "smime.p7m",
    "application/pkcs7-signature": "smime.p7s",
    "application/pgp-signature": "signature.asc",
}


def kept(parts: list[Part]) -> tuple[tuple[ReceivedFile, ...], tuple[str, ...]]:
    """The files for which there is room, and the names of those for which there is none."""
    files: list[ReceivedFile] = []
    too_large: list[str] = []
    room = MOST_KEPT
    for number, part in enumerate(parts, start=1):
        name = name_of(part, number)
        content = part.content() if part.least_size <= room else None
        if content is None or len(content) > room:
            too_large.append(name)
        else:
            files.append(ReceivedFile(name, part.type, content))
            room -= len(content)
    return tuple(files), tuple(too_large)


def name_of(part: Part, number: int) -> str:
    """The name without folders, in one line, and short enough for every file system."""
    given = _given(part.head, "filename", "Content-Disposition") or _given(
        part.head, "name", "Content-Type"
    )
    name = one_line(FOLDERS.split(one_line(given, 10_000))[-1], 10_000).strip(". ")
    if not name:
        return NAMES.get(part.type) or f"file-{number}{TYPES.guess_extension(part.type) or ''}"
    if len(name) <= LONGEST_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > LONGEST_ENDING:
        return name[: LONGEST_NAME - 1] + "…"
    return stem[: LONGEST_NAME - len(ending) - 2] + "…." + ending


def _given(head: Message, parameter: str, header: str) -> str:
    value = head.get_param(parameter, "", header)
    if isinstance(value, tuple):  # RFC 2231: its charset, its language, and bytes as letters
        charset, _, letters = value
        return decoded(letters.encode("latin-1", "replace"), charset)
    return words(value)
