"""Servers of event streams that are not ours, of several frameworks, as processes of their own."""

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.harness.processes import ROOT, NotInstalled, ServerProcess, installed
from tests.harness.temporary import folder

HERE = Path(__file__).parent


class Origin(ServerProcess):
    """`with Origin("plain.py") as origin: origin.url …`"""

    def __init__(self, program: str) -> None:
        super().__init__(program.replace(".", "-"), folder)
        self.program = program
        self.url = f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        if self.program == "express.js" and not (ROOT / "node_modules" / "express").is_dir():
            raise NotInstalled("express (npm ci)")
        if self.program.endswith(".js"):
            return [installed("node", "nodejs"), str(HERE / self.program), str(self.port)]
        if self.program == "starlette_app.py":
            return [sys.executable, "-m", "uvicorn", "--port", str(self.port), "--no-access-log",
                    "tests.streamdoctor.origins.starlette_app:app"]  # fmt: skip
        return [sys.executable, str(HERE / self.program), str(self.port)]


@dataclass(frozen=True)
class Stream:
    """A stream, and what its server should have said of it."""

    name: str
    program: str
    path: str
    heartbeat: float | None = None  # seconds: at least so often something comes
    is_post: bool = False
    ids: bool = False
    is_seldom: bool = False  # it is silent for seconds at a time
    product: str = ""  # that is recognised


STREAMS = [
    Stream("asyncio, with ids", "plain.py", "/orders", ids=True),
    Stream("like Spring and Go", "plain.py", "/counted"),
    Stream("lines that end with CRLF", "plain.py", "/crlf"),
    Stream("mostly quiet", "plain.py", "/quiet", heartbeat=2, is_seldom=True),
    Stream("the answer of a model", "plain.py", "/answer", is_post=True),
    Stream("an answer that ends", "plain.py", "/answer"),
    Stream("CR alone, BOM, UTF-8 in halves", "plain.py", "/strange", ids=True),
    Stream("the article's, in Node", "article.js", "/api/user/stream", product="node"),
    Stream("express", "express.js", "/events", ids=True, product="express"),
    Stream("sse-starlette under uvicorn", "starlette_app.py", "/events", heartbeat=2,
           product="uvicorn"),
]  # fmt: skip

PROGRAMS = sorted({stream.program for stream in STREAMS})
