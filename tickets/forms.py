"""What agents fill in."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from tickets.board import ANY
from tickets.models import Comment, Priority, Queue, Status, Ticket
from tickets.people import People, PeopleSelect, PersonField, assignable

User = get_user_model()
STATUSES = [(one, one) for one in Status.values]  # the words that stand on the board
LONGEST_TEXT = 50_000
PRIORITIES = [(one, one) for one in Priority.values]


class LongTextField(forms.CharField):
    """Browsers send lines with CR LF; one way to end them is enough."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class EditForm(forms.Form):
    """The panel beside a ticket.

    Each field travels with the value it showed (`initial-…`), so that only what this person
    changed is saved, never what somebody else has changed meanwhile; and `version` with them, so
    that such a save is refused and shown first.
    """

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    status = forms.ChoiceField(choices=STATUSES, show_hidden_initial=True)
    priority = forms.ChoiceField(choices=PRIORITIES, show_hidden_initial=True)
    assignee = PersonField(
        User._default_manager.none(), required=False, empty_label="nobody", show_hidden_initial=True
    )
    queue = forms.ModelChoiceField(Queue.objects.all(), empty_label=None, show_hidden_initial=True)

    CHOICES = ("status", "assignee", "priority", "queue")

    def __init__(self, ticket: Ticket, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=shown(ticket))
        self.ticket = ticket
        people = self.fields["assignee"]
        assert isinstance(people, PersonField)
        people.queryset = assignable(ticket)

    def wanted(self) -> dict[str, Any]:
        """What the person changed."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "version"}

    def on_top_of(self, current: Ticket) -> "EditForm":
        """The same choices as a form to save onto what the ticket is by now."""
        now = {name: "" if value is None else value for name, value in shown(current).items()}
        data = {**now, **{f"initial-{name}": now[name] for name in self.CHOICES}}
        data |= {name: self.data.get(name, "") for name in self.wanted()}
        return EditForm(current, data)


def shown(ticket: Ticket) -> dict[str, Any]:
    return {
        "version": ticket.version,
        "status": ticket.status,
        "priority": ticket.priority,
        "assignee": ticket.assignee_id,
        "queue": ticket.queue_id,
    }


class CommentForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    internal = forms.BooleanField(required=False)
    body = LongTextField(
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "There is nothing to send yet: write something first."},
    )

    class Meta:
        model = Comment
        fields = ("internal", "body")


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
            "requester_name", "requester_email",
        )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        people = self.fields["assignee"]
        assert isinstance(people, PersonField)
        people.queryset = assignable()


class FilterForm(forms.Form):
    """The board's filters as controls; the URL's values are parsed by board.Filters."""

    q = forms.CharField(required=False, max_length=200, label="Search")
    status = forms.ChoiceField(required=False, choices=[("", "All open"), (ANY, "Any"), *STATUSES])
    priority = forms.ChoiceField(required=False, choices=[("", "Any"), *PRIORITIES])
    queue = forms.ModelChoiceField(Queue.objects.none(), required=False, empty_label="Any")
    assignee = forms.ChoiceField(required=False)

    def __init__(self, queues: QuerySet[Queue], *, initial: Mapping[str, Any]) -> None:
        super().__init__(initial=dict(initial), auto_id="filter-%s")
        field = self.fields["queue"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = queues
        colleagues = assignable() if queues.exists() else assignable().none()
        anybody = [("", "Anybody"), ("me", "Me"), ("none", "Nobody")]
        self.fields["assignee"] = forms.ChoiceField(
            required=False, choices=People(anybody, colleagues), widget=PeopleSelect
        )

    def in_words(self) -> list[str]:
        """What is asked for, as in ["status: new", "queue: Billing"]."""
        asked = [(name, str(self.initial.get(name) or "")) for name in self.fields]
        return [f"{self[name].label}: {self._label(name, value)}" for name, value in asked if value]

    def _label(self, name: str, value: str) -> str:
        choices = getattr(self.fields[name], "choices", ())
        return next((str(label) for key, label in choices if str(key) == value), value)
