"""The page on which one ticket is merged into another: first it asks into which, then it says what
that will do, for it is not taken back. A ticket's script shows the same forms over its page."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

import live
from tickets.editing import StaleVersion
from tickets.idempotency import KeyRefused, Sent, once
from tickets.merging.deeds import merge, refuse
from tickets.merging.refusals import INTO_ITSELF, Merged, NotMerged, TwoPeople
from tickets.models import Ticket
from tickets.pages import page, visible_or_404
from tickets.refusals import since_then
from tickets.requesters import others
from tickets.scripted import sent_by_script
from tickets.search import LARGEST_ID
from tickets.texts import number_in
from tickets.visibility import NO_SUCH_TICKET, visible_tickets

NONE_CHOSEN = "Choose a ticket, or write its number."


@sent_by_script
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def merge_ticket(request: HttpRequest, ticket_id: int) -> HttpResponseBase:
    head = live.head()
    ticket = visible_or_404(request, ticket_id)
    if request.method != "POST" and ticket.merged_into_id:
        return redirect("ticket", ticket.pk)  # which says where it leads
    if request.method != "POST":
        return _page(request, head, ticket)
    into, sentence = _chosen(request, ticket)
    if into is None:
        return _page(request, head, ticket, sentence, HTTPStatus.UNPROCESSABLE_ENTITY)
    if request.POST.get("sure") != f"{into.pk}":
        return _ask(request, head, ticket, into)
    return _merge(request, head, ticket, into)


def _chosen(request: HttpRequest, ticket: Ticket) -> tuple[Ticket | None, str]:
    """The other ticket, or why there is none."""
    typed = request.POST.get("number", "").strip().removeprefix("#")
    number = number_in(typed or request.POST.get("into", ""))
    if number is None:
        return None, NO_SUCH_TICKET if typed else NONE_CHOSEN
    if number == ticket.pk:
        return None, INTO_ITSELF
    into = visible_tickets(request.user).filter(pk=min(number, LARGEST_ID)).first()
    return into, "" if into else NO_SUCH_TICKET


def _ask(
    request: HttpRequest, head: int, ticket: Ticket, into: Ticket, sentence: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:  # fmt: skip
    """What it will do, and whether it is to be done."""
    are_two_people = False
    try:
        refuse(ticket, into, despite=False)
    except TwoPeople:
        are_two_people = True
    except (Merged, NotMerged) as refusal:
        return _page(request, head, ticket, f"{refusal}", HTTPStatus.CONFLICT)
    comments = ticket.comments.count()
    shown = {"into": into, "are_two_people": are_two_people, "comments": comments}
    shown["pair"] = [ticket, into]
    return _page(request, head, ticket, sentence, status, **shown)


def _merge(request: HttpRequest, head: int, ticket: Ticket, into: Ticket) -> HttpResponseBase:
    how: dict[str, Any] = {
        "version": number_in(request.POST.get("version", "")),
        "despite": request.POST.get("despite") == "1",
    }
    sent = Sent.by_form(request)
    try:
        done = once(sent, lambda: merge(request.user, ticket.pk, into.pk, **how))
    except StaleVersion as stale:
        return _ask(request, head, stale.current, into, since_then(stale), HTTPStatus.CONFLICT)
    except KeyRefused as refusal:
        return _ask(request, head, ticket, into, f"{refusal}", refusal.status)
    except TwoPeople as refusal:
        return _ask(request, head, ticket, into, f"{refusal}", HTTPStatus.CONFLICT)
    except (Merged, NotMerged) as refusal:
        return _page(request, head, ticket, f"{refusal}", HTTPStatus.CONFLICT)
    except Ticket.DoesNotExist:  # one of them has left this user's sight meanwhile
        ticket = visible_or_404(request, ticket.pk)
        return _page(request, head, ticket, NO_SUCH_TICKET, HTTPStatus.NOT_FOUND)
    messages.success(request, f"#{ticket.pk} is merged into this ticket.")
    return redirect("ticket", done.made_id)


def _page(
    request: HttpRequest, head: int, ticket: Ticket, sentence: str = "",
    status: HTTPStatus = HTTPStatus.OK, **shown: Any,
) -> HttpResponse:  # fmt: skip
    shown |= {"ticket": ticket, "sentence": sentence, "others": others(request.user, ticket)}
    return page(request, "tickets/merge.html", head, shown, status=status)
