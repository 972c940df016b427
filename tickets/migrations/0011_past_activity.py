"""The last activity of the tickets that are there: their newest comment, or their opening. And the
indexes by which long lists are sorted and counted.

A thousand tickets at a time, each thousand in a transaction of its own, so that nobody who writes
waits for long. It is written in SQL, which tells nobody: no page that is open by now shows it. The
indexes are built while others go on writing; what a former attempt left unfinished is made anew.
"""

from typing import Any

from django.db import migrations, models

AT_ONCE = 1000
INDEXES = (
    models.Index(
        fields=["queue", "status", "assignee", "priority", "awaits_answer", "due_at"],
        name="ticket_counted",
    ),
    *(
        models.Index(fields=[name, "id"], name=f"ticket_by_{name}")
        for name in ("created_at", "due_at", "last_activity_at", "updated_at")
    ),
)
BEFORE = models.Index(fields=["queue", "status"], name="ticket_queue_status")  # begins the first
# All comments so far are those of agents.
UPDATE = """
UPDATE tickets_ticket SET
    last_activity_at = COALESCE((
        SELECT MAX(said.created_at) FROM tickets_comment AS said
        WHERE said.ticket_id = tickets_ticket.id AND said.created_at > tickets_ticket.created_at
    ), created_at),
    last_activity_by = CASE
        WHEN EXISTS (
            SELECT 1 FROM tickets_comment AS said WHERE said.ticket_id = tickets_ticket.id
        ) THEN 'agent'
        WHEN requester_name <> '' OR requester_email <> '' THEN 'requester'
        WHEN EXISTS (
            SELECT 1 FROM tickets_change AS opening
            WHERE opening.ticket_id = tickets_ticket.id
                AND opening.field = 'created' AND opening.actor_name <> ''
        ) THEN 'agent'
        ELSE 'system' END,
    awaits_answer = ((requester_name <> '' OR requester_email <> '') AND NOT EXISTS (
        SELECT 1 FROM tickets_comment AS said
        WHERE said.ticket_id = tickets_ticket.id AND NOT said.internal
    ))
WHERE id > %s AND id <= %s
"""


def fill(apps: Any, schema_editor: Any) -> None:
    newest = apps.get_model("tickets", "Ticket").objects.order_by("-pk").values_list("pk").first()
    with schema_editor.connection.cursor() as cursor:
        for done in range(0, newest[0] if newest else 0, AT_ONCE):
            cursor.execute(UPDATE, [done, done + AT_ONCE])


def add_indexes(apps: Any, schema_editor: Any) -> None:
    for index in INDEXES:
        _make(apps, index, schema_editor)
    _drop(BEFORE, schema_editor)


def take_back(apps: Any, schema_editor: Any) -> None:
    _make(apps, BEFORE, schema_editor)
    for index in INDEXES:
        _drop(index, schema_editor)


def _make(apps: Any, index: models.Index, schema_editor: Any) -> None:
    _drop(index, schema_editor)
    how = {"concurrently": True} if _is_postgresql(schema_editor) else {}
    schema_editor.add_index(apps.get_model("tickets", "Ticket"), index, **how)


def _drop(index: models.Index, schema_editor: Any) -> None:
    how = "CONCURRENTLY " if _is_postgresql(schema_editor) else ""
    schema_editor.execute(f"DROP INDEX {how}IF EXISTS {index.name}")


def _is_postgresql(schema_editor: Any) -> bool:
    return bool(schema_editor.connection.vendor == "postgresql")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0010_last_activity")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                *(migrations.AddIndex("ticket", index) for index in INDEXES),
                migrations.RemoveIndex("ticket", BEFORE.name),
            ],
            database_operations=[migrations.RunPython(add_indexes, take_back)],
        ),
    ]
