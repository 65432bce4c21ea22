"""The scheduled task that hands in what was sold without the till."""

from __future__ import annotations

from trytond.pool import PoolMeta


class Cron(metaclass=PoolMeta):
    """Knows the method; ``cron.xml`` calls it every minute."""

    __name__ = "ir.cron"

    @classmethod
    def __setup__(cls) -> None:
        super().__setup__()
        cls.method.selection.append(
            ("sale.point.sale|stammkunde_hand_in_waiting", "Hand in Sales to Stammkunde")
        )
