"""The two rule keys of a chain, and how a package signed by *next* changes them (sync.md 7).

Laws of this file:

1. Only *next* makes itself *current*; with the same package it names a new *next*. *current* cannot
   name anybody, so a stolen daily key never becomes more than that.
2. A retired key stays good for the generations it signed before it was retired, and for no other.
3. ``keys.json`` changes before the package is taken. A crash in between repeats the same change.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from pos_plugin import keys
from pos_plugin.errors import ConfigError
from pos_plugin.storage.connect import replace_file
from sync_agent.errors import PackageRejected
from sync_agent.protocol.json_bytes import ProtocolError, check_model

if TYPE_CHECKING:
    from pathlib import Path

REASON: Final = "next_key"


class NextKey(BaseModel):
    """The new *next* that a package names."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    key_id: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    public_key: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


def rotated(
    document: dict[str, Any], *, generation: int, signer: str, named: object
) -> dict[str, Any] | None:
    """Return the key file after a package, or None when it stays as it is.

    Args:
        document: ``keys.json`` as it is.
        generation: of the package.
        signer: key id that signed it.
        named: ``next_key`` of the package, None when it names none.

    Raises:
        PackageRejected: the package may not do what it does.
    """
    current, following = document["rule_keys"][0], document["rule_keys"][-1]
    if signer == following["key_id"] and signer != current["key_id"]:
        return {
            **document,
            "rule_keys": [following, _next_key(named, generation).model_dump()],
            "retired_keys": [*document.get("retired_keys", []), {**current, "before": generation}],
        }
    retired = {key["key_id"] for key in document.get("retired_keys", [])}
    # What a retired key named in its time has been followed, or was never needed here.
    if (
        signer not in retired
        and named is not None
        and _next_key(named, generation).key_id != following["key_id"]
    ):
        raise PackageRejected(generation, REASON, "only the next key may name another one")
    return None


def rotate(data_dir: Path, *, generation: int, signer: str, named: object) -> bool:
    """Bring ``keys.json`` up to a package that was found good; say whether it changed.

    Raises:
        PackageRejected: nothing was changed.
        ConfigError: the file cannot be read.
    """
    path = data_dir / keys.NAME
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as fault:
        raise ConfigError("not_json", keys.NAME, f"cannot be read: {fault}") from None
    after = rotated(document, generation=generation, signer=signer, named=named)
    if after is None:
        return False
    write_keys(data_dir, after)
    return True


def write_keys(data_dir: Path, document: dict[str, Any]) -> None:
    """Put ``keys.json`` in place whole, readable by its owner only."""
    content = (json.dumps(document, indent=2) + "\n").encode()
    replace_file(data_dir / keys.NAME, content, mode=0o600)


def _next_key(named: object, generation: int) -> NextKey:
    try:
        return check_model(NextKey, named)
    except ProtocolError as fault:
        raise PackageRejected(generation, REASON, f"names no new next key: {fault}") from None
