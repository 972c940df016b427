"""The files of a ticket's form: those that come with it, and those that were uploaded before it."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from tickets.attachments.limits import MOST
from tickets.attachments.models import Attachment
from tickets.attachments.storing import store_all
from tickets.attachments.taking import chosen, pending_of
from tickets.search import LARGEST_ID
from tickets.texts import number_in

FIELD = "files"  # what the browser itself sends along
NAMED = "attachments"  # ids of what was uploaded before, each with its tick
KEPT = "attached"  # the same as the page's script keeps it, with their names, in JSON
LONGEST_KEPT = 20_000  # characters


@dataclass
class SentFiles:
    """Stored as soon as the form is there, so that nobody has to choose them again where it is
    refused: its page then names them by their ids."""

    user: Any
    ticket_id: int
    ids: list[int]
    new: list[Attachment] = field(default_factory=list)

    @classmethod
    def of(cls, request: HttpRequest, ticket_id: int) -> "SentFiles":
        numbers = [number_in(text) or 0 for text in request.POST.getlist(NAMED)[: MOST + 1]]
        return cls(request.user, ticket_id, numbers + _ids_in(request.POST.get(KEPT, "")))

    def store(self, request: HttpRequest, ticket: Any) -> None:
        if files := request.FILES.getlist(FIELD):
            self.new = store_all(ticket, files, request.user)
            self.ids += [attachment.pk for attachment in self.new]

    def chosen(self) -> list[Attachment]:
        return chosen(self.user, self.ticket_id, self.ids)

    def waiting(self) -> list[Attachment]:
        """Those of them that can still be sent, for the page of a refusal."""
        return [*pending_of(self.user, self.ticket_id).filter(pk__in=self.ids)]

    def forget_unsent(self) -> None:
        """A form that was taken before has sent its files then: what it brought now goes again."""
        keys = [attachment.pk for attachment in self.new]
        for attachment in pending_of(self.user, self.ticket_id).filter(pk__in=keys) if keys else ():
            attachment.delete()


def _ids_in(kept: str) -> list[int]:
    """What no script of ours has written names no file that is there: 0."""
    if not kept:
        return []
    try:
        ids = [one["id"] for one in json.loads(kept[:LONGEST_KEPT])]
    except (ValueError, TypeError, KeyError, RecursionError):
        return [0]
    return [key if type(key) is int and 0 < key <= LARGEST_ID else 0 for key in ids[: MOST + 1]]
