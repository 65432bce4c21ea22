"""Past receipts and articles from files, checked whole before anything is done with them.

Two forms of receipts: the CSV of an old till (a row a line, rows of one invoice are one receipt),
and JSON lines (a sale of promotions.md §3 a line). Plain or gzip; which one it is, the bytes say.

What the CSV does not say is fixed here: every line carries 19 % VAT; an article without a category
is ``sonstiges``; a sku without a digit (postage, fees, ``BANK CHARGES``) is not discountable; local
times are taken without offset. Negative quantities are returns, and a cancellation (``C…``) holds
nothing else.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import re
import zlib
from array import array
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.errors import SaleError
from pos_plugin.limits import MAX_FILE_BYTES, MAX_LINES, MAX_PRICE_MINOR, MAX_TEXT
from pos_plugin.model import Basket
from pos_plugin.replay.past import PastReceipt, PastReceipts, replay_id
from pos_plugin.replay.spool import Spool
from pos_plugin.validation import read_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

RECEIPT_COLUMNS: Final = ("invoice", "sku", "quantity", "at", "unit_price_minor", "customer")
ARTICLE_COLUMNS: Final = ("sku", "description", "category", "list_price_minor")
VAT_RATE_BP: Final = 1900
NO_CATEGORY: Final = "sonstiges"

_CANCELLATION: Final = "C"
GZIP: Final = b"\x1f\x8b"
_WHOLE: Final = re.compile("-?[0-9]{1,18}")
_LONG: Final = re.compile("-?[0-9]{19,}")
_LOCAL: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_LINE_PLACE: Final = re.compile(r"sale\.lines\[([0-9]+)\](?:\.(\w+))?")
# Columns by the name under which the sale knows their value.
_COLUMN: Final = {
    "sale.sale_id": "invoice",
    "sale.at": "at",
    "sale.customer.id": "customer",
    "quantity_milli": "quantity",
    "unit_price_minor": "unit_price_minor",
    "sku": "sku",
}


def read_articles(name: str, content: bytes) -> list[dict[str, Any]]:
    """Return the rows of the article master.

    Args:
        name: of the file, for errors.
        content: CSV, plain or gzip.

    Raises:
        SaleError: naming file and line.
    """
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for number, row in _rows(name, content, ARTICLE_COLUMNS):
        place = f"{name} line {number}"
        sku = row["sku"]
        for column in ("sku", "description", "category"):
            if len(row[column]) > MAX_TEXT:
                raise SaleError("limit", f"{place}.{column}", f"at most {MAX_TEXT} characters")
        if not sku:
            raise SaleError("missing", f"{place}.sku", "an article needs its number")
        if sku in seen:
            raise SaleError("duplicate_id", f"{place}.sku", f"the article {sku!r} stands twice")
        seen.add(sku)
        price_minor = _whole(row["list_price_minor"], f"{place}.list_price_minor")
        if not 0 <= price_minor <= MAX_PRICE_MINOR:
            raise SaleError(
                "out_of_range", f"{place}.list_price_minor", f"a price is 0 to {MAX_PRICE_MINOR}"
            )
        rows.append(
            {
                "sku": sku,
                "name": row["description"],
                **_facts(sku, row["category"]),
                "unit_price_minor": price_minor,
            }
        )
    return rows


def read_receipts(name: str, content: bytes, known: Collection[str]) -> PastReceipts:
    """Return the receipts in the order in which they begin.

    In memory are the file as it is, and of every receipt its number; the rest waits in a spool.

    Args:
        name: of the file, for errors.
        content: CSV or JSON lines, plain or gzip.
        known: skus of the article master, which fills in what it knows of them.

    Raises:
        SaleError: naming file and line; nothing is taken of a file with one wrong line.
        StorageError: there is no room in the temporary folder.
    """
    begins = next((line.lstrip()[:1] for line in _lines(name, content) if line.strip()), b"")
    found = _from_json_lines(name, content) if begins == b"{" else _from_csv(name, content, known)
    receipts = PastReceipts()
    for receipt in found:
        receipts.append(receipt)
    return receipts


def _from_json_lines(name: str, content: bytes) -> Iterator[PastReceipt]:
    seen: set[str] = set()
    currency = ""
    lines = (line for part in _lines(name, content) for line in part.splitlines())
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"{name} line {number}"
        value = read_json(line, place, SaleError)
        basket = Basket.from_dict(value, place)
        if basket.sale_id in seen:
            raise SaleError(
                "duplicate_id", f"{place}.sale_id", f"the sale {basket.sale_id!r} stands twice"
            )
        seen.add(basket.sale_id)
        currency = currency or basket.currency
        if basket.currency != currency:
            raise SaleError(
                "out_of_range",
                f"{place}.currency",
                f"one replay adds up one currency, the first sale is in {currency}",
            )
        yield _receipt({**value, "sale_id": replay_id(basket.sale_id)}, place)


def _from_csv(name: str, content: bytes, known: Collection[str]) -> Iterator[PastReceipt]:
    spool = Spool()
    grouped: dict[str, array[int]] = {}
    for number, row in _rows(name, content, RECEIPT_COLUMNS):
        if not row["invoice"]:
            raise SaleError(
                "missing", f"{name} line {number}.invoice", "a row needs its receipt number"
            )
        # Rows of one invoice may lie far apart.
        place = spool.append([number, row])
        grouped.setdefault(row["invoice"], array("q")).append(place)
    for invoice, places in grouped.items():
        yield _from_rows(name, invoice, [spool[place] for place in places], known)


def _from_rows(
    name: str, invoice: str, rows: Sequence[tuple[int, dict[str, str]]], known: Collection[str]
) -> PastReceipt:
    if len(rows) > MAX_LINES:
        raise SaleError(
            "limit",
            f"{name} line {rows[MAX_LINES][0]}",
            f"receipt {invoice} has more than {MAX_LINES} lines",
        )
    first_number, first = rows[0]
    lines: list[dict[str, Any]] = []
    for position, (number, row) in enumerate(rows, start=1):
        place = f"{name} line {number}"
        if row["customer"] != first["customer"]:
            raise SaleError(
                "out_of_range",
                f"{place}.customer",
                f"receipt {invoice} began with customer {first['customer']!r} "
                f"in line {first_number}",
            )
        pieces = _whole(row["quantity"], f"{place}.quantity")
        if pieces > 0 and invoice.startswith(_CANCELLATION):
            raise SaleError(
                "out_of_range", f"{place}.quantity", "a cancellation (C…) holds returns only"
            )
        sku = row["sku"]
        line: dict[str, Any] = {
            "line_id": str(position),
            "sku": sku,
            "quantity_milli": pieces * 1000,
            "unit_price_minor": _whole(row["unit_price_minor"], f"{place}.unit_price_minor"),
        }
        lines.append(line if sku in known else line | _facts(sku, ""))
    snapshot: dict[str, Any] = {
        "sale_id": replay_id(invoice),
        "at": _local(first["at"], f"{name} line {first_number}.at"),
        "lines": lines,
    }
    if first["customer"]:
        snapshot["customer"] = {"id": first["customer"]}
    try:
        return _receipt(snapshot, "sale")
    except SaleError as error:
        found = _LINE_PLACE.fullmatch(error.where)
        number = rows[int(found[1])][0] if found else first_number
        column = _COLUMN.get((found[2] if found else error.where) or "")
        place = f"{name} line {number}" + (f".{column}" if column else "")
        raise SaleError(error.code, place, error.message) from None


def _receipt(snapshot: dict[str, Any], place: str) -> PastReceipt:
    basket = Basket.from_dict(snapshot, place)
    return PastReceipt(
        sale_id=basket.sale_id, at=basket.at, currency=basket.currency, snapshot=snapshot
    )


def _facts(sku: str, category: str) -> dict[str, Any]:
    return {
        "categories": [category or NO_CATEGORY],
        "brand": None,
        "season": None,
        "tags": [],
        "markdown": False,
        "vat_rate_bp": VAT_RATE_BP,
        "discountable": any(character in "0123456789" for character in sku),
    }


def _rows(
    name: str, content: bytes, columns: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and the named columns of every row; other columns are passed over."""
    _check_text(name, content)
    text = io.TextIOWrapper(_stream(name, content), encoding="utf-8-sig", newline="")
    reader = csv.reader(text, strict=True)
    try:
        header = next(reader, [])
        for column in columns:
            if header.count(column) != 1:
                found = "is twice" if column in header else "is not"
                raise SaleError(
                    "missing",
                    f"{name} line 1",
                    f"the column {column!r} {found} in the header; needed are " + ",".join(columns),
                )
        places = [(column, header.index(column)) for column in columns]
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                raise SaleError(
                    "wrong_type",
                    f"{name} line {reader.line_num}",
                    f"the row has {len(row)} fields, the header {len(header)}",
                )
            yield reader.line_num, {column: row[place] for column, place in places}
    except csv.Error as fault:
        raise SaleError(
            "wrong_type", f"{name} line {reader.line_num}", f"no CSV: {fault}"
        ) from None


def _check_text(name: str, content: bytes) -> None:
    for number, line in enumerate(_lines(name, content), start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            raise SaleError(
                "wrong_type", f"{name} line {number}", "the text is not UTF-8"
            ) from None


def _lines(name: str, content: bytes) -> Iterator[bytes]:
    """Yield the lines of a file with their ends."""
    try:
        yield from _stream(name, content)
    except (OSError, EOFError, zlib.error) as fault:
        raise SaleError("not_json", name, f"the gzip file is damaged: {fault}") from None


def _stream(name: str, content: bytes) -> io.BufferedReader | io.BytesIO:
    raw = io.BytesIO(content)
    if not content.startswith(GZIP):
        return raw
    return io.BufferedReader(_Unpacked(name, gzip.GzipFile(fileobj=raw)), 1 << 16)


class _Unpacked(io.RawIOBase):
    """What a gzip file holds; half a megabyte may unpack to the memory of a machine."""

    def __init__(self, name: str, packed: gzip.GzipFile) -> None:
        self._name = name
        self._packed = packed
        self._bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a writable buffer
        count = self._packed.readinto(buffer)
        self._bytes += count
        if self._bytes > MAX_FILE_BYTES:
            raise SaleError("limit", self._name, f"unpacks to more than {MAX_FILE_BYTES} bytes")
        return count


def _whole(text: str, place: str) -> int:
    if not _WHOLE.fullmatch(text):
        if _LONG.fullmatch(text):
            raise SaleError("out_of_range", place, f"{text[:50]!r} has more than 18 digits")
        raise SaleError("wrong_type", place, f"{text[:50]!r} is no whole number")
    return int(text)


def _local(text: str, place: str) -> str:
    """Return a local time with the offset +00:00: only its wall-clock part means anything."""
    if not _LOCAL.fullmatch(text):
        raise SaleError("wrong_type", place, f"{text[:50]!r} is no local time YYYY-MM-DDTHH:MM")
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).isoformat()
    except ValueError as fault:
        raise SaleError("out_of_range", place, f"{text!r}: {fault}") from None
