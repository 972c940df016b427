"""The tags of tickets, and the table by which the tickets of a tag are found."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0028_mail_until")]

    operations = [
        migrations.AddField(
            model_name="ticket",
            name="tags",
            field=models.CharField(blank=True, db_default="", default="", max_length=318),
        ),
        migrations.CreateModel(
            name="TicketTag",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("tag", models.CharField(max_length=30)),
                (
                    "ticket",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE,
                        related_name="tagged", to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tag", "ticket"], name="tickets_of_tag")],
            },
        ),
    ]
