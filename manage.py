#!/usr/bin/env python
"""Run Django's commands for this project."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from ticketsystem import unreachable


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketsystem.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018  reads the environment now, before any command
    except ImproperlyConfigured as error:
        if sys.argv[1:2] == ["receive_mail"]:  # a setting that is wrong must not send mail back
            sys.stderr.write(f"{error}\n")
            sys.exit(os.EX_TEMPFAIL)
        sys.exit(f"{error}")
    with unreachable.said_in_one_sentence():
        if sys.argv[1:2] == ["runserver"]:
            unreachable.ask()
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
