"""Whoever's password was changed is told by mail, so that they notice if it was not they."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from tickets import mail
from ticketsystem.origin import named_origins

SUBJECT = "Your password was changed"


def tell_owner(user: Any) -> None:
    """To be called in the transaction that saves the new password."""
    if settings.EMAIL_URL and user.email:
        site = next((f"{origin}{settings.PREFIX}/" for origin in named_origins()), "")
        names = {"name": user.get_username(), "site": site}
        mail.queue(
            user.email, SUBJECT, render_to_string("registration/password_changed.txt", names)
        )
