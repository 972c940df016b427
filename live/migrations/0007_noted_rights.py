from django.db import migrations, models

# What was noted of a user stays true: the log tells what has changed since.
COPY = """
INSERT INTO live_noted_rights (user_id, audiences, position)
SELECT CAST(user_id AS text), audiences, position FROM live_rights
"""


class Migration(migrations.Migration):
    """What users could see is noted in a table of its own, whose keys are text.

    The table `live_rights` stays for processes of 0.1.0, which run on until they are restarted, and
    for the way back. The release after this one may drop it.
    """

    dependencies = [
        ('live', '0006_times_by_the_databases_clock'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name='Rights')],
        ),
        migrations.CreateModel(
            name='Rights',
            fields=[
                ('user_id', models.CharField(max_length=255, primary_key=True, serialize=False)),
                ('audiences', models.TextField()),
                ('position', models.BigIntegerField()),
            ],
            options={
                'verbose_name_plural': 'rights',
                'db_table': 'live_noted_rights',
            },
        ),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
    ]
