"""The one application Daphne serves: the stream beside Django."""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketsystem.settings")
try:
    django.setup(set_prefix=False)
except ImproperlyConfigured as error:
    sys.exit(f"{error}")

from live.endpoint import beside
from ticketsystem import backlog, interpreter, sending
from ticketsystem.handler import ThreadHandler

backlog.lengthen()
sending.at_once()
application = beside(ThreadHandler())
interpreter.tune()
