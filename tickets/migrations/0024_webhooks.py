import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0023_imported_tickets")]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True)),
                ("url", models.CharField(max_length=500, verbose_name="address")),
                ("secret", models.CharField(editable=False, max_length=80)),
                ("events", models.CharField(max_length=200)),
                ("audience", models.TextField(default="*")),
                ("notes", models.BooleanField(default=False, verbose_name="internal notes too")),
                ("is_on", models.BooleanField(default=True)),
                ("trouble", models.CharField(blank=True, max_length=300)),
                ("given_up", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={"ordering": ("name",)},
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ticket", models.BigIntegerField()),
                ("event", models.CharField(max_length=64)),
                ("message", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("body", models.TextField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("claimed_until", models.DateTimeField(null=True)),
                ("tries", models.PositiveIntegerField(default=0)),
                ("tried_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("answer", models.CharField(blank=True, max_length=1000)),
                ("webhook", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="tickets.webhook")),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["webhook", "id"], name="delivery_of_webhook"),
                    models.Index(fields=["created_at"], name="delivery_by_age"),
                    models.Index(condition=models.Q(("delivered_at", None)), fields=["webhook", "due_at"], name="delivery_due"),
                    models.Index(condition=models.Q(("delivered_at", None)), fields=["webhook", "ticket", "id"], name="delivery_in_order"),
                ],
            },
        ),
    ]
