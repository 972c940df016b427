"""The search: which tickets mention each of some words, themselves or in one of their comments.

The texts are kept folded (folding.py), one `SearchText` for each ticket and each comment, written
in the transaction of whatever changes them. A word that is folded in the same way is looked for as
a part of them; on PostgreSQL an index of trigrams finds it.

A process of the release before, which still runs while an upgrade goes on, writes no `SearchText`,
and neither do the models of a migration. The newest rows are therefore looked at by each search,
folded or not. `manage.py fold` folds whatever else is missing.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Left

from tickets.bookkeeping import SearchText
from tickets.folding import fold
from tickets.models import Change, Comment, Ticket
from tickets.texts import SHOWN_AT_ONCE

SEARCHED = ("subject", "requester_name", "requester_email", "description")
WRITTEN = {"created", *SEARCHED}  # changes after which a ticket has other texts
NEWEST = 100  # changes and comments that each search looks at by itself, at their beginnings
AT_ONCE = 100  # rows that `fold_all()` holds in memory
LARGEST_ID = 2**63 - 1  # the databases' own limit, beyond which they fail
NEVER = datetime.min.replace(tzinfo=UTC)


def mentioning(tickets: QuerySet[Ticket], words: Collection[str]) -> QuerySet[Ticket]:
    """Those of the tickets that mention each of the words, or have one as their number."""
    unfolded = list(_unfolded()) if words else []
    for word in words:
        texts = SearchText.objects.filter(folded__contains=word)
        found = Q(pk__in=texts.values("ticket").union(_where_they_moved(texts), all=True))
        number = word.removeprefix("#")
        if number.isascii() and number.isdigit() and int(number) <= LARGEST_ID:
            found |= Q(pk=int(number))
        if late := {ticket_id for ticket_id, folded in unfolded if word in folded}:
            found |= Q(pk__in=late)
        tickets = tickets.filter(found)
    return tickets


def _where_they_moved(texts: QuerySet[SearchText]) -> QuerySet[SearchText, Any]:
    """The texts of a ticket that was merged stay with it: on PostgreSQL each that is written is cut
    into trigrams anew, which took 79 s for 5,000 comments. So they are found there and here."""
    merged = Ticket.objects.filter(merged_into__isnull=False).values("pk")
    return texts.filter(ticket__in=merged).values("ticket__merged_into")


def keep_moved(pointer: Ticket) -> None:
    """The ticket is about to be deleted, and takes the texts along that are with it. Those of the
    comments that have moved on are written again."""
    names = Comment.objects.filter(said_on=pointer.pk).values_list("pk", flat=True)
    moved = [f"comment {pk}" for pk in names.filter(ticket=pointer.merged_into_id)]
    for start in range(0, len(moved), AT_ONCE):
        texts = SearchText.objects.filter(name__in=moved[start : start + AT_ONCE])
        texts.update(ticket=pointer.merged_into_id)


def remember(rows: Iterable[Ticket | Comment]) -> None:
    """Keep what the rows say now, in the transaction of whoever changed them."""
    SearchText.objects.bulk_create(
        [
            SearchText(name=_name(row), ticket_id=_ticket_id(row), folded=_folded(row))
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["ticket", "folded", "at"],
    )


def fold_all() -> int:
    """Fold whatever is not folded as it should be, and forget what is gone. How many rows."""
    SearchText.objects.exclude(ticket__in=Ticket.objects.values("pk")).delete()
    return sum(_fold_rows(model) for model in (Ticket, Comment))


def _fold_rows(model: Any) -> int:
    done = last = 0
    while rows := list(model._base_manager.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        last = rows[-1].pk
        kept = dict(_kept(rows).values_list("name", "folded"))
        if wrong := [row.pk for row in rows if kept.get(_name(row)) != _folded(row)]:
            with transaction.atomic():
                remember(model.locked(wrong))  # which may have changed since they were read
        done += len(wrong)
    return done


def _unfolded() -> Iterator[tuple[int, str]]:
    """Of the newest rows those that nobody has folded since they were written, as the id of their
    ticket and how their texts begin."""
    changes = Change.objects.order_by("-pk").values_list("ticket_id", "field", "at")[:NEWEST]
    written: dict[int, datetime] = {}
    for ticket_id, field, at in changes:
        if field in WRITTEN:
            written.setdefault(ticket_id, at)
    comments = list(Comment.objects.order_by("-pk").values_list("pk", flat=True)[:NEWEST])
    names = [f"ticket {key}" for key in written] + [f"comment {key}" for key in comments]
    folded = dict(SearchText.objects.filter(name__in=names).values_list("name", "at"))
    old = [key for key, at in written.items() if folded.get(f"ticket {key}", NEVER) < at]
    missing = [key for key in comments if f"comment {key}" not in folded]
    if old:
        short, long = SEARCHED[:-1], Left("description", SHOWN_AT_ONCE)
        tickets = Ticket.objects.filter(pk__in=old).values_list("pk", *short, long)
        yield from ((ticket_id, fold("\n".join(texts))) for ticket_id, *texts in tickets)
    if missing:
        said = Comment.objects.filter(pk__in=missing)
        beginnings = said.values_list("ticket_id", Left("body", SHOWN_AT_ONCE))
        yield from ((ticket_id, fold(text)) for ticket_id, text in beginnings)


def _kept(rows: Iterable[Ticket | Comment]) -> QuerySet[SearchText]:
    return SearchText.objects.filter(name__in=[_name(row) for row in rows])


def _name(row: Ticket | Comment) -> str:
    return f"{'ticket' if isinstance(row, Ticket) else 'comment'} {row.pk}"


def _ticket_id(row: Ticket | Comment) -> int:
    return int(row.pk if isinstance(row, Ticket) else row.ticket_id)


def _folded(row: Ticket | Comment) -> str:
    names = SEARCHED if isinstance(row, Ticket) else ("body",)
    return fold("\n".join(getattr(row, name) for name in names))
