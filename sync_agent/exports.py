"""What a shop gets out of its till: tables that spreadsheets open and that import takes back."""

from __future__ import annotations

import csv
import json
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.customer.known import KnownCustomers
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.journal_export import JournalExport
from sync_agent.imports.stored import Stored
from sync_agent.imports.tables_of_till import PURCHASE_PRICE
from sync_agent.imports.values import FORMULA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

MASTER: Final = ("articles", "customers", "segments")
FACTS: Final = ("vouchers", "ledger", "receipts")
_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "articles": (
        "sku", "name", "price", "purchase_price", "vat_rate", "categories", "brand", "season",
        "tags", "markdown", "discountable",
    ),
    "customers": (
        "id", "number", "name", "home_shop", "birthday_on", "status", "instant_discount",
        "discount_group", "tier", "limit", "segments", "phone",
    ),
    "segments": ("customer", "segment"),
}  # fmt: skip


def safe(value: object) -> str:
    """Return a value as a cell; a text that a spreadsheet would run gets an apostrophe.

    >>> safe("=1+1"), safe(-5), safe(None), safe(True), safe(["a", "b"])
    ("'=1+1", '-5', '', '1', 'a|b')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):
        # One word with a comma in it is still one word.
        end = "|" if len(value) == 1 and "," in value[0] else ""
        return safe("|".join(map(str, value)) + end)
    if isinstance(value, int):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


class Hundredths(int):
    """An amount of money or a percentage in hundredths; written with a comma."""

    __slots__ = ()


def hundredths(value: int) -> str:
    """Return hundredths as people write them.

    >>> hundredths(123450), hundredths(-5)
    ('1234,50', '-0,05')
    """
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 100},{abs(value) % 100:02}"


def master_rows(data_dir: Path, kind: str) -> Iterator[dict[str, Any]]:
    """Yield articles, customers or segments, with the columns that import knows."""
    with Stored(data_dir) as stored:
        if kind == "articles":
            cost = {row["sku"]: row["purchase_price_minor"] for row in stored.rows(PURCHASE_PRICE)}
            for row in stored.rows("article"):
                yield _article(row, cost.get(row["sku"]))
        elif kind == "customers":
            yield from _with_own(data_dir, _customers(stored))
        else:
            for row in _customers(stored):
                for segment in row["segments"]:
                    yield {"customer": row["id"], "segment": segment}


def _customers(stored: Stored) -> Iterator[dict[str, Any]]:
    segments = {int(row["bit"]): row["segment"] for row in stored.rows("segment_bit")}
    for row in stored.rows("customer"):
        inside = [name for bit, name in segments.items() if row["segment_bits"] >> bit & 1]
        search = stored.row("customer_search", [row["id"]])
        yield _customer(row, inside, search["phones"] if search else [])


def _with_own(data_dir: Path, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield customers as the till shows them: with those it made, and what it changed."""
    with ExitStack() as stack:
        journal = JournalExport.open(data_dir)
        cache = CacheReader.open(data_dir)
        if journal is None:
            yield from rows
            return
        connection = stack.enter_context(stack.enter_context(journal).reading())
        known = KnownCustomers(stack.enter_context(cache) if cache else None, connection)
        own = dict.fromkeys(journal.local_customers())
        for row in rows:
            if row["id"] not in own:
                yield row
                continue
            del own[row["id"]]
            shown = known.row(row["id"])
            if shown is not None:
                phones, _ = known.contacts(row["id"])
                yield {
                    **row,
                    "name": shown.name,
                    "birthday_on": shown.birthday_on,
                    "phone": _phone(phones),
                }
        for customer in own:
            shown = known.row(customer)
            if shown is not None:
                phones, _ = known.contacts(customer)
                row = {"tier": None, **asdict(shown), "segments": ()}
                yield _customer(row, [], list(phones))


def _article(row: dict[str, Any], purchase_price_minor: int | None) -> dict[str, Any]:
    cost = None if purchase_price_minor is None else Hundredths(purchase_price_minor)
    money = {"price": Hundredths(row["unit_price_minor"]), "purchase_price": cost}
    return {**row, **money, "vat_rate": Hundredths(row["vat_rate_bp"])}


def _customer(row: dict[str, Any], segments: list[str], phones: list[str]) -> dict[str, Any]:
    limit = row["limit_left_minor"]
    return {
        **row,
        "instant_discount": Hundredths(row["instant_discount_bp"]),
        "limit": None if limit is None else Hundredths(limit),
        "segments": sorted(segments),
        "phone": _phone(phones),
    }


def _phone(phones: Sequence[str]) -> str | None:
    return f"+{phones[0]}" if phones else None


def write_csv(rows: Iterable[dict[str, Any]], kind: str, out: TextIO) -> int:
    """Write rows as CSV with `;`; return how many.

    Args:
        rows: all with the same columns.
        kind: tells which columns go out; of facts all of them.
        out: opened with ``newline=""``.
    """
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    columns: Sequence[str] = _COLUMNS.get(kind, ())
    if columns:
        writer.writerow(columns)
    count = 0
    for row in rows:
        if not columns:
            columns = tuple(row)
            writer.writerow(columns)
        writer.writerow([_cell(row[name]) for name in columns])
        count += 1
    return count


def write_json(rows: Iterable[dict[str, Any]], kind: str, out: TextIO) -> int:
    """Write rows as JSON lines, amounts as text with a comma as in CSV; return how many.

    Args:
        rows: all with the same columns.
        kind: tells which columns go out; of facts all of them.
        out: for the lines.
    """
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - the last number is the answer
        plain = {
            name: hundredths(row[name]) if isinstance(row[name], Hundredths) else row[name]
            for name in _COLUMNS.get(kind) or tuple(row)
        }
        out.write(json.dumps(plain, ensure_ascii=False) + "\n")
    return count


def _cell(value: object) -> str:
    return hundredths(value) if isinstance(value, Hundredths) else safe(value)
