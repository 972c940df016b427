"""Tags: short words that agents put on tickets, such as "vip" or "refund".

A tag is written in one way only, in lower case and in Unicode's composed form, so that it is found
by comparing. A ticket keeps its tags as one text, "refund, vip", in the order of the alphabet: so
history and forms show and take them as they stand, and two people who add the same tags in another
order have done the same.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from unicodedata import category, normalize

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse_lazy

from tickets.texts import shortened

MOST = 10  # of a ticket
LONGEST = 30  # characters of one
SEPARATOR = ", "
LONGEST_TEXT = MOST * LONGEST + (MOST - 1) * len(SEPARATOR)
JOINERS = "\u200c\u200d"  # which some scripts and emoji are written with
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # Unicode's categories of what has no shape of its own
QUOTED = 40  # characters of a bad tag in the sentence that refuses it

# What the documentation of the API says of them; which characters are unseen no pattern tells.
SHAPE = {"maxLength": LONGEST, "pattern": r"^[^,\x00-\x1f\x7f-\x9f]*$"}
LIST_SHAPE = {
    "type": "array", "maxItems": MOST, "items": {"type": "string", "minLength": 1, **SHAPE},
    "description": "A word each, kept in lower case, each once, in the order of the alphabet.",
}  # fmt: skip

TOO_MANY = "A ticket has at most {most} tags, and these are {found}."
TOO_LONG = "A tag has at most {most} characters: “{tag}” has {found}."
COMMA = "A comma stands between tags and never within one: “{tag}”."
CONTROL = "A tag holds no line ends, and nothing else that cannot be seen: “{tag}”."
EMPTY = "A tag has at least one character that can be seen."
NOT_WORDS = "Tags are words, such as “vip, refund”."


class BadTags(ValueError):
    """A sentence that says which tag is not taken, and why."""


def normal(given: Any) -> list[str]:
    """The tags as they are kept, of a text in which commas separate them, or of several texts."""
    if isinstance(given, str):
        given = [word for word in given.split(",") if word.strip()]
    if not isinstance(given, Iterable):
        raise BadTags(NOT_WORDS)
    words = list(given)
    if len(words) > MOST:
        raise BadTags(TOO_MANY.format(most=MOST, found=f"{len(words):,}"))
    return sorted({one(word) for word in words})


def one(word: Any) -> str:
    """A single tag as it is kept."""
    if not isinstance(word, str):
        raise BadTags(NOT_WORDS)
    word = word.strip()
    quoted = shortened("".join("�" if _is_unseen(c) else c for c in word[: 2 * QUOTED]), QUOTED)
    if "," in word:
        raise BadTags(COMMA.format(tag=quoted))
    if any(map(_is_unseen, word)):
        raise BadTags(CONTROL.format(tag=quoted))
    tag = normalize("NFC", normalize("NFC", " ".join(word.split())).lower())
    if not any(category(letter)[0] not in "MZ" and letter not in JOINERS for letter in tag):
        raise BadTags(EMPTY)
    if len(tag) > LONGEST:
        raise BadTags(TOO_LONG.format(most=LONGEST, tag=quoted, found=f"{len(tag):,}"))
    return tag


def _is_unseen(letter: str) -> bool:
    return letter not in JOINERS and category(letter) in UNSEEN


def joined(tags: Iterable[str]) -> str:
    return SEPARATOR.join(tags)


def listed(kept: Any) -> list[str]:
    """The tags of a ticket, for whoever shows them. What `loaddata` brought is bounded here."""
    text = as_text(kept)
    return [shortened(tag, LONGEST) for tag in text.split(SEPARATOR)[:MOST]] if text else []


def together(kept: Any, others: Any) -> str:
    """The tags of both, as far as there is room for those of the other one."""
    first = listed(kept)
    more = [tag for tag in listed(others) if tag not in first]
    return joined(sorted([*first, *more][:MOST]))


def changed(kept: Any, add: Iterable[str], remove: Iterable[str]) -> str:
    """The tags that are kept, without some and with others. BadTags where these are too many."""
    rest = [tag for tag in listed(kept) if tag not in remove]
    return joined(normal({*rest, *add}))


def as_text(given: Any) -> str:
    """The one text that is kept; as it was given, where it is no good."""
    if given is None:
        return ""
    try:
        return joined(normal(given))
    except BadTags:
        return given if isinstance(given, str) else str(given)


def refusal(given: Any) -> str:
    """The sentence that refuses them, or "" where they are good."""
    try:
        normal(given)
    except BadTags as error:
        return f"{error}"
    return ""


class TagFormField(forms.CharField):
    """A single one, as a filter names it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": LONGEST, **options})


class TagsInput(forms.TextInput):
    """Tags with commas between them; a script offers those in use."""

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        offered = {"data-offers": reverse_lazy("api:suggest_tags"), "placeholder": "vip, refund"}
        super().__init__({**offered, "autocomplete": "off", **(attrs or {})})


class TagsFormField(forms.CharField):
    def clean(self, value: Any) -> str:
        try:
            return joined(normal(super().clean(value)))
        except BadTags as error:
            raise ValidationError(f"{error}") from None


class TagsField(models.CharField):  # type: ignore[type-arg]
    """The tags of a ticket. It takes a list too, and makes it the text that is kept. Bad ones are
    refused by the model (bounded.py), as texts that are too long are."""

    def __init__(self, *args: Any, **options: Any) -> None:
        own = {"max_length": LONGEST_TEXT, "blank": True, "default": "", "db_default": ""}
        super().__init__(*args, **{**own, **options})

    def to_python(self, value: Any) -> Any:
        return as_text(value)

    def refusal(self, value: Any) -> str:
        return refusal(value)

    def validate(self, value: Any, model_instance: Any) -> None:
        if sentence := refusal(value):
            raise ValidationError(sentence)

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if hasattr(value, "resolve_expression"):
            return value
        setattr(model_instance, self.attname, self.to_python(value))
        return getattr(model_instance, self.attname)

    def formfield(self, **options: Any) -> Any:
        # Without a limit of characters: spaces between tags are no part of them.
        return super().formfield(**{"form_class": TagsFormField, "max_length": None, **options})

    def deconstruct(self) -> Any:
        name, _, positional, named = super().deconstruct()
        return name, "django.db.models.CharField", positional, named
