"""What a page is rendered with for the script that shows who is on a ticket."""

import json
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tickets.models import Ticket
from tickets.presence.people import people_of
from tickets.presence.views import on_visible

register = template.Library()


@register.simple_tag
def people_on_ticket(ticket: Ticket) -> SafeString:
    return _attributes({ticket.pk: people_of(ticket)})


@register.simple_tag(takes_context=True)
def people_on_tickets(context: Any) -> SafeString:
    return _attributes(on_visible(context["user"]))


def _attributes(people: dict[int, Any]) -> SafeString:
    """Without scripts nobody is shown, for nobody would be taken away."""
    return format_html(
        'data-people="{}" data-people-url="{}"', json.dumps(people), reverse("presence")
    )
