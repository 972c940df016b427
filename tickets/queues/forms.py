"""The forms of the pages of queues and people."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import UserCreationForm

from tickets.models import Queue
from tickets.person_field import People, PeopleSelect, PersonField
from tickets.visibility import assignable

User = get_user_model()
NAME_TAKEN = "There is a queue of this name already."
NO_LONGER_ACTIVE = "Only an active user can serve a queue: choose somebody else."
STAFF = (
    "Opens the admin to them, and nothing more: what they may look at or change there needs"
    " permissions besides, which the admin gives to a person or to a group. An agent needs neither:"
    " to serve a queue is enough."
)
EMAIL = "Where a link goes when they have forgotten their password."


class QueueForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Queue
        fields = ("name",)
        error_messages = {"name": {"unique": NAME_TAKEN}}


class RenameForm(QueueForm):
    """It is sent with the name that it showed, which somebody else may have changed since."""

    def __init__(self, queue: Queue, data: Any = None) -> None:
        super().__init__(data, instance=queue)
        self.name_now = queue.name

    def clean(self) -> dict[str, Any]:
        if self.data.get("shown") != self.name_now:
            raise forms.ValidationError(
                f"Not saved: somebody has named this queue {self.name_now} meanwhile. Save again if"
                " you still want to."
            )
        return super().clean() or {}


class AgentForm(forms.Form):
    """Offers those who do not serve the queue yet."""

    person = PersonField(
        User._default_manager.none(),
        widget=PeopleSelect(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Choose who is to serve the queue.",
            "invalid_choice": NO_LONGER_ACTIVE,
        },
    )

    def __init__(self, queue: Queue, data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["person"]
        assert isinstance(field, PersonField)
        field.queryset = assignable()
        others = assignable().exclude(memberships__queue=queue)
        field.choices = People([("", "Choose a person")], others)


class PersonForm(UserCreationForm):  # type: ignore[type-arg]
    """Django's own form, with its rules for names and passwords."""

    is_staff = forms.BooleanField(required=False, label="Staff status", help_text=STAFF)
    queue = forms.ModelChoiceField(
        Queue.objects.all(), required=False, empty_label="none yet", label="Serves the queue"
    )

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username", "first_name", "last_name", "email", "is_staff")
        help_texts = {"email": EMAIL}
