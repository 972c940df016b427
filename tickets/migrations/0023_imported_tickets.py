import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0027_tickets_of_a_requester")]

    operations = [
        migrations.CreateModel(
            name="ImportedTicket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=60)),
                ("external_id", models.CharField(max_length=100)),
                ("ticket", models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="tickets.ticket")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("source", "external_id"), name="imported_once")],
            },
        ),
    ]
