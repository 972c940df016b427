"""`manage.py check --deploy` tries MEDIA_ROOT out: it writes a file there and moves it."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from tickets.attachments import keeping
from tickets.attachments.limits import LARGEST, LEFT_FREE, has_room, in_words

HINT = (
    "Every process writes there, on every host: make the folder, give it to the user that the"
    " processes run as, and mount one file system on all hosts."
)


@register("tickets", deploy=True)
def check_files(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        keeping.try_out()
    except OSError as error:
        reason = error.strerror or f"{error}"
        sentence = f"No file can be kept in MEDIA_ROOT={settings.MEDIA_ROOT}: {reason}."
        return [Error(sentence, hint=HINT, id="tickets.E001")]
    if not has_room():
        sentence = f"MEDIA_ROOT={settings.MEDIA_ROOT} has no room: uploads are refused."
        hint = f"Files are taken as long as {in_words(LEFT_FREE + LARGEST)} are free there."
        return [Warning(sentence, hint=hint, id="tickets.W003")]
    return []
