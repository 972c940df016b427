"""Mail that came in: what was taken in, the whole of what is shown cut, and what was kept aside."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0017_mail")]

    operations = [
        migrations.CreateModel(
            name="Letter",
            fields=[
                ("id", models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64, null=True, unique=True)),
                ("message_id", models.CharField(blank=True, max_length=998)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("address", models.CharField(blank=True, max_length=254)),
                ("outcome", models.CharField(
                    choices=[("answered", "Answered"), ("opened", "Opened")], max_length=8)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ticket", models.ForeignKey(
                    db_constraint=False, null=True,
                    on_delete=django.db.models.deletion.SET_NULL, related_name="letters",
                    to="tickets.ticket")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["outcome", "at"], name="letter_by_time"),
                    models.Index(fields=["address", "at"], name="letter_of_address"),
                ],
            },
        ),
        migrations.CreateModel(
            name="MailText",
            fields=[
                ("id", models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField()),
                ("comment", models.OneToOneField(
                    db_constraint=False, null=True,
                    on_delete=django.db.models.deletion.CASCADE, related_name="mail_text",
                    to="tickets.comment")),
                ("ticket", models.OneToOneField(
                    db_constraint=False, null=True,
                    on_delete=django.db.models.deletion.CASCADE, related_name="mail_text",
                    to="tickets.ticket")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("comment", None)) ^ models.Q(("ticket", None)),
                        name="mail_text_of_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="KeptMail",
            fields=[
                ("id", models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=500)),
                ("sender", models.CharField(blank=True, max_length=320)),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("size", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "message kept aside",
                "verbose_name_plural": "mail kept aside",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="KeptPiece",
            fields=[
                ("id", models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
                ("mail", models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="pieces",
                    to="tickets.keptmail")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("mail", "number"), name="one_kept_piece"),
                ],
            },
        ),
    ]
