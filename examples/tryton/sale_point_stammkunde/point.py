"""A point of sale knows the till beside it."""

from __future__ import annotations

from trytond.model import fields
from trytond.pool import PoolMeta
from trytond.pyson import Bool, Eval

from .client import Till

# Prices of the till include VAT; a point that sells without would need other sums.
_PRICES_INCLUDE_TAX = {"invisible": ~Eval("tax_included", False)}


class Point(metaclass=PoolMeta):
    """Without a port nothing changes: the point sells as Tryton alone does."""

    __name__ = "sale.point"

    stammkunde_port = fields.Integer(
        "Stammkunde Port",
        states=_PRICES_INCLUDE_TAX,
        help="Port on which `stammkunde serve` answers on this machine; empty: not used.",
    )
    stammkunde_token_file = fields.Char(
        "Stammkunde Token File",
        states={**_PRICES_INCLUDE_TAX, "required": Bool(Eval("stammkunde_port"))},
        help="The file api.token in the data folder of the till.",
    )
    stammkunde_evaluate_ms = fields.Integer(
        "Time to Evaluate (ms)",
        required=True,
        states=_PRICES_INCLUDE_TAX,
        help="Longer than this nobody waits for promotions: the sale goes on at list price.",
    )
    stammkunde_complete_ms = fields.Integer(
        "Time to Complete (ms)",
        required=True,
        states=_PRICES_INCLUDE_TAX,
        help="Longer than this nobody waits for the receipt: it is handed in again later.",
    )

    @classmethod
    def default_stammkunde_evaluate_ms(cls) -> int:
        return 300

    @classmethod
    def default_stammkunde_complete_ms(cls) -> int:
        return 2000

    @property
    def stammkunde_till(self) -> Till | None:
        """The till of this point, or None when there is none."""
        if not (self.tax_included and self.stammkunde_port and self.stammkunde_token_file):
            return None
        return Till(self.stammkunde_port, self.stammkunde_token_file)
