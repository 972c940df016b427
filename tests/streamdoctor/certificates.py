"""Certificates right and wrong, and the authority that signs those that are to be trusted."""

import ipaddress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.harness.temporary import folder


class Certificate:
    """For 127.0.0.1 and a month, signed by itself or by another."""

    def __init__(
        self,
        *,
        signer: "Certificate | None" = None,
        address: str = "127.0.0.1",
        days: int = 30,
        is_authority: bool = False,
    ) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name("Test authority" if is_authority else address)
        self._write(self._signed(signer or self, address, days, is_authority))

    @property
    def nginx(self) -> str:
        return f"ssl_certificate {self.chain}; ssl_certificate_key {self.private};"

    def _signed(
        self, signer: "Certificate", address: str, days: int, is_authority: bool
    ) -> x509.Certificate:
        today = datetime.now(UTC)
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        constraint = x509.BasicConstraints(ca=is_authority, path_length=None)
        return (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(signer.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - timedelta(days=60))
            .not_valid_after(today + timedelta(days=days))
            .add_extension(names, critical=False)
            .add_extension(constraint, critical=True)
            .sign(signer.key, hashes.SHA256())
        )

    def _write(self, certificate: x509.Certificate) -> None:
        home = Path(mkdtemp(dir=folder, prefix="certificate-"))
        home.chmod(0o755)
        self.chain, self.private = home / "chain.pem", home / "key.pem"
        self.chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.private.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


@cache
def authority() -> Certificate:
    """Trusted where SSL_CERT_FILE names its chain."""
    return Certificate(is_authority=True)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
