"""The kinds of notice that a user wants. Who has never chosen wants all of them."""

from collections.abc import Collection
from typing import Any

from django.db import transaction

from tickets.notices.models import Kind, Muted


def ticked_kinds(user: Any) -> list[tuple[str, str, bool]]:
    """Each kind with its words, and whether the user wants it."""
    muted = set(Muted.objects.filter(user_id=user.pk).values_list("kind", flat=True))
    return [(kind.value, kind.label, kind not in muted) for kind in Kind]


def want_only(user: Any, kinds: Collection[str]) -> None:
    muted = sorted(set(Kind.values) - set(kinds))
    with transaction.atomic():
        Muted.objects.filter(user_id=user.pk).exclude(kind__in=muted).delete()
        rows = [Muted(user_id=user.pk, kind=kind) for kind in muted]
        Muted.objects.bulk_create(rows, ignore_conflicts=True)
