"""Deletions of users, groups and queues in the admin: at most some hundreds at a time.

Django's page of confirmation lists whatever goes with them, and posts a field for each; Django
refuses a form of more than a thousand fields. Tickets are deleted by a job (bulk_pages.py).
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase

DELETED_AT_ONCE = 500


@admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
def delete_some(
    model_admin: Any, request: HttpRequest, rows: QuerySet[Any]
) -> HttpResponseBase | None:
    """Django's action, refused with a sentence where too many rows are chosen."""
    chosen = rows.count()
    if chosen <= DELETED_AT_ONCE:
        return delete_selected(model_admin, request, rows)
    sentence = f"Nothing was deleted: {chosen} are chosen, {DELETED_AT_ONCE} are allowed at a time."
    model_admin.message_user(request, sentence, messages.ERROR)
    return None


admin.site.add_action(delete_some, "delete_selected")
