"""Colours for a terminal; none where a program reads, or where somebody does not want them."""

import os
from collections.abc import Callable
from typing import Protocol

Paint = Callable[[str, str], str]  # (kind of text, text) → text

CODES = {"error": "31;1", "warning": "33;1", "info": "36", "sound": "32;1"}


class Output(Protocol):
    def isatty(self) -> bool: ...


def paint_for(output: Output) -> Paint:
    """Colours on a terminal only, and not where NO_COLOR is set (https://no-color.org)."""
    return coloured if output.isatty() and not os.environ.get("NO_COLOR") else plain


def coloured(kind: str, text: str) -> str:
    return f"\x1b[{CODES[kind]}m{text}\x1b[0m"


def plain(kind: str, text: str) -> str:
    return text
