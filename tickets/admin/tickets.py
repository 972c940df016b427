"""Tickets in the admin.

Staff who are not superusers find the tickets here that visibility.py lets them see, and no others.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

import live
from tickets import editing
from tickets.admin.bulk_pages import BulkActions
from tickets.admin.fresh_forms import FreshForm
from tickets.admin.saved_once import SavedOnce
from tickets.admin.ticket_form import NewComments, TicketForm
from tickets.attachments.shown import attach_to
from tickets.folding import MOST_WORDS, words_of
from tickets.models import Comment, Ticket
from tickets.search import mentioning
from tickets.timeline import beginnings, saves, worded
from tickets.visibility import NO_SUCH_TICKET, visible_tickets

COMMENTS_SHOWN = 50  # the last ones; all of them stand on the ticket's page
HISTORY_AT_ONCE = 100  # changes of one page


class CommentInline(admin.StackedInline):  # type: ignore[type-arg]
    """Comments can be added, and are never changed or deleted. Those that are there are shown by
    the page's template, for here each would post fields of its own."""

    model = Comment
    formset = NewComments
    extra = 0
    fields = ("body", "requester", "internal")
    verbose_name_plural = "add comments"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        return super().get_queryset(request).none()

    def get_formset(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Django makes a class for each request, so it can hold who writes."""
        formset: Any = super().get_formset(request, *args, **options)
        formset.user = request.user
        return formset

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AssigneeFilter(admin.SimpleListFilter):
    """Thousands may have tickets, so the list names nobody. Who looks for a colleague's tickets
    types the name into the search."""

    title = "assignee"
    parameter_name = "assigned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "Me"), ("none", "Nobody"), ("others", "Somebody else")]

    def queryset(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
        if self.value() == "me":
            return tickets.filter(assignee=request.user.pk)
        if self.value() == "none":
            return tickets.filter(assignee=None)
        if self.value() == "others":
            return tickets.exclude(assignee=None).exclude(assignee=request.user.pk)
        return tickets


class TicketList(ChangeList):
    """It shows no description, of which a hundred may be millions of characters."""

    def get_queryset(self, request: HttpRequest, *args: Any, **options: Any) -> QuerySet[Any]:
        return super().get_queryset(request, *args, **options).defer("description")


@admin.register(Ticket)
class TicketAdmin(SavedOnce, FreshForm, BulkActions):
    form = TicketForm
    list_display = ("__str__", "status", "priority", "queue", "assignee", "updated_at")
    list_filter = (
        "status",
        "priority",
        ("queue", admin.RelatedOnlyFieldListFilter),
        AssigneeFilter,
    )
    search_fields = ("=assignee__username",)  # and what get_search_results() adds
    search_help_text = (
        f"At most {MOST_WORDS} words in number, subject, requester, description or comments;"
        " or the username of the assignee"
    )
    show_full_result_count = False
    autocomplete_fields = ("queue", "assignee")
    inlines = (CommentInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        return visible_tickets(request.user)

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return TicketList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Ticket], search_term: str
    ) -> tuple[QuerySet[Ticket], bool]:
        """As on the board."""
        words = words_of(search_term)
        if not words:
            return queryset, False
        assigned, _ = super().get_search_results(request, queryset, search_term)
        found = mentioning(Ticket.objects.all(), words).values("pk")
        return queryset.filter(Q(pk__in=found) | Q(pk__in=assigned.values("pk"))), False

    def get_form(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        form = super().get_form(request, *args, **options)  # a class made for this request
        form.user = request.user
        form.key_refusal = getattr(request, "key_refusal", None)
        return form

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        context = {"head": live.head(), **(extra_context or {})}  # before the data of the page
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except Ticket.DoesNotExist:  # it left this user's sight after the page had found it
            raise Http404(NO_SUCH_TICKET) from None

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        ticket = context["original"]
        if ticket is not None:
            newest = ticket.comments.order_by("-created_at", "-pk")[:COMMENTS_SHOWN]
            context["comments"] = [*beginnings(newest)][::-1]
            context["attached"] = attach_to(context["comments"], ticket.pk)
            context["comments_total"] = ticket.comments.count()
            context["seen"] = max((said.pk for said in context["comments"]), default=0)
        return super().render_change_form(request, context, *args, **options)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The history of the ticket, whoever changed it, and not only what was done in the admin,
        of which Django knows."""
        ticket = self.get_object(request, object_id)
        if ticket is None or not self.has_view_or_change_permission(request, ticket):
            return super().history_view(request, object_id, extra_context)  # which refuses
        pages = Paginator(ticket.history.order_by("version", "pk"), HISTORY_AT_ONCE)
        page = pages.get_page(request.GET.get("p"))
        changes: Any = page.object_list  # which is a queryset still
        history = {"page": page, "entries": saves(worded(changes.values_list("pk", flat=True)))}
        return super().history_view(request, object_id, {**history, **(extra_context or {})})

    def save_model(
        self, request: HttpRequest, ticket: Ticket, form: TicketForm, change: bool
    ) -> None:
        if change:
            seen = form.cleaned_data["seen_version"]
            editing.edit(request.user, ticket.pk, form.values(), version=seen)
        else:
            ticket.pk = editing.create(**form.values()).pk

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the new comments; nothing else can be added beside a ticket.

        The ticket has been locked since the form was checked. This form may just have moved it out
        of its user's sight, and its comments are saved all the same.
        """
        for comment in formset.save(commit=False):
            editing.comment_on_any(
                form.instance.pk, request.user, comment.body,
                internal=comment.internal, requester=comment.requester,
            )  # fmt: skip
