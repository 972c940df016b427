"""The one application that Daphne serves: the stream at its own path, all other paths by Django.

A setting that is wrong ends the process with one sentence, before anything listens.
"""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketsystem.settings")
try:
    django.setup(set_prefix=False)
except ImproperlyConfigured as error:
    sys.exit(f"{error}")

from live.stream.endpoint import beside
from ticketsystem.serving import access, backlog, bodies, door, interpreter, loading, sending
from ticketsystem.serving.handler import ThreadHandler

access.into_the_log()
backlog.lengthen()
door.guard()
bodies.guard()
sending.at_once()
loading.everything()
application = beside(ThreadHandler(), at_start=interpreter.tune)
