"""The commands that start each peer's server in the foreground."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from string import Template

NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")


def command(server: str, application: str, port: int, folder: Path) -> list[str]:
    return SERVERS[server](application, port, folder)


def daphne(application: str, port: int, folder: Path) -> list[str]:
    return [
        sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), application,
    ]  # fmt: skip


def uvicorn(application: str, port: int, folder: Path) -> list[str]:
    """Uvicorn as a large site runs it: the parser and the event loop in C, no log of requests."""
    return [
        sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port),
        "--http", "httptools", "--loop", "uvloop", "--lifespan", "off",
        "--no-access-log", "--log-level", "warning",
        "--timeout-keep-alive", "120",  # as Daphne, which waits for the next request for ever
        application,
    ]  # fmt: skip


def nchan(application: str, port: int, folder: Path) -> list[str]:
    template = Template((Path(__file__).parent / "nchan.conf").read_text())
    configuration = folder / "nchan.conf"
    configuration.write_text(template.substitute(module=NCHAN_MODULE, folder=folder, port=port))
    return [_nginx(), "-p", str(folder), "-c", str(configuration), "-e", str(folder / "error.log")]


def nchan_is_installed() -> bool:
    return NCHAN_MODULE.exists() and Path(_nginx()).exists()


SERVERS: dict[str, Callable[[str, int, Path], list[str]]] = {
    "daphne": daphne, "uvicorn": uvicorn, "nchan": nchan,
}  # fmt: skip


def _nginx() -> str:
    return shutil.which("nginx") or "/usr/sbin/nginx"
