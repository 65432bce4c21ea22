"""``keys.json``: what head office handed to this till; readable by its owner only."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pos_plugin.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = "keys.json"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a chain as a till holds them.

    Args:
        card_key: 16 bytes; cards are found by a hash under it.
        rule_keys: public Ed25519 keys by key id, *current* and *next*.
        retired_keys: by key id the key and the generation from which it is believed no more.
    """

    card_key: bytes = field(repr=False)
    rule_keys: Mapping[str, bytes] = field(repr=False)
    retired_keys: Mapping[str, tuple[bytes, int]] = field(default_factory=dict, repr=False)

    def believed(self, generation: int) -> dict[str, bytes]:
        """Return the keys by which a package with this number may be signed."""
        retired = {
            key_id: key
            for key_id, (key, before) in self.retired_keys.items()
            if generation < before
        }
        return {**retired, **self.rule_keys}


def read_keys(data_dir: Path) -> Keys | None:
    """Return the keys of a data folder, or None while the till is not enrolled.

    Raises:
        ConfigError: the file is there and cannot be used.
    """
    try:
        text = (data_dir / NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("not_json", NAME, f"cannot be read: {error}") from None
    try:
        value = json.loads(text)
        card_key = bytes.fromhex(value["card_key"])
        rule_keys = {key["key_id"]: bytes.fromhex(key["public_key"]) for key in value["rule_keys"]}
        retired_keys = {
            key["key_id"]: (bytes.fromhex(key["public_key"]), int(key["before"]))
            for key in value.get("retired_keys", [])
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ConfigError("wrong_type", NAME, "is not the key file of a till") from None
    every = [*rule_keys.values(), *(key for key, _ in retired_keys.values())]
    if len(card_key) != 16 or any(len(key) != 32 for key in every):
        raise ConfigError("out_of_range", NAME, "a key has the wrong length")
    return Keys(card_key=card_key, rule_keys=rule_keys, retired_keys=retired_keys)
