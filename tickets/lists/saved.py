"""Views that agents save: a list with its filters and its order, under a name, in the side
navigation of its owner, or of everybody. Whoever shared it, each reader sees and counts only the
tickets that they may see, and "me" is the reader.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict

from tickets.board import BadFilter, Filters, sort_of
from tickets.bookkeeping import SavedView
from tickets.models import Queue
from tickets.visibility import may_create

MOST_OWN = 50
MOST_SHARED = 50  # of all agents together: each stands in everybody's navigation
MOST_OF_ONE = 10  # shared by one of them, who would else leave no room for the others
ONLY_AGENTS = "Only agents who serve a queue share views."
FILTERS = ("status", "priority", "queue", "assignee", "waiting", "due", "tag", "requester", "q")


def filters_in(params: QueryDict) -> dict[str, list[str]]:
    """What the list is narrowed to, as board.Filters reads it: whatever else the address holds, or
    holds a hundred times, is no filter."""
    filters: dict[str, list[str]] = {
        name: list(dict.fromkeys(params.getlist(name)))
        if name == "status"
        else [params.get(name, "")]
        for name in params
        if name in FILTERS
    }
    given = {name: [value for value in values if value] for name, values in filters.items()}
    return {name: values for name, values in given.items() if values}


def views_for(user: Any, *, is_agent: bool) -> list[SavedView]:
    """The user's own, and those that are shared with all agents."""
    which = Q(owner=user.pk) | Q(shared=True) if is_agent else Q(owner=user.pk)
    return list(SavedView.objects.filter(which).select_related("owner"))


def gone_queues(filters: Iterable[Filters], served: set[int]) -> set[int]:
    """The queues that these filters name, and that are there no more."""
    named = {wanted.queue for wanted in filters if wanted.queue} - served
    if not named:
        return set()
    return named - set(Queue.objects.filter(pk__in=named).values_list("pk", flat=True))


class SavedViewForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    query = forms.CharField(required=False, widget=forms.HiddenInput, max_length=10_000)

    class Meta:
        model = SavedView
        fields = ("name", "shared", "query")

    def __init__(self, owner: Any, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.owner = owner

    def clean_query(self) -> str:
        """What of the address says which list it is, in one order, and not which page of it."""
        try:
            given = QueryDict(self.cleaned_data["query"].removeprefix("?"))
            Filters.parse(given, self.owner)
            sort_of(given)
        except BadFilter as error:
            raise ValidationError(f"{error}") from None
        filters, sort = filters_in(given), given.get("sort")
        kept = {name: filters[name] for name in FILTERS if name in filters}
        return urlencode(kept | ({"sort": [sort]} if sort else {}), doseq=True)

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if SavedView.objects.filter(owner=self.owner, name=name).exists():
            raise ValidationError(
                f"You have a view “{name}” already: choose another name, or remove that one first."
            )
        return name

    def clean(self) -> dict[str, Any]:
        if SavedView.objects.filter(owner=self.owner).count() >= MOST_OWN:
            raise ValidationError(f"You have {MOST_OWN} views already: remove one first.")
        if self.cleaned_data.get("shared"):
            self._may_be_shared()
        return self.cleaned_data

    def _may_be_shared(self) -> None:
        if not may_create(self.owner):
            raise ValidationError(f"{ONLY_AGENTS} Save this one for yourself.")
        shared = SavedView.objects.filter(shared=True)
        if shared.filter(owner=self.owner).count() >= MOST_OF_ONE:
            raise ValidationError(
                f"You share {MOST_OF_ONE} views already: save this one for yourself."
            )
        if shared.count() >= MOST_SHARED:
            raise ValidationError(
                f"There are {MOST_SHARED} shared views already: save this one for yourself."
            )

    def sentence(self) -> str:
        """Why it was refused."""
        return " ".join(str(error) for errors in self.errors.values() for error in errors)
