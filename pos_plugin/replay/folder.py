"""The data folder of a replay: built like a till's, and never a till's.

1. A replay books into a folder of its own: one that holds anything else is refused.
2. The rules come in as at any till, in a signed file with its manifest in the cache; the key is
   made for this folder, signs once and is forgotten.
3. A folder keeps the rules and articles it was built with: receipts booked by different rules would
   add up to nothing. ``replay.json`` says which, and is written last.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pos_plugin import keys
from pos_plugin.config import BudgetMs, TillConfig
from pos_plugin.errors import ConfigError, StorageError
from pos_plugin.rule_package import Manifest, signed_bytes
from pos_plugin.storage.blobs import write_blob
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.cache_writer import CacheWriter
from pos_plugin.storage.connect import replace_file

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

SHOP: Final = "001"
TILL: Final = "1"
MARKER: Final = "replay.json"
_KEY_ID: Final = "replay"
_BUCKET: Final = f"shop:{SHOP}"
# Past receipts are older than the rules they are tried with.
_ALWAYS: Final = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class _Put:
    table: str
    row: Mapping[str, Any]
    log_seq: int
    op: str = "P"


@dataclass(frozen=True, slots=True)
class _Page:
    after: int
    changes: tuple[_Put, ...]
    checkpoint: int
    bucket: str = _BUCKET
    bucket_epoch: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a folder is built with.

    Args:
        generation: number of the rules.
        rules: the rule file, as it is signed.
        articles: rows of the article master.
    """

    generation: int
    rules: bytes
    articles: Sequence[Mapping[str, Any]]

    def marks(self) -> dict[str, str]:
        """Return what tells these contents from others."""
        articles = json.dumps(self.articles, ensure_ascii=False).encode()
        return {
            "promotions": hashlib.sha256(self.rules).hexdigest(),
            "articles": hashlib.sha256(articles).hexdigest(),
        }


def prepare(
    folder: Path, contents: Contents, customers: Iterable[str], *, at: dt.datetime
) -> TillConfig:
    """Return the settings of a till in a folder that holds these contents.

    Args:
        folder: missing, empty, or of an earlier replay with the same contents.
        contents: rules and articles.
        customers: ids that shall be known; without segments, birthday or rate.
        at: instant that stands where a till has the instant of the contact.

    Raises:
        ConfigError: the folder is of something else, or of a replay with other contents.
        StorageError: the folder cannot be written.
    """
    with _writing(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            _check(folder, contents.marks())
        else:
            _build_whole(folder, contents, at)
    _add_customers(folder, customers, at)
    # Nobody waits at a replay: a slow answer is worth more than a list price.
    patient = BudgetMs(scan=60_000, evaluate=60_000, complete=60_000)
    return TillConfig(shop=SHOP, till=TILL, data_dir=folder.absolute(), budget_ms=patient)


def _check(folder: Path, marks: Mapping[str, str]) -> None:
    try:
        found = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        key_ids = json.loads((folder / keys.NAME).read_text(encoding="utf-8"))["rule_keys"]
        is_ours = [key["key_id"] for key in key_ids] == [_KEY_ID]
    except (OSError, ValueError, KeyError, TypeError):
        is_ours = False
    if not is_ours:
        raise ConfigError(
            "out_of_range",
            str(folder),
            "the folder holds other files than a replay's; a replay needs a folder of its own",
        )
    for name, mark in marks.items():
        if not isinstance(found, dict) or found.get(name) != mark:
            raise ConfigError(
                "out_of_range",
                str(folder),
                f"the folder holds a replay with other {name}; choose another folder",
            )


def _build_whole(folder: Path, contents: Contents, at: dt.datetime) -> None:
    try:
        _build(folder, contents, at)
    except BaseException:
        # It was empty: whatever stands there now is ours, and half done.
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _build(folder: Path, contents: Contents, at: dt.datetime) -> None:
    sha256 = write_blob(folder, contents.rules)
    manifest = _sign(folder, contents.generation, sha256)
    with CacheWriter.open(folder) as cache:
        cache.store_generation(manifest, accepted_at=at)
        cache.apply_page(_page([("article", row) for row in contents.articles], after=0), at=at)
    replace_file(folder / MARKER, json.dumps(contents.marks()).encode())


def _sign(folder: Path, generation: int, sha256: str) -> Manifest:
    # Loaded here: a till never signs.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private_key = Ed25519PrivateKey.generate()
    public_key = private_key.public_key().public_bytes_raw()
    path = folder / keys.NAME
    path.touch(mode=0o600)
    value = {
        "card_key": secrets.token_hex(16),
        "rule_keys": [{"key_id": _KEY_ID, "public_key": public_key.hex()}],
    }
    path.write_text(json.dumps(value), encoding="utf-8")
    fields: dict[str, Any] = {
        "chain": "replay",
        "ring": "all",
        "generation": generation,
        "activate_at": _ALWAYS,
        "sha256": sha256,
    }
    signature = private_key.sign(signed_bytes(**fields)).hex()
    return Manifest(**fields, key_id=_KEY_ID, signature=signature)


def _add_customers(folder: Path, customers: Iterable[str], at: dt.datetime) -> None:
    reader = CacheReader.open(folder)
    if reader is None:
        raise StorageError(f"{folder} has no cache file", hint="Choose another folder.")
    with reader:
        cursor = reader.cursor(_BUCKET)
        new = [one for one in dict.fromkeys(customers) if reader.customer(one) is None]
    if not new:
        return
    rows = [("customer", _customer(one)) for one in new]
    with CacheWriter.open(folder) as cache:
        cache.apply_page(_page(rows, after=cursor.position if cursor else 0), at=at)


def _customer(customer: str) -> dict[str, Any]:
    return {
        "id": customer,
        "number": customer,
        "name": customer,
        "birthday_on": None,
        "home_shop": SHOP,
        "status": "active",
        "instant_discount_bp": 0,
        "discount_group": None,
        "tier": None,
        "segment_bits": 0,
        "limit_left_minor": None,
    }


def _page(rows: Sequence[tuple[str, Mapping[str, Any]]], *, after: int) -> _Page:
    changes = tuple(_Put(table, row, after + number) for number, (table, row) in enumerate(rows, 1))
    return _Page(after=after, changes=changes, checkpoint=after + len(changes))


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise StorageError(
            f"the folder {folder} cannot be written: {fault.strerror}",
            hint="Choose another --data-dir, or make room there.",
        ) from None
