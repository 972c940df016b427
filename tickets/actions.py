"""What the forms of a ticket's page do: change it, take it, comment on it, take a change back.

What is refused is shown on the ticket's page, with all that was chosen and written still in its
forms. A form that is refused gets a new idempotency key, unless its own one is still at work.
"""

from collections.abc import Callable
from functools import cache, wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

import live
from tickets import editing
from tickets.attachments.limits import Refused as NotAttached
from tickets.attachments.sent import SentFiles
from tickets.editing import AlreadyTaken, StaleVersion, Unseen
from tickets.forms import CommentForm, EditForm, Invalid, valid
from tickets.idempotency import Done, KeyRefused, Sent, once
from tickets.mail.outgoing import NotMailed
from tickets.merging.refusals import Merged
from tickets.models import Comment, Ticket
from tickets.pages import ticket_page, visible_or_404
from tickets.refusals import JUST_DELETED
from tickets.scripted import sent_by_script
from tickets.texts import number_in
from tickets.timeline import changes_since, said_since
from tickets.undo import NO_SUCH_CHANGE, NotUndoable, undo
from tickets.visibility import NO_SUCH_TICKET, visible_tickets


def action(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view that changes a ticket, and only answers POST.

    Somebody who has to log in first comes back to the page of the ticket, for the address of the
    action has no page. A ticket that the user may not see, or may not see any more, is not found.
    """

    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, ticket_id: int, **named: int) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(reverse("ticket", args=[ticket_id]))
        try:
            return view(request, ticket_id, **named)
        except Ticket.DoesNotExist:
            raise Http404(NO_SUCH_TICKET) from None

    return guarded


def panel_of(request: HttpRequest, ticket_id: int, *, then: str = "") -> EditForm:
    """The panel as it was sent, and the status that a button beside the reply sets."""
    sent = {name: request.POST[name] for name in request.POST}
    return EditForm(visible_or_404(request, ticket_id), sent | ({"status": then} if then else {}))


@sent_by_script
@action
def edit_ticket(request: HttpRequest, ticket_id: int) -> HttpResponseBase:
    head = live.head()

    @cache
    def panel() -> EditForm:
        return panel_of(request, ticket_id)

    def save() -> Ticket:
        changes = valid(panel()).wanted()
        version = panel().cleaned_data["version"]
        return editing.edit(request.user, ticket_id, changes, version=version)

    try:
        return led_on(request, once(Sent.by_form(request), save), "Saved.")
    except REFUSED as refusal:
        return _refused(request, ticket_id, head, refusal, key="edit_key", edit_form=panel())


@sent_by_script
@action
def take_ticket(request: HttpRequest, ticket_id: int) -> HttpResponseBase:
    head = live.head()
    try:
        taken = once(Sent.by_form(request), lambda: editing.take(request.user, ticket_id))
        return led_on(request, taken, "Ticket #{pk} is yours.")
    except REFUSED as refusal:
        return _refused(request, ticket_id, head, refusal, key="take_key")


@sent_by_script
@action
def add_comment(request: HttpRequest, ticket_id: int) -> HttpResponseBase:
    """Say it, and save in the same step what is chosen in the panel, which its script sends too."""
    head = live.head()
    form, then = CommentForm(request.POST), request.POST.get("then", "")
    files = SentFiles.of(request, ticket_id)

    def say() -> Comment:
        said, saved = valid(form).cleaned_data, {}
        panel = panel_of(request, ticket_id, then=then)
        if panel.chosen and ("version" in request.POST or then):
            changes = valid(panel).wanted()
            saved = {"changes": changes, "version": panel.cleaned_data["version"]}
        attaching = files.chosen()
        return editing.comment(request.user, ticket_id, attaching=attaching, **said, **saved)

    try:
        files.store(request, visible_or_404(request, ticket_id))
        said = once(Sent.by_form(request), say)
        files.forget_unsent()
    except REFUSED as refusal:
        panel = panel_of(request, ticket_id)
        shown = {"comment_form": form, "then": then, "edit_form": panel, "files": files.waiting()}
        return _refused(request, ticket_id, head, refusal, key="comment_key", **shown)
    if visible_tickets(request.user).filter(pk=ticket_id).exists():
        return redirect(f"{reverse('ticket', args=[ticket_id])}#comment-{said.made_id}")
    messages.success(request, f"Ticket #{ticket_id} is saved. It is out of your sight now.")
    return redirect("board")


@sent_by_script
@action
def undo_change(request: HttpRequest, ticket_id: int) -> HttpResponseBase:
    """Take back one's own change, which the form beside it in the history names."""
    head, version = live.head(), number_in(request.POST.get("version", ""))

    def take_back() -> Ticket:
        if version is None:
            raise NotUndoable(NO_SUCH_CHANGE)
        return undo(request.user, ticket_id, version)

    try:
        return led_on(request, once(Sent.by_form(request), take_back), "Taken back.")
    except REFUSED as refusal:
        return _refused(request, ticket_id, head, refusal, key="undo_key")


def led_on(request: HttpRequest, done: Done[Ticket], message: str) -> HttpResponseBase:
    """Lead to the ticket, or to the board if it is out of the user's sight by now. What was done
    before is not said again, for by now it may not be so any more."""
    ticket = visible_tickets(request.user).filter(pk=done.made_id).first()
    if done.made is None:
        sentence = f"Ticket #{done.made_id} was saved once, though this was sent twice."
        sentence += "" if ticket else " It is out of your sight now."
    elif ticket is None:
        sentence = (
            f"Ticket #{done.made_id} is saved in {done.made.queue}, which you do not serve:"
            " it is out of your sight now."
        )
    else:
        sentence = message.format(pk=done.made_id)
    messages.success(request, sentence, extra_tags=change_tag(done.made))
    return redirect(reverse("ticket", args=[ticket.pk]) if ticket else "board")


def change_tag(ticket: Ticket | None) -> str:
    """Names the change, so that the page that tells of it offers to take it back."""
    return f"{ticket.pk} {ticket.version}" if ticket is not None and ticket.has_changed else ""


REFUSED = (
    Invalid, KeyRefused, IntegrityError, AlreadyTaken, StaleVersion, Unseen, NotUndoable, Merged,
    NotAttached, NotMailed,
)  # fmt: skip


def _refused(
    request: HttpRequest, ticket_id: int, head: int, refusal: Exception, *, key: str, **shown: Any
) -> HttpResponse:
    """The ticket's page, which says why nothing was saved, and still has all that was sent."""
    status = HTTPStatus.CONFLICT
    match refusal:
        case Invalid():  # each form says it by itself
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        case KeyRefused():
            status = refusal.status
            shown |= {"refusal": f"{refusal}", key: refusal.next_key}
        case IntegrityError():  # what was to be pointed to was there when it was looked for
            shown["refusal"] = JUST_DELETED
        case NotAttached():
            status = refusal.status
            shown["refusal"] = f"Nothing was sent. {refusal}"
        case AlreadyTaken() | NotUndoable() | NotMailed() | Merged():
            shown["refusal"] = f"{refusal}"
        case StaleVersion() | Unseen():
            shown |= _missed(request.user, refusal, **shown)
    ticket = visible_or_404(request, ticket_id)
    return ticket_page(request, ticket, head, **shown, status=status)


def _missed(
    user: Any,
    refusal: StaleVersion | Unseen,
    edit_form: EditForm,
    comment_form: CommentForm | None = None,
    **_: Any,
) -> dict[str, Any]:
    """What others did since the forms were filled in, and the forms as they are to be sent once
    that has been read."""
    ticket = refusal.current
    shown: dict[str, Any] = {"edit_form": edit_form.on_top_of(ticket)}
    if isinstance(refusal, StaleVersion):
        shown["missed"] = changes_since(ticket, refusal.seen)
    elif edit_form.chosen and edit_form.is_valid():
        version = edit_form.cleaned_data["version"]
        if version != ticket.version:
            shown["missed"] = changes_since(ticket, version)
    seen = comment_form.cleaned_data["seen"] if comment_form else None
    if seen is not None and (unseen := said_since(ticket, user, seen)):
        assert comment_form is not None
        shown["unseen"] = unseen
        shown["comment_form"] = comment_form.having_seen(unseen[-1].pk)
    return shown
