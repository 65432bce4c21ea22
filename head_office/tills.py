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
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from sqlalchemy import select

from head_office import log
from head_office.private_file import write_private
from head_office.rules import public_keys, retired_keys
from head_office.storage import till as till_table
from pos_plugin.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from head_office.storage import Database

KEYS_NAME: Final = "keys.json"
CONFIG_NAME: Final = "till.toml"
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
    token = secrets.token_urlsafe(32)  # 256 bits
    values = {"shop": shop, "token_sha256": _sha256(token)}
    with database.write() as connection:
        known = till_table.c.till == till
        if connection.execute(till_table.update().where(known).values(values)).rowcount == 0:
            connection.execute(till_table.insert().values(till=till, created_at=now_text, **values))
        log.ensure_bucket(connection, shop)
        rule_keys = public_keys(connection)
        keys = {
            "till_token": token,
            "card_key": database.card_key(connection).hex(),
            "rule_keys": [{"key_id": key_id, "public_key": key} for key_id, key in rule_keys],
            "retired_keys": retired_keys(connection),
            "head_office": url,
        }
        # Inside the transaction: a till never holds a token that head office forgot.
        write_private(till_dir / KEYS_NAME, json.dumps(keys, indent=2) + "\n")
    return _write_config(till_dir / CONFIG_NAME, shop=shop, till=till, url=url)


def authenticate(connection: Connection, token: str) -> Till | None:
    """Return the till this bearer token belongs to, or None.

    The look-up goes by hash, so its time says nothing about the token; the comparison of the
    found hash takes constant time as well.
    """
    wanted = _sha256(token)
    row = connection.execute(
        select(till_table).where(till_table.c.token_sha256 == wanted)
    ).one_or_none()
    if row is None or not hmac.compare_digest(row.token_sha256, wanted):
        return None
    return Till(till=row.till, shop=row.shop)


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


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
