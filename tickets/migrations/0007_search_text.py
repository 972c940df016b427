"""A table for what the search looks at."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0006_comment_author_name")]

    operations = [
        migrations.CreateModel(
            name="SearchText",
            fields=[
                ("name", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("folded", models.TextField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "ticket",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
            ],
        ),
    ]
