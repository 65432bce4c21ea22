"""Tables of coupon strips in ``journal.db``: which vouchers share a paper (Gutscheinstreifen).

A print job and its copies stand for one voucher; a strip has more. What fell out of the paper
because it was void by then is known for each attempt: what lies on the counter does not change.
"""

from __future__ import annotations

from typing import Final

JOURNAL_FACTS: Final = ("strip_coupon", "left_out_coupon")

JOURNAL: Final = (
    # `strip`: its first voucher, the subject of its print jobs; `position`: `coupon` of the blocks.
    """CREATE TABLE strip_coupon (
        strip TEXT NOT NULL,
        position INTEGER NOT NULL,
        voucher TEXT NOT NULL UNIQUE REFERENCES voucher (id),
        PRIMARY KEY (strip, position)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE left_out_coupon (
        job_uid TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (job_uid, attempt, position),
        FOREIGN KEY (job_uid, attempt) REFERENCES print_attempt (job_uid, attempt)
    ) STRICT, WITHOUT ROWID""",
)
