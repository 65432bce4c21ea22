"""What the plugin answers a host: plain values with the texts of the shop's language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pos_plugin import wording
from pos_plugin.loyalty.voucher_type import in_language
from pos_plugin.promotions.reason_texts import reason_text
from pos_plugin.sale.receipts import effect_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pos_plugin.loyalty.ledger import Earning
    from pos_plugin.loyalty.value_vouchers import Settlement
    from pos_plugin.notices import Notice, Refused
    from pos_plugin.promotions.result import Earned, Hint, Result

_DISCOUNT: Final = {"de": "Rabatt", "en": "Discount"}
"""Said of a promotion without a label: its id may name the group of customers it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What a code is, and what the host adds to its snapshot.

    Args:
        kind: ``card``, ``voucher``, ``article``, ``approval``, or ``customer`` for one found
            without a card.
        code: vouchers and cards in their one written form; of a customer the number.
        customer: of a card or customer: the ``customer`` object, to be sent back unchanged.
        panel: of a card or customer: what the cashier sees.
        line: of an article: facts and price for a new line, plus ``name``.
        approval: of goods on approval: number, pieces, due day; its customer comes, too.
    """

    kind: str
    code: str
    customer: dict[str, Any] | None = None
    panel: dict[str, Any] | None = None
    line: dict[str, Any] | None = None
    approval: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain values."""
        value: dict[str, Any] = {"kind": self.kind, "code": self.code}
        for name in ("customer", "panel", "line", "approval"):
            part = getattr(self, name)
            if part is not None:
                value[name] = part
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherAnswer:
    """What value vouchers do in a sale, after all promotions.

    Args:
        settlement: reductions and payments.
        effects: one per voucher, in the order in which they act.
        earned: what the accounts get now; what vouchers took off the price earns nothing.
    """

    settlement: Settlement
    effects: tuple[dict[str, Any], ...]
    earned: tuple[Earned, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a sale costs now, and every effect that now holds (docs/sale.md).

    Args:
        evaluation_id: the same snapshot under the same rules gives the same id.
        result: promotions.md §5.
        rejected: scanned codes that do nothing, with the reason.
        notices: what the cashier should know.
        language: of the texts, ``de`` or ``en``.
        currency: of the sale, for the amounts in texts.
        programs: unit of each account, ``POINTS`` or ``EUR_MINOR``, for what is earned.
        explains: as plain values it says of every promotion why it does not apply.
        late: nobody had the answer in time; this is the list price.
        vouchers: what value vouchers do; None without any.
    """

    evaluation_id: str
    result: Result
    rejected: Mapping[str, Refused] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    language: str = "de"
    currency: str = "EUR"
    programs: Mapping[str, str] = field(default_factory=dict)
    explains: bool = True
    late: bool = False
    vouchers: VoucherAnswer | None = None

    @property
    def generation(self) -> int:
        """The rules that were used; 0 at list price."""
        return self.result.generation

    @property
    def total_minor(self) -> int:
        """What the promotions leave, in minor units (cents)."""
        return self.result.total_minor

    @property
    def voucher_discount_minor(self) -> int:
        """What value vouchers take off the price, in minor units (cents)."""
        return self.vouchers.settlement.discount_minor if self.vouchers else 0

    @property
    def voucher_tender_minor(self) -> int:
        """What value vouchers pay, in minor units (cents)."""
        return self.vouchers.settlement.tendered_minor if self.vouchers else 0

    @property
    def charge_minor(self) -> int:
        """The amount of the receipt, in minor units (cents): what is left of all prices."""
        return self.total_minor - self.voucher_discount_minor

    @property
    def payable_minor(self) -> int:
        """What is left to pay by other means than vouchers, in minor units (cents)."""
        return self.charge_minor - self.voucher_tender_minor

    @property
    def earned(self) -> tuple[Earned, ...]:
        """What the accounts get."""
        return self.vouchers.earned if self.vouchers else self.result.earned

    def effects(self) -> list[dict[str, Any]]:
        """Return the complete current set of effects, in the order of the sale."""
        labels = {one.promotion: one.label for one in self.result.promotions}
        effects: list[dict[str, Any]] = []
        for line in self.result.lines:
            by_promotion: dict[str, int] = {}
            for one in line.discounts:
                given_minor = by_promotion.get(one.promotion, 0) + one.discount_minor
                by_promotion[one.promotion] = given_minor
            effects += [
                {
                    "effect_id": effect_id(promotion, line.line_id),
                    "kind": "line_discount",
                    "promotion": promotion,
                    "text": in_language(labels.get(promotion), self.language)
                    or _DISCOUNT[self.language],
                    "line_id": line.line_id,
                    "discount_minor": discount_minor,
                }
                for promotion, discount_minor in by_promotion.items()
            ]
        if self.vouchers:
            effects += self.vouchers.effects
        effects += [
            {
                "effect_id": f"earn:{one.account}",
                "kind": "earn",
                "account": one.account,
                "amount": one.amount,
                "promotions": list(one.promotions),
                "text": wording.earned(
                    one.amount,
                    self.programs.get(one.account),
                    account=one.account,
                    currency=self.currency,
                    language=self.language,
                ),
            }
            for one in self.earned
        ]
        effects += [
            (free_item_offer if hint.is_gift else near_miss)(
                hint, currency=self.currency, language=self.language
            )
            for hint in self.result.hints
        ]
        effects += receipt_texts(
            self.result.discount_minor + self.voucher_discount_minor,
            self.earned,
            programs=self.programs,
            currency=self.currency,
            language=self.language,
        )
        effects += [
            {
                "effect_id": f"code:{code}",
                "kind": "rejected",
                "code": code,
                "reason": refused.code.value,
                "params": dict(refused.params),
                "text": refused.text(self.language),
            }
            for code, refused in self.rejected.items()
        ]
        return effects + [message(notice, self.language) for notice in self.notices]

    def reasons(self) -> dict[str, str]:
        """Return a sentence for every promotion that does not apply, by its id."""
        labels = {one.promotion: one.label for one in self.result.promotions}
        return {
            one.promotion: reason_text(
                one, currency=self.currency, language=self.language, labels=labels
            )
            for one in self.result.not_applied
        }

    def to_dict(self) -> dict[str, Any]:
        """Return promotions.md §5 plus what vouchers do, ``evaluation_id`` and ``effects``."""
        return {
            **self.result.to_dict(explain=self.explains),
            "earned": [one.to_dict() for one in self.earned],
            "voucher_discount_minor": self.voucher_discount_minor,
            "voucher_tender_minor": self.voucher_tender_minor,
            "payable_minor": self.payable_minor,
            "evaluation_id": self.evaluation_id,
            "late": self.late,
            "effects": self.effects(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleAnswer:
    """What this till said of a sale so far.

    Args:
        sale_id: of the sale.
        state: ``open``, ``suspended``, ``completed`` or ``voided``.
        evaluation: the last one of an open sale, while it is in memory.
        receipt: the stored answer of its completion.
        void: the stored answer of its void.
        returns: the stored answers of its returns, the oldest first.
    """

    sale_id: str
    state: str
    evaluation: Evaluation | None = None
    receipt: Mapping[str, Any] | None = None
    void: Mapping[str, Any] | None = None
    returns: tuple[Mapping[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain values."""
        return {
            "sale_id": self.sale_id,
            "state": self.state,
            "evaluation": self.evaluation.to_dict() if self.evaluation else None,
            "receipt": self.receipt,
            "void": self.void,
            "returns": list(self.returns),
        }


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a completed sale or another stored event answered; the same call again gives the same.

    ``values`` is the stored answer: for a sale ``sale_id, receipt_number, generation,
    evaluation_id, completed_at, gross_minor, discount_minor, total_minor, charged_differs, earned,
    effects``.
    """

    values: Mapping[str, Any]

    @property
    def total_minor(self) -> int:
        """What was charged, in minor units (cents)."""
        return int(self.values["total_minor"])

    @property
    def vouchers(self) -> list[dict[str, Any]]:
        """What was issued: ``voucher_id, type, title, benefit, code, valid_to_on``."""
        return [one for one in self.values["effects"] if one["kind"] == "issue_voucher"]

    @property
    def print_jobs(self) -> list[str]:
        """The uids of the print jobs that were queued; last those left over from other calls."""
        return [one["job"] for one in self.values["effects"] if one["kind"] == "print"]

    def to_dict(self) -> dict[str, Any]:
        """Return the stored answer as plain values."""
        return dict(self.values)


def message(notice: Notice, language: str) -> dict[str, Any]:
    """Return a notice as an effect."""
    return {
        "effect_id": f"notice:{notice.code.value}",
        "kind": "message",
        **notice.to_dict(language),
    }


def near_miss(hint: Hint, *, currency: str, language: str) -> dict[str, Any]:
    """Return a hint as an effect, for the cashier's and the customer's screen."""
    return {
        "effect_id": f"near_miss:{hint.promotion}",
        "kind": "near_miss",
        **hint.to_dict(),
        "text": wording.near_miss(
            in_language(hint.label, language) or _DISCOUNT[language],
            need_minor=hint.need_minor,
            need_quantity=hint.need_quantity,
            saving_minor=hint.saving_minor,
            currency=currency,
            language=language,
        ),
    }


def free_item_offer(hint: Hint, *, currency: str, language: str) -> dict[str, Any]:
    """Return the hint of a gift that was not scanned yet as an effect, instead of a near miss."""
    return {
        "effect_id": f"free_item_offer:{hint.promotion}",
        "kind": "free_item_offer",
        **hint.to_dict(),
        "text": wording.gift(
            in_language(hint.label, language) or _DISCOUNT[language],
            need_quantity=hint.need_quantity or 0,
            saving_minor=hint.saving_minor,
            currency=currency,
            language=language,
        ),
    }


def receipt_texts(
    discount_minor: int,
    earned: Iterable[Earned | Earning],
    *,
    programs: Mapping[str, str],
    currency: str,
    language: str,
) -> list[dict[str, Any]]:
    """Return the lines that the host prints on the customer's receipt, as effects.

    Args:
        discount_minor: what the customer saved, in minor units (cents); no line for none.
        earned: what the accounts get.
        programs: unit of each account, ``POINTS`` or ``EUR_MINOR``.
        currency: of the sale.
        language: of the texts, ``de`` or ``en``.
    """
    lines = {}
    if discount_minor > 0:
        lines["saved"] = wording.saved(discount_minor, currency=currency, language=language)
    for one in earned:
        lines[f"earn:{one.account}"] = wording.earned(
            one.amount,
            programs.get(one.account),
            account=one.account,
            currency=currency,
            language=language,
        )
    return [
        {"effect_id": f"receipt_text:{about}", "kind": "receipt_text", "text": text}
        for about, text in lines.items()
    ]
