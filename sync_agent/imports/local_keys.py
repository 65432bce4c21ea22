"""Keys of a till without head office: made by itself at first use.

The card key and the public half of the rule key stand in ``keys.json``, where the till looks for
them; the private half in ``rule-key.local``. Both are readable by their owner only.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any, Final

from pos_plugin import keys
from pos_plugin.errors import ConfigError
from pos_plugin.rule_package import Manifest, signed_bytes
from pos_plugin.storage.connect import replace_file

if TYPE_CHECKING:
    from pathlib import Path

RULE_KEY: Final = "rule-key.local"
KEY_ID: Final = "local"
CHAIN: Final = "local"
RING: Final = "all"


def ensure_keys(data_dir: Path) -> keys.Keys:
    """Return the keys of a till without head office; made first where there are none.

    Raises:
        ConfigError: the folder holds the keys of a till that has a head office.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    known = keys.read_keys(data_dir)
    private_path = data_dir / RULE_KEY
    if known is not None and KEY_ID in known.rule_keys and private_path.is_file():
        return known
    if known is not None and KEY_ID not in known.rule_keys:
        raise ConfigError(
            "out_of_range",
            keys.NAME,
            "belongs to a head office, and till.toml names none; give one of them up",
        )
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = Ed25519PrivateKey.generate()
    # The private half first: a crash in between leaves a key that nobody names yet.
    replace_file(private_path, private.private_bytes_raw().hex().encode(), mode=0o600)
    public = private.public_key().public_bytes_raw().hex()
    # Cards are found by a hash under the card key: a new one would lose every card.
    card_key = known.card_key.hex() if known is not None else secrets.token_hex(16)
    value = {"card_key": card_key, "rule_keys": [{"key_id": KEY_ID, "public_key": public}]}
    replace_file(data_dir / keys.NAME, json.dumps(value, indent=1).encode(), mode=0o600)
    made = keys.read_keys(data_dir)
    assert made is not None  # noqa: S101 - written a line ago
    return made


def sign(data_dir: Path, *, generation: int, activate_at: str, sha256: str) -> Manifest:
    """Return the signed manifest of a rule package of this till.

    Args:
        data_dir: data folder of the till.
        generation: higher than every one before.
        activate_at: UTC instant as text.
        sha256: of the package.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    ensure_keys(data_dir)
    try:
        secret = bytes.fromhex((data_dir / RULE_KEY).read_text(encoding="ascii"))
        private = Ed25519PrivateKey.from_private_bytes(secret)
    except (OSError, ValueError):
        raise ConfigError("wrong_type", RULE_KEY, "is not the rule key of this till") from None
    fields: dict[str, Any] = {
        "chain": CHAIN,
        "ring": RING,
        "generation": generation,
        "activate_at": activate_at,
        "sha256": sha256,
    }
    signature = private.sign(signed_bytes(**fields)).hex()
    return Manifest(**fields, key_id=KEY_ID, signature=signature)
