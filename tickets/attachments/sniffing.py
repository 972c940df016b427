"""What a file is, by its content. What its sender says, and its name, are never believed.

Only four kinds of pictures are ever shown by a browser from here. For these, three must agree: the
first bytes, the header that tells width and height, and the ending of the name. Nothing is
decompressed, so a picture that says it has a trillion pixels costs nothing.
"""

import re
from dataclasses import dataclass
from io import BytesIO

import imagesize
import puremagic

from tickets.attachments.models import LONGEST_TYPE
from tickets.attachments.names import ending_of

HEAD = 256 * 1024  # bytes that are looked at; a header with more before its size is no picture
MOST_PIXELS = 50_000_000
SURE = 4  # bytes that must be as a kind of file has them
WELL_FORMED = re.compile(rf"(?=.{{3,{LONGEST_TYPE}}}$)[a-z]+/[\w.+-]+")
UNKNOWN = "application/octet-stream"
PLAIN = "text/plain"
PICTURES = {
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
}


@dataclass(frozen=True, slots=True)
class Kind:
    type: str
    width: int | None = None  # of a picture that may be shown
    height: int | None = None


def kind_of(head: bytes, name: str) -> Kind:
    """`head` is the beginning of the file, up to HEAD bytes."""
    picture = _picture_type(head)
    if picture is None:
        return Kind(_other_type(head, name))
    size = _size(head)
    if size is None or ending_of(name) not in PICTURES[picture]:
        return Kind(picture)
    return Kind(picture, *size)


def _picture_type(head: bytes) -> str | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return None


def _size(head: bytes) -> tuple[int, int] | None:
    try:
        width, height = imagesize.get(BytesIO(head))
    except Exception:  # whatever a made-up header brings about in it
        return None
    is_shown = width > 0 and height > 0 and width * height <= MOST_PIXELS
    return (int(width), int(height)) if is_shown else None


def _other_type(head: bytes, name: str) -> str:
    """The ending of the name only chooses among what the content may be, as of a zip file whether
    it is one of Word. Text has no first bytes to know it by."""
    if head.startswith(b"%PDF-"):  # which may be all text
        return "application/pdf"
    if _is_text(head):
        return PLAIN
    try:
        best = puremagic.magic_string(head, filename=name)[0]
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    is_sure = len(best.byte_match) >= SURE and best.mime_type not in PICTURES
    return best.mime_type if is_sure and WELL_FORMED.fullmatch(best.mime_type) else UNKNOWN


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3 or len(head) < HEAD:
            return False
        text = head[: error.start].decode()  # the last character is cut
    return not any(ord(sign) < 32 and sign not in "\t\n\r\f\x1b" for sign in text)
