"""Goods on approval (Auswahl): issued, returned piece by piece, kept pieces sold (A1 to A6).

1. A customer is mandatory; the limit is watched as the shop says (K7).
2. Nothing of it is turnover: the answers propose ``AVSonstige``. What is kept becomes an ordinary
   sale, evaluated and completed like any other, at its own day and basket.
3. The receipt of that sale settles the pieces in it; whoever asks next finds them sold, also when
   the till died in between.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

from pydantic import Field

from pos_plugin import limits
from pos_plugin.actions.booked_once import Actions, Moment, Request, read_request
from pos_plugin.answers import message
from pos_plugin.clock import utc_text
from pos_plugin.customer.known import ACTIVE, KnownCustomers
from pos_plugin.errors import SaleError
from pos_plugin.loyalty.approvals import (
    FISCAL_TYPE,
    ApprovalLine,
    ApprovalState,
    LineState,
    approval_number,
    out_minor,
    pieces,
    read_number,
    sale_line,
    sale_line_id,
    told_lines,
)
from pos_plugin.loyalty.credit_limit import LimitMode, Within, check_limit, left_minor
from pos_plugin.notices import Notice, NoticeCode, Refusal, Refused
from pos_plugin.printing.orders import print_order
from pos_plugin.printing.papers import Papers
from pos_plugin.storage import approval_store, customer_store, journal_lookup
from pos_plugin.storage.approval_store import Approval
from pos_plugin.storage.customer_ids import ids_of
from pos_plugin.text import PlainText as Text
from pos_plugin.uids import new_uid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pos_plugin.answers import Receipt
    from pos_plugin.storage.cache_reader import CustomerRow
    from pos_plugin.till import Till

ISSUED: Final = "approval_issued"
RETURNED: Final = "approval_line_returned"
SETTLED: Final = "approval_settled"
OVERRIDDEN: Final = "limit_overridden"

Words = Annotated[tuple[Text, ...], Field(max_length=limits.MAX_LIST, strict=False)]
Ids = Annotated[tuple[Text, ...], Field(max_length=limits.MAX_LINES, strict=False)]
_FACTS: Final = (
    *("name", "categories", "brand", "season", "tags"),
    *("vat_rate_bp", "markdown", "discountable", "measured"),
)


class ApprovalGoods(Request):
    """A line of goods that go out; several pieces become several lines of the approval.

    Args:
        line_id: unique in the approval.
        sku: the article.
        quantity_milli: in thousandths (1 piece = 1_000).
        unit_price_minor: of one piece, in minor units (cents); missing = the article master's.
        name: for the paper; missing = the article master's.
        categories: and the following: as of a line of a sale; missing = the article master's.
    """

    line_id: Text
    sku: Text
    quantity_milli: Annotated[int, Field(ge=1, le=100_000)] = 1000
    unit_price_minor: Annotated[int, Field(ge=0, le=limits.MAX_PRICE_MINOR)] | None = None
    name: Text | None = None
    categories: Words | None = None
    brand: Text | None = None
    season: Text | None = None
    tags: Words | None = None
    vat_rate_bp: Annotated[int, Field(ge=0, le=limits.MAX_BP)] | None = None
    markdown: bool | None = None
    discountable: bool | None = None
    measured: bool | None = None


Goods = Annotated[tuple[ApprovalGoods, ...], Field(max_length=100, strict=False)]


class ApprovalIssue(Request):
    """Goods that a customer takes home to choose.

    Args:
        request_id: the host's own id; the same request again gets the same answer.
        customer: id of the customer; without one it is refused.
        lines: what goes out.
        due_on: shop day on which they are expected back; missing = the shop's usual days.
        price_guaranteed: what is kept costs no more than now; missing = as the shop says.
        salesperson: who gives them.
        cashier: number of the cashier.
        rights: of the cashier; ``override_limit`` lifts the limit.
    """

    request_id: Text
    customer: Text | None = None
    lines: Annotated[Goods, Field(min_length=1)]
    due_on: Annotated[dt.date, Field(strict=False)] | None = None
    price_guaranteed: bool | None = None
    salesperson: Text | None = None
    cashier: Text | None = None
    rights: Words = ()


class ApprovalReturn(Request):
    """Pieces of an approval that are back, out again, or go out in exchange.

    Args:
        request_id: the host's own id; the same request again gets the same answer.
        returned: ids of the pieces that are back.
        all_returned: everything that was out is back.
        reopened: ids of pieces that are out again.
        added: goods that go out, for example in exchange.
        cashier: number of the cashier.
        rights: of the cashier; ``override_limit`` lifts the limit.
    """

    request_id: Text
    returned: Ids = ()
    all_returned: bool = False
    reopened: Ids = ()
    added: Goods = ()
    cashier: Text | None = None
    rights: Words = ()


class ApprovalSettlement(Request):
    """What is kept becomes a sale.

    Args:
        request_id: the host's own id; the same request again gets the same answer.
        sale_id: under which the kept pieces are to be sold.
        keep_open: ids of pieces about which the customer has not decided.
        cashier: number of the cashier.
    """

    request_id: Text
    sale_id: Text
    keep_open: Ids = ()
    cashier: Text | None = None


class _Limit(NamedTuple):
    """How what goes out stands to the limit of the customer; amounts in minor units (cents)."""

    left_minor: int | None
    wanted_minor: int
    within: Within
    effects: list[dict[str, Any]]


class ApprovalDesk:
    """Gives goods on approval and settles them, at one till."""

    def __init__(self, till: Till, actions: Actions) -> None:
        self._till = till
        self._actions = actions
        self._config = till.config.approvals

    def issue(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Give goods on approval."""
        asked = read_request(ApprovalIssue, value, "approval")

        def work(moment: Moment) -> Mapping[str, Any] | Refused:
            return self._issue(moment, asked)

        return self._once(f"approval:{asked.request_id}", asked, work)

    def return_lines(self, number: str, value: Mapping[str, Any]) -> Receipt | Refused:
        """Take pieces back, let them out again, or add some."""
        asked, number = read_request(ApprovalReturn, value, "approval"), _plain(number)

        def work(moment: Moment) -> Mapping[str, Any] | Refused:
            found = _find(moment, number)
            return found if isinstance(found, Refused) else self._return(moment, found, asked)

        return self._once(f"approval_return:{number}:{asked.request_id}", asked, work)

    def settle(self, number: str, value: Mapping[str, Any]) -> Receipt | Refused:
        """Return the sale of what is kept; settled when nothing is out any more."""
        asked, number = read_request(ApprovalSettlement, value, "approval"), _plain(number)

        def work(moment: Moment) -> Mapping[str, Any] | Refused:
            found = _find(moment, number)
            return found if isinstance(found, Refused) else self._settle(moment, found, asked)

        return self._once(f"approval_settle:{number}:{asked.request_id}", asked, work)

    def out(self, on: dt.date | None, customer: str | None) -> list[dict[str, Any]] | Refused:
        """Return every piece that was at a customer when a shop day closed."""
        if not self._config.enabled:
            return Refused(Refusal.APPROVALS_OFF)
        self.follow()
        day = on or self._till.clock.now().date()
        with self._till.journal.reading() as journal:
            known = KnownCustomers(self._till.cache.reader(), journal)
            names: dict[str, str] = {}
            found = []
            for out in approval_store.out_on(journal, day):
                if customer is not None and known.survivor(out.customer) != known.survivor(
                    customer
                ):
                    continue
                if out.customer not in names:
                    row = known.row(out.customer)
                    names[out.customer] = row.name if row else ""
                found.append(
                    {
                        "number": out.number,
                        "customer": out.customer,
                        "customer_name": names[out.customer],
                        "due_on": out.due_on,
                        "is_overdue": out.due_on < day.isoformat(),
                        "line_id": out.line_id,
                        "sku": out.sku,
                        "name": out.facts.get("name"),
                        "quantity_milli": out.quantity_milli,
                        "price_at_issue_minor": out.price_at_issue_minor,
                    }
                )
        return found

    def follow(self) -> None:
        """Settle the pieces whose sale was completed since."""
        with self._till.journal.reading() as journal:
            waiting = bool(approval_store.being_sold(journal))
        if not waiting:
            return
        with self._till.journal.transaction() as journal:
            moment = Moment(journal, self._till.clock.now())
            for approval, receipt in approval_store.being_sold(journal):
                # Read again: an earlier receipt of the loop may have sold pieces of it.
                now = approval_store.find(journal, approval.number) or approval
                self._follow(moment, now, receipt)

    def _once(
        self,
        key: str,
        asked: Request,
        work: Callable[[Moment], Mapping[str, Any] | Refused],
    ) -> Receipt | Refused:
        if not self._config.enabled:
            return Refused(Refusal.APPROVALS_OFF)
        self.follow()
        return self._actions.once(key, asked.model_dump(mode="json"), work)

    def _issue(self, moment: Moment, asked: ApprovalIssue) -> Mapping[str, Any] | Refused:
        if asked.customer is None:
            return Refused(Refusal.APPROVAL_NEEDS_CUSTOMER)
        row = self._customer(moment, asked.customer)
        if row is None:
            return Refused(Refusal.CUSTOMER_UNKNOWN)
        today = moment.now.date()
        due_on = asked.due_on or today + dt.timedelta(days=self._config.due_days)
        if due_on < today:
            raise SaleError("out_of_range", "approval.due_on", "lies in the past")
        lines = self._lines(asked.lines, taken=())
        guaranteed = asked.price_guaranteed
        approval = Approval(
            number=approval_number(
                self._till.config.till,
                customer_store.next_number(moment.journal, approval_store.NUMBERS),
            ),
            customer=row.id,
            due_on=due_on.isoformat(),
            price_guaranteed=self._config.price_guaranteed if guaranteed is None else guaranteed,
            issued_at=utc_text(moment.now),
            state=ApprovalState.ISSUED.value,
            sale_id=None,
            salesperson=asked.salesperson,
            lines=tuple(lines),
        )
        limit = self._limit(moment, row, lines, asked.rights)
        if isinstance(limit, Refused):
            return limit
        seq = self._actions.add_event(
            ISSUED,
            {
                "approval": approval.number,
                "salesperson": asked.salesperson,
                "due_on": approval.due_on,
                "price_guaranteed": approval.price_guaranteed,
                "limit_left_minor": limit.left_minor,
                "lines": told_lines(lines),
            },
            customer=row.id,
            cashier=asked.cashier,
            now=moment.now,
        )
        approval_store.add(moment.journal, approval, seq=seq, cashier=asked.cashier)
        approval_store.add_lines(
            moment.journal, approval.number, lines, seq=seq, on=moment.now.date()
        )
        self._tell_override(moment, limit, row.id, approval.number, asked.cashier)
        return self._answer(moment, approval, row, effects=limit.effects, prints=True)

    def _return(
        self, moment: Moment, approval: Approval, asked: ApprovalReturn
    ) -> Mapping[str, Any] | Refused:
        if approval.state == ApprovalState.SETTLED:
            return self._answer(moment, approval, None, effects=[], prints=False)
        states = {line.line_id: line.state for line in approval.lines}
        back = [line.line_id for line in approval.open_lines if asked.all_returned]
        back += [line_id for line_id in asked.returned if line_id not in back]
        steps = dict.fromkeys(back, LineState.RETURNED) | dict.fromkeys(
            asked.reopened, LineState.OPEN
        )
        before = {LineState.RETURNED: LineState.OPEN, LineState.OPEN: LineState.RETURNED}
        for line_id, state in steps.items():
            if states.get(line_id) not in (before[state], state):
                return Refused(Refusal.APPROVAL_LINE, {"line_id": line_id})
        steps = {line_id: state for line_id, state in steps.items() if states[line_id] != state}
        row = self._customer(moment, approval.customer)
        added = self._lines(asked.added, taken=states)
        reopened = [line for line in approval.lines if steps.get(line.line_id) is LineState.OPEN]
        limit = _Limit(None, 0, Within.YES, [])
        if row is not None and (added or reopened):
            gone = [
                line for line in approval.lines if steps.get(line.line_id) is LineState.RETURNED
            ]
            found = self._limit(moment, row, [*added, *reopened], asked.rights, back=gone)
            if isinstance(found, Refused):
                return found
            limit = found
        now_lines = [
            line._replace(state=steps.get(line.line_id, line.state)) for line in approval.lines
        ]
        if steps or added:
            changed = [line for line in now_lines if line.line_id in steps]
            seq = self._actions.add_event(
                RETURNED,
                {"approval": approval.number, "lines": told_lines([*changed, *added])},
                customer=approval.customer,
                cashier=asked.cashier,
                now=moment.now,
            )
            on = moment.now.date()
            for line_id, state in steps.items():
                approval_store.move(
                    moment.journal, approval.number, [line_id], state, seq=seq, on=on
                )
            approval_store.add_lines(moment.journal, approval.number, added, seq=seq, on=on)
            self._tell_override(moment, limit, approval.customer, approval.number, asked.cashier)
        after = approval._replace(lines=(*now_lines, *added))
        if not after.open_lines:
            self._close(moment, after, receipt=None, sale_id=None, cashier=asked.cashier)
            after = after._replace(state=ApprovalState.SETTLED.value)
        return self._answer(moment, after, row, effects=limit.effects, prints=bool(added))

    def _settle(
        self, moment: Moment, approval: Approval, asked: ApprovalSettlement
    ) -> Mapping[str, Any] | Refused:
        kept = [line for line in approval.open_lines if line.line_id not in asked.keep_open]
        if not kept:
            return {**approval_store.state_of(approval), "sale": None, "effects": []}
        if journal_lookup.is_completed(moment.journal, asked.sale_id):
            return Refused(Refusal.CONFLICT)
        # The sale under which they are being sold already keeps its name: it may be paid by now.
        sale_id = approval.sale_id or asked.sale_id
        if journal_lookup.is_completed(moment.journal, sale_id):
            sale_id = asked.sale_id  # that one was a training sale: a receipt would have settled it
        approval_store.name_sale(moment.journal, approval.number, sale_id)
        return {
            **approval_store.state_of(approval),
            "sale": {
                "sale_id": sale_id,
                "at": moment.now.isoformat(timespec="milliseconds"),
                "customer": {"id": approval.customer},
                "lines": [
                    sale_line(approval.number, line, price_minor=self._price(approval, line))
                    for line in kept
                ],
            },
            "effects": [],
        }

    def _price(self, approval: Approval, line: ApprovalLine) -> int:
        """Return today's price; where it is guaranteed, at most that of the issue."""
        article = self._till.article(line.sku)
        today_minor = line.price_at_issue_minor
        if article is not None:
            today_minor = int(article["unit_price_minor"])
        return (
            min(today_minor, line.price_at_issue_minor)
            if approval.price_guaranteed
            else today_minor
        )

    def _follow(self, moment: Moment, approval: Approval, receipt: int) -> None:
        sale_id, sold = approval_store.sold_in(moment.journal, receipt)
        approval_store.followed(moment.journal, approval.number, receipt)
        gone = [
            line
            for line in approval.lines
            if line.state != LineState.SOLD and sale_line_id(approval.number, line.line_id) in sold
        ]
        after = approval._replace(
            lines=tuple(
                line._replace(state=LineState.SOLD.value) if line in gone else line
                for line in approval.lines
            )
        )
        if gone:
            self._close(moment, after, receipt=receipt, sale_id=sale_id, cashier=None, sold=gone)

    def _close(
        self,
        moment: Moment,
        after: Approval,
        *,
        receipt: int | None,
        sale_id: str | None,
        cashier: str | None,
        sold: Sequence[ApprovalLine] = (),
    ) -> None:
        seq = self._actions.add_event(
            SETTLED,
            {
                "approval": after.number,
                "receipt": receipt,
                "sale_id": sale_id,
                "open": len(after.open_lines),
                "lines": told_lines(after.lines),
            },
            customer=after.customer,
            cashier=cashier,
            now=moment.now,
        )
        approval_store.sell(
            moment.journal,
            after.number,
            [line.line_id for line in sold],
            seq=seq,
            on=moment.now.date(),
        )
        if receipt is not None:
            approval_store.name_sale(moment.journal, after.number, None)
        if not after.open_lines:
            approval_store.settle(moment.journal, after.number)

    def _lines(
        self, goods: Sequence[ApprovalGoods], *, taken: Sequence[str] | Mapping[str, str]
    ) -> list[ApprovalLine]:
        """Return the pieces of goods, each with what is known of it.

        Raises:
            SaleError: a line stands twice, or nobody knows its price.
        """
        found: list[ApprovalLine] = []
        seen = set(taken)
        for number, one in enumerate(goods):
            where = f"approval.lines[{number}]"
            article = self._till.article(one.sku) or {}
            price_minor = one.unit_price_minor
            if price_minor is None:
                price_minor = article.get("unit_price_minor")
            if price_minor is None:
                raise SaleError(
                    "missing", f"{where}.unit_price_minor", "no article master knows it"
                )
            given = one.model_dump(include=set(_FACTS), exclude_none=True, mode="json")
            facts = {"name": article["name"], **given} if article.get("name") else given
            line = ApprovalLine(one.line_id, one.sku, one.quantity_milli, int(price_minor), facts)
            for piece in pieces(line):
                if piece.line_id in seen:
                    raise SaleError("duplicate_id", f"{where}.line_id", f"{piece.line_id!r} twice")
                seen.add(piece.line_id)
                found.append(piece)
        return found

    def _customer(self, moment: Moment, customer: str) -> CustomerRow | None:
        row = KnownCustomers(self._till.cache.reader(), moment.journal).row(customer)
        return row if row is not None and row.status == ACTIVE else None

    def _limit(
        self,
        moment: Moment,
        row: CustomerRow,
        lines: Sequence[ApprovalLine],
        rights: Sequence[str],
        *,
        back: Sequence[ApprovalLine] = (),
    ) -> _Limit | Refused:
        """Watch the limit of a customer (K7)."""
        # Head office's number knows no approvals of this build: all that are out count here, also
        # under ids that were merged.
        ids = ids_of(self._till.cache.reader(), moment.journal, row.id)
        out = sum(approval_store.out_since(moment.journal, one, after=0) for one in ids)
        left = left_minor(row.limit_left_minor, out - out_minor(back))
        wanted = sum(line.worth_minor for line in lines)
        within = check_limit(
            left, wanted, mode=LimitMode(self._config.limit), rights=frozenset(rights)
        )
        figures = {"left_minor": max(0, left or 0), "wanted_minor": wanted}
        if within is Within.REFUSED:
            return Refused(Refusal.LIMIT_EXCEEDED, figures)
        effects = []
        if within is Within.EXCEEDED:
            notice = Notice(NoticeCode.LIMIT_EXCEEDED, figures)
            effects.append(message(notice, self._till.config.language))
        return _Limit(left, wanted, within, effects)

    def _tell_override(
        self, moment: Moment, limit: _Limit, customer: str, number: str, cashier: str | None
    ) -> None:
        if limit.within in (Within.OVERRIDDEN, Within.EXCEEDED):
            self._actions.add_event(
                OVERRIDDEN,
                {
                    "approval": number,
                    "left_minor": limit.left_minor,
                    "wanted_minor": limit.wanted_minor,
                    "by_right": limit.within is Within.OVERRIDDEN,
                },
                customer=customer,
                cashier=cashier,
                now=moment.now,
            )

    def _answer(
        self,
        moment: Moment,
        approval: Approval,
        row: CustomerRow | None,
        *,
        effects: list[dict[str, Any]],
        prints: bool,
    ) -> dict[str, Any]:
        printed = [self._print(moment, approval, row)] if prints and row is not None else []
        return {
            **approval_store.state_of(approval),
            "fiscal_type": FISCAL_TYPE,
            "effects": [*printed, *effects],
        }

    def _print(self, moment: Moment, approval: Approval, row: CustomerRow) -> dict[str, Any]:
        # Loaded with the first document: a till without approvals never needs it.
        from printers.errors import DocumentInvalid

        config = self._till.config
        uid = str(new_uid(moment.now))
        try:
            paper = Papers(config, self._till.cache).approval(
                approval.number,
                approval.lines,
                uid=uid,
                holder=row.name,
                given_on=approval.issued_at[:10],
                due_on=approval.due_on,
            )
        except DocumentInvalid:
            return message(Notice(NoticeCode.APPROVAL_NOT_PRINTABLE), config.language)
        job = print_order(config, paper, customer=approval.customer, now=moment.now, uid=uid)
        self._till.journal.add_print_job(job, at=moment.now)
        return {"effect_id": f"print:{uid}", "kind": "print", "job": uid, "attempt": 1}


def _plain(number: object) -> str:
    """Return the number of an approval as it is written; empty when it is none."""
    return (read_number(number) or "") if isinstance(number, str) else ""


def _find(moment: Moment, number: str) -> Approval | Refused:
    found = approval_store.find(moment.journal, number) if number else None
    return found or Refused(Refusal.APPROVAL_UNKNOWN)
