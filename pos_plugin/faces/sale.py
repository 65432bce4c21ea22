"""A sale for hosts in Python: builds the snapshot, scan by scan, and knows where it stands.

    open -> totalled -> completed | cancelled        suspended <-> open

The till owns the sale; this object is a convenience over ``Plugin.sales``, which takes the same
snapshot as plain values.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

from pos_plugin.answers import Evaluation, Receipt, Scanned
from pos_plugin.errors import MisuseError
from pos_plugin.notices import Refusal, Refused

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from pos_plugin.notices import Notice


class SaleState(StrEnum):
    """Where a sale stands."""

    OPEN = "open"
    TOTALLED = "totalled"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


# Whatever is added to a totalled sale opens it again.
TRANSITIONS: Final[frozenset[tuple[SaleState, SaleState]]] = frozenset(
    {
        (SaleState.OPEN, SaleState.OPEN),
        (SaleState.OPEN, SaleState.TOTALLED),
        (SaleState.OPEN, SaleState.SUSPENDED),
        (SaleState.OPEN, SaleState.CANCELLED),
        (SaleState.TOTALLED, SaleState.OPEN),
        (SaleState.TOTALLED, SaleState.TOTALLED),
        (SaleState.TOTALLED, SaleState.SUSPENDED),
        (SaleState.TOTALLED, SaleState.COMPLETED),
        (SaleState.TOTALLED, SaleState.CANCELLED),
        (SaleState.SUSPENDED, SaleState.OPEN),
    }
)


class Sales(Protocol):
    """What a sale asks of the plugin."""

    def evaluate(self, snapshot: Mapping[str, Any]) -> Evaluation | Refused:
        """Say what the sale costs."""
        ...

    def complete(
        self,
        sale_id: str,
        completion: Mapping[str, Any],
        *,
        snapshot: Mapping[str, Any] | None = None,
    ) -> Receipt | Refused:
        """Book the sale."""
        ...

    def suspend(self, snapshot: Mapping[str, Any]) -> Refused | None:
        """Park the sale."""
        ...

    def cancel(self, sale_id: str) -> Refused | None:
        """Give the sale up."""
        ...


class Sale:
    """One sale; made by ``Plugin.begin_sale`` or ``Plugin.recall``.

    Args:
        sales: of the plugin.
        snapshot: the basket so far; must hold ``sale_id``.
        scan: says what a code is.
        now: tells the instant of the first scan.
        article: looks up what the article master knows, by sku.
        notices: what was said when the sale was recalled.
    """

    def __init__(
        self,
        sales: Sales,
        snapshot: dict[str, Any],
        *,
        scan: Callable[[str], Scanned | Refused],
        now: Callable[[], dt.datetime],
        article: Callable[[str], Mapping[str, Any] | None],
        notices: tuple[Notice, ...] = (),
    ) -> None:
        self._sales = sales
        self._snapshot = snapshot
        self._scan = scan
        self._now = now
        self._article = article
        self.notices = notices
        self.state = SaleState.OPEN
        self._evaluation: Evaluation | None = None

    @property
    def sale_id(self) -> str:
        """The id under which the sale is booked once."""
        return str(self._snapshot["sale_id"])

    def snapshot(self) -> dict[str, Any]:
        """Return the whole basket, as ``Plugin.sales.evaluate`` takes it."""
        return copy.deepcopy(self._snapshot)

    def scan(self, code: str, *, amount_minor: int | None = None) -> Scanned | Refused:
        """Take a scanned code: a card names the customer, an article is a line, a voucher a code.

        Args:
            code: as scanned or typed.
            amount_minor: how much of a value voucher the customer wants to use, in minor units
                (cents); missing = as much as possible. The last word on a voucher counts.

        Returns:
            What the code is, with the customer panel of a card; or why it was not taken, and the
            sale goes on without it.
        """
        self._add()
        found = self._scan(code)
        if isinstance(found, Refused):
            return found
        if found.kind == "card":
            self._begin()
            self._snapshot["customer"] = found.customer
        elif found.kind == "voucher":
            self._begin()
            if found.customer is not None:
                known = self._snapshot.get("customer")
                if known is not None and known["id"] != found.customer["id"]:
                    # A question for the customer, never a silent switch.
                    return Refused(Refusal.VOUCHER_OTHER_CUSTOMER)
                self._snapshot["customer"] = found.customer
            scanned: dict[str, Any] = {"code": found.code}
            if amount_minor is not None:
                scanned["amount_minor"] = amount_minor
            others = [one for one in self._snapshot.get("codes", ()) if one["code"] != found.code]
            self._snapshot["codes"] = [*others, scanned]
        else:
            self.add_line(sku=found.code)
        return found

    def add_line(
        self,
        *,
        sku: str,
        quantity_milli: int = 1000,
        unit_price_minor: int | None = None,
        line_id: str | None = None,
        **facts: object,
    ) -> str:
        """Add a line and return its id.

        Args:
            sku: of the article.
            quantity_milli: in thousandths (1 piece = 1_000); negative for a return.
            unit_price_minor: in minor units (cents); the article master's when missing.
            line_id: the host's own; counted when missing.
            **facts: of docs/sale.md (``categories``, ``brand``, …); the article master's when
                missing.

        Raises:
            MisuseError: neither host nor article master knows a price.
        """
        self._add()
        known = self._article(sku) or {}
        price_minor = (
            known.get("unit_price_minor") if unit_price_minor is None else unit_price_minor
        )
        if price_minor is None:
            raise MisuseError(
                f"article {sku!r} has no price", hint="Send unit_price_minor with the line."
            )
        self._begin()
        lines = self._snapshot["lines"]
        line = {
            **{name: value for name, value in known.items() if name != "name"},
            **facts,
            "line_id": line_id or str(len(lines) + 1),
            "sku": sku,
            "quantity_milli": quantity_milli,
            "unit_price_minor": price_minor,
        }
        lines.append(line)
        return str(line["line_id"])

    def evaluate(self, tenders: Iterable[str] = ()) -> Evaluation:
        """Return what the sale costs now.

        Args:
            tenders: the chosen means of payment, once the customer has said it.
        """
        self._step(SaleState.TOTALLED)
        self._begin()
        chosen = words_of(tenders, "tenders")
        if chosen:
            self._snapshot["tenders"] = chosen
        evaluation = self._sales.evaluate(self._snapshot)
        if isinstance(evaluation, Refused):
            raise MisuseError(
                f"sale {self.sale_id!r} is completed already", hint="Begin a sale of its own."
            )
        self._evaluation = evaluation
        if self._evaluation.generation:
            # A running sale keeps its generation: a queue never loses its happy hour.
            self._snapshot["generation"] = self._evaluation.generation
        return self._evaluation

    def complete(
        self,
        charged: Evaluation | Mapping[str, Any] | None = None,
        *,
        tenders: Iterable[tuple[str, int]] = (),
        receipt_number: str | None = None,
    ) -> Receipt | Refused:
        """Book the sale with what was really charged; confirmed when this returns a receipt.

        Args:
            charged: the evaluation that was charged, or the object of docs/sale.md (``applied``,
                ``lines``, ``total_minor``); missing = the last evaluation.
            tenders: means of payment and amount in minor units (cents).
            receipt_number: the host's own number.

        Returns:
            The receipt, the same one for the same call again; or why nothing was booked.
        """
        if self.state is SaleState.OPEN:
            self.evaluate()
        if self.state is not SaleState.COMPLETED:
            self._check(SaleState.COMPLETED)
        if isinstance(charged, Evaluation):
            body: dict[str, Any] = {
                "evaluation_id": charged.evaluation_id,
                "total_minor": charged.charge_minor,
            }
        else:
            body = dict(charged or {})
            if self._evaluation is not None and self._evaluation.late:
                # The list price was on the screen, whatever has been worked out meanwhile.
                body.setdefault("evaluation_id", self._evaluation.evaluation_id)
        try:
            paid = [{"tender": tender, "amount_minor": amount} for tender, amount in tenders]
        except (TypeError, ValueError):
            raise MisuseError(
                "tenders are pairs of a word and an amount", hint='For example [("cash", 6399)].'
            ) from None
        if paid:
            body["tenders"] = paid
        if receipt_number is not None:
            body["receipt_number"] = receipt_number
        receipt = self._sales.complete(self.sale_id, body, snapshot=self._snapshot)
        if isinstance(receipt, Receipt):
            self.state = SaleState.COMPLETED
        return receipt

    def suspend(self) -> Refused | None:
        """Park the sale durably; ``Plugin.recall`` brings it back. None when it is parked."""
        self._check(SaleState.SUSPENDED)
        self._begin()
        refused = self._sales.suspend(self._snapshot)
        if refused is None:
            self.state = SaleState.SUSPENDED
        return refused

    def cancel(self) -> None:
        """Give the sale up; nothing is booked."""
        self._step(SaleState.CANCELLED)
        self._sales.cancel(self.sale_id)

    def _add(self) -> None:
        if self.state is SaleState.SUSPENDED:
            raise MisuseError("this sale is parked", hint="Recall it: that gives the open sale.")
        self._step(SaleState.OPEN)

    def _begin(self) -> None:
        self._snapshot.setdefault("at", self._now().isoformat(timespec="milliseconds"))

    def _check(self, to: SaleState) -> None:
        if (self.state, to) not in TRANSITIONS:
            raise MisuseError(f"a sale that is {self.state} cannot become {to}")

    def _step(self, to: SaleState) -> None:
        self._check(to)
        self.state = to


def words_of(value: object, what: str) -> list[str]:
    """Return words that a host gave as any collection of texts.

    Raises:
        MisuseError: it is something else.
    """
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        words = list(value)
        if all(isinstance(word, str) for word in words):
            return words
    raise MisuseError(f"{what} is a list of words", hint=f"Send {what} as a list of texts.")
