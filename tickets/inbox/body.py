"""What of a message is its text, and which of its parts are files."""

from dataclasses import dataclass, field
from itertools import chain

from tickets.inbox.calendars import summary_of
from tickets.inbox.charsets import decoded, tidy
from tickets.inbox.flowed import unflowed
from tickets.inbox.html import text_of_html
from tickets.inbox.parts import Part

MOST_READ = 1_000_000  # bytes of a message that become text; a part with more is kept as a file too

PLAIN = ("text/plain", "text/markdown")
# The same once more, for some programs: nobody misses it.
RENDERINGS = ("text/x-amp-html", "text/watch-html", "text/enriched")


def body_of(root: Part) -> tuple[str, list[Part]]:
    """The texts that are there to be read, one after the other, and the parts that are files."""
    reading = _Reading()
    return "\n\n".join(reading.texts(root, aloud=True)), reading.files


@dataclass
class _Reading:
    files: list[Part] = field(default_factory=list)
    room: int = MOST_READ

    def texts(self, part: Part, *, aloud: bool) -> list[str]:
        """The texts in a part that say something; none if it is not read aloud, but its files."""
        if part.type == "multipart/alternative" and part.children:
            return self._one_of(part.children, aloud=aloud)
        if part.children:
            return list(chain(*(self.texts(child, aloud=aloud) for child in part.children)))
        if is_file(part):
            self.files.append(part)
            text = summary_of(part) if aloud and part.type == "text/calendar" else ""
        else:
            text = self._read(part) if aloud and part.type not in RENDERINGS else ""
        return [text.strip("\n")] if text.strip() else []

    def _one_of(self, children: list[Part], *, aloud: bool) -> list[str]:
        """One rendering of several: the plain one, unless it says nothing."""
        said: list[str] = []
        for child in sorted(children, key=lambda child: not _holds_plain(child)):
            said += self.texts(child, aloud=aloud and not said)
        return said

    def _read(self, part: Part) -> str:
        """Its text; where that is not all that it says, it is a file as well."""
        charset = part.head.get_param("charset")
        content = part.content(self.room)
        text = decoded(content, charset if isinstance(charset, str) else None)
        is_whole = part.end - part.start <= self.room
        if part.type == "text/html":
            text, is_all = text_of_html(text)
            is_whole = is_whole and is_all
        else:
            text = _as_sent(part, tidy(text))
        self.room -= min(part.end - part.start, self.room)
        if not is_whole or (content.strip() and not text.strip()):
            self.files.append(part)
        return text


def is_file(part: Part) -> bool:
    """What is there to be read has no file's name, though some programs give their text a name."""
    if part.type.startswith("multipart/"):  # whose boundary never came
        return False
    if part.type not in (*PLAIN, *RENDERINGS, "text/html"):
        return True
    named = part.head.get_param("filename", None, "Content-Disposition")
    return part.head.get_content_disposition() == "attachment" or named is not None


def _as_sent(part: Part, text: str) -> str:
    if str(part.head.get_param("format")).lower() != "flowed":
        return text
    return unflowed(text, joins=str(part.head.get_param("delsp")).lower() == "yes")


def _holds_plain(part: Part) -> bool:
    if part.children:
        return any(_holds_plain(child) for child in part.children)
    return part.type in PLAIN and not is_file(part)
