"""Scanned vouchers of a sale: which have a value, and what is redeemed when it is completed.

1. Nothing is redeemed but by a completed sale, in its transaction, and only what was charged.
2. A voucher that another sale used meanwhile gives what it still holds; the sale was charged
   already, so what is missing is noted and never refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.loyalty.value_vouchers import ValueVoucher
from pos_plugin.loyalty.voucher_code import voucher_hash
from pos_plugin.loyalty.voucher_type import (
    LegalKind,
    in_language,
    read_voucher_type,
    rest_stays,
)
from pos_plugin.loyalty.vouchers import USABLE, Accepted, after_redemption
from pos_plugin.notices import Refusal
from pos_plugin.storage import journal_lookup
from pos_plugin.storage.journal_writer import Redemption

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pos_plugin.loyalty.value_vouchers import UsedVoucher
    from pos_plugin.loyalty.vouchers import Voucher
    from pos_plugin.model import Line
    from pos_plugin.promotions.result import CouponUsed
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import Journal


def with_value(
    accepted: Mapping[str, Accepted],
    asked_minor: Mapping[str, int | None],
    cache: CacheReader | None,
    *,
    language: str,
) -> tuple[list[ValueVoucher], dict[str, str]]:
    """Return the vouchers with a value, and by code what each gives in words.

    Args:
        accepted: scanned vouchers that may be used, by code.
        asked_minor: how much of each the customer wants to use, in minor units (cents).
        cache: tells the kinds; without it a rest stays or lapses by ``legal_kind`` alone.
        language: ``de`` or ``en``.
    """
    vouchers: list[ValueVoucher] = []
    labels: dict[str, str] = {}
    for code, one in accepted.items():
        voucher = one.voucher
        if voucher.balance_minor is None:
            continue
        kind = read_voucher_type(cache.voucher_type(voucher.type)) if cache else None
        legal_kind = LegalKind(voucher.legal_kind)
        vouchers.append(
            ValueVoucher(
                code=code,
                voucher=voucher.id,
                legal_kind=legal_kind,
                balance_minor=voucher.balance_minor,
                asked_minor=asked_minor.get(code),
                valid_to_on=voucher.valid_to_on,
                rest_stays=rest_stays(legal_kind, partial=kind is not None and kind.partial),
                vat_rate_bp=kind.vat_rate_bp if kind else None,
            )
        )
        labels[code] = in_language(kind.effect.label, language) if kind else ""
    return vouchers, labels


def redemptions(
    journal: Journal,
    accepted: Mapping[str, Accepted],
    coupons: Iterable[CouponUsed],
    vouchers: Iterable[UsedVoucher],
    lines: Sequence[Line],
) -> tuple[list[Redemption], list[dict[str, Any]]]:
    """Return what a sale redeems, and what another sale used up meanwhile.

    Args:
        journal: in the transaction of the sale.
        accepted: the vouchers as they were when it was evaluated, by code.
        coupons: that its promotions used; those of the host's own are not in ``accepted``.
        vouchers: that were used for their value.
        lines: of the sale.
    """
    redeemed: list[Redemption] = []
    exceptions: list[dict[str, Any]] = []
    for coupon in coupons:
        if coupon.code not in accepted:
            continue
        found = _usable(journal, coupon.code)
        if found is None:
            exceptions.append(_exception(accepted[coupon.code].voucher))
            continue
        redeemed.append(
            Redemption(
                voucher=found.id,
                promotion=coupon.promotion,
                right_used=accepted[coupon.code].right_used,
            )
        )
    for used in vouchers:
        code = used.voucher.code
        found = _usable(journal, code)
        held_minor = (found.balance_minor or 0) if found else 0
        amount_minor = min(used.amount_minor, held_minor)
        if amount_minor < used.amount_minor:
            missing_minor = used.amount_minor - amount_minor
            exceptions.append(_exception(accepted[code].voucher) | {"missing_minor": missing_minor})
        if found is None or not amount_minor:
            continue
        standing = after_redemption(found, amount_minor, rest_stays=used.voucher.rest_stays)
        redeemed.append(
            Redemption(
                voucher=found.id,
                promotion=None,
                right_used=accepted[code].right_used,
                amount_minor=amount_minor,
                lines={line.line_id: part_minor for line, part_minor in used.reduced(lines)},
                state=standing.state.value,
                balance_minor=standing.balance_minor,
            )
        )
    return redeemed, exceptions


def _usable(journal: Journal, code: str) -> Voucher | None:
    voucher = journal_lookup.voucher_by_code(journal, voucher_hash(code))
    return voucher if voucher is not None and voucher.state in USABLE else None


def _exception(voucher: Voucher) -> dict[str, Any]:
    return {"voucher": voucher.id, "reason": Refusal.VOUCHER_REDEEMED.value}
