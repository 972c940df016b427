"""Which audiences a user is in: asks the function named in LIVE_AUDIENCES."""

from collections.abc import Callable, Collection, Mapping
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

Rule = Callable[[Collection[int]], Mapping[int, frozenset[str]]]


@cache
def _rule() -> Rule:
    rule: Rule = import_string(settings.LIVE_AUDIENCES)
    return rule


def audiences_of(user_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The audiences of each user, by id; none for one who is unknown or inactive."""
    found = _rule()(user_ids)
    return {user_id: found.get(user_id, frozenset()) for user_id in user_ids}
