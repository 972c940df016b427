"""What can only be read in the admin: the history of all tickets, and one's own bulk jobs."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tickets.bookkeeping import BulkJob
from tickets.models import Change
from tickets.timeline import WORDS
from tickets.visibility import visible_tickets


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Its rows can be read, and not added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CascadingAdmin(ReadOnlyAdmin):
    """Its rows go with the user or the queue that they belong to, and are not deleted here."""

    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # Django asks this also of what a deletion takes along

    def delete_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        raise PermissionDenied


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ("at", "number", "actor_name", "field", "old_words", "new_words")
    list_filter = ("field",)
    search_fields = ("=ticket__id", "actor_name")
    ordering = ("-id",)  # which has an index, and is the order of time
    show_full_result_count = False
    fields = ("at", "number", "version", "actor_name", "field", "old", "new")

    @admin.display(description="ticket", ordering="ticket_id")
    def number(self, change: Change) -> str:
        return f"#{change.ticket_id}"

    @admin.display(description="old")
    def old_words(self, change: Any) -> str:
        return str(change.old_words)

    @admin.display(description="new")
    def new_words(self, change: Any) -> str:
        return str(change.new_words)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        cut: Any = super().get_queryset(request).defer("old", "new").annotate(**WORDS)
        changes: QuerySet[Change] = cut
        if request.user.is_superuser:  # who also sees what was done to deleted tickets
            return changes
        return changes.filter(ticket_id__in=visible_tickets(request.user).values("pk"))


@admin.register(BulkJob)
class BulkJobAdmin(CascadingAdmin):
    """The jobs that one has confirmed, so that those are found again whose page was closed."""

    list_display = ("__str__", "created_at", "waiting")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("tickets.view_ticket"))

    has_module_permission = has_view_permission

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkJob]:
        own: QuerySet[BulkJob] = super().get_queryset(request).filter(user=request.user.pk)
        return own.annotate(left=Count("items", filter=Q(items__result="")))

    @admin.display(description="tickets that wait", ordering="left")
    def waiting(self, job: Any) -> int:
        return int(job.left)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        job = self.get_object(request, object_id)
        if job is None:
            return super().change_view(request, object_id, form_url, extra_context)  # says so
        return redirect("admin:tickets_bulk_job", job.pk)
