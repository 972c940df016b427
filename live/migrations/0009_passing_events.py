from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('live', '0008_claims'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='passing',
            field=models.CharField(max_length=64, null=True),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('passing__isnull', False)), fields=['passing', 'position'], name='live_event_passing'),
        ),
    ]
