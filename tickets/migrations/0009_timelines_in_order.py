"""Indexes by which a ticket's comments and changes are in order, so that its page reads the newest
alone, and counts the others without reading what they say."""

from typing import Any

from django.db import migrations, models

OF_COMMENTS = models.Index(fields=["ticket", "created_at"], name="comment_of_ticket")
OF_SAVES = models.Index(fields=["ticket", "at", "version"], name="save_of_ticket")
BEFORE = models.Index(fields=["ticket", "at"], name="change_of_ticket")  # the same without `version`


def add(apps: Any, schema_editor: Any) -> None:
    """On PostgreSQL while others go on writing. What a former attempt left unfinished is made
    anew."""
    for kind, index in (("Comment", OF_COMMENTS), ("Change", OF_SAVES)):
        _make(apps.get_model("tickets", kind), index, schema_editor)
    _drop(BEFORE, schema_editor)


def take_back(apps: Any, schema_editor: Any) -> None:
    _make(apps.get_model("tickets", "Change"), BEFORE, schema_editor)
    for index in (OF_COMMENTS, OF_SAVES):
        _drop(index, schema_editor)


def _make(model: Any, index: models.Index, schema_editor: Any) -> None:
    _drop(index, schema_editor)
    how = {"concurrently": True} if _is_postgresql(schema_editor) else {}
    schema_editor.add_index(model, index, **how)


def _drop(index: models.Index, schema_editor: Any) -> None:
    how = "CONCURRENTLY " if _is_postgresql(schema_editor) else ""
    schema_editor.execute(f"DROP INDEX {how}IF EXISTS {index.name}")


def _is_postgresql(schema_editor: Any) -> bool:
    return bool(schema_editor.connection.vendor == "postgresql")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0008_fold_texts")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddIndex("comment", OF_COMMENTS),
                migrations.AddIndex("change", OF_SAVES),
                migrations.RemoveIndex("change", "change_of_ticket"),
            ],
            database_operations=[migrations.RunPython(add, take_back)],
        ),
    ]
