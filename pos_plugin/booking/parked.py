"""Parked sales: durable until they are completed or given up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pos_plugin.notices import Notice, NoticeCode, Refusal, Refused
from pos_plugin.storage import journal_lookup
from pos_plugin.units import divide_half_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.till import Till


@dataclass(frozen=True, slots=True)
class Recalled:
    """A parked basket that is open again; ``notices`` say what changed meanwhile."""

    snapshot: dict[str, Any]
    notices: tuple[Notice, ...] = ()

    def to_dict(self, language: str) -> dict[str, Any]:
        """Return the answer as plain values."""
        return {
            "sale": self.snapshot,
            "notices": [notice.to_dict(language) for notice in self.notices],
        }


class Parked:
    """Parks and brings back the sales of one till."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._journal = till.journal

    def suspend(self, value: Mapping[str, Any]) -> Refused | None:
        """Park a snapshot under its sale id; None when it is parked."""
        sale_id = self._till.read_bare(value).basket.sale_id
        with self._journal.transaction() as journal:
            if journal_lookup.is_completed(journal, sale_id):
                return Refused(Refusal.CONFLICT)
            text = json.dumps(dict(value), ensure_ascii=False, separators=(",", ":"))
            self._journal.suspend(sale_id, snapshot=text, at=self._till.clock.now())
        self._till.forget(sale_id)
        return None

    def suspend_running(self, sale_id: str) -> Refused | None:
        """Park what was evaluated last under this id; parked already is parked."""
        running = self._till.running(sale_id)
        if running is not None:
            return self.suspend(running.snapshot.to_dict())
        with self._journal.reading() as journal:
            parked = journal_lookup.suspended(journal, sale_id)
            completed = journal_lookup.is_completed(journal, sale_id)
        if completed:
            return Refused(Refusal.CONFLICT)
        return None if parked is not None else Refused(Refusal.SALE_UNKNOWN)

    def recall(self, sale_id: str) -> Recalled | Refused:
        """Return a parked snapshot; one of another shop day begins anew, and says so."""
        now = self._till.clock.now()
        with self._journal.transaction() as journal:
            parked = journal_lookup.suspended(journal, sale_id)
            if parked is None:
                return Refused(Refusal.SALE_UNKNOWN)
            self._journal.mark_recalled(sale_id, at=now)
        snapshot: dict[str, Any] = json.loads(parked.snapshot)
        if parked.business_on == now.date().isoformat():
            return Recalled(snapshot)
        snapshot["at"] = now.isoformat(timespec="milliseconds")
        snapshot.pop("generation", None)
        if isinstance(snapshot.get("customer"), dict):
            snapshot["customer"] = {"id": snapshot["customer"]["id"]}
        notice = Notice(NoticeCode.RECALLED_OTHER_DAY, {"business_on": parked.business_on})
        return Recalled(snapshot, (notice,))

    def cancel(self, sale_id: str) -> Refused | None:
        """Give a sale up: nothing of it is booked. A booked sale is voided instead."""
        with self._journal.transaction() as journal:
            if journal_lookup.is_completed(journal, sale_id):
                return Refused(Refusal.CONFLICT)
            self._journal.drop_suspended(sale_id)
        self._till.forget(sale_id)
        self._till.online.settle(sale_id, ())
        return None

    def waiting(self) -> list[dict[str, Any]]:
        """Return the sales that wait to be recalled, the oldest first, with what tells them apart.

        ``gross_minor`` is what the lines cost before any discount, in minor units (cents).
        """
        with self._journal.reading() as journal:
            parked = journal_lookup.suspended_sales(journal)
        found = []
        for sale_id, text, suspended_at in parked:
            # Checked when it was parked: a shop that forgets to recall must not slow the till down.
            snapshot: dict[str, Any] = json.loads(text)
            lines = [
                (line["quantity_milli"], line["unit_price_minor"]) for line in snapshot["lines"]
            ]
            found.append(
                {
                    "sale_id": sale_id,
                    "suspended_at": suspended_at,
                    "cashier": snapshot.get("cashier"),
                    "lines": len(lines),
                    "quantity_milli": sum(quantity_milli for quantity_milli, _ in lines),
                    "gross_minor": sum(
                        divide_half_up(quantity_milli * price_minor, 1000)
                        for quantity_milli, price_minor in lines
                    ),
                }
            )
        return found
