"""How every loyalty action is booked: checked, once, in one transaction with its event.

1. The same request under the same id again gets the same answer; another body gets ``conflict``.
2. What an action changes, its event and its answer are one transaction: all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pos_plugin.answers import Receipt
from pos_plugin.booking.once import keep_answer, stored_answer
from pos_plugin.booking.receipt_event import event_head
from pos_plugin.errors import SaleError
from pos_plugin.notices import Refused
from pos_plugin.validation import first_error

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable

    from pos_plugin.storage.journal_lookup import Journal
    from pos_plugin.till import Till


class Request(BaseModel):
    """What a host asks for; a field nobody knows is refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Asked = TypeVar("Asked", bound=Request)


def read_request(model: type[Asked], value: Mapping[str, Any], root: str) -> Asked:
    """Return the checked request.

    Args:
        model: what it should be.
        value: what came from the host.
        root: how a wrong place begins, for example ``consent``.

    Raises:
        SaleError: naming the first wrong place.
    """
    try:
        return model.model_validate(dict(value) if isinstance(value, Mapping) else value)
    except ValidationError as error:
        code, place, message = first_error(error, value, root)
        raise SaleError(code, place, message) from None


class Moment(NamedTuple):
    """Where and when an action is booked: the open transaction and its instant."""

    journal: Journal
    now: dt.datetime


class _NotDone(Exception):  # noqa: N818 - rolls a transaction back, nothing went wrong
    """The work refused."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.code)
        self.refused = refused


def _done(answer: Mapping[str, Any] | Refused) -> Mapping[str, Any]:
    if isinstance(answer, Refused):
        raise _NotDone(answer)
    return answer


class Actions:
    """Books the actions of one till."""

    def __init__(self, till: Till) -> None:
        self.till = till

    def once(
        self,
        key: str,
        request: Mapping[str, Any],
        work: Callable[[Moment], Mapping[str, Any] | Refused],
    ) -> Receipt | Refused:
        """Return what the work answers, and for ever the same for the same request.

        Args:
            key: names what is done once, for example ``consent:<id>``.
            request: what makes two requests the same, as plain values.
            work: books everything in the open transaction and returns the answer; after
                ``Refused`` nothing of it stands, so that the same request may succeed later.
        """
        stored = stored_answer(self.till.journal, key, request)
        if stored is not None:
            return stored
        try:
            with self.till.journal.transaction() as journal:
                answer = _done(work(Moment(journal, self.till.clock.now())))
                keep_answer(self.till.journal, key, request, answer)
        except _NotDone as not_done:
            return not_done.refused
        return Receipt(answer)

    def add_event(
        self,
        kind: str,
        facts: Mapping[str, Any],
        *,
        customer: str | None,
        cashier: str | None,
        now: dt.datetime,
        also_touches: Iterable[str] = (),
    ) -> int:
        """Store an event in the open transaction; return its number.

        Args:
            kind: of domain.md §6.
            facts: its body after the head.
            customer: whom it touches, if anybody.
            cashier: number of the cashier.
            now: instant.
            also_touches: further ids whose balances head office may move by it.
        """
        head = event_head(self.till.config, cashier=cashier, customer=customer, now=now)
        touches = [*([] if customer is None else [customer]), *also_touches]
        return self.till.journal.add_event(
            kind=kind, body={**head, **facts}, touches=touches, at=now
        )
