"""The words of the rule vocabulary as the core's tables hold them: numbers and widths of rows."""

from __future__ import annotations

from typing import Final

# Benefits. CUSTOMER_RATE stands in the tiers of a generation only; the search gets a percentage.
PERCENT: Final = 0
AMOUNT_OFF: Final = 1
FIXED_PRICE: Final = 2
CUSTOMER_RATE: Final = 3

# Offers of the article layer; a unit discount is an n-for-m of one unit.
N_FOR_M: Final = 0
BUNDLE: Final = 1
BUY_GET: Final = 2
STEPS: Final = 3

# Layers of the search, and the two others.
RECEIPT: Final = 0
CUSTOMER: Final = 1
ARTICLE: Final = 2
EARN: Final = 3

# Exclusive: no, units, receipt.
SHARED: Final = 0
UNITS: Final = 1
ALONE: Final = 2

# Conditions that are decided as numbers.
IN_SEGMENT: Final = 0
CUSTOMER_KNOWN: Final = 1
COUPON: Final = 2
MIN_VALUE: Final = 3
MIN_QUANTITY: Final = 4

# Columns of a row.
PROMO_COLUMNS: Final = 11
STEP_COLUMNS: Final = 3
SLOT_COLUMNS: Final = 2
TIER_COLUMNS: Final = 9
GATE_COLUMNS: Final = 5
CONDITION_COLUMNS: Final = 5
RULE_TIER_COLUMNS: Final = 3
APPLIED_COLUMNS: Final = 3
GIVEN_COLUMNS: Final = 8

# Promotions without a state have no row in the columns of the packing; from this number on follow
# their numbers in the call.
FREE: Final = 1 << 30
