"""HTML as text: what is hidden does not show, links keep their address, quotes are marked with >.

lxml takes it apart, as deep as 2,048 elements, and its tree is gone through without recursion. What
is deeper is not read: no person writes it. Only what stands at an element itself is known of its
looks: a sender who hides text by a style sheet, or in white on white, shows it here.
"""

import re
from typing import Any

from lxml import etree

from tickets.inbox.charsets import tidy

DEEPEST_QUOTE = 9  # marks before a line
LONGEST_ADDRESS = 2_000  # of a link

LINES = frozenset({
    "address", "article", "aside", "body", "caption", "center", "dd", "details", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup",
    "html", "legend", "li", "main", "nav", "section", "summary", "tr",
})  # fmt: skip
PARAGRAPHS = frozenset({
    "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "menu", "ol", "p", "pre", "table", "ul",
})  # fmt: skip
UNSEEN = frozenset({
    "applet", "area", "audio", "base", "canvas", "col", "embed", "frame", "frameset", "head",
    "iframe", "input", "link", "map", "math", "meta", "object", "param", "script", "source",
    "style", "svg", "template", "title", "track", "video",
})  # fmt: skip
HIDDEN = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all"
    r"|(?:font-size|max-height|opacity)\s*:\s*0+(?:\.0*)?(?:px|pt|em|%)?\s*(?:!|;|$))",
    re.IGNORECASE,
)
SPACES = re.compile("[ \t\r\n\f]+")
LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s<>\"\x00-\x20]+", re.IGNORECASE)
EMPTY_LINES = re.compile("\n{3,}")


def text_of_html(html: str) -> tuple[str, bool]:
    """The text that somebody would see, in the order in which it stands, and whether it is all."""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True)
    root = etree.fromstring(html.encode("utf-8", "replace"), parser)
    if root is None:  # nothing but white space
        return "", True
    seen = _Seen()
    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        if event == "start":
            if _is_hidden(element):
                walk.skip_subtree()
            else:
                seen.start(element)
                seen.write(element.text)
        else:
            if event == "end" and not _is_hidden(element):
                seen.end(element)
            if element is not root:
                seen.write(element.tail)
    return tidy(seen.text()), not parser.error_log.filter_from_fatals()


def _is_hidden(element: Any) -> bool:
    if element.tag in UNSEEN or element.get("hidden") is not None:
        return True
    style = element.get("style")
    return bool(style and HIDDEN.search(style[:1000]))


class _Seen:
    """Lines as they come to be, with white space as browsers show it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.space = False  # whether a space stands before the next word
        self.gap = False  # whether an empty line stands before the next line
        self.quotes = 0
        self.pre = 0
        self.items: list[int | None] = []  # of each open list: how many there were, if it counts
        self.links: list[
            tuple[str, int]
        ] = []  # of each open link: its address, where its words begin

    def write(self, text: str | None) -> None:
        if not text:
            return
        if self.pre:
            first, *others = text.split("\n")
            self._put(first)
            for other in others:
                self.end_line(always=True)
                self._put(other)
            return
        words = SPACES.sub(" ", text)
        self.space = self.space or words.startswith(" ")
        if bare := words.strip(" "):
            self._put(bare)
            self.space = words.endswith(" ")

    def _put(self, text: str) -> None:
        if text:
            if self.space and self.line and not self.pre:
                self.line.append(" ")
            self.space = False
            self.line.append(text)

    def end_line(self, *, always: bool = False) -> None:
        """End the line, if there is anything in it."""
        line = "".join(self.line).rstrip("\xa0 ")
        if line or always:
            self._end_gap()
            self.lines.append(f"{self._mark()} {line}".rstrip() if self.quotes else line)
        self.line, self.space = [], False
        self.links = [(address, 0) for address, _ in self.links]

    def _end_gap(self) -> None:
        if self.gap and self.lines:
            self.lines.append(self._mark())
        self.gap = False

    def _mark(self) -> str:
        return ">" * min(self.quotes, DEEPEST_QUOTE)

    def start(self, element: Any) -> None:
        tag = element.tag
        if tag in LINES or tag in PARAGRAPHS:
            self.end_line()
            self.gap = self.gap or tag in PARAGRAPHS
        if tag == "br":
            self.end_line(always=True)
        elif tag == "hr":
            self.end_line()
            self._put("---")
            self.end_line()
        elif tag == "blockquote":
            self._end_gap()
            self.quotes += 1
        elif tag == "pre":
            self.pre += 1
        elif tag in ("td", "th"):
            self.space = True
        elif tag in ("ol", "ul", "menu", "dir"):
            self.items.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._put(self._bullet())
        elif tag == "a":
            self.links.append((element.get("href") or "", len(self.line)))
        elif tag == "img" and (alt := SPACES.sub(" ", element.get("alt") or "").strip()):
            self._put(f"[{alt}]")

    def end(self, element: Any) -> None:
        tag = element.tag
        if tag == "a" and self.links:
            self._end_link(*self.links.pop())
        if tag in LINES or tag in PARAGRAPHS:
            self.end_line()
            self.gap = self.gap or tag in PARAGRAPHS
        if tag == "blockquote":
            self.quotes -= 1
        elif tag == "pre":
            self.pre -= 1
        elif tag in ("ol", "ul", "menu", "dir") and self.items:
            self.items.pop()

    def _bullet(self) -> str:
        if not self.items or self.items[-1] is None:
            return "- "
        self.items[-1] += 1
        return f"{self.items[-1]}. "

    def _end_link(self, address: str, begun: int) -> None:
        """The address behind the words, unless these are the address."""
        address = address.strip()
        if len(address) > LONGEST_ADDRESS or not LINK.fullmatch(address):
            return
        words = "".join(self.line[begun:]).strip()
        bare = address.split(":", 1)[1].lstrip("/").rstrip("/")
        if words.rstrip("/").split("://")[-1] != bare:
            self.space = bool(self.line)
            self._put(f"<{address}>")

    def text(self) -> str:
        self.end_line()
        return EMPTY_LINES.sub("\n\n", "\n".join(self.lines)).strip("\n")
