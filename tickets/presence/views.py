"""Who is on which ticket, for pages that do not know any more."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

import live
from tickets.presence.people import people_on
from tickets.refusals import SIGNED_OUT, refuse
from tickets.scripted import SOMEONE_ELSE, is_sent_for_another
from tickets.visibility import visible_tickets


@require_safe
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return refuse(401, SIGNED_OUT)
    if is_sent_for_another(request):
        return refuse(403, SOMEONE_ELSE)
    head = live.head()
    return JsonResponse({"head": head, "people": on_visible(request.user)})


def on_visible(user: Any) -> dict[int, Any]:
    """The people of all tickets that the user sees: whichever of them enters the list, the page
    knows who is there."""
    return people_on(visible_tickets(user).values("pk"))
