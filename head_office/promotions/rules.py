"""Publishing of rule generations: checked, numbered, signed, never changed again (sync.md §7)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import func, select

from head_office.errors import HeadOfficeMissing
from head_office.private_file import write_private
from head_office.storage import blob, rule_generation, rule_key
from pos_plugin import rule_package
from pos_plugin.clock import utc_text
from pos_plugin.errors import RuleError
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.golden import check_baskets
from pos_plugin.template_package import check_templates
from pos_plugin.validation import read_json
from sync_agent.protocol.json_bytes import compact_json
from sync_agent.protocol.limits import BLOB_BYTES_MAX
from sync_agent.protocol.messages import GenerationEntry

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy.engine import Connection

    from head_office.storage import Database

RING: Final = "all"
NEWEST_MAX: Final = 80
ROTATIONS_MAX: Final = 20
_KEPT: Final = ("promotions", "golden", "templates")
CURRENT, NEXT, RETIRED = "current", "next", "retired"


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
            write_private(key_path(database.folder, role), private.private_bytes_raw().hex())
            connection.execute(
                rule_key.insert().values(
                    key_id=hashlib.sha256(public).hexdigest()[:16],
                    role=role,
                    public_key=public.hex(),
                )
            )


def public_keys(connection: Connection) -> list[tuple[str, str]]:
    """Return key id and public key (hexadecimal) of *current* and *next*, in this order."""
    rows = connection.execute(
        select(rule_key).where(rule_key.c.role != RETIRED).order_by(rule_key.c.role)
    )
    return [(row.key_id, row.public_key) for row in rows]


def retired_keys(connection: Connection) -> list[dict[str, Any]]:
    """Return the retired keys as ``keys.json`` holds them: id, key, first generation without it."""
    rows = connection.execute(
        select(rule_key).where(rule_key.c.role == RETIRED).order_by(rule_key.c.retired_before)
    )
    return [
        {"key_id": row.key_id, "public_key": row.public_key, "before": row.retired_before}
        for row in rows
    ]


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


def publish(
    database: Database,
    text: str | bytes,
    *,
    now: dt.datetime,
    activate_at: dt.datetime | None = None,
) -> GenerationEntry:
    """Publish the promotions of a rule file as the next generation.

    The number in the file does not count: the new one is the highest ever + 1.

    Args:
        database: head office.
        text: the rule file, with golden baskets or without.
        now: instant of publication.
        activate_at: from when tills use it; None = at once.

    Raises:
        RuleError: the file is not taken; nothing was published.
    """
    RuleGeneration.from_json(text)
    document = read_json(text, "", RuleError)
    content = document if isinstance(document, dict) else {"promotions": document}
    content.pop("next_key", None)
    with database.write() as connection:
        key_id, private = signing_key(connection, database.folder)
        signer = Signer(key_id, private)
        return _add(database, connection, content, signer=signer, activate_at=activate_at or now)


def republish(database: Database, generation: int, *, activate_at: dt.datetime) -> GenerationEntry:
    """Publish the content of a generation once more, under a higher number.

    The way back, too: generations only grow, so going back is a higher number with older content.

    Raises:
        RuleError: there is no such generation.
    """
    with database.write() as connection:
        content = content_of(connection, generation)
        key_id, private = signing_key(connection, database.folder)
        signer = Signer(key_id, private)
        return _add(database, connection, content, signer=signer, activate_at=activate_at)


def publish_in_turn(
    database: Database,
    connection: Connection,
    contents: Sequence[tuple[dict[str, Any], dt.datetime]],
) -> list[GenerationEntry]:
    """Publish several contents, each from its own instant on, in one transaction.

    Args:
        database: head office.
        connection: its open write transaction.
        contents: as of ``content_of``, with their instants.

    Raises:
        RuleError: one of them is not taken; the transaction has to be given up.
    """
    signer = Signer(*signing_key(connection, database.folder))
    return [
        _add(database, connection, content, signer=signer, activate_at=activate_at)
        for content, activate_at in contents
    ]


def before_the_active(connection: Connection, *, now: dt.datetime) -> int:
    """Return the generation that was active before the one that is active now.

    Raises:
        RuleError: there was none.
    """
    now_text = utc_text(now)
    active = connection.execute(
        select(rule_generation.c.generation)
        .where(rule_generation.c.activate_at <= now_text)
        .order_by(rule_generation.c.generation.desc())
        .limit(2)
    ).scalars()
    found = active.all()
    if len(found) < 2:
        raise RuleError("out_of_range", "generation", "there is no generation to go back to")
    return int(found[1])


def rotate_key(database: Database, next_private: bytes, *, now: dt.datetime) -> GenerationEntry:
    """Make *next* the current key, and retire the one that signed so far.

    Publishes the content of the highest generation again, signed with *next*; the package names a
    new next key, whose private half is written to ``rule-key.next``.

    Args:
        database: head office.
        next_private: private half of *next*, 32 bytes, from the safe.
        now: instant; the new generation is active at once.

    Raises:
        RuleError: this is not the next key of this chain, or nothing was published yet.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        signer = Ed25519PrivateKey.from_private_bytes(next_private)
    except ValueError:
        raise RuleError("out_of_range", "--next-key", "is no private key") from None
    new = Ed25519PrivateKey.generate()
    with database.write() as connection:
        (current_id, _), (next_id, next_public) = public_keys(connection)
        if signer.public_key().public_bytes_raw().hex() != next_public:
            raise RuleError("out_of_range", "--next-key", "is not the next key of this chain")
        highest = connection.execute(select(func.max(rule_generation.c.generation))).scalar()
        new_public = new.public_key().public_bytes_raw()
        named = {
            "key_id": hashlib.sha256(new_public).hexdigest()[:16],
            "public_key": new_public.hex(),
        }
        entry = _add(
            database,
            connection,
            {**content_of(connection, highest or 0), "next_key": named},
            signer=Signer(next_id, signer),
            activate_at=now,
        )
        for key_id, values in (
            (current_id, {"role": RETIRED, "retired_before": entry.generation}),
            (next_id, {"role": CURRENT}),
        ):
            connection.execute(rule_key.update().where(rule_key.c.key_id == key_id).values(values))
        connection.execute(rule_key.insert().values(role=NEXT, **named))
        # The new next first: a crash between the files and the commit is mended by the same call
        # with the same key from the safe.
        write_private(key_path(database.folder, NEXT), new.private_bytes_raw().hex())
        write_private(key_path(database.folder, CURRENT), next_private.hex())
    return entry


class Signer(NamedTuple):
    """A private rule key and its id."""

    key_id: str
    private: Ed25519PrivateKey


def content_of(connection: Connection, generation: int) -> dict[str, Any]:
    """Return promotions, golden baskets and templates of a generation.

    Raises:
        RuleError: there is no such generation.
    """
    text = connection.execute(
        select(blob.c.content)
        .join(rule_generation, rule_generation.c.sha256 == blob.c.sha256)
        .where(rule_generation.c.generation == generation)
    ).scalar_one_or_none()
    if text is None:
        raise RuleError("out_of_range", "generation", f"there is no generation {generation}")
    document = read_json(bytes(text), "", RuleError)
    return {name: document[name] for name in _KEPT if name in document}


def _add(
    database: Database,
    connection: Connection,
    content: dict[str, Any],
    *,
    signer: Signer,
    activate_at: dt.datetime,
) -> GenerationEntry:
    highest = connection.execute(select(func.max(rule_generation.c.generation))).scalar()
    generation = (highest or 0) + 1
    data = compact_json({**content, "generation": generation})
    if len(data) > BLOB_BYTES_MAX:
        raise RuleError("limit", "promotions", f"a package has at most {BLOB_BYTES_MAX} bytes")
    # What is signed is read once more as the till will read it.
    check_baskets(RuleGeneration.from_json(data.decode()), content.get("golden"))
    check_templates(content.get("templates"))
    sha256 = hashlib.sha256(data).hexdigest()
    instant_text = utc_text(activate_at)
    message = rule_package.signed_bytes(
        chain=database.chain,
        ring=RING,
        generation=generation,
        activate_at=instant_text,
        sha256=sha256,
    )
    values = {
        "chain": database.chain,
        "ring": RING,
        "generation": generation,
        "activate_at": instant_text,
        "sha256": sha256,
        "key_id": signer.key_id,
        "signature": signer.private.sign(message).hex(),
    }
    connection.execute(blob.insert().values(sha256=sha256, content=data))
    connection.execute(rule_generation.insert().values(values))
    return GenerationEntry.model_validate(values)


def manifest(connection: Connection, *, now: dt.datetime) -> list[GenerationEntry]:
    """Return the generation that is active now and all that will become active later.

    And those by which a key was changed: a till that was away has to follow one after the other.
    """
    now_text = utc_text(now)
    changed_keys = set(
        connection.execute(
            select(rule_key.c.retired_before)
            .where(rule_key.c.role == RETIRED)
            .order_by(rule_key.c.retired_before.desc())
            .limit(ROTATIONS_MAX)
        ).scalars()
    )
    newest = connection.execute(
        select(rule_generation).order_by(rule_generation.c.generation.desc()).limit(NEWEST_MAX)
    )
    entries: dict[int, GenerationEntry] = {}
    for row in newest.mappings():
        entries[row["generation"]] = _entry(dict(row), changed_keys)
        if row["activate_at"] <= now_text:
            break
    older = connection.execute(
        select(rule_generation).where(rule_generation.c.generation.in_(changed_keys - set(entries)))
    )
    for row in older.mappings():
        entries[row["generation"]] = _entry(dict(row), changed_keys)
    return [entries[generation] for generation in sorted(entries)]


def _entry(row: dict[str, Any], changed_keys: set[int]) -> GenerationEntry:
    return GenerationEntry.model_validate({**row, "rotates": row["generation"] in changed_keys})


def key_path(folder: Path, role: str) -> Path:
    """Return the file of a private key; ``role`` is ``current`` or ``next``."""
    return folder / f"rule-key.{role}"


def _private_key(folder: Path) -> bytes:
    try:
        return bytes.fromhex(key_path(folder, CURRENT).read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise HeadOfficeMissing(folder) from None
