"""One active superuser stays: without one nobody could manage queues and people, or make somebody
else a superuser. What is done in a shell is the administrator's own."""

from collections.abc import Collection

from django.contrib.auth import get_user_model

from tickets.queues.guards import Refused

NOBODY_LEFT = (
    "Nothing was changed, for no active superuser would be left to manage people and queues: make"
    " somebody else one first."
)


class NobodyLeft(Refused):
    def __init__(self) -> None:
        super().__init__(NOBODY_LEFT)


def keep_one(leaving: Collection[int]) -> None:
    """Refuse to take these users away if no active superuser stayed. To be called in the
    transaction that does it: two who take each other away are looked at one after the other."""
    superusers = get_user_model()._default_manager.filter(is_active=True, is_superuser=True)
    held = superusers.order_by("pk").select_for_update(no_key=True)
    there = set(held.values_list("pk", flat=True))
    if there and there <= set(leaving):
        raise NobodyLeft
