"""A real server that takes webhooks: it keeps what it gets, and answers as a test wants."""

import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PATIENCE = 60.0  # seconds that a test waits for a message


@dataclass(frozen=True)
class Got:
    """One request, as it came."""

    path: str
    headers: dict[str, str]  # by names in small letters
    body: bytes

    @property
    def message(self) -> str:
        return self.headers["webhook-id"]

    @property
    def content(self) -> Any:
        return json.loads(self.body)


Responder = Callable[[Got, Any], None]


def status(code: int, body: bytes = b"", **headers: str) -> Responder:
    def respond(got: Got, handler: Any) -> None:
        handler.send_response(code)
        for name, value in {"Content-Length": f"{len(body)}", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return respond


class Receiver:
    """`with Receiver() as receiver: receiver.url …; receiver.answer = status(503)`"""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answer: Responder = status(204)
        self.got: list[Got] = []
        self._came = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                got = Got(self.path, headers, self.rfile.read(length))
                with receiver._came:
                    receiver.got.append(got)
                    receiver._came.notify_all()
                receiver.answer(got, self)

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that has left in the middle is what some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/hook"

    def __enter__(self) -> Self:
        serve = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        serve.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._server.shutdown()
        self._server.server_close()

    def wait_for(self, number: int, seconds: float = PATIENCE) -> list[Got]:
        """The requests, once there are so many."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.got) >= number, seconds), self.got
            return list(self.got)


def hanging(seconds: float) -> Responder:
    """Says nothing for so long."""

    def respond(got: Got, handler: Any) -> None:
        time.sleep(seconds)
        status(204)(got, handler)

    return respond


def certified(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A new authority, as a file to trust, and a server's certificate of it for this host."""
    key = ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)

    def signed(subject: str, public: Any, *, is_ca: bool) -> x509.Certificate:
        holder = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(holder)
            .issuer_name(authority)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        if not is_ca:
            names = x509.SubjectAlternativeName([x509.DNSName(subject)])
            certificate = certificate.add_extension(names, critical=False)
        return certificate.sign(key, hashes.SHA256())

    pem = serialization.Encoding.PEM
    trusted, chain = folder / "authority.pem", folder / "server.pem"
    trusted.write_bytes(signed("tests", key.public_key(), is_ca=True).public_bytes(pem))
    own = ec.generate_private_key(ec.SECP256R1())
    plain = serialization.NoEncryption()
    chain.write_bytes(
        own.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        + signed(name, own.public_key(), is_ca=False).public_bytes(pem)
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain)
    return trusted, tls
