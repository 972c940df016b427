"""Takes a message apart into its parts, within bounds, without copying what is in them.

Python's own parser needs frames of the stack for each level, looks for each line at the boundary of
each level around it, and makes an object of every line: a thousand levels are an error to it. Here
each level searches its own bytes once, and what is deeper or more than the bounds allow stays one
part that is not taken apart.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.policy import Compat32
from functools import cached_property

from tickets.inbox.transfer import from_base64, from_quoted_printable, from_uuencode

DEEPEST = 20  # levels; what people write has four
MOST = 500  # parts of a message
LONGEST_HEAD = 256_000  # bytes of the headers of a part that are read
LONGEST_VALUE = 20_000  # characters of one header that are read

HEAD_END = re.compile(rb"\r?\n\r?\n")
ENVELOPE = re.compile(rb"(?:>?From [^\r\n]*\r?\n)+")  # what mbox files put before a message
# Any other line among headers is damage, and is passed over: Python's parser would end there.
HEADER = re.compile(rb"^([!-9;-~]+)[ \t]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)", re.MULTILINE)
RUN = re.compile(rb"(?:[!-9;-~]+[ \t]*:[^\n]*(?:\n|\Z)|[ \t][^\n]*(?:\n|\Z))*")  # of such lines
TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")
FOLD = re.compile(rb"\r?\n(?=[ \t])")


class AsWritten(Compat32):
    """Gives headers as they came, where the library makes objects of those with 8-bit bytes."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


@dataclass
class Part:
    head: Message
    raw: bytes  # the whole message
    start: int  # where in it the content of this part begins, and where it ends
    end: int
    children: list["Part"] = field(default_factory=list)

    @cached_property
    def type(self) -> str:
        said = self.head.get_content_type()
        return said if TYPE.fullmatch(said) else "application/octet-stream"

    def leaves(self) -> Iterator["Part"]:
        """The parts in it that have none, or itself."""
        for child in self.children:
            yield from child.leaves()
        if not self.children:
            yield self

    @cached_property
    def encoding(self) -> str:
        value: str = self.head.get("Content-Transfer-Encoding", "")
        return value.partition(";")[0].strip().lower()

    @property
    def least_size(self) -> int:
        """How large its content is at least, if it is sound, without decoding it."""
        length = self.end - self.start
        if self.encoding == "quoted-printable":
            return length // 3
        return length * 2 // 3 if self.encoding == "base64" else length

    def content(self, most: int | None = None) -> bytes:
        """What is in it, decoded as far as it can be; `most` bytes of the encoded one."""
        body = self.raw[self.start : self.end if most is None else min(self.end, self.start + most)]
        if self.encoding == "base64":
            return from_base64(body)
        if self.encoding == "quoted-printable":
            return from_quoted_printable(body)
        if self.encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
            return from_uuencode(body)
        return body


def take_apart(raw: bytes) -> Part:
    """The whole message as a part, with the parts in it."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    envelope = ENVELOPE.match(raw)
    return _Taking(raw).part(envelope.end() if envelope else 0, len(raw), depth=0)


def head_of(lines: bytes) -> Message:
    """Headers that were read, each on one line, as they came but for their folding."""
    head = Message(policy=AsWritten())
    for name, value in HEADER.findall(lines[:LONGEST_HEAD]):
        unfolded = FOLD.sub(b"", value[:LONGEST_VALUE]).strip()
        head.add_header(name.decode("ascii"), unfolded.decode("ascii", "surrogateescape"))
    return head


class _Taking:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.left = MOST

    def part(self, start: int, end: int, depth: int) -> Part:
        body = self._end_of_head(start, end, is_message=depth == 0)
        part = Part(head_of(self.raw[start : min(body, start + LONGEST_HEAD)]), self.raw, body, end)
        if part.type.startswith("multipart/"):
            if depth == DEEPEST:
                return self._kept_whole(start, end)
            part.children = self._children(part, depth)
        return part

    def _end_of_head(self, start: int, end: int, *, is_message: bool) -> int:
        """Where the content begins: after an empty line, or with the first other words."""
        run = RUN.match(self.raw, start, min(end, start + LONGEST_HEAD))
        stop = run.end() if run else start
        if self.raw.startswith((b"\n", b"\r\n"), stop, end):
            return self.raw.index(b"\n", stop) + 1
        # Between the headers of a message servers leave damaged lines.
        empty = HEAD_END.search(self.raw, stop, end)
        if is_message and empty and HEADER.search(self.raw, stop, empty.start()):
            return empty.end()
        return stop

    def _children(self, part: Part, depth: int) -> list[Part]:
        boundary = (part.head.get_boundary() or "").encode("ascii", "surrogateescape")
        if not boundary:
            return []
        children: list[Part] = []
        begun: int | None = None  # where the child begins whose end is not found yet
        # The line end before a boundary belongs to it, also the one that ends the headers.
        line = re.compile(rb"\n--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\Z)")
        at = max(part.start - 1, 0)
        while found := line.search(self.raw, at, part.end):
            if begun is not None:
                children.append(self.part(begun, self._before(found.start(), begun), depth + 1))
            begun = None if found[1] else found.end()
            if begun is None:
                break
            self.left -= 1
            if self.left <= 0:
                return [*children, self._kept_whole(begun, part.end)]
            at = max(found.end() - 1, found.start() + 1)
        if begun is not None:  # the end never came
            children.append(self.part(begun, part.end, depth + 1))
        return children

    def _before(self, line_end: int, begun: int) -> int:
        """Where the content before a line end stops."""
        end = line_end - 1 if self.raw[line_end - 1 : line_end] == b"\r" else line_end
        return max(end, begun)

    def _kept_whole(self, start: int, end: int) -> Part:
        return Part(
            head_of(b'Content-Type: message/rfc822; name="nested.eml"'), self.raw, start, end
        )
