"""The kinds of values that messages, rows and events are made of, each with its bounds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, JsonValue, Strict
from pydantic_core import PydanticCustomError

from pos_plugin import limits, text
from pos_plugin.loyalty.program_terms import EXPIRY_PATTERN


def _iso_text(value: object) -> object:
    if isinstance(value, str):
        return value
    raise PydanticCustomError("date_type", "Input should be an instant as ISO 8601 text")


Text = text.Text
# Of a balance or counter: a programme, or `uses:` and the id of a promotion.
AccountKey = Annotated[str, Field(min_length=1, max_length=limits.MAX_TEXT + len("history:"))]
Words = Annotated[list[Text], Field(max_length=limits.MAX_LIST)]
Int64 = Annotated[int, Field(ge=-limits.INT64_MAX, le=limits.INT64_MAX)]
Sequence = Annotated[int, Field(ge=0, le=limits.INT64_MAX)]
Minor = Annotated[int, Field(ge=0, le=limits.MAX_PRICE_MINOR)]
Bp = Annotated[int, Field(ge=0, le=limits.MAX_BP)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
PhoneDigits = Annotated[str, Field(pattern="^[0-9]{5,15}$")]
BearerToken = Annotated[str, Field(min_length=16, max_length=200, pattern="^[!-~]+$")]
PrunedSeq = Annotated[tuple[Int64, Sequence], Strict(strict=False)]
RowSum = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
CodeHash = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Instant = Annotated[AwareDatetime, BeforeValidator(_iso_text), Strict(strict=False)]
InstantText = Annotated[str, Field(min_length=20, max_length=40)]
Document = dict[Annotated[str, Field(max_length=limits.MAX_TEXT)], JsonValue]
Days = Annotated[int, Field(ge=0, le=36_500)]
CustomerStatus = Literal["active", "blocked", "merged", "erased"]
CardStatus = Literal["ordered", "active", "blocked", "lost", "replaced"]
ProgramUnit = Literal["EUR_MINOR", "POINTS"]
Expiry = Annotated[str, Field(pattern=EXPIRY_PATTERN)]  # of lots; loyalty/program_terms.py
Liability = Literal["earned", "future_discount"]
EarnEvent = Literal["rental_returned", "customer_created"]
RewardKind = Literal["article", "discount", "voucher_type", "event", "donation"]
LegalKind = Literal["promo", "earned_bonus", "gift_mpv", "gift_spv", "goods_credit", "reward"]
VoucherState = Literal[
    "planned", "issued", "reserved", "partly_redeemed", "redeemed", "blocked", "cancelled"
]
OfflineScope = Literal["never", "issuing_till", "shop", "region"]
