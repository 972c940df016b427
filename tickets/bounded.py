"""`Bounded`: the base of models whose texts are never longer than their fields say.

SQLite knows no such limit, and no database has one for a description or a comment. So the model
refuses, whatever writes: `save()`, `bulk_create()`, `bulk_update()`, `update()`, on each database.
Only a text that is new or changed is refused. A row that is too long already goes on, and so does
what `loaddata` loads.

Where the text itself is at hand it is refused before anything is written, so that the transaction
of the caller goes on. What only the database can say, as of an expression, is refused once it is
known, within the transaction of the change, which ends with that.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Model, Value
from django.db.models.functions import Cast

from live import Observed, Transition
from tickets.texts import too_long

TEXTS = (str, list, tuple, set)  # or several, as tags are


class Bounded(Observed):
    class Meta:
        abstract = True

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        update_fields = None if update_fields is None else tuple(update_fields)
        saved = None if update_fields is None else self._names(update_fields)
        if found := long_texts(self, saved):
            is_new = options.get("force_insert") or self.pk is None
            stored = None if is_new else type(self).stored([self.pk]).first()
            refuse_changed(found, stored, self)
        super().save(update_fields=update_fields, **options)

    @classmethod
    def refuse_creation(cls, rows: Iterable[Model]) -> None:
        super().refuse_creation(rows)
        for row in rows:
            refuse_changed(long_texts(row), None, row)

    @classmethod
    def refuse_update(cls, rows: models.QuerySet[Any], values: Mapping[str, Any]) -> None:
        super().refuse_update(rows, values)
        for name, value in values.items():
            for text in _texts_in(value):
                sentence = refusal(cls._meta.get_field(name), text)
                # Where a row has it already, what is written to the others is looked at afterwards.
                if sentence and not rows.filter(**{name: text}).exists():
                    raise ValidationError({name: sentence})


def refuse_long(transition: Transition[Any]) -> None:
    """Refuse what has just been written, if it made a text too long."""
    before, after = transition.before, transition.after
    if after is not None:
        names = None if before is None else transition.fields
        refuse_changed(long_texts(after, names), before, after)


def refuse_changed(found: Mapping[str, str], before: Model | None, after: Model) -> None:
    """Raise for the texts that are not those that were there before."""
    changed = {
        name: sentence
        for name, sentence in found.items()
        if before is None or getattr(before, name) != getattr(after, name)
    }
    if changed:
        raise ValidationError(dict(changed))


def long_texts(row: Model, names: Collection[str] | None = None) -> dict[str, str]:
    """Of the row's texts that are too long, each with the sentence that refuses it."""
    found = {}
    for field in row._meta.concrete_fields:
        text = vars(row).get(field.attname)
        if not isinstance(text, TEXTS) or not (names is None or field.name in names):
            continue
        if sentence := refusal(field, text):
            found[field.name] = sentence
    return found


def refusal(field: Any, text: Any) -> str:
    """The sentence that refuses the text, or "" where it may be kept. Tags have words of their own
    for it (tags.py)."""
    if own := getattr(field, "refusal", None):
        return str(own(text))
    return too_long(text, field.max_length) if field.max_length and isinstance(text, str) else ""


def _texts_in(value: Any) -> Iterator[Any]:
    """The texts that `update()` sets; `bulk_update()` gives it a Case with one for each row."""
    if isinstance(value, TEXTS):
        yield value
    elif isinstance(value, Value):
        yield from _texts_in(value.value)
    elif isinstance(value, Case):
        for case in value.cases:
            yield from _texts_in(case.result)
    elif isinstance(value, Cast):
        for source in value.get_source_expressions():
            yield from _texts_in(source)
