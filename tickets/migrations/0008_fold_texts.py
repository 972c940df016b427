"""Fold the texts that are there for the search; on PostgreSQL an index of trigrams finds words.

Texts are folded a hundred at a time, each hundred in a transaction of its own, and the index is
built while others go on writing: the site serves meanwhile. What is begun again after an error does
only what is left.
"""

from typing import Any
from unicodedata import combining, normalize

from django.db import DatabaseError, migrations

AT_ONCE = 100
SEARCHED = ("subject", "requester_name", "requester_email", "description")
UNDECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"}
)


def fold(text: str) -> str:
    letters = normalize("NFKD", normalize("NFKD", text).casefold()).translate(UNDECOMPOSED)
    return "".join(letter for letter in letters if not combining(letter))


def fold_texts(apps: Any, schema_editor: Any) -> None:
    search_text = apps.get_model("tickets", "SearchText")
    for kind, names in (("Ticket", SEARCHED), ("Comment", ("body",))):
        rows = apps.get_model("tickets", kind).objects.order_by("pk")
        ticket = "pk" if kind == "Ticket" else "ticket_id"
        last = 0
        while some := list(rows.filter(pk__gt=last).values_list("pk", ticket, *names)[:AT_ONCE]):
            last = some[-1][0]
            search_text.objects.bulk_create(
                [
                    search_text(
                        name=f"{kind.lower()} {key}", ticket_id=of, folded=fold("\n".join(texts))
                    )
                    for key, of, *texts in some
                ],
                ignore_conflicts=True,
            )


def index_trigrams(apps: Any, schema_editor: Any) -> None:
    """Where the extension may not be made, the search works without; `manage.py check` says so."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        try:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        except DatabaseError as error:
            print(f"\n    The search will be slow, for pg_trgm cannot be made: {error}", end="")
            return
        cursor.execute(
            "SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace"
            " WHERE extname = 'pg_trgm'"
        )
        (schema,) = cursor.fetchone()
        operators = f"{connection.ops.quote_name(schema)}.gin_trgm_ops"
        cursor.execute("DROP INDEX CONCURRENTLY IF EXISTS search_text_trigrams")
        cursor.execute(
            "CREATE INDEX CONCURRENTLY search_text_trigrams ON tickets_searchtext"
            # Each search reads all of what is pending, which is 4 MB by default.
            f" USING gin (folded {operators}) WITH (gin_pending_list_limit = 512)"
        )


def drop_trigrams(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS search_text_trigrams")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0007_search_text")]

    operations = [
        migrations.RunPython(fold_texts, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(index_trigrams, drop_trigrams),
    ]
