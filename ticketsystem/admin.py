"""The admin's site, which knows what to do when two people save the same thing at once."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from ticketsystem.admin_lists import with_bounds

View = Callable[..., HttpResponse]


class Site(admin.AdminSite):
    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(once_more(view), cacheable)

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        super().register(model_or_iterable, with_bounds(admin_class or admin.ModelAdmin), **options)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """There is one page for it, which counts wrong passwords."""
        return redirect("password_change")


class SiteConfig(AdminConfig):
    default_site = "ticketsystem.admin.Site"


def once_more(view: View) -> View:
    """Two people may save the same name at once: both forms are found valid, and the database then
    refuses the second. Nothing of that one was written, so its view is asked again, and this time
    finds what the first has saved, and says so beside the field."""

    @wraps(view)
    def asked_twice(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        try:
            return view(request, *args, **options)
        except IntegrityError:
            return view(request, *args, **options)

    return asked_twice
