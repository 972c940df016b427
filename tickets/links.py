"""The addresses in what people write, which pages show as links. The rest of a text stays text.

static/tickets/said.js finds the same ones in what arrives live.
"""

import re
from itertools import islice

# What no address goes on behind: white space, quotes and brackets, and characters that nobody sees,
# such as those that turn the direction of what follows.
END = "\\s<>\"'`\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
WEB = rf"[Hh][Tt][Tt][Pp][Ss]?://[^{END}/?#.:@-][^{END}]*"
MAIL = rf"[Mm][Aa][Ii][Ll][Tt][Oo]:[^{END}@]{{1,64}}@[^{END}]+"
ADDRESS = re.compile(rf"(?<![A-Za-z0-9])(?:{WEB}|{MAIL})")
PARAGRAPH = re.compile(r"\r?\n(?:[ \t]*\r?\n)+")
MOST = 200  # paragraphs of a text, and links in it: beyond that it is plain text

Piece = tuple[str, bool]  # some words, and whether they are an address


def paragraphs(text: str, *, is_cut: bool = False) -> list[list[Piece]]:
    """The text in paragraphs, and these in pieces: put together again they are the text. The end of
    a text that is cut may be half an address, which leads elsewhere."""
    left, found = MOST, []
    for paragraph in _split(text):
        pieces = _pieces(paragraph, left)
        left -= sum(is_address for _, is_address in pieces)
        found.append(pieces)
    if is_cut and found[-1]:
        found[-1][-1] = (found[-1][-1][0], False)
    return found


def _split(text: str) -> list[str]:
    ends = [blank.end() for blank in islice(PARAGRAPH.finditer(text), MOST - 1)]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, None], strict=True)]


def _pieces(text: str, most: int) -> list[Piece]:
    found: list[Piece] = []
    done = 0
    for match in islice(ADDRESS.finditer(text), most):
        address = match[0].rstrip(".,;:!?" if "(" in match[0] else ".,;:!?)")
        found += [(text[done : match.start()], False), (address, True)]
        done = match.start() + len(address)
    found.append((text[done:], False))
    return [piece for piece in found if piece[0]]
