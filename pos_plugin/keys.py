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
        rule_keys: public Ed25519 keys by key id; packages signed by others are not believed.
    """

    card_key: bytes = field(repr=False)
    rule_keys: Mapping[str, bytes] = field(repr=False)


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
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ConfigError("wrong_type", NAME, "is not the key file of a till") from None
    if len(card_key) != 16 or any(len(key) != 32 for key in rule_keys.values()):
        raise ConfigError("out_of_range", NAME, "a key has the wrong length")
    return Keys(card_key=card_key, rule_keys=rule_keys)
