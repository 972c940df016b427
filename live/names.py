"""What this server process is called, among those that hear the bell and write snapshots."""

import os
import secrets
import socket

PROCESS = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(3)}"
