"""`python -m streamdoctor URL` is the command `streamdoctor URL`."""

import sys

from streamdoctor.command import main

sys.exit(main())
