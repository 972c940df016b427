"""Which audiences a user is in: asks the project's function that LIVE_AUDIENCES names."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from live.conf import conf

Rule = Callable[[Collection[Any]], Mapping[Any, frozenset[str]]]


def audiences_of(user_ids: Collection[Any]) -> dict[Any, frozenset[str]]:
    """The audiences of each user, by key; none for one who is unknown or inactive."""
    found = _rule()(user_ids)
    return {user_id: found.get(user_id, frozenset()) for user_id in user_ids}


def _rule() -> Rule:
    if not conf.AUDIENCES:
        raise ImproperlyConfigured(
            "LIVE_AUDIENCES is not set: it must be the dotted path of a function that takes users'"
            " keys and returns the audiences of each, as docs/live-in-your-project.md shows."
        )
    rule: Rule = import_string(conf.AUDIENCES)
    return rule
