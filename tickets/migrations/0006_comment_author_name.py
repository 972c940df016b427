"""Comments keep the name of their author, as it is today where they were written before."""

from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.models import Case, F, OuterRef, Subquery, Value, When
from django.db.models.functions import Concat, Trim


def name_authors(apps: Any, schema_editor: Any) -> None:
    full_name = Trim(Concat("first_name", Value(" "), "last_name"))
    named = apps.get_model(settings.AUTH_USER_MODEL).objects.annotate(
        name=Case(When(first_name="", last_name="", then=F("username")), default=full_name)
    )
    apps.get_model("tickets", "Comment").objects.filter(author__isnull=False).update(
        author_name=Subquery(named.filter(pk=OuterRef("author_id")).values("name"))
    )


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("tickets", "0005_remembered_write"),
    ]

    operations = [
        migrations.AddField(
            model_name="comment",
            name="author_name",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=320,
                verbose_name="author",
            ),
        ),
        migrations.RunPython(name_authors, migrations.RunPython.noop, elidable=True),
    ]
