"""Users and groups in the admin: Django's own pages, with forms that show what is stored."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect

from tickets.admin.fresh_forms import FreshForm
from tickets.queues.last_superuser import NobodyLeft, keep_one

admin.site.unregister(User)
admin.site.unregister(Group)

SUPERUSER = ("is_active", "is_superuser")  # who has both


class UserForm(UserChangeForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        """In the admin's transaction, which then saves."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        taken = [name for name in SUPERUSER if not cleaned.get(name, True)]
        if taken:
            try:
                keep_one([self.instance.pk])
            except NobodyLeft as error:
                self.add_error(taken[0], f"{error}")
        return cleaned


@admin.register(User)
class UserPages(FreshForm, UserAdmin):  # type: ignore[type-arg]
    """Django's, and no control of it is filled in by the browser; one active superuser stays."""

    form = UserForm

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """What Django does first when it deletes one or many: what is refused is not logged."""
        keep_one([user.pk for user in queryset])
        return super().log_deletions(request, queryset)

    def delete_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        return self._or_say_why(request, super().delete_view, *args, **options)

    def changelist_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """A POST is an action on the chosen ones, such as to delete them."""
        view = super().changelist_view
        if request.method == "POST":
            view = transaction.atomic(view)
        return self._or_say_why(request, view, *args, **options)

    def _or_say_why(self, request: HttpRequest, view: Any, *args: Any, **options: Any) -> Any:
        try:
            return view(request, *args, **options)
        except NobodyLeft as error:
            self.message_user(request, f"{error}", messages.ERROR)
            return redirect("admin:auth_user_changelist")


@admin.register(Group)
class GroupPages(FreshForm, GroupAdmin):
    """Django's, and no control of it is filled in by the browser."""
