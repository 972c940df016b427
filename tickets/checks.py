"""`manage.py check --deploy` says where the search is slow, or does not see everything."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Warning, register
from django.db import DatabaseError, connection

from tickets.bookkeeping import SearchText
from tickets.models import Comment, Ticket

INDEXED = """
    SELECT FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relname = 'search_text_trigrams' AND indisvalid AND pg_table_is_visible(pg_class.oid)
"""


@register("tickets", deploy=True)
def check_search(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        return [*_index(), *_texts()]
    except DatabaseError:  # not there, or not migrated: others say so
        return []


def _index() -> Iterator[CheckMessage]:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(INDEXED)
        if cursor.fetchone() is not None:
            return
    yield Warning(
        "The search has no index of trigrams, so it reads every text: it is slow.",
        hint="As a user who may: CREATE EXTENSION IF NOT EXISTS pg_trgm; DROP INDEX IF EXISTS"
        " search_text_trigrams; CREATE INDEX CONCURRENTLY search_text_trigrams ON"
        " tickets_searchtext USING gin (folded gin_trgm_ops) WITH (gin_pending_list_limit = 512);",
        id="tickets.W001",
    )


def _texts() -> Iterator[CheckMessage]:
    missing = Ticket.objects.count() + Comment.objects.count() - SearchText.objects.count()
    if missing > 0:
        yield Warning(
            f"The search does not see {missing} tickets or comments, which were written past it.",
            hint="Run `manage.py fold`.",
            id="tickets.W002",
        )
