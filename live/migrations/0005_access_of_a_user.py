from typing import Any

from django.db import migrations, models


class AddIndexBesideWriters(migrations.AddIndex):
    """On PostgreSQL the index is built while others go on writing to the log; built plainly, it
    would have them all wait until it is done. One that was broken off is built anew."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return super().database_forwards(app_label, schema_editor, from_state, to_state)
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.remove_index(model, self.index, concurrently=True)  # if there is one
        schema_editor.add_index(model, self.index, concurrently=True)


class Migration(migrations.Migration):

    atomic = False  # PostgreSQL builds such an index in no transaction

    dependencies = [
        ('live', '0004_user_keys_of_any_type'),
    ]

    operations = [
        AddIndexBesideWriters(
            model_name='event',
            index=models.Index(condition=models.Q(('name', 'live.access')), fields=['audience'], name='live_event_access'),
        ),
    ]
