"""What a person is called on pages, in the API and in events."""

from contextlib import suppress
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import models


def name_of(user: Any) -> str:
    return str(user.get_full_name() or user.get_username())


def name_from(first: str, last: str, username: str) -> str:
    """The name that name_of() gives, from the columns of a user."""
    return f"{first} {last}".strip() or username


def writer_of(comment: Any) -> str:
    """The name of the author, or of the requester who wrote it themselves; "" for nobody known."""
    if comment.author_id is not None:
        return name_of(comment.author)
    ticket = comment.ticket if comment.requester else None
    return str(ticket.requester_name or ticket.requester_email) if ticket else ""


def is_unproven(comment: Any) -> bool:
    """Whether it came by mail under an address that proves nothing, and is not the requester's: its
    author is a name with an address behind it, "Jonas Weber <jonas@example.com>"."""
    is_anybody = comment.author_id is None and not comment.requester
    return is_anybody and comment.via == "mail" and str(comment.author_name).endswith(">")


class AuthorName(models.CharField):  # type: ignore[type-arg]
    """Filled with the name of whoever wrote the row when it is first written, whatever writes it:
    `bulk_create()` passes neither `save()` nor a signal. `loaddata` keeps what it loads."""

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        row = model_instance
        if add and not row.author_name:
            with suppress(ObjectDoesNotExist):  # the database refuses such a row by itself
                row.author_name = writer_of(row)[: self.max_length]
        return super().pre_save(row, add)

    def deconstruct(self) -> Any:
        name, _, positional, named = super().deconstruct()
        return name, "django.db.models.CharField", positional, named
