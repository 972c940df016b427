"""The pages of a ticket, and of a new one.

Each page reads the head of the log before its data, and hands it to the live client. The page's
stream begins at this head, so that no change is missed between the page and its stream.
"""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

import live
from tickets import editing
from tickets.actions import led_on
from tickets.attachments.limits import Refused as NotAttached
from tickets.attachments.sent import FIELD
from tickets.attachments.shown import attach_to
from tickets.attachments.storing import store_all
from tickets.attachments.taking import describe
from tickets.forms import Invalid, NewTicketForm, valid
from tickets.idempotency import KeyRefused, Sent, once
from tickets.inbox.quoted import whole_text
from tickets.models import Ticket
from tickets.pages import page, ticket_page, visible_or_404, whole_text_page
from tickets.refusals import JUST_DELETED
from tickets.requesters import others
from tickets.scripted import sent_by_script
from tickets.timeline import Place, timeline
from tickets.visibility import NOT_AN_AGENT, may_create, visible_tickets

QUOTED = "quoted"  # in the address of a text: with what it quotes
NO_SUCH_ENTRY = "There is no such entry on this ticket."


@require_safe
@never_cache
@login_required
def ticket(request: HttpRequest, ticket_id: int) -> HttpResponseBase:
    """A ticket with the newest of what was said and done, or with what stands before an entry, or
    up to one."""
    head = live.head()
    found = visible_or_404(request, ticket_id)
    if name := request.GET.get("until"):
        return _until(request, found, head, name)
    place = Place.named(found, name) if (name := request.GET.get("before")) else None
    if name and place is None:
        raise Http404(NO_SUCH_ENTRY)
    return ticket_page(request, found, head, timeline=timeline(found, place))


def _until(request: HttpRequest, found: Ticket, head: int, name: str) -> HttpResponseBase:
    """The page on which the entry is. Its script asks for it, for it alone knows what an address
    names behind its "#"."""
    if place := Place.named(found, name):
        return ticket_page(request, found, head, timeline=timeline(found, place.just_after))
    into = _merged_into(request, found)
    if into and Place.named(into, name):
        return redirect(f"{reverse('ticket', args=[into.pk])}#{name}")
    return redirect(f"{reverse('ticket', args=[found.pk])}#timeline-end")  # not asked for again


def _merged_into(request: HttpRequest, ticket: Ticket) -> Ticket | None:
    """Where its conversation goes on, if that is in the reader's sight."""
    if ticket.merged_into_id is None:
        return None
    return visible_tickets(request.user).filter(pk=ticket.merged_into_id).first()


@require_safe
@never_cache
@login_required
def description(request: HttpRequest, ticket_id: int) -> HttpResponse:
    """The whole of a description that the ticket's page shows shortened."""
    head = live.head()
    found = visible_or_404(request, ticket_id)
    text = whole_text(found) if QUOTED in request.GET else found.description
    return whole_text_page(request, found, head, text=text, files=attach_to((), found.pk))


@require_safe
@never_cache
@login_required
def comment(request: HttpRequest, ticket_id: int, comment_id: int) -> HttpResponseBase:
    """The whole of a comment that the ticket's page shows shortened."""
    head = live.head()
    found = visible_or_404(request, ticket_id)
    into = _merged_into(request, found)
    if into and into.comments.filter(pk=comment_id).exists():
        asked = request.GET.urlencode()
        url = reverse("comment", args=[into.pk, comment_id])
        return redirect(f"{url}?{asked}" if asked else url)
    said = get_object_or_404(found.comments.select_related("author"), pk=comment_id)
    text = whole_text(said) if QUOTED in request.GET else said.body
    files = said.attached
    return whole_text_page(request, found, head, text=text, comment=said, files=files)


@require_safe
@never_cache
@login_required
def others_of_requester(request: HttpRequest, ticket_id: int) -> HttpResponse:
    """The part of a ticket's page that lists the other tickets of its requester, for its script."""
    head = live.head()
    found = visible_or_404(request, ticket_id)
    shown = {"ticket": found, "others": others(request.user, found), "head": head}
    return render(request, "tickets/_others.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@sent_by_script
@never_cache
@login_required
def new_ticket(request: HttpRequest) -> HttpResponseBase:
    if not may_create(request.user):
        raise PermissionDenied(NOT_AN_AGENT)
    head = live.head()
    form = NewTicketForm(request.POST or None)
    key, status = None, HTTPStatus.OK
    if request.method == "POST":
        try:
            opened = once(Sent.by_form(request), lambda: opened_with_files(request, form))
            return led_on(request, opened, "Ticket #{pk} is open.")
        except KeyRefused as refusal:
            form.add_error(None, f"{refusal}")
            key, status = refusal.next_key, refusal.status
        except NotAttached as refusal:
            form.add_error(None, f"{refusal}")
            status = refusal.status
        except Invalid:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        except IntegrityError:
            form.add_error(None, JUST_DELETED)
            status = HTTPStatus.CONFLICT
    return page(request, "tickets/new.html", head, {"form": form, "key": key}, status=status)


def opened_with_files(request: HttpRequest, form: NewTicketForm) -> Ticket:
    """The files belong to the description."""
    said = valid(form).cleaned_data  # before it waits for others to write
    with transaction.atomic():
        ticket = editing.create(**said)
        describe(ticket, store_all(ticket, request.FILES.getlist(FIELD), request.user))
        return ticket
