"""A certificate authority of a test, and a server certificate for this machine."""

from __future__ import annotations

import datetime as dt
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pos_plugin.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path


def make_authority(folder: Path, name: str = "authority") -> tuple[Path, Path, Path]:
    """Return the files of the authority's certificate, a server's certificate and its key."""
    folder.mkdir(exist_ok=True)
    authority, server = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Test {name}")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "head office")])
    ca = (
        _about(issuer, issuer, authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority.public_key()), False)
        .sign(authority, hashes.SHA256())
    )
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    own = (
        _about(subject, issuer, server.public_key())
        .add_extension(here, critical=False)
        .sign(authority, hashes.SHA256())
    )
    paths = tuple(folder / f"{name}.{end}.pem" for end in ("ca", "server", "key"))
    paths[0].write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(own.public_bytes(serialization.Encoding.PEM))
    paths[2].write_bytes(
        server.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths[0], paths[1], paths[2]


def _about(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = SystemClock().now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )
