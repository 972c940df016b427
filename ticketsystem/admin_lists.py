"""What may stand in the address of a list in the admin.

Django filters a list by any look-up of any field that its address names.
"""

from typing import Any

from django.contrib import admin
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest

from tickets.folding import MOST_WORDS, words_of

# A pattern that is none is an error of the database, and on SQLite one that is made for it keeps
# the whole process for hours. An address has one value, and a range needs two.
REFUSED = {"regex", "iregex", "range"}


class Lists(admin.ModelAdmin):  # type: ignore[type-arg]
    """What the site adds to every list, those of Django's own among them."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        if REFUSED & set(lookup.split("__")):
            return False
        return bool(super().lookup_allowed(lookup, value, request))  # type: ignore[arg-type]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """SQLite fails at some hundreds of words, and each costs a look at all rows."""
        if len(words_of(search_term)) > MOST_WORDS:
            raise BadRequest(f"A search has at most {MOST_WORDS} words.")
        return super().get_search_results(request, queryset, search_term)


def with_bounds(admin_class: Any) -> Any:
    """The admin of a model with the above before it."""
    return type(admin_class.__name__, (Lists, admin_class), {"__module__": admin_class.__module__})
