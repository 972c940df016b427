"""Queues and their agents in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from tickets.admin.fresh_forms import FreshForm
from tickets.admin.records import CascadingAdmin
from tickets.models import Membership, Queue
from tickets.names import name_of
from tickets.queues.lists import with_numbers

AGENTS = Queue._meta.get_field("agents")


class QueueForm(forms.ModelForm):  # type: ignore[type-arg]
    """Posts only the agents who come and go. A form with a row for each agent grows with the queue,
    and Django refuses a form of more than a thousand fields."""

    add_agents = forms.ModelMultipleChoiceField(
        get_user_model()._default_manager.all(), required=False,
        widget=AutocompleteSelectMultiple(AGENTS, admin.site),
    )  # fmt: skip
    remove_agents = forms.ModelMultipleChoiceField(
        get_user_model()._default_manager.all(), required=False,
        widget=AutocompleteSelectMultiple(AGENTS, admin.site),
    )  # fmt: skip

    class Meta:
        model = Queue
        fields = ("name",)

    def clean_remove_agents(self) -> Any:
        leaving = self.cleaned_data["remove_agents"]
        strangers = [name_of(user) for user in leaving.exclude(memberships__queue=self.instance.pk)]
        if strangers:
            raise ValidationError(f"Not an agent of this queue: {', '.join(strangers)}.")
        return leaving


@admin.register(Queue)
class QueueAdmin(FreshForm):
    form = QueueForm
    search_fields = ("name",)
    list_display = ("name", "agent_count", "open_count")

    def get_queryset(self, request: HttpRequest) -> Any:
        return with_numbers(super().get_queryset(request))

    @admin.display(description="agents", ordering="agent_count")
    def agent_count(self, queue: Any) -> int:
        return int(queue.agent_count)

    @admin.display(description="open tickets", ordering="open_count")
    def open_count(self, queue: Any) -> int:
        return int(queue.open_count)

    def get_fields(self, request: HttpRequest, obj: Queue | None = None) -> list[Any]:
        """Agents are added and removed by those who may add and delete memberships."""
        if obj is None:
            return ["name", *self._agent_fields(request, self.has_add_permission(request))]
        changeable = self._agent_fields(request, self.has_change_permission(request, obj))
        return ["name", "agents_now", *changeable]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Queue | None = None
    ) -> tuple[str, ...]:
        return ("agents_now",)

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **options: Any) -> Any:
        form = super().get_form(request, obj, *args, **options)  # a class made for this request
        for name in {"add_agents", "remove_agents"} - {*self.get_fields(request, obj)}:
            form.base_fields.pop(name, None)
        return form

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.instance.agents.add(*form.cleaned_data.get("add_agents", ()))
        form.instance.agents.remove(*form.cleaned_data.get("remove_agents", ()))

    @admin.display(description="agents")
    def agents_now(self, queue: Queue) -> str:
        url = reverse("admin:tickets_membership_changelist", current_app=self.admin_site.name)
        count = queue.memberships.count()
        return format_html('{} (<a href="{}?queue__id__exact={}">list</a>)', count, url, queue.pk)

    def _agent_fields(self, request: HttpRequest, may_change: bool) -> list[str]:
        rights = {"add_agents": "add_membership", "remove_agents": "delete_membership"}
        may = request.user.has_perm
        return [name for name in rights if may_change and may(f"tickets.{rights[name]}")]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Tell how many tickets prevent the deletion, but not which: this user may not be allowed
        to see them."""
        found, count, needed, protected = super().get_deleted_objects(objs, request)
        if protected:
            protected = [f"Tickets: {len(protected)}. Move or delete them first."]
        return found, count, needed, protected


@admin.register(Membership)
class MembershipAdmin(CascadingAdmin):
    """Who serves which queue. Agents are added and removed on the page of their queue."""

    list_display = ("queue", "user")
    list_display_links = None
    list_select_related = ("queue", "user")
    search_fields = ("user__username", "user__first_name", "user__last_name", "queue__name")
    ordering = ("queue__name", "user__username")
    show_full_result_count = False

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}  # it has no place of its own in the index: the queue's page leads here
