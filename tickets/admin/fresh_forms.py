"""Forms of the admin whose controls show what the database says.

After "Back" a browser would fill in what a control showed before, and Save would write it over what
somebody else has set meanwhile. So nothing is left to the browser's memory, and what the reader has
chosen and not saved is marked (static/tickets/admin.js).
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class FreshForm(admin.ModelAdmin):  # type: ignore[type-arg]
    def get_form(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        form = super().get_form(request, *args, **options)
        for field in form.base_fields.values():
            forget(field.widget)
        return form


def forget(widget: Any) -> None:
    """The browser is told to remember nothing of the control."""
    innermost(widget).attrs.setdefault("autocomplete", "off")


def innermost(widget: Any) -> Any:
    """The widget itself, where the admin has put links to add and change around it."""
    return getattr(widget, "widget", widget)
