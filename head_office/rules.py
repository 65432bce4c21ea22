"""Publishing of rule generations: checked, numbered, signed, never changed again (sync.md §7)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from head_office.errors import HeadOfficeMissing
from head_office.private_file import write_private
from head_office.storage import blob, rule_generation, rule_key
from pos_plugin import rule_package
from pos_plugin.clock import utc_text
from pos_plugin.errors import RuleError
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.validation import read_json
from sync_agent.protocol import BLOB_BYTES_MAX, GenerationEntry, compact_json

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy.engine import Connection

    from head_office.storage import Database

RING: Final = "all"
CURRENT, NEXT = "current", "next"


def ensure_keys(database: Database) -> None:
    """Make the two signing keys when there are none yet.

    *current* signs daily. The private half of *next* is for the day *current* is stolen or worn
    out; its file belongs on a medium that lies in a safe.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    with database.write() as connection:
        if connection.execute(select(rule_key.c.key_id).limit(1)).first():
            return
        for role in (CURRENT, NEXT):
            private = Ed25519PrivateKey.generate()
            public = private.public_key().public_bytes_raw()
            write_private(_key_path(database.folder, role), private.private_bytes_raw().hex())
            connection.execute(
                rule_key.insert().values(
                    key_id=hashlib.sha256(public).hexdigest()[:16],
                    role=role,
                    public_key=public.hex(),
                )
            )


def public_keys(connection: Connection) -> list[tuple[str, str]]:
    """Return key id and public key (hexadecimal) of *current* and *next*, in this order."""
    rows = connection.execute(select(rule_key).order_by(rule_key.c.role))
    return [(row.key_id, row.public_key) for row in rows]


def signing_key(connection: Connection, folder: Path) -> tuple[str, Ed25519PrivateKey]:
    """Return the id and the private half of *current*.

    Raises:
        HeadOfficeMissing: its file is gone.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key_id = connection.execute(
        select(rule_key.c.key_id).where(rule_key.c.role == CURRENT)
    ).scalar_one()
    return key_id, Ed25519PrivateKey.from_private_bytes(_private_key(folder))


def publish(database: Database, text: str | bytes, *, now: dt.datetime) -> GenerationEntry:
    """Publish the promotions of a rule file as the next generation, active at once.

    The number in the file does not count: the new one is the highest ever + 1.

    Raises:
        RuleError: the file is not taken; nothing was published.
    """
    RuleGeneration.from_json(text)
    document = read_json(text, "", RuleError)
    promotions = document["promotions"] if isinstance(document, dict) else document
    with database.write() as connection:
        highest = connection.execute(select(func.max(rule_generation.c.generation))).scalar()
        generation = (highest or 0) + 1
        content = compact_json({"generation": generation, "promotions": promotions})
        if len(content) > BLOB_BYTES_MAX:
            raise RuleError("limit", "promotions", f"a package has at most {BLOB_BYTES_MAX} bytes")
        # What is signed is read once more as the till will read it.
        RuleGeneration.from_json(content.decode())
        key_id, private = signing_key(connection, database.folder)
        chain, activate_at = database.chain, utc_text(now)
        sha256 = hashlib.sha256(content).hexdigest()
        message = rule_package.signed_bytes(
            chain=chain, ring=RING, generation=generation, activate_at=activate_at, sha256=sha256
        )
        values = {
            "chain": chain,
            "ring": RING,
            "generation": generation,
            "activate_at": activate_at,
            "sha256": sha256,
            "key_id": key_id,
            "signature": private.sign(message).hex(),
        }
        connection.execute(blob.insert().values(sha256=sha256, content=content))
        connection.execute(rule_generation.insert().values(values))
    return GenerationEntry.model_validate(values)


def manifest(connection: Connection, *, now: dt.datetime) -> list[GenerationEntry]:
    """Return the generation that is active now and all that will become active later."""
    now_text = utc_text(now)
    rows = connection.execute(
        select(rule_generation).order_by(rule_generation.c.generation.desc()).limit(100)
    )
    entries = []
    for row in rows.mappings():
        entries.append(GenerationEntry.model_validate(dict(row)))
        if row["activate_at"] <= now_text:
            break
    return entries[::-1]


def _key_path(folder: Path, role: str) -> Path:
    return folder / f"rule-key.{role}"


def _private_key(folder: Path) -> bytes:
    try:
        return bytes.fromhex(_key_path(folder, CURRENT).read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise HeadOfficeMissing(folder) from None
