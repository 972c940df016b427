"""The forms of the pages: a ticket's panel, a comment, a new ticket, the board's filters."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from django import forms
from django.contrib.auth import get_user_model
from django.utils import timezone

from tickets.board import ANY
from tickets.editing import StaleVersion
from tickets.lists.due import NONE, OVERDUE, TODAY, WEEK
from tickets.mail.fields import CopiesField
from tickets.models import Priority, Queue, Status, Ticket, Via
from tickets.person_field import People, PeopleSelect, PersonField
from tickets.search import LARGEST_ID
from tickets.tags import TagFormField, TagsFormField, TagsInput, joined, listed
from tickets.texts import LONGEST_TEXT, LongTextField, in_one_line
from tickets.visibility import assignable

User = get_user_model()
STATUSES = [(status, status) for status in Status.values]  # shown by the same words
PRIORITIES = [(priority, priority) for priority in Priority.values]
DUE_DATES = [
    ("", "Any"), (OVERDUE, "Overdue"), (TODAY, "Today"), (WEEK, "Within a week"),
    (NONE, "No date"),
]  # fmt: skip
ORDERS = [
    ("", "Newest first"), ("id", "Oldest first"), ("-activity", "Latest message first"),
    ("activity", "Latest message last"), ("-updated", "Latest change first"),
    ("updated", "Latest change last"), ("due", "Due first"), ("-due", "Due last"),
    ("-priority", "Most urgent first"), ("priority", "Least urgent first"),
    ("-age", "Waiting longest"), ("age", "Waiting shortest"),
]  # fmt: skip
DO_NOT_FILL_IN = {"autocomplete": "off"}

Form = TypeVar("Form", bound=forms.BaseForm)


class Invalid(Exception):
    """The form has errors, which it shows by itself. Nothing was written."""


def valid(form: Form) -> Form:
    """The form, or Invalid."""
    if not form.is_valid():
        raise Invalid
    return form


def _longest(name: str) -> int | None:
    return Ticket._meta.get_field(name).max_length  # type: ignore[union-attr]


class Seen(forms.HiddenInput):
    """Tells what the page showed. The browser must not fill it in by itself, as after "Back"."""

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__({**DO_NOT_FILL_IN, **(attrs or {})})


class LocalMoment(forms.DateTimeInput):
    """The browser's own control for a day and a time, in the time zone of whoever looks."""

    input_type = "datetime-local"


class ReadOnce(forms.Select):
    """Without `required`: Django reads the choices once more to find out whether one is empty."""

    def use_required_attribute(self, initial: Any) -> bool:
        return False


class EditForm(forms.Form):
    """The panel beside a ticket, in which its fields are changed.

    Each field is sent with the value that it showed (`initial-…`), so that only the fields that
    this person changed are saved. The `version` that they saw is sent too: if somebody else has
    changed the ticket since, nothing is saved before this person has seen that change. What is not
    sent is as the ticket has it.

    A control that does not show the ticket as it is, but a choice that is not saved, is marked
    with `data-unsaved`.
    """

    version = forms.IntegerField(min_value=1, widget=Seen)
    status = forms.ChoiceField(choices=STATUSES, show_hidden_initial=True)
    priority = forms.ChoiceField(choices=PRIORITIES, show_hidden_initial=True)
    assignee = PersonField(
        User._default_manager.none(), required=False, empty_label="nobody", show_hidden_initial=True
    )
    queue = forms.ModelChoiceField(
        Queue.objects.all(), empty_label=None, show_hidden_initial=True, widget=ReadOnce
    )
    due_at = forms.DateTimeField(
        required=False, label="Due", widget=LocalMoment, show_hidden_initial=True
    )
    subject = forms.CharField(max_length=_longest("subject"), show_hidden_initial=True)
    requester_name = forms.CharField(
        required=False, max_length=_longest("requester_name"), show_hidden_initial=True
    )
    requester_email = forms.EmailField(
        required=False, max_length=_longest("requester_email"), show_hidden_initial=True,
        # A control for addresses would write some of them differently than the ticket does.
        widget=forms.TextInput(attrs={"inputmode": "email"}),
    )  # fmt: skip
    tags = TagsFormField(required=False, show_hidden_initial=True, widget=TagsInput)

    KEYS = {"status": "s", "assignee": "a", "priority": "p", "queue": "q"}
    CHOICES = (
        "status", "assignee", "priority", "queue", "tags",
        "due_at", "subject", "requester_name", "requester_email",
    )  # fmt: skip

    def __init__(self, ticket: Ticket, data: Mapping[str, Any] | None = None) -> None:
        self.ticket = ticket
        self.now = shown(ticket)
        if data is not None:
            as_it_is = {**self.now, **{f"initial-{name}": self.now[name] for name in self.CHOICES}}
            data = {**as_it_is, "version": "", **{name: data[name] for name in data}}
        super().__init__(data, initial=self.now)
        people = self.fields["assignee"]
        assert isinstance(people, PersonField)
        people.queryset = assignable(ticket)
        for name in self.CHOICES:
            field = self.fields[name]
            field.hidden_widget = Seen
            field.widget.attrs |= DO_NOT_FILL_IN
            if key := self.KEYS.get(name):
                field.widget.attrs |= {"data-key": key, "data-key-label": f"Choose the {name}"}
            if data is not None and data[name] != self.now[name]:
                field.widget.attrs["data-unsaved"] = ""

    def clean_due_at(self) -> datetime | None:
        due: datetime | None = self.cleaned_data["due_at"]
        try:
            return due and due.astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError("This time is too far away.") from None

    def clean(self) -> None:
        """What was not chosen here is not judged here, such as a subject from before there was a
        limit."""
        for name in self.CHOICES:
            if name not in self.chosen:
                self.errors.pop(name, None)

    @property
    def chosen(self) -> list[str]:
        """The fields that the person changed. A value that the control had shown already is no
        choice, nor is one that the ticket has by now."""
        return [
            name
            for name in self.CHOICES
            if self.data[name] not in (self.data[f"initial-{name}"], self.now[name])
        ]

    def wanted(self) -> dict[str, Any]:
        """What was chosen. StaleVersion if the controls showed other values than the ticket has in
        the version that the form names: then the browser has filled in an old form, and its user
        has not seen that version."""
        version = self.cleaned_data["version"]
        showed = {name: self.data[f"initial-{name}"] for name in self.CHOICES}
        is_current = version == self.ticket.version  # else that is found when it is saved
        if is_current and any(showed[name] != self.now[name] for name in self.CHOICES):
            raise StaleVersion(self.ticket, version)
        return {name: self.cleaned_data[name] for name in self.chosen}

    def on_top_of(self, current: Ticket) -> "EditForm":
        """A form with the same choices, to be saved on the ticket as it is now."""
        chosen = {name: self.data[name] for name in self.chosen}
        return EditForm(current, {"version": str(current.version), **chosen})


def shown(ticket: Ticket) -> dict[str, str]:
    """The values that the panel shows of a ticket, as its form sends them."""
    due = ticket.due_at and timezone.localtime(ticket.due_at)
    return {
        "version": str(ticket.version),
        "status": ticket.status,
        "priority": ticket.priority,
        "assignee": str(ticket.assignee_id or ""),
        "queue": str(ticket.queue_id),
        "tags": joined(listed(ticket.tags)),
        "due_at": due.replace(tzinfo=None).isoformat(timespec="minutes") if due else "",
        "subject": in_one_line(ticket.subject),
        "requester_name": in_one_line(ticket.requester_name),
        "requester_email": in_one_line(ticket.requester_email),
    }


class CommentForm(forms.Form):
    """What is said below a ticket, and the newest comment that its writer has `seen`."""

    NOTE, REQUESTER = "1", "requester"

    body = LongTextField(
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 2, "placeholder": "Write here, or / for a canned reply …"}),
        error_messages={"required": "There is nothing to send yet: write something first."},
    )
    cc = CopiesField()
    seen = forms.IntegerField(
        min_value=0, max_value=LARGEST_ID, required=False, widget=Seen(attrs={"id": None})
    )

    @property
    def kind(self) -> str:
        """ "" is a reply. It is sent as `internal`, in which a note was "1" before the requester's
        words were there: so no draft of a note, and no page of then, ever becomes a reply."""
        sent = str(self.data.get("internal", ""))
        return sent if sent in ("", self.REQUESTER) else self.NOTE

    def clean(self) -> dict[str, Any]:
        if self.kind:  # only a reply is mailed: the control of copies is out of sight
            self.errors.pop("cc", None)
            self.cleaned_data["cc"] = []
        is_theirs = self.kind == self.REQUESTER
        how = {
            "internal": self.kind == self.NOTE,
            "requester": is_theirs,
            "via": Via.PHONE if is_theirs else Via.PAGE,
        }
        return {**self.cleaned_data, **how}

    def having_seen(self, seen: int) -> "CommentForm":
        """The same, after its writer has been shown what they had missed."""
        return CommentForm({**{name: self.data[name] for name in self.data}, "seen": str(seen)})


class NewTicketForm(forms.ModelForm):  # type: ignore[type-arg]
    description = LongTextField(
        required=False, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 5})
    )
    queue = forms.ModelChoiceField(Queue.objects.all(), empty_label="Choose a queue")
    priority = forms.ChoiceField(choices=PRIORITIES, initial=Priority.NORMAL)
    assignee = PersonField(User._default_manager.none(), required=False, empty_label="nobody")

    class Meta:
        model = Ticket
        fields = (
            "subject", "description", "queue", "priority", "assignee",
            "requester_name", "requester_email", "tags",
        )  # fmt: skip
        widgets = {"tags": TagsInput}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        people = self.fields["assignee"]
        assert isinstance(people, PersonField)
        people.queryset = assignable()


class FilterForm(forms.Form):
    """The board's filters as controls. It only shows them: board.Filters checks the URL."""

    q = forms.CharField(required=False, max_length=200, label="Search")
    status = forms.ChoiceField(required=False, choices=[("", "All open"), (ANY, "Any"), *STATUSES])
    priority = forms.ChoiceField(required=False, choices=[("", "Any"), *PRIORITIES])
    queue = forms.ChoiceField(required=False)
    assignee = forms.ChoiceField(required=False)
    due = forms.ChoiceField(required=False, choices=DUE_DATES)
    tag = TagFormField(required=False)
    sort = forms.ChoiceField(required=False, choices=ORDERS, label="Order")

    def __init__(self, queues: Collection[Queue], *, initial: Mapping[str, Any]) -> None:
        super().__init__(initial=dict(initial), auto_id="filter-%s")
        named = [(str(queue.pk), queue.name) for queue in queues]
        self.fields["queue"] = forms.ChoiceField(required=False, choices=[("", "Any"), *named])
        colleagues = assignable() if queues else assignable().none()
        anybody = [("", "Anybody"), ("me", "Me"), ("none", "Nobody")]
        self.fields["assignee"] = forms.ChoiceField(
            required=False, choices=People(anybody, colleagues), widget=PeopleSelect
        )

    def in_words(self, name: str, value: str) -> str:
        """A filter that is set, such as "status: new" or "queue: Billing"."""
        label = str(self[name].label) if name in self.fields else name
        return f"{label.capitalize()}: {self._label(name, value)}"

    def _label(self, name: str, value: str) -> str:
        choices = getattr(self.fields.get(name), "choices", ())
        return next((str(label) for key, label in choices if str(key) == value), value)
