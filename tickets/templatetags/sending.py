"""What forms carry unseen, so that a form that is sent twice is done once, and what a message tells
of, so that it can be taken back."""

from django import template
from django.contrib.messages.storage.base import Message
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tickets.idempotency import FIELD, new_key

register = template.Library()


@register.simple_tag
def idempotency_key(kept: str | None = None) -> SafeString:
    """The form's key: a new one each time, or the one that was kept. The browser is asked not to
    fill in an old one when its user comes back to the page."""
    return format_html(
        '<input type="hidden" name="{}" value="{}" autocomplete="off">', FIELD, kept or new_key()
    )


@register.simple_tag
def change_of(message: Message) -> dict[str, str] | None:
    """The change that the message tells of, if it can be taken back."""
    ticket, _, version = (message.extra_tags or "").partition(" ")
    return {"ticket": ticket, "version": version} if version else None
