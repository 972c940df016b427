"""The bar below the list, by which the selected tickets are changed together.

A board loads it when its first row is selected: the names of thousands of colleagues would make
each board larger for what few of them need.
"""

from http import HTTPStatus
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tickets.forms import DO_NOT_FILL_IN, PRIORITIES, STATUSES, EditForm
from tickets.models import Queue
from tickets.names import name_of
from tickets.person_field import People, PeopleSelect
from tickets.refusals import SIGNED_OUT, refuse
from tickets.tags import TagsInput
from tickets.visibility import assignable, visible_tickets

NOTHING_TO_CHANGE = "There is no ticket in your sight that you could change."
NOBODY = "nobody"


class BarForm(forms.Form):
    """What is left at its own name is not changed. The script sends the rest to the API."""

    KEYS: ClassVar[dict[str, str]] = {**EditForm.KEYS, "add_tags": "+", "remove_tags": "-"}

    status = forms.ChoiceField(required=False, choices=[("", "Status"), *STATUSES])
    priority = forms.ChoiceField(required=False, choices=[("", "Priority"), *PRIORITIES])
    assignee = forms.ChoiceField(required=False, widget=PeopleSelect)
    queue = forms.ModelChoiceField(Queue.objects.all(), required=False, empty_label="Queue")
    add_tags = forms.CharField(required=False, widget=TagsInput)
    remove_tags = forms.CharField(required=False, widget=TagsInput)

    def __init__(self, user: Any) -> None:
        super().__init__(auto_id="bar-%s")
        first = [("", "Assignee"), (str(user.pk), f"me, {name_of(user)}"), (NOBODY, NOBODY)]
        others = assignable().exclude(pk=user.pk)
        self.fields["assignee"].widget.choices = People(first, others)
        for name, field in self.fields.items():
            label = name.replace("_", " ").capitalize()
            words = {"aria-label": label, "data-key": self.KEYS[name], **DO_NOT_FILL_IN}
            field.widget.attrs |= {**words, "placeholder": label} if "tags" in name else words


@require_safe
@never_cache
def bar(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return refuse(HTTPStatus.UNAUTHORIZED, SIGNED_OUT)
    if not visible_tickets(request.user).exists():  # the names of colleagues are for agents
        return refuse(HTTPStatus.FORBIDDEN, NOTHING_TO_CHANGE)
    return render(request, "tickets/_bar.html", {"form": BarForm(request.user)})
