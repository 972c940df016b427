"""Where a ticket's conversation goes on that was merged into another one, and of each comment that
was moved, on which ticket it was said, and who that one was from."""

import django.db.models.deletion
from django.db import migrations, models

from tickets.migrations._locking import take_tables


class Migration(migrations.Migration):
    dependencies = [("tickets", "0019_attachments")]

    operations = [
        take_tables("Ticket", "Comment"),
        migrations.AddField(
            "ticket",
            "merged_into",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="pointers",
                to="tickets.ticket",
            ),
        ),
        migrations.AddField("comment", "said_on", models.BigIntegerField(editable=False, null=True)),
        migrations.AddField(
            "comment",
            "asker",
            models.CharField(db_default="", default="", editable=False, max_length=254),
        ),
    ]
