"""How much a return gives back for which line, by the policy of the shop.

What the host gave by its own word is the fact and asks nothing of the policy. A receipt whose rules
are gone cannot be priced anew: its goods come back as paid, and the event says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.errors import StorageError
from pos_plugin.loyalty.return_policy import DiscountPolicy, ReturnPolicy
from pos_plugin.loyalty.returns import as_paid_minor, repriced_minor, spread_minor
from pos_plugin.notices import Refusal, Refused
from pos_plugin.sale.repricing import rest_minor
from pos_plugin.storage.journal_writer import ReturnedLine
from pos_plugin.storage.return_store import sold_basket, terms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.config import Returns
    from pos_plugin.loyalty.returns import SoldLine
    from pos_plugin.sale.refunds import ReturnedGoods
    from pos_plugin.storage.journal_lookup import BookedSale, Journal
    from pos_plugin.storage.return_store import Terms
    from pos_plugin.till import Till

_RULES_GONE: Final = "rules_gone"
_ABOVE_PAID: Final = "refund_above_paid"


class Refund(NamedTuple):
    """What a return gives back.

    Args:
        lines: what comes back, and lines of which money held back before is given now.
        after: the lines of the receipt by id, after the return.
        exceptions: what head office should know.
    """

    lines: tuple[ReturnedLine, ...]
    after: dict[str, SoldLine]
    exceptions: list[dict[str, Any]]

    @property
    def refund_minor(self) -> int:
        """What is given back for the goods, in minor units (cents)."""
        return sum(line.refund_minor for line in self.lines)

    @property
    def is_whole(self) -> bool:
        """Whether everything of the receipt is back."""
        return all(not line.left_milli for line in self.after.values())


def policy_of(settings: Returns) -> ReturnPolicy:
    """Return the policy that the settings of a till say."""
    return ReturnPolicy(
        DiscountPolicy(settings.discount),
        {promotion: DiscountPolicy(word) for promotion, word in settings.promotion.items()},
    )


def refund(
    till: Till, journal: Journal, sale: BookedSale, goods: Sequence[ReturnedGoods]
) -> Refund | Refused:
    """Return what goods of a receipt of this till give back, or why they cannot come back.

    Args:
        till: knows rules and policy.
        journal: in the transaction of the return.
        sale: the receipt.
        goods: what comes back, and what the host gave for it.
    """
    sold = {line.line_id: line for line in sale.lines}
    for one in goods:
        left_milli = sold[one.line_id].left_milli if one.line_id in sold else 0
        if one.quantity_milli > left_milli:
            return Refused(
                Refusal.NOT_RETURNABLE, {"line_id": one.line_id, "left_milli": left_milli}
            )
    amounts = {one.line_id: one.refund_minor for one in goods if one.refund_minor is not None}
    ours = {one.line_id: one.quantity_milli for one in goods if one.refund_minor is None}
    exceptions: list[dict[str, Any]] = []
    if ours:
        said = _ours(till, journal, sale, ours=ours, goods=goods, given=amounts)
        if isinstance(said, Refused):
            return said
        amounts |= said.amounts
        exceptions += said.exceptions
    back = {one.line_id: one.quantity_milli for one in goods}
    lines = tuple(
        ReturnedLine(line_id, back.get(line_id, 0), minor) for line_id, minor in amounts.items()
    )
    after = dict(sold)
    for line in lines:
        now = after[line.line_id].after(line.quantity_milli, line.refund_minor)
        after[line.line_id] = now
        if now.refunded_minor > now.paid_minor:
            exceptions.append({"line_id": line.line_id, "reason": _ABOVE_PAID})
    return Refund(lines, after, exceptions)


class _Said(NamedTuple):
    amounts: dict[str, int]
    exceptions: list[dict[str, Any]]


def _ours(
    till: Till,
    journal: Journal,
    sale: BookedSale,
    *,
    ours: dict[str, int],
    goods: Sequence[ReturnedGoods],
    given: dict[str, int],
) -> _Said | Refused:
    """Return what the policy gives for the goods that the host did not price itself."""
    policy = policy_of(till.config.returns)
    terms = terms_of(journal, sale.seq)
    back = {one.line_id: one.quantity_milli for one in goods}
    after = {line.line_id: line.after(back.get(line.line_id, 0), 0) for line in sale.lines}
    torn = policy.torn(terms.together, after)
    if torn is not None:
        lines = ", ".join(sorted(torn.units_milli))
        return Refused(Refusal.RETURN_TOGETHER, {"promotion": torn.promotion, "line_ids": lines})
    paid = {
        line.line_id: as_paid_minor(line, ours[line.line_id])
        for line in sale.lines
        if line.line_id in ours
    }
    if not policy.reprices(terms.promotions):
        return _Said(paid, [])
    stays_minor = _rest(till, journal, sale, terms, after)
    if stays_minor is None:
        return _Said(paid, [{"reason": _RULES_GONE}])
    lines_now = [line.after(0, given.get(line.line_id, 0)) for line in sale.lines]
    most_minor = sum(line.unrefunded_minor for line in lines_now)
    refund_minor = min(most_minor, repriced_minor(lines_now, rest_minor=stays_minor))
    return _Said(spread_minor(refund_minor, lines_now, ours), [])


def _rest(
    till: Till, journal: Journal, sale: BookedSale, terms: Terms, after: dict[str, SoldLine]
) -> int | None:
    """Return the price of what stays in minor units (cents); None when its rules are gone."""
    rules = None
    birthday_on = None
    try:
        if terms.generation and not terms.late:
            rules = till.rules_of(terms.generation)
            if rules is None:
                return None
        birthday_on = till.birthday_on(sale.customer) if sale.customer else None
    except StorageError:
        return None
    sold = sold_basket(
        journal,
        sale.seq,
        shop=till.config.shop,
        till=till.config.till,
        birthday_on=birthday_on,
    )
    return rest_minor(sold, rules, after)
