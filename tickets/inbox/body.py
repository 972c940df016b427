"""What of a message is its text, and which of its parts are files."""

from tickets.inbox.calendars import summary_of
from tickets.inbox.charsets import decoded, tidy
from tickets.inbox.flowed import unflowed
from tickets.inbox.html import text_of_html
from tickets.inbox.parts import Part

MOST_READ = (
    1_000_000  # bytes of one part that become text; one that is longer is kept as a file too
)
MOST_TEXT = 1_000_000  # characters of all texts

PLAIN = ("text/plain", "text/markdown")
# The same once more, for some programs: nobody misses it.
RENDERINGS = ("text/x-amp-html", "text/watch-html", "text/enriched")


def body_of(root: Part) -> tuple[str, list[Part]]:
    """The texts that are there to be read, one after the other, and the parts that are files."""
    files: list[Part] = []
    text = "\n\n".join(_texts(root, files, aloud=True))
    return text[:MOST_TEXT], files


def _texts(part: Part, files: list[Part], *, aloud: bool) -> list[str]:
    """The texts in a part that say something, none if it is not read aloud; files are kept anyway."""
    if part.type == "multipart/alternative":
        return _one_of(part.children, files, aloud=aloud)
    if part.children:
        return [text for child in part.children for text in _texts(child, files, aloud=aloud)]
    if part.type in RENDERINGS:
        return []
    if _is_file(part):
        files.append(part)
        read = summary_of if part.type == "text/calendar" else None
    else:
        read = _text_of
        if part.end - part.start > MOST_READ:
            files.append(part)
    text = read(part).strip("\n") if read and aloud else ""
    return [text] if text.strip() else []


def _one_of(children: list[Part], files: list[Part], *, aloud: bool) -> list[str]:
    """One rendering of several: the plain one, unless it says nothing."""
    said: list[str] = []
    for child in sorted(children, key=lambda child: not _holds_plain(child)):
        said += _texts(child, files, aloud=aloud and not said)
    return said


def _holds_plain(part: Part) -> bool:
    if part.children:
        return any(_holds_plain(child) for child in part.children)
    return part.type in PLAIN and not _is_file(part)


def _is_file(part: Part) -> bool:
    """What is to be read has no name, unless its program gave the text itself one."""
    if part.type.startswith("multipart/"):  # whose boundary is not there
        return False
    if part.type not in (*PLAIN, "text/html"):
        return True
    disposition = part.head.get_content_disposition()
    return (
        disposition == "attachment"
        or part.head.get_param("filename", None, "Content-Disposition") is not None
    )


def _text_of(part: Part) -> str:
    charset = part.head.get_param("charset")
    text = decoded(part.content(MOST_READ), charset if isinstance(charset, str) else None)
    if part.type == "text/html":
        return text_of_html(text)
    text = tidy(text)
    if str(part.head.get_param("format")).lower() == "flowed":
        return unflowed(text, joins=str(part.head.get_param("delsp")).lower() == "yes")
    return text
