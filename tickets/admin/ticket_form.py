"""The form of a ticket in the admin: it overwrites nothing that its reader has not seen.

The form carries the version of the ticket that its reader saw, and a fingerprint of the value that
each field showed. If the ticket has changed since, nothing is saved. The form is shown again on top
of the ticket as it is now: fields that the reader changed keep the reader's values, all others show
those of the database, and what has changed is said in sentences. It then carries the new version,
so the next press of Save saves it.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from tickets import editing
from tickets.admin.fresh_forms import innermost
from tickets.editing import StaleVersion
from tickets.idempotency import FIELD, KeyRefused, new_key
from tickets.merging.refusals import Merged
from tickets.models import Ticket
from tickets.public import in_words, said_by
from tickets.texts import LONGEST_TEXT, LongTextField, number_in, too_long
from tickets.timeline import deeds_since, said_since
from tickets.visibility import NOT_ASSIGNABLE, assignable

LARGEST = 2**31  # no ticket has as many versions
MOST_QUOTED = 300  # characters of a comment that a refusal tells of
OTHERS_WROTE = (
    "Others have written since you looked, and nothing was saved. Read it, then save again if you"
    " still want to."
)


class TicketForm(forms.ModelForm):  # type: ignore[type-arg]
    user: Any  # who fills it in; TicketAdmin sets it
    key_refusal: KeyRefused | None  # why its key kept it from being saved; TicketAdmin sets it

    # Not `version`: a model form refuses the name of a field that is not editable.
    seen_version = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=1, max_value=LARGEST
    )
    seen_values = forms.CharField(widget=forms.HiddenInput, required=False)
    idempotency_key = forms.CharField(widget=forms.HiddenInput, required=False)
    # Without a limit of its own: a text that was longer already may stay.
    description = LongTextField(
        widget=forms.Textarea(attrs={"class": "vLargeTextField"}), required=False
    )

    class Meta:
        model = Ticket
        fields = (
            "subject", "description", "queue", "assignee", "status", "priority",
            "requester_name", "requester_email", "tags", "due_at",
        )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "due_at" in self.fields:  # Django's two boxes have no name for who cannot see them
            day, time = self.fields["due_at"].widget.widgets
            day.attrs["aria-label"], time.attrs["aria-label"] = "Due on", "Due at"
        self.is_change = not self.instance._state.adding
        self.current: Ticket = self.instance  # locked, and read again, once the form is checked
        self.missed: list[str] = []  # what others did since, in sentences
        self.contested: list[str] = []  # fields that both the reader and somebody else changed
        self._seen: dict[str, str] = {}  # the fingerprint of what each field showed
        self._first_words: dict[str, str] = {}  # what others changed since, as it was before
        if "seen_version" in self.fields:  # Django leaves it out for those who may only look
            self.fields["seen_version"].required = self.is_change
            self.fields["seen_version"].initial = self.instance.version
            self.fields["seen_values"].initial = self._fingerprints(self.instance)
            self.fields[FIELD].initial = new_key()

    def full_clean(self) -> None:
        """Before the values are checked, find out whether they were chosen on the ticket as it is.
        The admin's transaction keeps the lock that hold() takes until the ticket is saved."""
        if self.is_bound and self.is_change:
            self._look_again()
        super().full_clean()
        if self.is_bound and self.key_refusal:
            self._take_key(self.key_refusal)
        if self.missed:
            self.add_error(None, ValidationError([*self.missed]))
        for name in self.contested:
            now = in_words(self.current, name) or "empty"
            self.add_error(name, f"Somebody else changed this too. It is now: {now}")

    def clean_assignee(self) -> Any:
        assignee = self.cleaned_data["assignee"]
        if assignee and not assignable(self.current).filter(pk=assignee.pk).exists():
            raise ValidationError(NOT_ASSIGNABLE)
        return assignee

    def clean_status(self) -> str:
        if self.is_change and self.current.merged_into_id and self._is_own("status"):
            raise ValidationError(f"{Merged(self.current)}")
        return str(self.cleaned_data["status"])

    def clean_description(self) -> str:
        text = str(self.cleaned_data["description"])
        sentence = too_long(text, LONGEST_TEXT)
        if sentence and (not self.is_change or self._is_own("description")):
            raise ValidationError(sentence)
        return text

    def values(self) -> dict[str, Any]:
        """The ticket's fields: of a new ticket all, of an old one those that the reader changed."""
        return {
            name: self.cleaned_data[name]
            for name in self._names()
            if not self.is_change or self._is_own(name)
        }

    def _look_again(self) -> None:
        try:
            seen = self.fields["seen_version"].clean(self.data.get("seen_version"))
        except ValidationError:
            return  # the field says so
        self._seen = _parsed(self.data.get("seen_values"))
        try:
            self.current = editing.hold(self.user, self.instance.pk, version=seen)
        except StaleVersion as stale:
            self.current = stale.current
            since = stale.current.history.filter(version__gt=seen).order_by("version", "pk")
            for name in self._names():
                if (first := since.filter(field=name).values_list("old").first()) is not None:
                    self._first_words[name] = first[0]
            self._start_again(seen)
        else:
            # After a restore of the database a version may stand for two different states.
            if any(self._is_contested(name) for name in self._seen):
                self._start_again(seen)

    def _start_again(self, seen: int) -> None:
        """Put the reader's own changes on top of the ticket as it is now."""
        own = [name for name in self._names() if self._is_own(name)]
        self.contested = [name for name in own if self._is_contested(name)]
        self.missed = [
            f"Ticket #{self.current.pk} has changed since you saw it, and nothing was saved."
            " Fields that you did not change show what they are now. Look at what has changed,"
            " then save again.",
            *deeds_since(self.current, seen),
        ]
        data: Any = QueryDict(mutable=True)
        data.update(self.data)
        for name in self._names():
            if name in own:
                innermost(self.fields[name].widget).attrs["data-unsaved"] = ""
            else:
                for key, value in self._as_posted(self.current, name).items():
                    data[key] = value
        data["seen_version"] = str(self.current.version)
        data["seen_values"] = self._fingerprints(self.current)
        self.data = data

    def _take_key(self, refusal: KeyRefused) -> None:
        """Say why nothing was saved, and carry the key with which it can be."""
        self.add_error(None, f"{refusal}")
        data: Any = QueryDict(mutable=True)
        data.update(self.data)
        data[FIELD] = refusal.next_key
        self.data = data

    def _is_own(self, name: str) -> bool:
        """Whether the reader changed this field from what it showed them."""
        if name in self._seen:
            return _fingerprint(self._posted(name)) != self._seen[name]
        # A script may post the version alone. Then the history knows what the field showed.
        shown = self._first_words.get(name, in_words(self.current, name))
        return self._posted_words(name) != shown

    def _is_contested(self, name: str) -> bool:
        """Whether the ticket's value is not the one any more that the field showed."""
        if name in self._seen:
            return _fingerprint(self._as_posted(self.current, name)) != self._seen[name]
        return name in self._first_words

    def _posted_words(self, name: str) -> str | None:
        field = self.fields[name]
        raw = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
        try:
            value = field.clean(raw)
        except ValidationError:
            return None
        return in_words(Ticket(**{name: value}), name)

    def _names(self) -> list[str]:
        return [name for name in self.fields if name in TicketForm.Meta.fields]

    def _fingerprints(self, ticket: Ticket) -> str:
        names = self._names()
        return json.dumps({name: _fingerprint(self._as_posted(ticket, name)) for name in names})

    def _posted(self, name: str) -> dict[str, str]:
        keys = self._as_posted(self.current, name)
        return {key: _lines(self.data.get(key, "")) for key in keys}

    def _as_posted(self, ticket: Ticket, name: str) -> dict[str, str]:
        """What a browser posts of this field, if it shows the ticket's value."""
        widget = self.fields[name].widget
        value = ticket._meta.get_field(name).value_from_object(ticket)  # type: ignore[union-attr]
        key = self.add_prefix(name)
        if isinstance(widget, forms.SplitDateTimeWidget):  # two parts: the date and the time
            parts = zip(widget.widgets, widget.decompress(value), strict=True)
            shown = [str(part.format_value(half) or "") for part, half in parts]
            return {f"{key}_{n}": half for n, half in enumerate(shown)}
        return {key: "" if value is None else _lines(value)}


def _lines(value: Any) -> str:
    """Browsers end each line with CR LF, whatever they were given."""
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


def _fingerprint(posted: Mapping[str, str]) -> str:
    return sha256(json.dumps(posted, sort_keys=True).encode()).hexdigest()[:20]


def _parsed(text: Any) -> dict[str, str]:
    """The fingerprints as they were posted. Text that no form of ours has written has none."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class NewComments(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows for new comments only. An old page may still post rows of stored ones: they come first,
    and are left out.

    The page names the newest comment that it showed, as `seen`. If others have written since,
    nothing is saved, and the page is shown again with it."""

    user: Any  # who writes; CommentInline sets it

    def clean(self) -> None:
        """The ticket has been locked since its own form was checked."""
        super().clean()
        seen = number_in(self.data.get("seen", ""))
        if not any(form.has_changed() for form in self.forms):
            return
        ticket: Any = self.instance
        if pointer := Ticket.objects.filter(pk=ticket.pk, merged_into__isnull=False).first():
            raise ValidationError(f"{Merged(pointer)}")
        if seen is None:
            return
        missed = said_since(ticket, self.user, seen)
        if missed:
            told = [
                f"{said_by(comment, ticket) or 'somebody'} wrote: {comment.body[:MOST_QUOTED]}"
                for comment in missed
            ]
            raise ValidationError([OTHERS_WROTE, *told])

    def initial_form_count(self) -> int:
        return 0

    def total_form_count(self) -> int:
        return max(0, super().total_form_count() - self._stored)

    def add_prefix(self, index: Any) -> str:
        is_row = isinstance(index, int)  # else it is the row that scripts copy
        return super().add_prefix(index + self._stored if is_row else index)

    @property
    def _stored(self) -> int:
        if not self.is_bound:
            return 0
        return int(self.management_form.cleaned_data.get("INITIAL_FORMS") or 0)
