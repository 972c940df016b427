"""How far each user has read a ticket, the views that they save, and since when they serve a queue:
for those who serve it already, since now, so that nothing from before counts as unread."""

import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

ID = models.BigAutoField(
    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("tickets", "0011_past_activity"),
    ]

    operations = [
        migrations.AddField(
            "membership",
            "since",
            models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                default=django.utils.timezone.now,
                editable=False,
            ),
        ),
        migrations.CreateModel(
            "SavedView",
            [
                ("id", ID),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(max_length=2000)),
                (
                    "shared",
                    models.BooleanField(default=False, verbose_name="shared with all agents"),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            {
                "ordering": ("name", "id"),
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "name"), name="one_view_per_name")
                ],
            },
        ),
        migrations.CreateModel(
            "Seen",
            [
                ("id", ID.clone()),
                ("comment", models.BigIntegerField(default=0)),
                (
                    "ticket",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            {
                "constraints": [
                    models.UniqueConstraint(fields=("user", "ticket"), name="one_seen")
                ],
            },
        ),
    ]
