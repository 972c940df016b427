"""The exact value that a change replaced, which tickets of a write of many are done already, and
whether single keys do anything."""

from django.db import migrations, models

from tickets.migrations._locking import take_tables


class Migration(migrations.Migration):
    dependencies = [("tickets", "0015_preferences")]

    operations = [
        take_tables("Change", "RememberedWrite", "Preferences"),
        migrations.AddField(
            model_name="change",
            name="old_value",
            field=models.CharField(max_length=100, null=True, editable=False),
        ),
        migrations.AddField(
            model_name="rememberedwrite",
            name="parts",
            field=models.TextField(default="", db_default=""),
        ),
        migrations.AddField(
            model_name="preferences",
            name="keys",
            field=models.CharField(
                choices=[("on", "On"), ("off", "Off")], db_default="on", default="on", max_length=3
            ),
        ),
    ]
