"""Makes rows of the till out of the lines of a file, and counts what they change.

A row that is known stays as it is where the file has no column for it. Whoever names a row twice,
or names what does not exist, gets a wrong line; the caller then takes nothing.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from pos_plugin.card_hash import card_hash
from pos_plugin.limits import MAX_PRICE_MINOR, MAX_TEXT
from pos_plugin.loyalty.voucher_code import read_code, voucher_hash
from pos_plugin.search_keys import email_hash, phone_digits
from sync_agent.imports.forget import erased_mark
from sync_agent.imports.tables_of_till import PURCHASE_PRICE, TABLES
from sync_agent.imports.wrong import TableError, WrongCell, WrongCode
from sync_agent.master_data import DEFAULTS, FILES, card_row, check_file_row
from sync_agent.protocol.limits import SEGMENT_BITS
from sync_agent.purchase_price import NewPrice, price_of_article

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from sync_agent.imports.read import Record, TableFile
    from sync_agent.imports.report import Report
    from sync_agent.imports.shelf import Draft
    from sync_agent.imports.stored import Stored

Rows = list[tuple[str, dict[str, Any]]]
KEYS: Final = {"articles": "sku", "customers": "id", "segments": "customer"}
"""The column that a file of this kind cannot do without; of customers ``number`` will do."""


class Taking:
    """One file on its way into a draft.

    Args:
        report: counts.
        stored: what the till knows.
        draft: where rows go that are new or changed.
        shop: of the till; home shop of a new customer without one.
        card_key: under which cards and e-mail addresses are hashed.
        erased: marks of customers that were erased here.
        on: today: purchase prices hold from it.

    ``has_corrected_prices``: a purchase price that is known for its day is put right.
    """

    def __init__(
        self,
        report: Report,
        stored: Stored,
        draft: Draft,
        *,
        shop: str,
        card_key: bytes,
        on: dt.date,
        erased: Collection[str] = (),
    ) -> None:
        self.report = report
        self._stored = stored
        self._draft = draft
        self._shop = shop
        self._card_key = card_key
        self._erased = erased
        self._on = on
        self._newest_price: dict[str, NewPrice] | None = None
        self.has_corrected_prices = False
        self._bits = {row["segment"]: int(row["bit"]) for row in stored.rows("segment_bit")}
        self._seen: set[str] = set()
        self._cards: dict[str, str] = {}

    def take(self, kind: str, file: TableFile) -> None:
        """Take every line of the file.

        Raises:
            BadFile: it cannot be read to its end.
        """
        records = file.records()
        if kind == "segments":
            self._segments(records)
        else:
            rows_of = {
                "articles": self._article,
                "customers": self._customer,
                "vouchers": self._voucher,
            }[kind]
            for record in records:
                self.line(record, rows_of)
        self.report.passed_over = file.header.passed_over

    def put(self, rows: Rows) -> None:
        """Write the rows of one line that are new or changed; count the line."""
        news = 0
        is_new = False
        for number, (table, full) in enumerate(rows):
            row = {name: full[name] for name in TABLES[table].columns}
            key = [row[name] for name in TABLES[table].key]
            before = self._stored.row(table, key)
            if before == row:
                continue
            news += 1
            is_new = is_new or (number == 0 and before is None)
            self._draft.add("P", table, row)
        if is_new:
            self.report.new += 1
        elif news:
            self.report.changed += 1
        else:
            self.report.unchanged += 1

    def line(self, record: Record, rows_of: Callable[[dict[str, Any]], tuple[str, Rows]]) -> None:
        """Take one line, or count it as wrong.

        Args:
            record: the line.
            rows_of: field to value of a line to its identity and its rows; no rows = left out.
        """
        given = self._given(record)
        if given is None:
            return
        try:
            identity, rows = rows_of(given)
            self._once(identity)
        except WrongCell as fault:
            self.report.add_wrong(record.line, fault.column, fault.code)
            return
        if rows:
            self.put(rows)
        else:
            self.report.left_out += 1

    def checked(self, table: str, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row of a file with its defaults.

        Raises:
            WrongCell: naming the first wrong field.
        """
        try:
            checked: dict[str, Any] = FILES[table].validate_python(row)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            field = str(first["loc"][0]) if first["loc"] else ""
            code = _CODES.get(first["type"], WrongCode.OUT_OF_RANGE)
            if row.get(field) is None:
                code = WrongCode.MISSING
            elif first["type"].endswith("too_long"):
                code = WrongCode.TOO_LONG
            raise WrongCell(code, field) from None
        return {**DEFAULTS[table], **checked}

    def rows_of(self, table: str, row: object) -> Rows:
        """Return the rows that a line of ``head-office load`` is at a till.

        Raises:
            WrongCell: naming the first wrong field.
        """
        try:
            checked = check_file_row(table, row, "", TableError)
        except TableError as fault:
            code = WrongCode.MISSING if fault.code == "missing" else WrongCode.OUT_OF_RANGE
            if table == "abc_scheme" and code is WrongCode.OUT_OF_RANGE:
                code = WrongCode.NO_SCHEME
            raise WrongCell(code, fault.where) from None
        if table == "customer":
            return self._customer({**row})[1] if isinstance(row, dict) else []
        if erased_mark(str(checked.get("customer"))) in self._erased:
            return []
        if table == "card":
            return [("card", self._own_card(checked))]
        if table == "article":
            return [(table, checked), *self._purchase_price(checked)]
        if table == "abc_scheme":
            before = self._stored.row(table, [checked["code"], checked["revision"]])
            if before is not None and before != checked:
                raise WrongCell(WrongCode.REVISION_STAYS, "revision")
        return [(table, checked)]

    def _own_card(self, row: dict[str, Any]) -> dict[str, Any]:
        wire = card_row(row, self._card_key)
        before = self._stored.row("card", [wire["code_hash"]])
        if before is not None and before["customer"] != wire["customer"]:
            raise WrongCell(WrongCode.CARD_TAKEN, "code")
        return wire

    def _once(self, identity: str) -> None:
        if identity in self._seen:
            raise WrongCell(WrongCode.TWICE)
        self._seen.add(identity)

    def _given(self, record: Record) -> dict[str, Any] | None:
        """Return field to value of a line, or None when it is wrong."""
        if record.wrong is not None:
            self.report.add_wrong(*record.wrong)
            return None
        given: dict[str, Any] = {}
        is_right = True
        for column, cell in record.cells:
            try:
                given[column.field] = column.read(cell) if cell else column.empty
            except WrongCell as fault:
                self.report.add_wrong(record.line, column.name, fault.code)
                is_right = False
        return given if is_right else None

    def _article(self, given: dict[str, Any]) -> tuple[str, Rows]:
        sku = _needed(given, "sku")
        before = self._stored.row("article", [sku])
        article = self.checked("article", {**(before or {}), **given})
        return sku, [("article", article), *self._purchase_price(article)]

    def _purchase_price(self, article: Mapping[str, Any]) -> Rows:
        if self._newest_price is None:
            # In the order of the key: of every article the newest comes last.
            rows = self._stored.rows(PURCHASE_PRICE)
            self._newest_price = {row["sku"]: NewPrice(**row) for row in rows}
        known = self._newest_price.get(article["sku"])
        price = price_of_article(article, on=self._on, known=known)
        if price is None:
            return []
        if self._stored.row(PURCHASE_PRICE, [price.sku, price.since_on]) is not None:
            self.has_corrected_prices = True
        return [(PURCHASE_PRICE, price._asdict())]

    def _customer(self, given: dict[str, Any]) -> tuple[str, Rows]:
        customer = given.get("id") or _needed(given, "number")
        if erased_mark(customer) in self._erased:
            return customer, []
        before = self._stored.row("customer", [customer])
        given["id"] = customer
        join_name(given)
        wanted: dict[str, Any] = {
            name: given.pop(name)
            for name in ("segments", "phone", "email", "card")
            if name in given
        }
        known = {name: value for name, value in (before or {}).items() if name != "segment_bits"}
        row = {"home_shop": self._shop, "number": customer, **known, **given}
        if before is not None and before["home_shop"] != row["home_shop"]:
            raise WrongCell(WrongCode.HOME_SHOP_STAYS, "home_shop")
        checked = self.checked("customer", row)
        for name in ("segments", "phone", "email"):
            del checked[name]
        rows: Rows = []
        bits = before["segment_bits"] if before else 0
        if "segments" in wanted:
            bits = self._bits_of(wanted["segments"], rows)
        rows.insert(0, ("customer", {**checked, "segment_bits": bits}))
        search = self._search(customer, wanted)
        if search is not None:
            rows.append(("customer_search", search))
        if wanted.get("card"):
            rows.append(("card", self._card(customer, wanted["card"])))
        return customer, rows

    def _voucher(self, given: dict[str, Any]) -> tuple[str, Rows]:
        code = read_code(_needed(given, "code"))
        if code is None:
            raise WrongCell(WrongCode.NO_CODE, "code")
        kind = self._stored.row("voucher_type", [_needed(given, "type")])
        if kind is None:
            raise WrongCell(WrongCode.UNKNOWN_TYPE, "type")
        customer = given.get("customer")
        if customer is not None and erased_mark(customer) in self._erased:
            return code, []
        if customer is not None and self._stored.row("customer", [customer]) is None:
            raise WrongCell(WrongCode.UNKNOWN_CUSTOMER, "customer")
        code_hash = voucher_hash(code).hex()
        before = self._stored.row("voucher", [code_hash])
        value_minor = given.get("value_minor")
        if value_minor is not None and not 0 < value_minor <= MAX_PRICE_MINOR:
            raise WrongCell(WrongCode.OUT_OF_RANGE, "value")
        new = {
            # The same file gives the same id wherever it is imported.
            "id": str(uuid.uuid5(_VOUCHERS, code_hash)),
            "state": "issued",
            "uses": 0,
            "redeemed_on": None,
            "redeemed_till": None,
            "shop": None,
            "till": None,
            "folded": [],
        }
        return code, [
            (
                "voucher",
                {
                    **(before or new),
                    "code_hash": code_hash,
                    "type": kind["code"],
                    "legal_kind": kind["legal_kind"],
                    "customer": customer,
                    "customer_bound": kind["customer_bound"] and customer is not None,
                    "value_minor": value_minor,
                    "balance_minor": value_minor,
                    "valid_from_on": given.get("valid_from_on") or _ALWAYS,
                    "valid_to_on": _needed(given, "valid_to_on"),
                },
            )
        ]

    def _search(self, customer: str, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
        if not {"phone", "email"} & wanted.keys():
            return None
        before = self._stored.row("customer_search", [customer])
        row = before or {"customer": customer, "phones": [], "email_hashes": []}
        if "phone" in wanted:
            phone = wanted["phone"]
            digits = phone_digits(phone) if phone else None
            if phone and digits is None:
                raise WrongCell(WrongCode.NO_PHONE, "phone")
            row = {**row, "phones": [digits] if digits else []}
        if "email" in wanted:
            email = wanted["email"]
            hashed = email_hash(email, self._card_key) if email else None
            if email and hashed is None:
                raise WrongCell(WrongCode.NO_EMAIL, "email")
            row = {**row, "email_hashes": [hashed] if hashed else []}
        return row if before or row["phones"] or row["email_hashes"] else None

    def _card(self, customer: str, code: str) -> dict[str, Any]:
        code_hash = card_hash(code, self._card_key).hex()
        before = self._stored.row("card", [code_hash])
        if self._cards.setdefault(code_hash, customer) != customer or (
            before is not None and before["customer"] != customer
        ):
            raise WrongCell(WrongCode.CARD_TAKEN, "card")
        if before is not None:
            return before
        return card_row(self.checked("card", {"code": code, "customer": customer}), self._card_key)

    def _bits_of(self, segments: Sequence[str], rows: Rows) -> int:
        """Return the bits of these segments; rows of new ones are added to ``rows``."""
        return sum(1 << self._bit(segment, rows) for segment in {*segments})

    def _bit(self, segment: str, rows: Rows) -> int:
        if segment not in self._bits:
            bit = len(self._bits)
            if bit >= SEGMENT_BITS:
                raise WrongCell(WrongCode.TOO_MANY_SEGMENTS, "segments")
            self._bits[segment] = bit
            rows.append(("segment_bit", {"bit": bit, "segment": segment}))
        return self._bits[segment]

    def _segments(self, records: Iterator[Record]) -> None:
        """Make the members of every segment that the file names exactly those it names."""
        ids: dict[str, str] = {}
        for row in self._stored.rows("customer"):
            ids.setdefault(row["number"], row["id"])
            ids[row["id"]] = row["id"]
        members: dict[str, set[str]] = {}
        named: set[str] = set()
        for record in records:
            given = self._given(record)
            if given is None:
                continue
            try:
                customer, segment = self._member(given, ids)
            except WrongCell as fault:
                self.report.add_wrong(record.line, fault.column, fault.code)
                continue
            if customer is None:
                self.report.left_out += 1
                continue
            members.setdefault(segment, set()).add(customer)
            named.add(customer)
        rows: Rows = []
        try:
            bits = {segment: self._bit(segment, rows) for segment in members}
        except WrongCell as fault:
            self.report.add_wrong(1, fault.column, fault.code)
            return
        for table, row in rows:
            self._draft.add("P", table, row)
        for row in self._stored.rows("customer"):
            wanted = row["segment_bits"]
            for segment, bit in bits.items():
                inside = row["id"] in members[segment]
                wanted = wanted | 1 << bit if inside else wanted & ~(1 << bit)
            if wanted != row["segment_bits"]:
                self.report.changed += 1
                self._draft.add("P", "customer", {**row, "segment_bits": wanted})
            elif row["id"] in named:
                self.report.unchanged += 1

    def _member(self, given: Mapping[str, Any], ids: Mapping[str, str]) -> tuple[str | None, str]:
        """Return customer (None = erased here) and segment of a line."""
        said, segment = _needed(given, "customer"), _needed(given, "segment")
        if len(segment) > MAX_TEXT:
            raise WrongCell(WrongCode.TOO_LONG, "segment")
        if said in ids:
            return ids[said], segment
        if erased_mark(said) in self._erased:
            return None, segment
        raise WrongCell(WrongCode.UNKNOWN_CUSTOMER, "customer")


_VOUCHERS: Final = uuid.UUID("5f0e8a52-7a3c-4c55-9d0d-2d9b0c6f1f11")
_ALWAYS: Final = "2000-01-01"
_CODES: Final = {"missing": WrongCode.MISSING, "string_too_short": WrongCode.MISSING}


def _needed(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not value:
        raise WrongCell(WrongCode.MISSING, name)
    return str(value)


def join_name(given: dict[str, Any]) -> None:
    """Make one name of the parts a file has: a company's, or first and last name."""
    parts = {name: given.pop(name, None) for name in ("first_name", "last_name", "company")}
    if given.get("name"):
        return
    person = " ".join(part for part in (parts["first_name"], parts["last_name"]) if part)
    joined = person or parts["company"]
    if joined:
        given["name"] = joined
    elif "name" in given:
        raise WrongCell(WrongCode.MISSING, "name")
