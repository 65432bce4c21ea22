"""What is signed of a rule package, and whether a signature holds (sync.md §7).

One immutable file per generation, named by its SHA-256; one Ed25519 signature over the first five
fields of the manifest, a line each. Signing needs the private key and happens at head office only;
checking happens in the agent when a package arrives and in the till whenever it loads one.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Names a rule package and carries its signature.

    Args:
        chain: the retail chain the keys belong to.
        ring: the group of tills; ``all`` today.
        generation: grows with every publication; going back is a higher number.
        activate_at: UTC instant as text, ``2026-03-01T00:00:00Z``; signed as it stands.
        sha256: of the content, 64 lower-case hexadecimal digits.
        key_id: which of the two public keys signed.
        signature: Ed25519, 128 lower-case hexadecimal digits.
    """

    chain: str
    ring: str
    generation: int
    activate_at: str
    sha256: str
    key_id: str
    signature: str

    def to_dict(self) -> dict[str, Any]:
        """Return the manifest entry of the protocol."""
        return asdict(self)


class Flaw(StrEnum):
    """Why a package is not believed."""

    HASH = "hash"
    KEY_UNKNOWN = "key_unknown"
    SIGNATURE = "signature"


def signed_bytes(*, chain: str, ring: str, generation: int, activate_at: str, sha256: str) -> bytes:
    r"""Return the bytes under the signature: five fields, each followed by a line feed.

    >>> signed_bytes(chain="c", ring="all", generation=7, activate_at="Z", sha256="ab")
    b'c\nall\n7\nZ\nab\n'
    """
    fields = (chain, ring, str(generation), activate_at, sha256)
    return "".join(f"{field}\n" for field in fields).encode()


def find_flaw(manifest: Manifest, content: bytes, keys: Mapping[str, bytes]) -> Flaw | None:
    """Return why the package is not believed, or None when hash and signature hold.

    Args:
        manifest: as head office sent it.
        content: the bytes of the file.
        keys: public keys (32 bytes each) by key id.
    """
    if hashlib.sha256(content).hexdigest() != manifest.sha256:
        return Flaw.HASH
    public_key = keys.get(manifest.key_id)
    if public_key is None:
        return Flaw.KEY_UNKNOWN
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    message = signed_bytes(
        chain=manifest.chain,
        ring=manifest.ring,
        generation=manifest.generation,
        activate_at=manifest.activate_at,
        sha256=manifest.sha256,
    )
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(
            bytes.fromhex(manifest.signature), message
        )
    except (InvalidSignature, ValueError):
        return Flaw.SIGNATURE
    return None
