"""What a page says beside a reply of its mail. static/tickets/mailed.js says the same live."""

from typing import Any

from django import template

from tickets.mail.telling import public_mail, worded

register = template.Library()


@register.filter
def mail_state(comment: Any) -> dict[str, Any] | None:
    """The state of the mail, and a sentence about it; None for what is not mailed."""
    mail = public_mail(comment)
    return mail and {**mail, "words": worded(mail)}
