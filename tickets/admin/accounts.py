"""Users and groups in the admin: Django's own pages, with forms that show what is stored."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User

from tickets.admin.fresh_forms import FreshForm

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserPages(FreshForm, UserAdmin):  # type: ignore[type-arg]
    """Django's, and no control of it is filled in by the browser."""


@admin.register(Group)
class GroupPages(FreshForm, GroupAdmin):
    """Django's, and no control of it is filled in by the browser."""
