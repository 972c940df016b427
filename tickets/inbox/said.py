"""What somebody said in a message: without the history they quote and the signature under it.

Nothing that they wrote is lost: answers between quoted lines stay, with what they answer, and so
does what they forward. Where cutting would leave nothing, nothing is cut.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from tickets.inbox.history import MARK, history_start
from tickets.inbox.signatures import signature_start

FORWARDED = re.compile(
    r"(?:\[[^\]]{1,50}\]\s*)?(?:fwd?|wg|tr|rv|enc|i|vs|vl|doorst|pd|fs|转发|轉寄|転送|전달)\s*[:：]",
    re.IGNORECASE,
)


def said_in(text: str, subject: str) -> str:
    lines = text.split("\n")
    lines = lines[: signature_start(lines)]
    own = lines if FORWARDED.match(subject) else _without_history(lines)
    said = "\n".join(own[: signature_start(own)]).strip("\n")
    return said if said.strip() else text


def _without_history(lines: Sequence[str]) -> Sequence[str]:
    start = history_start(lines)
    if start is None:  # lines that are quoted by hand are part of what is said
        return lines
    end = _introduction_end(lines, start)
    if not _is_marked(lines, end):  # Outlook and others: all below is history
        return lines[:start]
    return _without_quotes(lines, start, end)


def _introduction_end(lines: Sequence[str], start: int) -> int:
    """The first line that is quoted, if an introduction leads to it, else the line after."""
    end = start
    while end < min(len(lines), start + 4) and not lines[end].startswith(MARK):
        end += 1
    return end if _is_marked(lines, end) else start + 1


def _is_marked(lines: Sequence[str], number: int) -> bool:
    return number < len(lines) and lines[number].startswith(MARK)


def _without_quotes(lines: Sequence[str], start: int, end: int) -> Sequence[str]:
    """Without what is quoted before or after all that was said; what stands between it stays.

    The introduction goes from `start` to `end`, and belongs to what is quoted.
    """
    blocks = list(_blocks([*lines[:start], *[MARK] * (end - start), *lines[end:]]))
    said = [block for block in blocks if not block[0]]
    if len(said) == 1:
        return lines[said[0][1] : said[0][2]]
    is_quoted, begun, _ = blocks[-1]
    return lines[:begun] if is_quoted else lines


def _blocks(lines: Sequence[str]) -> Iterator[tuple[bool, int, int]]:
    """Runs of quoted lines and of others, with where they begin and end; empty lines split none."""
    filled = [(number, line) for number, line in enumerate(lines) if line.strip()]
    for is_quoted, run in groupby(filled, key=lambda pair: pair[1].startswith(MARK)):
        numbers = [number for number, _ in run]
        yield is_quoted, numbers[0], numbers[-1] + 1
