"""Tables of accounts: what this till booked on them, and what head office sends of them."""

from __future__ import annotations

from typing import Final

from pos_plugin.loyalty.lots import Kind

_KINDS: Final = ", ".join(f"'{kind.value}'" for kind in Kind)

JOURNAL: Final = (
    # Law 1 of domain.md: a balance is the sum of these, never a stored number. `lot`: id of the
    # entry that opened the lot, its own when it opens one; the days are those of the lot.
    # `worth_minor`: of what was spent, for the caps of what head office does not know yet.
    # `basis`: what each line of the receipt has in an earning, in millionths. A reversal names the
    # entry that it reverses; that may stand in the journal of another till.
    f"""CREATE TABLE ledger_entry (
        id TEXT PRIMARY KEY,
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL REFERENCES event (seq),
        customer TEXT NOT NULL,
        program TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ({_KINDS})),
        delta INTEGER NOT NULL,
        lot TEXT NOT NULL,
        matures_on TEXT NOT NULL,
        expires_on TEXT,
        business_on TEXT NOT NULL,
        "group" TEXT,
        reverses TEXT,
        reason TEXT,
        worth_minor INTEGER NOT NULL CHECK (worth_minor >= 0),
        basis TEXT NOT NULL,
        promotions TEXT NOT NULL,
        generation INTEGER NOT NULL,
        occurred_at TEXT NOT NULL,
        CHECK (lot <> id OR delta > 0)
    ) STRICT""",
    "CREATE INDEX ledger_of_customer ON ledger_entry (customer, program, lot)",
    # What may still be spent offline is asked by the events that are not uploaded yet.
    "CREATE INDEX ledger_of_event ON ledger_entry (seq)",
    # A reward that was given for points, with what the catalogue said at that moment.
    """CREATE TABLE reward_given (
        redemption TEXT PRIMARY KEY,
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL REFERENCES event (seq),
        reward TEXT NOT NULL,
        customer TEXT NOT NULL,
        quantity INTEGER NOT NULL CHECK (quantity > 0),
        given_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX reward_given_of ON reward_given (reward, customer)",
)
JOURNAL_FACTS: Final = ("ledger_entry", "reward_given")

CACHE: Final = (
    # `expiry` as in loyalty/program_terms.py; `payout_voucher_type`: what bonus money is paid out
    # as (none: not paid out), `payout_denominations`: a JSON list, empty = any amount.
    """CREATE TABLE program (
        code TEXT PRIMARY KEY,
        unit TEXT NOT NULL,
        maturity_days INTEGER NOT NULL,
        expiry TEXT NOT NULL,
        payout_threshold INTEGER NOT NULL,
        payout_voucher_type TEXT,
        payout_denominations TEXT NOT NULL,
        liability TEXT NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    # `lots`: the open lots of the account, a JSON list; their sum is `value`.
    """CREATE TABLE balance (
        customer TEXT NOT NULL,
        program TEXT NOT NULL,
        value INTEGER NOT NULL,
        lots TEXT NOT NULL,
        as_of TEXT NOT NULL,
        folded TEXT NOT NULL,
        ver INTEGER NOT NULL,
        PRIMARY KEY (customer, program)
    ) STRICT, WITHOUT ROWID""",
    # Points for an event outside a sale; conditions {} or {"in_time": true}.
    """CREATE TABLE earn_trigger (
        event TEXT NOT NULL,
        program TEXT NOT NULL,
        points INTEGER NOT NULL,
        conditions TEXT NOT NULL,
        ver INTEGER NOT NULL,
        PRIMARY KEY (event, program)
    ) STRICT, WITHOUT ROWID""",
    # The catalogue of rewards. `label` {de, en}; `sku` of an article, `voucher_type` of a voucher,
    # `value_minor` of a discount: so much for so many `points`. `stock` and `limit_per_customer`:
    # empty = no limit.
    """CREATE TABLE reward (
        code TEXT PRIMARY KEY,
        program TEXT NOT NULL,
        kind TEXT NOT NULL,
        label TEXT NOT NULL,
        points INTEGER NOT NULL,
        value_minor INTEGER,
        min_points INTEGER NOT NULL,
        sku TEXT,
        voucher_type TEXT,
        valid_from_on TEXT,
        valid_to_on TEXT,
        stock INTEGER,
        limit_per_customer INTEGER,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
)
