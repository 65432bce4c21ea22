"""What an event means at head office: receipt, ledger entries, vouchers, changes of balances.

An event whose body this version does not understand raises ``NotUnderstood``: it is stored all the
same, but nothing is booked from it and no balance claims to include it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError

from head_office.intake.exceptions import SPENDS, note_overspent_lots, note_second_vouchers
from head_office.sources import Source
from head_office.storage import ledger_entry, voucher
from head_office.vouchers import Fact, take_facts
from pos_plugin import limits
from pos_plugin.clock import utc_text
from pos_plugin.loyalty.ledger import HISTORY, USES
from sync_agent.protocol import words
from sync_agent.protocol.json_bytes import compact_json
from sync_agent.protocol.messages import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from sync_agent.protocol.messages import Event

_OPEN = ConfigDict(strict=True, extra="allow", frozen=True)

SaleMinor = Annotated[int, Field(ge=-limits.INT64_MAX, le=limits.INT64_MAX)]


_CHANGE_VOUCHER: Final = (
    voucher.update()
    .where(voucher.c.id == bindparam("of_id"))
    .values({name: bindparam(name) for name in ("type", "customer", "till", "shop", "detail")})
)
_BLOCKS: Final = {"voucher_blocked": "blocked", "voucher_unblocked": "unblocked"}


ReceiptRows = tuple[dict[str, Any], list[dict[str, Any]]]
"""A receipt and its lines, as their tables hold them."""


class NotUnderstood(Exception):  # noqa: N818 - a state of the event, not a fault of ours
    """The body is not what this version knows for the kind."""


class _Receipt(BaseModel):
    model_config = _OPEN

    sale_id: words.Text
    receipt_number: words.Text | None = None
    cashier: words.Text | None = None
    customer: words.Text | None = None
    business_on: words.Day | None = None
    generation: words.Sequence | None = None
    gross_minor: SaleMinor
    discount_minor: SaleMinor
    total_minor: SaleMinor
    charged_differs: bool = False


class _Line(BaseModel):
    model_config = _OPEN

    line_id: words.Text
    sku: words.Text
    quantity_milli: words.Int64
    gross_minor: SaleMinor
    discount_minor: SaleMinor
    paid_minor: SaleMinor
    vat_rate_bp: words.Bp


class _LedgerEntry(BaseModel):
    model_config = _OPEN

    id: words.Text
    customer: words.Text
    program: words.Text
    kind: words.Text
    delta: words.Int64
    lot: words.Text
    matures_on: words.Day
    expires_on: words.Day | None = None


class _Voucher(BaseModel):
    model_config = _OPEN

    id: words.Text
    type: words.Text
    customer: words.Text | None = None


class _Redemption(BaseModel):
    model_config = _OPEN

    voucher: words.Text
    amount_minor: words.Int64 | None = None
    lapsed_minor: words.Int64 = 0


class _RolledBack(BaseModel):
    model_config = _OPEN

    voucher: words.Text
    amount_minor: words.Int64 | None = None


class _Reduced(BaseModel):
    model_config = _OPEN

    voucher: words.Text
    amount_minor: words.Int64


class _Body(BaseModel):
    """What any kind may carry; what an event does not have is empty."""

    model_config = _OPEN

    shop: words.Text | None = None
    cashier: words.Text | None = None
    business_on: words.Day | None = None
    entries: Annotated[list[Entry], Field(max_length=10_000)] = []
    ledger: Annotated[list[_LedgerEntry], Field(max_length=10_000)] = []
    vouchers: Annotated[list[_Voucher], Field(max_length=1_000)] = []
    redemptions: Annotated[list[_Redemption], Field(max_length=1_000)] = []
    rolled_back: Annotated[list[_RolledBack], Field(max_length=1_000)] = []
    cancelled: Annotated[list[words.Text], Field(max_length=1_000)] = []
    reduced: Annotated[list[_Reduced], Field(max_length=1_000)] = []
    sale_id: words.Text | None = None


class _SaleBody(_Body):
    receipt: _Receipt
    lines: Annotated[list[_Line], Field(max_length=limits.MAX_LINES)]


@dataclass(frozen=True, slots=True)
class Effects:
    """What an event changes; ``entries`` go into balances and counters."""

    body: _Body

    @property
    def entries(self) -> list[Entry]:
        """Signed changes, exactly the ``own_entry`` rows of the till."""
        return self.body.entries

    def store(self, connection: Connection, *, till: str, event: Event, recorded_at: str) -> None:
        """Write ledger entries and vouchers of the event."""
        occurred_at = utc_text(event.occurred_at)
        if self.body.ledger:
            rows = [
                {
                    "id": entry.id,
                    "till": till,
                    "epoch": event.epoch,
                    "seq": event.seq,
                    "customer": entry.customer,
                    "program": entry.program,
                    "kind": entry.kind,
                    "delta": entry.delta,
                    "lot": entry.lot,
                    "matures_on": entry.matures_on,
                    "expires_on": entry.expires_on,
                    "business_on": self.body.business_on or occurred_at[:10],
                    "occurred_at": occurred_at,
                    "recorded_at": recorded_at,
                    "detail": _text(entry),
                }
                for entry in self.body.ledger
            ]
            try:
                connection.execute(ledger_entry.insert(), rows)
            except IntegrityError:
                raise NotUnderstood("a ledger entry is known from another event") from None
        note_overspent_lots(
            connection,
            [one.lot for one in self.body.ledger if one.kind in SPENDS and one.delta < 0],
            source=Source(till, event.epoch, event.seq),
            cashier=self.body.cashier,
            occurred_at=occurred_at,
        )
        for issued in self.body.vouchers:
            values = {
                "type": issued.type,
                "customer": issued.customer,
                "till": till,
                "shop": self.body.shop,
                "detail": _text(issued),
            }
            if connection.execute(_CHANGE_VOUCHER, {"of_id": issued.id, **values}).rowcount == 0:
                connection.execute(voucher.insert(), {"id": issued.id, "state": "issued", **values})
        note_second_vouchers(
            connection,
            [one.id for one in self.body.vouchers],
            till=till,
            cashier=self.body.cashier,
            occurred_at=occurred_at,
        )
        take_facts(
            connection,
            self._facts(event.kind),
            source=Source(till, event.epoch, event.seq),
            cashier=self.body.cashier,
            occurred_at=occurred_at,
            business_on=self.body.business_on,
        )

    def receipt_rows(self, *, till: str, event: Event) -> ReceiptRows | None:
        """Return the receipt of the event and its lines as they are stored; None without one."""
        if not isinstance(self.body, _SaleBody):
            return None
        uid, said = event.uid_hex, self.body.receipt
        head = {
            "uid": uid,
            "till": till,
            "epoch": event.epoch,
            "seq": event.seq,
            "shop": self.body.shop,
            "occurred_at": event.occurred_at.isoformat(),
            "sale_id": said.sale_id,
            "receipt_number": said.receipt_number,
            "cashier": said.cashier,
            "customer": said.customer,
            "business_on": said.business_on,
            "generation": said.generation,
            "gross_minor": said.gross_minor,
            "discount_minor": said.discount_minor,
            "total_minor": said.total_minor,
            "charged_differs": said.charged_differs,
        }
        lines = [
            {
                "receipt_uid": uid,
                "line_number": number,
                "line_id": line.line_id,
                "sku": line.sku,
                "quantity_milli": line.quantity_milli,
                "gross_minor": line.gross_minor,
                "discount_minor": line.discount_minor,
                "paid_minor": line.paid_minor,
                "vat_rate_bp": line.vat_rate_bp,
            }
            for number, line in enumerate(self.body.lines, 1)
        ]
        return head, lines

    @property
    def touched_vouchers(self) -> list[str]:
        """The vouchers that the event issues or changes."""
        return [one.id for one in self.body.vouchers] + [fact.voucher for fact in self._facts("")]

    def _facts(self, kind: str) -> list[Fact]:
        body = self.body
        sale_id = body.receipt.sale_id if isinstance(body, _SaleBody) else body.sale_id
        facts = [
            Fact(one.voucher, "redeemed", sale_id, one.amount_minor, one.lapsed_minor)
            for one in body.redemptions
        ]
        facts += [
            Fact(one.voucher, "rolled_back", sale_id, one.amount_minor) for one in body.rolled_back
        ]
        facts += [Fact(one.voucher, "reduced", sale_id, one.amount_minor) for one in body.reduced]
        facts += [Fact(one, "cancelled", sale_id) for one in body.cancelled]
        named = (body.model_extra or {}).get("voucher")
        if kind in _BLOCKS and isinstance(named, str):
            facts.append(Fact(named, _BLOCKS[kind]))
        return facts


def effects_of(event: Event) -> Effects:
    """Return what the event means.

    Raises:
        NotUnderstood: the body is not what its kind and schema say.
    """
    if event.schema_number != 1:
        raise NotUnderstood(f"schema {event.schema_number} of {event.kind} is not known")
    model = _SaleBody if event.kind == "sale_completed" else _Body
    try:
        body = model.model_validate(event.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise NotUnderstood(f"{event.kind}: {place}: {first['msg']}") from None
    untouched = {entry.customer for entry in body.entries} - set(event.touches)
    if untouched:
        # Else a later version could not tell whose balances an event changes.
        raise NotUnderstood(f"{event.kind}: changes {min(untouched)} without touching")
    if _sums((one.customer, one.program, one.delta) for one in body.ledger) != _sums(
        (one.customer, one.key, one.delta)
        for one in body.entries
        if not one.key.startswith((USES, HISTORY))
    ):
        raise NotUnderstood(f"{event.kind}: the ledger and the entries of the accounts differ")
    return Effects(body)


def _sums(changes: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str], int]:
    """Return what each account of each customer gets; one that gets nothing is left out."""
    sums: dict[tuple[str, str], int] = {}
    for customer, account, delta in changes:
        sums[customer, account] = sums.get((customer, account), 0) + delta
    return {place: delta for place, delta in sums.items() if delta}


def _text(model: BaseModel) -> str:
    return compact_json(model.model_dump(mode="json")).decode()
