"""How a till comes to its token: a code that is read out, once, within minutes (sync.md 9.1).

1. The code is kept as its hash, for one till number, with an end and five tries.
2. Every refusal looks the same: nobody learns which tills are expected.
3. A till that is enrolled again gets a new token; the old one dies with it.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from head_office.problems import ProblemError
from head_office.storage import enrolment
from head_office.till.tills import admit, sha256_text
from pos_plugin.clock import utc_text

if TYPE_CHECKING:
    from head_office.storage import Database
    from sync_agent.protocol.messages import EnrolAnswer, EnrolRequest

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SYMBOLS: Final = 8
TRIES: Final = 5
MINUTES: Final = 15


def expect_till(database: Database, *, shop: str, till: str, now: dt.datetime) -> str:
    """Return the one-time code of a till that is about to be installed; an older one dies."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(SYMBOLS))
    with database.write() as connection:
        connection.execute(enrolment.delete().where(enrolment.c.till == till))
        connection.execute(
            enrolment.insert().values(
                till=till,
                shop=shop,
                code_sha256=sha256_text(code),
                expires_at=utc_text(now + dt.timedelta(minutes=MINUTES)),
                tries_left=TRIES,
            )
        )
    return code


def enrol(database: Database, asked: EnrolRequest, *, now: dt.datetime) -> EnrolAnswer:
    """Give an expected till its token and keys; the code is used up.

    Raises:
        ProblemError: ``enrol-refused``: no such till, wrong code, too late, too many tries.
    """
    now_text = utc_text(now)
    with database.write() as connection:
        here = enrolment.c.till == asked.till
        row = connection.execute(select(enrolment).where(here)).one_or_none()
        expected = row.code_sha256 if row is not None else ""
        is_right = hmac.compare_digest(sha256_text(asked.code), expected)
        if row is not None and is_right and row.expires_at > now_text and row.tries_left > 0:
            connection.execute(enrolment.delete().where(here))
            return admit(
                database,
                connection,
                shop=row.shop,
                till=asked.till,
                now_text=now_text,
                voucher_key=asked.voucher_key,
            )
        if row is not None:
            # Committed with the refusal: a try that was not counted would be a free one.
            left = max(0, row.tries_left - 1)
            connection.execute(enrolment.update().where(here).values(tries_left=left))
    raise ProblemError("enrol-refused", 403)
