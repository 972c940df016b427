"""The folder of this run, for logs, databases and configurations; it is removed at the end."""

import atexit
import shutil
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp(prefix="helpdesk-tests-"))
folder.chmod(0o755)  # PostgreSQL, nginx and Apache run as users of their own below it
atexit.register(shutil.rmtree, folder, ignore_errors=True)
