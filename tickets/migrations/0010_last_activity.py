"""Columns for the last activity of a ticket, and for comments in the requester's words. The
database fills them where a process of the release before writes rows without them."""

import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models

from tickets.migrations._locking import take_tables

SIDES = [("agent", "Agent"), ("requester", "Requester"), ("system", "System")]
WAYS = [("page", "Page"), ("api", "Api"), ("phone", "Phone"), ("mail", "Mail")]


class Migration(migrations.Migration):
    dependencies = [("tickets", "0009_timelines_in_order")]

    operations = [
        take_tables("Comment", "Ticket"),
        migrations.AddField(
            "comment",
            "requester",
            models.BooleanField(
                db_default=False, default=False, verbose_name="the requester's words"
            ),
        ),
        migrations.AddField(
            "comment",
            "via",
            models.CharField(
                choices=WAYS, db_default="page", default="page", editable=False, max_length=5
            ),
        ),
        migrations.AddField(
            "ticket",
            "last_activity_at",
            models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                default=django.utils.timezone.now,
                editable=False,
            ),
        ),
        migrations.AddField(
            "ticket",
            "last_activity_by",
            models.CharField(
                choices=SIDES, db_default="system", default="system", editable=False, max_length=9
            ),
        ),
        migrations.AddField(
            "ticket",
            "awaits_answer",
            models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddConstraint(
            "comment",
            models.CheckConstraint(
                condition=models.Q(internal=True, requester=True, _negated=True),
                name="requester_is_never_internal",
                violation_error_message=(
                    "What the requester said is never internal: choose one of the two."
                ),
            ),
        ),
        migrations.AddConstraint(
            "comment",
            models.CheckConstraint(
                condition=models.Q(via__in=["page", "api", "phone", "mail"]), name="known_way"
            ),
        ),
    ]
