"""The page of one's preferences, and what the menu changes of them on any page."""

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

import live
from tickets.own.forms import LOOKS, PreferencesForm
from tickets.own.preferences import kept, prefer
from tickets.own.zones import names
from tickets.pages import page, way_back
from tickets.refusals import refuse
from tickets.scripted import sent_by_script

NO_SUCH_LOOK = "Nothing was kept: there is no such theme, and no such density of rows."


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def preferences(request: HttpRequest) -> HttpResponseBase:
    head = live.head()
    form = PreferencesForm(kept(request), request.POST or None)
    if form.is_valid():
        prefer(request.user, **form.cleaned_data)
        messages.success(request, "Your preferences are saved.")
        return redirect("preferences")
    context = {"place": "own", "form": form, "zones": names(), "site_zone": settings.TIME_ZONE}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return page(request, "own/preferences.html", head, context, status=status)


@sent_by_script
@require_POST
@login_required
def look(request: HttpRequest) -> HttpResponse:
    """Sets theme or density, and leads back to the page on which that was chosen."""
    chosen = {name: request.POST[name] for name in LOOKS if name in request.POST}
    if not chosen or any(value not in LOOKS[name].values for name, value in chosen.items()):
        return refuse(HTTPStatus.BAD_REQUEST, NO_SUCH_LOOK)
    prefer(request.user, **chosen)
    return redirect(way_back(request) or "board")
