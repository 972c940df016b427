"""The button "Try again" beside a reply whose mail has failed."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from tickets.actions import action
from tickets.idempotency import KeyRefused, Sent, once
from tickets.mail.again import NotAgain, try_again
from tickets.models import Comment
from tickets.scripted import sent_by_script

NO_SUCH_COMMENT = "There is no such comment on this ticket."


@sent_by_script
@action
def send_again(request: HttpRequest, ticket_id: int, comment_id: int) -> HttpResponseBase:
    try:
        once(Sent.by_form(request), lambda: try_again(request.user, ticket_id, comment_id))
    except Comment.DoesNotExist:
        raise Http404(NO_SUCH_COMMENT) from None
    except (NotAgain, KeyRefused) as refusal:
        messages.warning(request, f"{refusal}")
    return redirect(f"{reverse('ticket', args=[ticket_id])}#comment-{comment_id}")
