"""A strip of coupons of which some were cancelled: printed without their codes (Gutscheinstreifen).

A strip is one print job and stands for its first coupon; when that one is void, nothing of it is
printed. Any other one that is void loses its code, and its place says so: the paper is never taken
for whole.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.loyalty.voucher_code import voucher_hash

if TYPE_CHECKING:
    import apsw

STRIP: Final = "coupon"
_VOID: Final = {"de": "UNGÜLTIG", "en": "VOID"}


def without_void(journal: apsw.Connection, kind: str, document: str) -> str:
    """Return a document as it may be printed now; the same one when nothing of it is void.

    Args:
        journal: of the till.
        kind: of the job; only a strip stands for more than one voucher.
        document: of the job, as JSON; empty when it was kept long enough.
    """
    if kind != STRIP or not document:
        return document
    content = json.loads(document)
    blocks = [_printed(journal, block, content) for block in content["blocks"]]
    if blocks == content["blocks"]:
        return document
    return json.dumps({**content, "blocks": blocks}, ensure_ascii=False, separators=(",", ":"))


def _printed(
    journal: apsw.Connection, block: dict[str, Any], content: dict[str, Any]
) -> dict[str, Any]:
    if block.get("type") != "code" or not _is_void(journal, block["content"]):
        return block
    said = _VOID.get(content.get("lang", "de"), _VOID["de"])
    return {"type": "text", "value": said, "align": "center", "size": 2, "inverse": True}


def _is_void(journal: apsw.Connection, code: str) -> bool:
    row = journal.execute(
        "SELECT 1 FROM voucher WHERE code_hash = ? AND state = 'cancelled'", (voucher_hash(code),)
    )
    return row.get is not None
