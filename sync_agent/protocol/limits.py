"""The limits of what goes over the wire."""

from __future__ import annotations

from typing import Final

PAGE_ROWS_MAX: Final = 5_000
PAGE_BYTES_MAX: Final = 8 * 2**20
PAGE_LINES_MAX: Final = 2 * PAGE_ROWS_MAX + 2  # a page runs on to the end of its last group
ROW_BYTES_MAX: Final = 2**19
BLOB_BYTES_MAX: Final = 8 * 2**20
BATCH_EVENTS_MAX: Final = 200
BATCH_BYTES_MAX: Final = 2**20
EVENT_BYTES_MAX: Final = 8 * 2**20  # of an event that is a batch alone: a sale of 999 long lines
HOLD_S_MAX: Final = 55  # below the 60 s after which proxies and the agent give a request up
STATUS_BYTES_MAX: Final = 2**16  # status report, and every other small question
ANSWER_BYTES_MAX: Final = 2**20  # head, events answer, problem document
TOUCHES_MAX: Final = 100
CONTACTS_MAX: Final = 20  # phone numbers, or e-mail addresses, of one customer
LOTS_MAX: Final = 10_000  # open lots of one account
SEGMENT_BITS: Final = 63  # bit 0 to 62 of a signed 64-bit column
