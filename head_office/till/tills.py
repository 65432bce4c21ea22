"""Tills that belong to this head office: their tokens and the files they need to begin.

Only the SHA-256 of a token is kept here. Setting up the same till again gives it a new token; the
old one dies at once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from sqlalchemy import select

from head_office import log
from head_office.private_file import write_private
from head_office.problems import ProblemError
from head_office.promotions.rules import public_keys, retired_keys
from head_office.storage import revoked_token
from head_office.storage import till as till_table
from pos_plugin.errors import ConfigError
from sync_agent.protocol.messages import EnrolAnswer, RuleKey

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from head_office.storage import Database

KEYS_NAME: Final = "keys.json"
CONFIG_NAME: Final = "till.toml"
REVOKED: Final = "revoked:"  # in place of a token: no hash begins so
_NAME: Final = re.compile("[0-9A-Za-z][0-9A-Za-z._-]{0,49}")


@dataclass(frozen=True, slots=True)
class Till:
    """A till that showed its token."""

    till: str
    shop: str


def check_names(*, shop: str, till: str, url: str) -> None:
    """Refuse names that could not stand in ``till.toml``, a bucket and an address.

    Raises:
        ConfigError: naming the option.
    """
    for option, name in (("--shop", shop), ("--till", till)):
        if not _NAME.fullmatch(name):
            raise ConfigError(
                "out_of_range", option, "1 to 50 letters, digits, dots, underscores and hyphens"
            )
    try:
        address = urlsplit(url)
        is_address = address.scheme in {"http", "https"} and bool(address.hostname)
        # Asked for, the port is checked.
        is_address = is_address and address.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ConfigError("out_of_range", "--url", "no address such as http://127.0.0.1:8710")


def set_up_till(
    database: Database, *, shop: str, till: str, till_dir: Path, url: str, now_text: str
) -> bool:
    """Make the till known and write its ``keys.json``; ``till.toml`` only when there is none.

    Args:
        database: head office.
        shop: the till's shop; its bucket begins here.
        till: number of the till, unique in the chain.
        till_dir: data folder of the till.
        url: where head office will answer.
        now_text: the instant, ISO 8601 UTC.

    Returns:
        Whether ``till.toml`` was written.
    """
    with database.write() as connection:
        admitted = admit(database, connection, shop=shop, till=till, now_text=now_text)
        keys = {**key_document(admitted), "head_office": url}
        # Inside the transaction: a till never holds a token that head office forgot.
        write_private(till_dir / KEYS_NAME, json.dumps(keys, indent=2) + "\n")
    return _write_config(till_dir / CONFIG_NAME, shop=shop, till=till, url=url)


def admit(
    database: Database,
    connection: Connection,
    *,
    shop: str,
    till: str,
    now_text: str,
    voucher_key: str | None = None,
) -> EnrolAnswer:
    """Make a till known and give it a new token; the old one dies at once.

    Args:
        database: head office.
        connection: in a write transaction.
        shop: the till's shop; its bucket begins here.
        till: number of the till.
        now_text: the instant, ISO 8601 UTC.
        voucher_key: public half of the key by which the till signs vouchers.
    """
    token = secrets.token_urlsafe(32)  # 256 bits
    values = {
        "shop": shop,
        "token_sha256": sha256_text(token),
        "next_token_sha256": None,
        "voucher_key": voucher_key,
    }
    known = till_table.c.till == till
    if connection.execute(till_table.update().where(known).values(values)).rowcount == 0:
        connection.execute(till_table.insert().values(till=till, created_at=now_text, **values))
    log.ensure_bucket(connection, shop)
    return EnrolAnswer(
        shop=shop,
        till=till,
        token=token,
        card_key=database.card_key(connection).hex(),
        rule_keys=[
            RuleKey(key_id=key_id, public_key=key) for key_id, key in public_keys(connection)
        ],
        retired_keys=[RuleKey.model_validate(key) for key in retired_keys(connection)],
    )


def key_document(answer: EnrolAnswer) -> dict[str, Any]:
    """Return ``keys.json`` of a till that was let in, without the address."""
    return {
        "till_token": answer.token,
        "card_key": answer.card_key,
        "rule_keys": [key.model_dump(exclude={"before"}) for key in answer.rule_keys],
        "retired_keys": [key.model_dump() for key in answer.retired_keys],
    }


def authenticate(database: Database, token: str) -> Till | None:
    """Return the till this bearer token belongs to, or None.

    The look-up goes by hash, so its time says nothing about the token; the comparison of the
    found hash takes constant time as well. First use of a new token ends the old one.

    Raises:
        ProblemError: ``revoked``.
    """
    wanted = sha256_text(token)
    is_current = till_table.c.token_sha256 == wanted
    is_next = till_table.c.next_token_sha256 == wanted
    with database.read() as connection:
        row = connection.execute(select(till_table).where(is_current | is_next)).one_or_none()
        if row is None:
            revoked = connection.execute(
                select(revoked_token.c.till).where(revoked_token.c.token_sha256 == wanted)
            ).first()
            if revoked is not None:
                raise ProblemError("revoked", 401)
            return None
    if not hmac.compare_digest(row.token_sha256, wanted):
        if not hmac.compare_digest(row.next_token_sha256 or "", wanted):
            return None
        with database.write() as connection:
            connection.execute(
                till_table.update()
                .where(is_next)
                .values(token_sha256=wanted, next_token_sha256=None)
            )
    return Till(till=row.till, shop=row.shop)


def new_token(database: Database, till: str) -> str:
    """Return a new token for a till; its first use ends the one that the till has."""
    token = secrets.token_urlsafe(32)
    with database.write() as connection:
        connection.execute(
            till_table.update()
            .where(till_table.c.till == till)
            .values(next_token_sha256=sha256_text(token))
        )
    return token


def revoke(database: Database, till: str, *, now_text: str) -> bool:
    """End the tokens of a till that was stolen or given up; False for an unknown till.

    Its events stay, and those of its shop go on. It can be enrolled again.
    """
    with database.write() as connection:
        row = connection.execute(select(till_table).where(till_table.c.till == till)).one_or_none()
        if row is None:
            return False
        for token in (row.token_sha256, row.next_token_sha256):
            known = select(revoked_token.c.till).where(revoked_token.c.token_sha256 == token)
            if token and not token.startswith(REVOKED) and not connection.execute(known).first():
                connection.execute(
                    revoked_token.insert().values(
                        token_sha256=token, till=till, revoked_at=now_text
                    )
                )
        connection.execute(
            till_table.update()
            .where(till_table.c.till == till)
            .values(token_sha256=f"{REVOKED}{till}", next_token_sha256=None)
        )
    return True


def _write_config(path: Path, *, shop: str, till: str, url: str) -> bool:
    # JSON strings are TOML strings.
    text = (
        f"shop = {json.dumps(shop)}\n"
        f"till = {json.dumps(till)}\n"
        "\n"
        "[head_office]\n"
        f"url = {json.dumps(url)}\n"
        "\n"
        "[[printer]]\n"
        'name = "bon"\n'
        'transport = "simulator"\n'
        'directory = "prints"\n'
    )
    if path.exists():
        return False
    write_private(path, text)
    return True


def sha256_text(token: str) -> str:
    """Return what is kept of a token or code."""
    return hashlib.sha256(token.encode()).hexdigest()
