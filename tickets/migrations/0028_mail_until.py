from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0024_webhooks'),
    ]

    operations = [
        migrations.AddField(
            model_name='mail',
            name='until',
            field=models.DateTimeField(null=True),
        ),
    ]
