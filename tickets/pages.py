"""What the pages are rendered with: the side navigation and its counters, and a ticket's forms;
and where a form leads back to."""

import re
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from tickets.canned.replies import offered_on
from tickets.forms import CommentForm, EditForm
from tickets.inbox.quoted import QUOTED_DESCRIPTION
from tickets.lists.sidebar import Sidebar
from tickets.models import Ticket
from tickets.public import public_ticket
from tickets.requesters import others
from tickets.texts import LONGEST_TEXT
from tickets.timeline import timeline
from tickets.visibility import may_create, visible_tickets

# A path of this site. Browsers take two slashes, and a backslash for a slash, for another host, and
# overlook tabs and line ends on the way.
OUR_PATH = re.compile(r"/(?!/)[^\\\x00-\x1f\x7f]*")


def ticket_page(
    request: HttpRequest,
    ticket: Ticket,
    head: int,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    **context: Any,
) -> HttpResponse:
    """The page of a ticket, with the newest of its timeline unless another part of it is given."""
    told = context.get("timeline") or timeline(ticket)
    forms = {
        "edit_form": EditForm(ticket),
        "comment_form": CommentForm(initial={"seen": told.seen}),
    }
    known = public_ticket(ticket)  # for the page's script
    mails = bool(settings.EMAIL_URL)
    shown = {"ticket": ticket, "known": known, "mails": mails, "timeline": told, **forms, **context}
    shown["comment_form"].fields["body"].widget.attrs["data-offers"] = offered_on(ticket)
    shown["others"] = others(request.user, ticket)
    return page(request, "tickets/ticket.html", head, shown, status=status)


def visible_or_404(request: HttpRequest, ticket_id: int) -> Ticket:
    tickets = visible_tickets(request.user).annotate(has_quoted=QUOTED_DESCRIPTION)
    return get_object_or_404(tickets, pk=ticket_id)


def way_back(request: HttpRequest) -> str:
    """The page of this site that a form names in `next`, for one that stands on several pages; ""
    if it names none, or another site."""
    url = request.POST.get("next", "")
    return url if OUR_PATH.fullmatch(url) else ""


def whole_text_page(
    request: HttpRequest, ticket: Ticket, head: int, *, text: str, **context: Any
) -> HttpResponse:
    """A page of one text alone. One that is longer than texts may be now is cut there."""
    length, cut = len(text), text[:LONGEST_TEXT]
    shown = {"ticket": ticket, "text": cut, "length": length, "is_cut": cut != text, **context}
    return page(request, "tickets/whole_text.html", head, shown)


def page(
    request: HttpRequest,
    template: str,
    head: int,
    context: dict[str, Any],
    *,
    side: Sidebar | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """A page with the side navigation and its counters."""
    side = side or Sidebar.of(request.user, head=head)
    shared = {
        "head": head,
        "counted_until": side.counts.until,
        "sections": side.numbered(),
        "may_create": may_create(request.user, side.queues),
    }
    return render(request, template, {**shared, **context}, status=status)
