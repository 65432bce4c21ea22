"""Loads master data: a folder with one JSON-lines file a table (file name = table).

Laws of this file:

1. All or nothing: one bad row, named by file and line, and nothing of the folder is taken.
2. Repeatable: a row that stands there already, equal in every column, writes nothing.
3. Card numbers and e-mail addresses are here in passing only: what is kept and sent is their keyed
   hash. Of phone numbers the digits are kept and sent.

The files themselves are described in ``sync_agent.master_data``.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from head_office import customer_words, log
from head_office.crm import purchase_prices
from head_office.errors import LoadError
from head_office.intake.balances import rows_of_customer
from head_office.intake.customers import join
from head_office.segments import Bits
from head_office.storage import master
from head_office.vouchers import issue_here, mark, rows_of_holder
from pos_plugin.card_hash import normalised
from pos_plugin.loyalty.voucher_code import read_code, voucher_hash
from pos_plugin.loyalty.voucher_type import SHORT_LIVED, is_short_lived
from pos_plugin.validation import read_json
from sync_agent import purchase_price
from sync_agent.master_data import HEAD_OFFICE_FILES as FILES
from sync_agent.master_data import card_row, check_file_row, identity, take_search
from sync_agent.protocol.json_bytes import compact_json
from sync_agent.protocol.limits import SEGMENT_BITS
from sync_agent.protocol.rows import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from head_office.storage import Database

LINE_BYTES_MAX: Final = 2**20


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: rows read and rows that were new or changed, by table.

    ``warnings``: what may be disputed, in words; nothing is refused for it.
    """

    read: dict[str, int]
    written: dict[str, int]
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Load:
    """One load inside its transaction."""

    connection: Connection
    card_key: bytes
    bits: dict[str, int]
    on: dt.date | None = None
    shared: list[list[log.Row]] = field(default_factory=list)
    by_shop: defaultdict[str, list[list[log.Row]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def take(self, table: str, row: dict[str, Any], where: str) -> bool:
        """Take one checked row; say whether it was new or changed."""
        if table == "customer":
            return self._customer(row, where)
        if table == "card":
            return self._card(row, where)
        if table == "alias":
            return self._alias(row, where)
        if table == "voucher":
            return self._voucher(row, where)
        if table == "abc_scheme":
            self._scheme_stays(row, where)
        if table == "event_trigger" and not self._known("voucher_type", [row["voucher_type"]]):
            raise LoadError(
                "unknown_word", f"{where}.voucher_type", f"no voucher type {row['voucher_type']!r}"
            )
        is_news = table == "article" and self._purchase_price(row, where)
        if self._write(table, row, shop=None):
            self.shared.append([(table, row)])
            is_news = True
        return is_news

    def send(self) -> None:
        """Write what was taken into the logs from which the tills read."""
        for shop in self.by_shop:
            log.ensure_bucket(self.connection, shop)
        for bucket in log.buckets(self.connection):
            own = [
                group
                for shop, groups in self.by_shop.items()
                if log.shop_bucket(shop) == bucket
                for group in groups
            ]
            log.append(self.connection, bucket, self.shared + own)

    def _purchase_price(self, row: dict[str, Any], where: str) -> bool:
        """Keep the purchase price; what goes to the tills has no place for it."""
        if purchase_price.FIELD not in row:
            return False
        if self.on is None and row.get(purchase_price.SINCE) is None:
            raise LoadError("missing", f"{where}.{purchase_price.SINCE}", "from which day on?")
        return purchase_prices.take(self.connection, row, on=self.on or dt.date.min)

    def _voucher(self, row: dict[str, Any], where: str) -> bool:
        """Issue a voucher of head office, or block it, or let it be used again."""
        kind = self._row("voucher_type", [row["type"]])
        if kind is None:
            raise LoadError("unknown_word", f"{where}.type", f"no voucher type {row['type']!r}")
        holder = None
        if row["customer"] is not None:
            holder = self._row("customer", [row["customer"]])
            if holder is None:
                raise LoadError(
                    "unknown_word", f"{where}.customer", f"no customer {row['customer']!r}"
                )
        code = row["code"]
        code_hash = voucher_hash(read_code(code) or normalised(code)).hex()
        value_minor = row["value_minor"]
        if value_minor is None:
            value_minor = kind["effect"].get("minor")
        terms = {
            "id": row["id"],
            "code_hash": code_hash,
            "type": row["type"],
            "legal_kind": kind["legal_kind"],
            "customer": row["customer"],
            "customer_bound": kind["customer_bound"],
            "value_minor": value_minor,
            "valid_from_on": row["valid_from_on"],
            "valid_to_on": row["valid_to_on"],
            "multi_use": kind["multi_use"],
        }
        is_new = issue_here(self.connection, terms)
        if not (mark(self.connection, row["id"], is_blocked=row["blocked"]) or is_new):
            return False
        rows = [
            one
            for one in rows_of_holder(self.connection, row["customer"])
            if one[1]["id"] == row["id"]
        ]
        if holder is None:
            self.shared.append(rows)
        else:
            self._send_of(row["customer"], holder["home_shop"], rows)
        return True

    def _customer(self, row: dict[str, Any], where: str) -> bool:
        segments = row.pop("segments")
        row["segment_bits"] = sum(1 << self._bit(segment, where) for segment in {*segments})
        shop = row["home_shop"]
        before = self._row("customer", [row["id"]])
        if before is not None and before["home_shop"] != shop:
            raise LoadError(
                "out_of_range", f"{where}.home_shop", "a customer keeps the home shop of the start"
            )
        if before is not None and self._computes_classes():
            # Classes are counted, not loaded: the file does not know them.
            row["segment_bits"] |= before["segment_bits"] & Bits(self.connection).of_classes()
        group: list[log.Row] = []
        search = take_search(row, where, self.card_key, LoadError)
        if self._write("customer", row, shop=shop):
            group.append(("customer", row))
        found = search["phones"] or search["email_hashes"]
        if (found or self._known("customer_search", [row["id"]])) and self._write(
            "customer_search", search, shop=shop
        ):
            group.append(("customer_search", search))
        if before is None:
            # Receipts may have come before the customer was made known here.
            group += rows_of_customer(self.connection, row["id"])
            group += rows_of_holder(self.connection, row["id"])
        if group:
            self._send_of(row["id"], shop, group)
        return bool(group)

    def _card(self, row: dict[str, Any], where: str) -> bool:
        customer = self._row("customer", [row["customer"]])
        if customer is None:
            raise LoadError("unknown_word", f"{where}.customer", f"no customer {row['customer']!r}")
        wire = card_row(row, self.card_key)
        before = self._row("card", [wire["code_hash"]])
        if before is not None and before["customer"] != wire["customer"]:
            raise LoadError(
                "duplicate_id", f"{where}.code", f"this card belongs to {before['customer']!r}"
            )
        if not self._write("card", wire, shop=customer["home_shop"]):
            return False
        self._send_of(row["customer"], customer["home_shop"], [("card", wire)])
        return True

    def _alias(self, row: dict[str, Any], where: str) -> bool:
        customer = self._row("customer", [row["customer"]])
        if customer is None or self._known("alias", [row["customer"]]):
            raise LoadError("unknown_word", f"{where}.customer", f"no customer {row['customer']!r}")
        known = self._row("alias", [row["alias"]])
        if known is not None and known != row:
            raise LoadError(
                "duplicate_id", f"{where}.alias", f"this id became {known['customer']!r}"
            )
        changed = join(
            self.connection,
            row["alias"],
            row["customer"],
            shop=customer["home_shop"],
        )
        if changed:
            self._send_of(row["customer"], customer["home_shop"], changed)
        return bool(changed)

    def _send_of(self, customer: str, home_shop: str, rows: list[log.Row]) -> None:
        """Send rows of a customer to its home shop and wherever else it was seen."""
        shops = {home_shop, *log.shops_that_hold(self.connection, customer)}
        for shop in sorted(shops):
            self.by_shop[shop].append(rows)

    def _bit(self, segment: str, where: str) -> int:
        if segment not in self.bits:
            bit = len(self.bits)
            if bit >= SEGMENT_BITS:
                raise LoadError(
                    "limit", f"{where}.segments", f"a chain has at most {SEGMENT_BITS} segments"
                )
            row = {"bit": bit, "segment": segment}
            self._write("segment_bit", row, shop=None)
            self.shared.append([("segment_bit", row)])
            self.bits[segment] = bit
        return self.bits[segment]

    def _computes_classes(self) -> bool:
        found = select(master.c.row_key).where(master.c.table_name == "abc_scheme").limit(1)
        return self.connection.execute(found).first() is not None

    def _scheme_stays(self, row: dict[str, Any], where: str) -> None:
        before = self._row("abc_scheme", [row["code"], row["revision"]])
        if before is not None and before != row:
            raise LoadError(
                "duplicate_id", f"{where}.revision", "a revision never changes: write a higher one"
            )

    def _known(self, table: str, key: list[str]) -> bool:
        return self._row(table, key) is not None

    def _row(self, table: str, key: Sequence[str | int]) -> dict[str, Any] | None:
        text = self.connection.execute(
            select(master.c.row).where(_is(table, json.dumps(key, ensure_ascii=False)))
        ).scalar_one_or_none()
        return None if text is None else json.loads(text)

    def _write(self, table: str, row: dict[str, Any], *, shop: str | None) -> bool:
        """Keep the row; say whether it was new or changed."""
        wire = {column: row[column] for column in TABLES[table].columns}
        key = log.row_key(table, wire)
        text = compact_json(wire).decode()
        before = self.connection.execute(
            select(master.c.row).where(_is(table, key))
        ).scalar_one_or_none()
        if before == text:
            return False
        values = {"row": text, "customer": wire.get("customer")}
        if before is None:
            self.connection.execute(
                master.insert().values(table_name=table, row_key=key, shop=shop, **values)
            )
        else:
            self.connection.execute(master.update().where(_is(table, key)).values(values))
        customer_words.keep(self.connection, table, key, wire)
        return True


def _bits(connection: Connection) -> dict[str, int]:
    """Return which bit stands for which segment; bits are given in order and never moved."""
    rows = connection.execute(select(master.c.row).where(master.c.table_name == "segment_bit"))
    return {row["segment"]: int(row["bit"]) for row in map(json.loads, rows.scalars())}


def _is(table: str, key: str) -> Any:  # noqa: ANN401 - a clause of SQLAlchemy
    return (master.c.table_name == table) & (master.c.row_key == key)


def load_folder(
    database: Database,
    folder: Path,
    *,
    on: dt.date | None = None,
    progress: Callable[[int], None] = lambda _bytes: None,
) -> Loaded:
    """Take every file of the folder, or nothing.

    Args:
        database: head office.
        folder: holds ``<table>.jsonl`` files; other files are none of our business.
        on: day from which purchase prices hold, and for which kinds of voucher that live too short
            are warned of; None = every price names its day, and nothing is warned of.
        progress: called with the number of bytes of each line taken.

    Raises:
        LoadError: names file and line, for example ``article.jsonl:17.unit_price_minor``.
    """
    files = _files(folder)
    read = dict.fromkeys(files, 0)
    written = dict.fromkeys(files, 0)
    warnings: list[str] = []
    with database.write() as connection:
        load = _Load(connection, database.card_key(connection), _bits(connection), on)
        for table, path in files.items():
            seen: set[str] = set()
            for where, row, size in _rows(path, table):
                name = ", ".join(str(row[column]) for column in identity(table))
                if name in seen:
                    raise LoadError("duplicate_id", where, f"{name!r} stands twice in {path.name}")
                seen.add(name)
                read[table] += 1
                if table == "voucher_type" and on is not None and is_short_lived(row, on=on):
                    warnings.append(f"{where}: {SHORT_LIVED.format(code=row['code'])}")
                written[table] += load.take(table, row, where)
                progress(size)
        load.send()
    return Loaded(read=read, written=written, warnings=tuple(warnings))


def take_vouchers(
    connection: Connection, card_key: bytes, rows: Iterable[tuple[str, dict[str, Any]]]
) -> None:
    """Issue vouchers that head office made itself, as if a file of them were loaded.

    Args:
        connection: in the transaction that decides about all of them.
        card_key: of the chain.
        rows: where each comes from, and the complete row of ``voucher.jsonl``.

    Raises:
        LoadError: a kind or a customer is not known.
    """
    load = _Load(connection, card_key, _bits(connection))
    for where, row in rows:
        load.take("voucher", row, where)
    load.send()


def folder_bytes(folder: Path) -> int:
    """Return the size of what ``load_folder`` will read, for a progress bar."""
    return sum(path.stat().st_size for path in _files(folder).values())


def _files(folder: Path) -> dict[str, Path]:
    found = sorted(path for path in folder.glob("*.jsonl") if path.is_file())
    for path in found:
        if path.stem not in FILES:
            raise LoadError(
                "unknown_word", path.name, f"no table {path.stem!r}; known are {', '.join(FILES)}"
            )
    if not found:
        raise LoadError("missing", str(folder), "no .jsonl file in this folder")
    by_table = {path.stem: path for path in found}
    return {table: by_table[table] for table in FILES if table in by_table}


def _rows(path: Path, table: str) -> Iterator[tuple[str, dict[str, Any], int]]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(LINE_BYTES_MAX + 1):
                number += 1
                where = f"{path.name}:{number}"
                if len(line) > LINE_BYTES_MAX:
                    raise LoadError("limit", where, f"a line has at most {LINE_BYTES_MAX} bytes")
                if line.strip():
                    yield where, _checked(line, table, where), len(line)
    except OSError as fault:
        raise LoadError("not_json", path.name, f"cannot be read: {fault.strerror}") from None


def _checked(line: bytes, table: str, where: str) -> dict[str, Any]:
    return check_file_row(table, read_json(line, where, LoadError), where, LoadError)
