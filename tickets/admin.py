"""Django's admin: queues and their agents, tickets, and the history.

Staff who are no superusers find here the tickets that the one rule lets them see, no others.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from tickets.bulk import BulkForm, set_for_each
from tickets.editing import StaleVersion
from tickets.models import Change, Comment, Membership, Queue, Ticket
from tickets.people import assignable
from tickets.refusals import deeds_since
from tickets.visibility import visible_tickets


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)
    verbose_name = "agent"
    verbose_name_plural = "agents"


@admin.register(Queue)
class QueueAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    search_fields = ("name",)
    inlines = (MembershipInline,)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Says how many tickets are in the way, not which: they may be hidden from this user."""
        found, count, needed, protected = super().get_deleted_objects(objs, request)
        if protected:
            protected = [f"Tickets: {len(protected)}. Move or delete them first."]
        return found, count, needed, protected


class ReadOnlyAdmin(admin.options.BaseModelAdmin):  # type: ignore[type-arg]
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CommentInline(admin.StackedInline):  # type: ignore[type-arg]
    """Comments are added, never changed or deleted."""

    model = Comment
    extra = 0
    fields = ("body", "internal", "author", "created_at")
    readonly_fields = ("author", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        return super().get_queryset(request).select_related("author")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ChangeInline(ReadOnlyAdmin, admin.TabularInline):  # type: ignore[type-arg]
    model = Change
    fields = ("at", "actor_name", "field", "old", "new")
    verbose_name_plural = "history"


class TicketForm(forms.ModelForm):  # type: ignore[type-arg]
    """Carries the version that was seen: what changed meanwhile is shown, not overwritten."""

    # Not `version`: a model form refuses the name of a field that is not editable.
    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Ticket
        fields = (
            "subject", "description", "queue", "assignee", "status", "priority",
            "requester_name", "requester_email", "due_at",
        )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.is_change = not self.instance._state.adding
        if "seen_version" in self.fields:  # it is not for who may only look
            self.fields["seen_version"].required = self.is_change
            self.fields["seen_version"].initial = self.instance.version

    def clean_seen_version(self) -> int | None:
        seen: int | None = self.cleaned_data["seen_version"]
        if self.is_change and seen is not None:
            # Under the lock that the admin's transaction keeps until the ticket is saved.
            current = Ticket.locked([self.instance.pk], DEFAULT_DB_ALIAS).get()
            if current.version != seen:
                stale = StaleVersion(current, seen)
                self.add_error(None, ValidationError([f"{stale}", *deeds_since(current, seen)]))
        return seen

    def clean_assignee(self) -> Any:
        assignee = self.cleaned_data["assignee"]
        if assignee and not assignable(self.instance).filter(pk=assignee.pk).exists():
            raise ValidationError("Only an active user can be given a ticket.")
        return assignee


@admin.register(Ticket)
class TicketAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = TicketForm
    list_display = ("__str__", "status", "priority", "queue", "assignee", "updated_at")
    list_filter = (
        "status",
        "priority",
        ("queue", admin.RelatedOnlyFieldListFilter),
        ("assignee", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("queue", "assignee")
    search_fields = ("=id", "subject", "requester_name", "requester_email", "description")
    search_help_text = "Number, subject, requester or description"
    autocomplete_fields = ("queue", "assignee")
    inlines = (CommentInline, ChangeInline)
    actions = ("assign", "set_status", "set_priority", "move")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        return visible_tickets(request.user)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for comment in formset.save(commit=False):
            comment.author = request.user
            comment.save()

    @admin.action(permissions=["change"], description="Assign selected tickets to …")
    def assign(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> HttpResponse:
        return self._in_bulk(request, tickets, "assign", "assignee")

    @admin.action(permissions=["change"], description="Set the status of selected tickets to …")
    def set_status(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> HttpResponse:
        return self._in_bulk(request, tickets, "set_status", "status")

    @admin.action(permissions=["change"], description="Set the priority of selected tickets to …")
    def set_priority(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> HttpResponse:
        return self._in_bulk(request, tickets, "set_priority", "priority")

    @admin.action(permissions=["change"], description="Move selected tickets to queue …")
    def move(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> HttpResponse:
        return self._in_bulk(request, tickets, "move", "queue")

    def _in_bulk(
        self, request: HttpRequest, selected: QuerySet[Ticket], action: str, field: str
    ) -> HttpResponse:
        """Ask for the value; once it is given, show what became of each ticket."""
        results: list[str] = []
        if "numbers" in request.POST:
            form = BulkForm(field, request.POST)
            if form.is_valid():
                given = form.cleaned_data
                visible = self.get_queryset(request)
                results = [*set_for_each(visible, given["numbers"], field, given["value"])]
        else:
            numbers = ",".join(map(str, selected.values_list("pk", flat=True)))
            form = BulkForm(field, initial={"numbers": numbers})
        context = {
            **self.admin_site.each_context(request),
            "title": f"Set the {field} of {form.count} selected",
            "opts": self.opts,
            "action": action,
            "form": form,
            "results": results,
        }
        return TemplateResponse(request, "admin/tickets/ticket/bulk.html", context)


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("at", "number", "actor_name", "field", "old", "new")
    list_filter = ("field",)
    search_fields = ("=ticket__id", "actor_name")
    fields = ("at", "number", "version", "actor_name", "field", "old", "new")

    @admin.display(description="ticket", ordering="ticket_id")
    def number(self, change: Change) -> str:
        return f"#{change.ticket_id}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        changes = super().get_queryset(request).order_by("-at", "-id")
        if request.user.is_superuser:  # of deleted tickets too
            return changes
        return changes.filter(ticket_id__in=visible_tickets(request.user).values("pk"))
