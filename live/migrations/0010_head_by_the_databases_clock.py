import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """A table of its own in a migration of its own. Together with the log's, as it was in 0006, it
    met deadlocks: whoever reads the log asks for both, so each could hold one and wait for the
    other. Where 0006 has done it already, this sets what is set."""

    dependencies = [
        ('live', '0009_passing_events'),
    ]

    operations = [
        migrations.AlterField(
            model_name='head',
            name='pruned_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
    ]
