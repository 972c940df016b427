"""Dovecot as a mailbox's server, in a folder of its own. Any user is let in with the password."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

from tests.harness.processes import ServerProcess, installed

USER, PASSWORD = "desk@desk.example", "s3cret/p@ss"


class Dovecot(ServerProcess):
    """`with Dovecot(folder) as dovecot: dovecot.url`; `tls`: with a certificate of its own.
    `capability`: what it says that it can do, in place of all that it can."""

    def __init__(self, folder: Path, *, tls: bool = False, capability: str = "") -> None:
        self.program = installed("dovecot", "dovecot-imapd")
        super().__init__("dovecot", folder)
        self.tls = tls
        self.home = folder / f"dovecot-{self.port}"
        self.home.mkdir()
        self.home.chmod(0o755)
        mail = self.home / "mail"
        mail.mkdir()
        is_root = os.geteuid() == 0
        me = pwd.getpwuid(os.geteuid()).pw_name
        owner = "nobody" if is_root else me
        if is_root:
            shutil.chown(mail, "nobody")
        own_users = "" if is_root else f"default_internal_user={me}\ndefault_login_user={me}\n"
        ports = (0, self.port) if tls else (self.port, 0)
        self.configuration = self.home / "dovecot.conf"
        self.configuration.write_text(
            f"base_dir = {self.home}/run\nlog_path = {self.home}/log\n{own_users}"
            "protocols = imap\nlisten = 127.0.0.1\ndisable_plaintext_auth = no\n"
            f"mail_location = maildir:{mail}/%u\nmail_uid = {owner}\nfirst_valid_uid = 1\n"
            f"mail_gid = {pwd.getpwnam(owner).pw_gid}\nfirst_valid_gid = 0\n"
            "passdb {\n  driver = static\n"
            f"  args = password={PASSWORD}\n}}\n"
            f"userdb {{\n  driver = static\n  args = home={mail}\n}}\n"
            "namespace inbox {\n  inbox = yes\n  separator = /\n}\n"
            "service imap-login {\n  chroot =\n"
            f"  inet_listener imap {{\n    port = {ports[0]}\n  }}\n"
            f"  inet_listener imaps {{\n    port = {ports[1]}\n    ssl = yes\n  }}\n}}\n"
            "service anvil {\n  chroot =\n}\nservice stats {\n  chroot =\n}\n"
            + (self._with_tls() if tls else "ssl = no\n")
            + (f"imap_capability = {capability}\n" if capability else "")
        )

    @property
    def url(self) -> str:
        scheme = "imaps" if self.tls else "imap"
        user, password = quote(USER, safe=""), quote(PASSWORD, safe="")
        return f"{scheme}://{user}:{password}@localhost:{self.port}/INBOX"

    @property
    def certificate(self) -> Path:
        return self.home / "cert.pem"

    def command(self) -> list[str]:
        return [self.program, "-F", "-c", str(self.configuration)]

    def said(self) -> str:
        log = self.home / "log"
        return super().said() + (log.read_text()[-3000:] if log.exists() else "")

    def _with_tls(self) -> str:
        key = self.home / "key.pem"
        subprocess.run(
            [
                installed("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                "-keyout", str(key), "-out", str(self.certificate), "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            ],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        return f"ssl = required\nssl_cert = <{self.certificate}\nssl_key = <{key}\n"
