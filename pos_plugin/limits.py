"""Every limit of the plugin in one place, each checked once where the value comes in."""

from __future__ import annotations

from typing import Final

from native.limits import (
    INT64_MAX,
    MAX_BP,
    MAX_LINES,
    MAX_PIECES_A_LINE,
    MAX_PRICE_MINOR,
    MAX_PROMOTIONS,
    MAX_SALE_MINOR,
    MAX_SLOTS,
)

MAX_QUANTITY_MILLI: Final = MAX_PIECES_A_LINE * 1000
MAX_TEXT: Final = 200  # characters of an id, a code, a name
MAX_LIST: Final = 1000  # entries of a list inside a line, a selector or a customer
MAX_COUPONS: Final = 999
MAX_POINTS: Final = 10**9
MAX_FACTOR_BP: Final = 10**6  # a hundredfold
MAX_CONDITION_DEPTH: Final = 16  # all/any/not inside each other
MAX_ARTICLES: Final = 500_000  # articles of a file that lint takes
FACTS_MONTHS: Final = 36  # so long facts count for classes, where no setting says otherwise
MAX_FACTS_MONTHS: Final = 120
MAX_JSON_BYTES: Final = 64 * 2**20  # of a file that is read whole
MAX_FILE_BYTES: Final = 512 * 2**20  # of a file that is read line by line, unpacked
MAX_COUNTER_DAYS: Final = 400  # days of a counter: a window of 365, and some of a clock set wrong

__all__ = [
    "FACTS_MONTHS",
    "INT64_MAX",
    "MAX_ARTICLES",
    "MAX_BP",
    "MAX_CONDITION_DEPTH",
    "MAX_COUNTER_DAYS",
    "MAX_COUPONS",
    "MAX_FACTOR_BP",
    "MAX_FACTS_MONTHS",
    "MAX_FILE_BYTES",
    "MAX_JSON_BYTES",
    "MAX_LINES",
    "MAX_LIST",
    "MAX_PIECES_A_LINE",
    "MAX_POINTS",
    "MAX_PRICE_MINOR",
    "MAX_PROMOTIONS",
    "MAX_QUANTITY_MILLI",
    "MAX_SALE_MINOR",
    "MAX_SLOTS",
    "MAX_TEXT",
]
