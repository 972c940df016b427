"""Indexes by which the tickets of one requester are found, whatever the case of the address, and
those that were merged into one."""

from typing import Any

from django.db import migrations, models
from django.db.models.functions import Lower

OF_REQUESTER = models.Index(Lower("requester_email"), "id", name="ticket_of_requester")
MERGED = models.Index(
    fields=["merged_into"],
    condition=models.Q(merged_into__isnull=False),
    name="ticket_merged",
)


def add(apps: Any, schema_editor: Any) -> None:
    """On PostgreSQL while others go on writing. What a former attempt left unfinished is made
    anew."""
    take_back(apps, schema_editor)
    how = {"concurrently": True} if _is_postgresql(schema_editor) else {}
    for index in (OF_REQUESTER, MERGED):
        schema_editor.add_index(apps.get_model("tickets", "Ticket"), index, **how)


def take_back(apps: Any, schema_editor: Any) -> None:
    how = "CONCURRENTLY " if _is_postgresql(schema_editor) else ""
    for index in (OF_REQUESTER, MERGED):
        schema_editor.execute(f"DROP INDEX {how}IF EXISTS {index.name}")


def _is_postgresql(schema_editor: Any) -> bool:
    return bool(schema_editor.connection.vendor == "postgresql")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0020_merged_tickets")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddIndex("ticket", OF_REQUESTER),
                migrations.AddIndex("ticket", MERGED),
            ],
            database_operations=[migrations.RunPython(add, take_back)],
        ),
    ]
