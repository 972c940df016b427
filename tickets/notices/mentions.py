"""Who is meant by @name in a comment."""

import re
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q

from tickets.models import Ticket
from tickets.visibility import audience_of, audiences_of

MOST = 20  # people of one comment
# A username may hold these signs, and a sentence may go on with one of them. What stands behind a
# letter is an e-mail address.
NAMED = re.compile(r"(?<![\w.@+-])@([\w.@+-]{1,150})")


def names_in(text: str) -> set[str]:
    """The names that may be meant; a dot at the end may be the sentence's."""
    found: dict[str, str] = {}  # by their first spelling, in their order
    for match in NAMED.finditer(text):
        found.setdefault(match[1].casefold(), match[1])
        if len(found) == MOST:
            break
    return {spelling for name in found.values() for spelling in (name, name.rstrip(".@+-"))} - {""}


def mentioned(text: str, ticket: Ticket) -> list[int]:
    """The ids of the users whom the text names, and who may see the ticket."""
    names = names_in(text)
    if not names:
        return []
    named = Q()
    for name in names:
        named |= Q(username__iexact=name)
    ids = get_user_model()._default_manager.filter(named, is_active=True).order_by("pk")
    audience = audience_of(ticket)
    seeing: dict[Any, frozenset[str]] = audiences_of(list(ids.values_list("pk", flat=True)[:MOST]))
    return [user_id for user_id, audiences in seeing.items() if audiences & audience]
