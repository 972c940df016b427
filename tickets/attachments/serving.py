"""GET /tickets/<id>/attachments/<id>/<name>: one file, for whoever may see its ticket now.

A file is what a stranger sent. So it is offered to be saved, with a policy under which no browser
runs anything in it, and without guesses at its kind; only pictures that were looked at when they
were stored are shown. The name in the address decides nothing.
"""

import logging
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from tickets.attachments.models import Attachment
from tickets.visibility import visible_tickets

logger = logging.getLogger(__name__)

POLICY = "sandbox; default-src 'none'"
NO_SUCH_FILE = "There is no such file among those you may see."
TITLE_OF_LOST = "The file is lost"
LOST = "This file is not on the server any more, though it should be: tell whoever runs it."


@require_safe
@login_required
def serve(request: HttpRequest, ticket_id: int, attachment_id: int, name: str) -> HttpResponseBase:
    found = visible(request.user, ticket_id, attachment_id)
    try:
        file = found.file.open("rb")
    except FileNotFoundError:
        logger.error("the file of attachment %s is not in MEDIA_ROOT", found.pk)
        page = render_to_string("refusal.html", {"title": TITLE_OF_LOST, "sentence": LOST})
        return HttpResponse(page, status=HTTPStatus.NOT_FOUND)
    response = FileResponse(
        file, as_attachment=not found.is_picture, filename=found.name, content_type=found.type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return _head_of(response) if request.method == "HEAD" else response


def visible(user: Any, ticket_id: int, attachment_id: int) -> Attachment:
    """Http404 where the user may not see it. What is pending only its uploader sees."""
    sent = Q(pending=False) | Q(uploader=user.pk)
    tickets = visible_tickets(user).filter(pk=ticket_id)
    found = Attachment.objects.filter(
        sent, pk=attachment_id, ticket=ticket_id, ticket__in=tickets.values("pk")
    ).first()
    if found is None:
        raise Http404(NO_SUCH_FILE)
    return found


def _head_of(response: FileResponse) -> HttpResponse:
    """The same headers, without the file."""
    response.close()
    return HttpResponse(status=HTTPStatus.OK, headers=dict(response.headers))
