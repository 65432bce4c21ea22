"""Vouchers with a value for tests, put into the journal as if they had been sold."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from till_builder import SHOP

from pos_plugin.loyalty.voucher_code import new_code
from pos_plugin.loyalty.voucher_type import VoucherType
from pos_plugin.loyalty.vouchers import NewVoucher
from pos_plugin.storage.journal_writer import JournalWriter
from pos_plugin.uids import new_uid

if TYPE_CHECKING:
    from till_builder import TillBuilder

DAYS = 30


def value_type(till: TillBuilder, code: str, minor: int = 1000, **facts: Any) -> None:
    """Put a kind of voucher that is worth so much; free, lapsing, for anybody, unless said."""
    label = {"de": f"Wert {code}", "en": f"Worth {code}"}
    till.voucher_type(
        code,
        **{
            "effect": {"kind": "value", "minor": minor, "label": label},
            "customer_bound": False,
            **facts,
        },
    )


def hand_out(
    till: TillBuilder,
    code: str,
    minor: int = 1000,
    *,
    legal_kind: str = "gift_mpv",
    days: int = DAYS,
    printed: str | None = None,
    **facts: Any,
) -> str:
    """Put a kind of voucher and one voucher of it into the shop; return what is scanned.

    That is ``printed``, or a new code. The plugin must not be open on the folder meanwhile.
    """
    value_type(till, code, minor, legal_kind=legal_kind, **facts)
    now = till.clock.now()
    voucher = NewVoucher(
        id=str(new_uid(now)),
        code=printed or new_code(),
        type=VoucherType.model_validate(
            {
                "code": code,
                "legal_kind": legal_kind,
                "effect": {"kind": "value", "minor": minor, "label": {"de": code}},
                "conditions": {"text": {"de": "-"}},
                "validity": {"days": days},
                "customer_bound": False,
                "layout": {"title": {"de": code}},
                "vat_rate_bp": facts.get("vat_rate_bp"),
            }
        ),
        customer="K1",
        value_minor=minor,
        valid_from_on=now.date().isoformat(),
        valid_to_on=(now.date() + dt.timedelta(days=days)).isoformat(),
        trigger="test",
        class_at_issue=None,
    )
    journal = JournalWriter.open(till.data_dir, at=now)
    try:
        with journal.transaction():
            body = {
                "shop": SHOP,
                "till": "3",
                "cashier": None,
                "customer": None,
                "business_on": now.date().isoformat(),
                "vouchers": [voucher.to_event()],
                "gv_typ": "MehrzweckgutscheinKauf",
                "paid_minor": minor,
            }
            seq = journal.add_event(kind="voucher_sold", body=body, touches=[], at=now)
            journal.add_voucher(seq, voucher, receipt=None, cashier=None, at=now)
    finally:
        journal.close()
    return voucher.code
