"""Texts as people write them: how long they may be, how much of a long one a page shows, and the
number that one holds."""

import re
from typing import Any

from django import forms
from django.db import models

LONGEST_TEXT = 50_000  # characters of a description or a comment
SHOWN_AT_ONCE = 4_000  # of them, where more than one text is shown
LONGEST_LINE = 300  # characters of a subject or a name on a page
NUMBER = re.compile("[0-9]{1,18}")


def length(text: str) -> int:
    """In characters (code points). A browser sends CR LF at the end of each line, where others send
    LF alone: it counts as one, so that the same text is as long by each way."""
    return len(text) - text.count("\r\n")


def too_long(text: str, most: int) -> str:
    """The sentence that refuses a text, or "" for one that is short enough."""
    found = length(text)
    return f"It has {found:,} characters, and at most {most:,} are kept." if found > most else ""


def shortened(text: str, most: int) -> str:
    """The text, or its beginning with an ellipsis if it is longer."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def number_in(text: str) -> int | None:
    """The whole number that a form sent, such as an id; None for anything else."""
    return int(text) if NUMBER.fullmatch(text) else None


def in_one_line(text: str) -> str:
    """A text as a control of one line shows it, which takes no ends of lines."""
    return shortened(text.replace("\r", "").replace("\n", ""), LONGEST_LINE)


class LongTextField(forms.CharField):
    """Text of many lines. Browsers end each line with CR LF; it is kept with LF alone."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class LongText(models.TextField):  # type: ignore[type-arg]
    """A column for such a text. The limit is kept by the model (bounded.py): the databases know
    none, and rows that are longer already go on."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max_length": LONGEST_TEXT, **options})

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": LongTextField, **options})

    def deconstruct(self) -> Any:
        name, _, positional, named = super().deconstruct()
        named.pop("max_length", None)
        return name, "django.db.models.TextField", positional, named
