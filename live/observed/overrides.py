"""Finds the managers and querysets that write past Django's own methods.

A queryset that overrides `update()` or the like and calls `super()` ends in the methods that
wrapping.py has wrapped. One that does not call it may write as it likes, and nobody would be told.
So it is refused when its model is observed, before a page can be wrong.
"""

from collections.abc import Iterator
from inspect import isfunction, unwrap
from types import CodeType
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

# Each method that writes, and what else it may end in: `delete()` that sets a flag by `update()`.
WRITES = {
    "update": {"bulk_update", "save"},
    "bulk_create": {"create", "save"},
    "bulk_update": {"update", "save"},
    "delete": {"update", "save"},
}


def refuse_overrides(model: type[Model]) -> None:
    for manager in (*model._meta.managers, model._base_manager):
        for kind in (type(manager), type(manager.get_queryset())):
            for method in _lost_writes(kind):
                raise ImproperlyConfigured(
                    f"{model.__name__} cannot be observed: {method.__qualname__}() of its manager"
                    f" {manager.name!r} does not call super().{method.__name__}(), so what it"
                    " writes could not be told."
                )


def _lost_writes(kind: type) -> Iterator[Any]:
    for ancestor in kind.__mro__:
        # What a manager has of its queryset counts as Django's: it calls that of the queryset.
        if ancestor.__module__.startswith("django.db.models."):
            continue
        for name in WRITES:
            method = vars(ancestor).get(name)
            if isfunction(method) and not _is_handed_on(method, kind):
                yield method


def _is_handed_on(method: Any, kind: type) -> bool:
    """Whether it calls what it overrides, or ends in another method that is told."""
    names = set(_names_in(unwrap(method).__code__))  # from under its decorators
    bases = {"super", "get_queryset", *(base.__name__ for base in kind.__mro__)}
    overridden = method.__name__ in names and bool(names & bases)
    return overridden or bool(names & WRITES[method.__name__])


def _names_in(code: CodeType) -> Iterator[str]:
    """Of all globals and attributes that it uses, also in what is defined inside."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
