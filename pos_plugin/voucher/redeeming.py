"""Scanned vouchers of a sale: which have a value, and what is redeemed when it is completed.

1. Nothing is redeemed but by a completed sale, in its transaction, and only what was charged.
2. A voucher that another sale used meanwhile gives what it still holds; the sale was charged
   already, so what is missing is noted and never refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pos_plugin.loyalty.value_vouchers import ValueVoucher
from pos_plugin.loyalty.voucher_type import LegalKind, in_language, rest_stays
from pos_plugin.loyalty.vouchers import after_redemption, new_voucher
from pos_plugin.notices import Refusal
from pos_plugin.promotions.coupons import given_by_coupons
from pos_plugin.storage.journal_writer import Redemption
from pos_plugin.storage.voucher_lookup import used_now

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from pos_plugin.loyalty.value_vouchers import Rest
    from pos_plugin.loyalty.voucher_type import VoucherType
    from pos_plugin.loyalty.vouchers import Accepted, NewVoucher, Voucher
    from pos_plugin.model import Line
    from pos_plugin.sale.receipts import BookedReceipt
    from pos_plugin.storage.journal_lookup import Journal


def with_value(
    accepted: Mapping[str, Accepted],
    asked_minor: Mapping[str, int | None],
    *,
    language: str,
) -> tuple[list[ValueVoucher], dict[str, str]]:
    """Return the vouchers with a value, and by code what each gives in words.

    Args:
        accepted: scanned vouchers that may be used, by code.
        asked_minor: how much of each the customer wants to use, in minor units (cents).
        language: ``de`` or ``en``.
    """
    vouchers: list[ValueVoucher] = []
    labels: dict[str, str] = {}
    for code, one in accepted.items():
        voucher = one.voucher
        if voucher.balance_minor is None:
            continue
        kind = one.kind
        legal_kind = LegalKind(voucher.legal_kind)
        vouchers.append(
            ValueVoucher(
                code=code,
                voucher=voucher.id,
                legal_kind=legal_kind,
                balance_minor=voucher.balance_minor,
                asked_minor=asked_minor.get(code),
                room_minor=one.room_minor,
                valid_to_on=voucher.valid_to_on,
                rest=_rest(legal_kind, kind),
                vat_rate_bp=kind.vat_rate_bp if kind else None,
            )
        )
        labels[code] = in_language(kind.effect.label, language) if kind else ""
    return vouchers, labels


def _rest(legal_kind: LegalKind, kind: VoucherType | None) -> Rest:
    """Say what becomes of a rest; without its kind the legal kind alone decides."""
    if kind is not None and kind.effect.rest == "new":
        return "new"
    stays = kind.rest_stays if kind else rest_stays(legal_kind, partial=False)
    return "stays" if stays else "lapses"


class Redeemed(NamedTuple):
    """What a sale redeems.

    Args:
        redemptions: one per voucher.
        exceptions: what another sale used up meanwhile.
        rests: kind, voucher and rest in minor units (cents) of each whose rest a new one gets.
    """

    redemptions: list[Redemption]
    exceptions: list[dict[str, Any]]
    rests: list[tuple[VoucherType, Voucher, int]]
    uncovered: list[int]
    """What each means of payment did not hold of what the sale took for paid."""

    @property
    def uncovered_minor(self) -> int:
        """What of the sale is not paid, in minor units (cents)."""
        return sum(self.uncovered)


def redemptions(
    journal: Journal,
    accepted: Mapping[str, Accepted],
    booked: BookedReceipt,
    lines: Sequence[Line],
) -> Redeemed:
    """Return what a sale redeems, and what another sale used up meanwhile.

    Args:
        journal: in the transaction of the sale.
        accepted: the vouchers as they were when it was evaluated, by code.
        booked: what was charged.
        lines: of the sale.
    """
    done = Redeemed([], [], [], [])
    discounts = [one for line in booked.lines for one in line.discounts]
    given = given_by_coupons(booked.coupons_used, discounts)
    for coupon in booked.coupons_used:
        if coupon.code not in accepted:
            continue
        one = accepted[coupon.code]
        found, kind = used_now(journal, one), one.kind
        if found is None:
            done.exceptions.append(_exception(one.voucher))
            continue
        is_multi_use = kind is not None and kind.multi_use
        done.redemptions.append(
            Redemption(
                voucher=found.id,
                promotion=coupon.promotion,
                legal_kind=found.legal_kind,
                given_minor=given.get(coupon.code, 0),
                state="issued" if is_multi_use else "redeemed",
                state_before=found.state,
                rights_used=one.rights_used,
                is_multi_use=is_multi_use,
            )
        )
    for used in booked.vouchers_used:
        one = accepted[used.voucher.code]
        found, kind = used_now(journal, one), one.kind
        held_minor = (found.balance_minor or 0) if found else 0
        amount_minor = min(used.amount_minor, held_minor)
        if amount_minor < used.amount_minor:
            missing_minor = used.amount_minor - amount_minor
            lacking = {"missing_minor": missing_minor}
            done.exceptions.append(_exception(one.voucher) | lacking)
            if not used.reduces_price:
                done.uncovered.append(missing_minor)
        if found is None or not amount_minor:
            continue
        is_multi_use = kind is not None and kind.multi_use
        stays = used.voucher.rest == "stays"
        standing = after_redemption(
            found, amount_minor, rest_stays=stays, is_multi_use=is_multi_use
        )
        left_minor = 0 if is_multi_use or stays else held_minor - amount_minor
        done.redemptions.append(
            Redemption(
                voucher=found.id,
                promotion=None,
                legal_kind=found.legal_kind,
                amount_minor=amount_minor,
                given_minor=amount_minor,
                lapsed_minor=left_minor,
                lines={line.line_id: part_minor for line, part_minor in used.reduced(lines)},
                state=standing.state.value,
                balance_minor=standing.balance_minor,
                state_before=found.state,
                rights_used=one.rights_used,
                is_multi_use=is_multi_use,
            )
        )
        if used.voucher.rest == "new" and kind is not None and left_minor > 0:
            done.rests.append((kind, found, left_minor))
    return done


def rest_vouchers(
    rests: Iterable[tuple[VoucherType, Voucher, int]], *, trigger: str, now: dt.datetime
) -> list[NewVoucher]:
    """Return the new vouchers that get what is left: same kind, same holder, same last day.

    Args:
        rests: of ``Redeemed``.
        trigger: kind of the event.
        now: instant of it.
    """
    return [
        new_voucher(
            kind,
            customer=voucher.customer,
            trigger=trigger,
            at=now,
            value_minor=rest_minor,
            valid_to_on=voucher.valid_to_on,
        )
        for kind, voucher, rest_minor in rests
    ]


def _exception(voucher: Voucher) -> dict[str, Any]:
    return {"voucher": voucher.id, "reason": Refusal.VOUCHER_REDEEMED.value}
