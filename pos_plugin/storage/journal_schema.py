"""Tables of ``journal.db``: facts are written once; only the states named below ever move.

The statements of a release never change; a later release adds its own tuple and its own migration.
Expand only: a column or table is added, never dropped or renamed.
"""

from __future__ import annotations

from typing import Final

from pos_plugin.storage import (
    account_schema,
    approval_schema,
    customer_schema,
    pruning_schema,
    strip_schema,
)
from pos_plugin.storage.rental_schema import RENTAL

APPLICATION_ID: Final = 0x534B4A31  # "SKJ1"
VERSION: Final = 1  # = number of releases below; stored as user_version

# Rows of these tables are never changed and never deleted; of an old event the line may go (see
# pruning_schema).
FACTS: Final = (
    "epoch",
    "event",
    "own_entry",
    "receipt",
    "receipt_line",
    "promotion_result",
    "sale_void",
    "return_receipt",
    "return_line",
    "voucher_event",
    "answer",
    *account_schema.JOURNAL_FACTS,
    *approval_schema.JOURNAL_FACTS,
    *customer_schema.JOURNAL_FACTS,
    *strip_schema.JOURNAL_FACTS,
)


def _never_changed(table: str) -> tuple[str, str]:
    refuse = f"SELECT RAISE(ABORT, '{table}: a fact is never changed')"
    return (
        f"CREATE TRIGGER {table}_is_not_changed BEFORE UPDATE ON {table} BEGIN {refuse}; END",
        _never_deleted(table),
    )


def _never_deleted(table: str) -> str:
    return (
        f"CREATE TRIGGER {table}_is_not_deleted BEFORE DELETE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table}: a row is never deleted'); END"
    )


RELEASE_1: Final = (
    # A random number per life of this file; sequence numbers are only unique inside one. Events up
    # to `rekeyed_to` were written in an earlier life: head office may hold them under that one.
    """CREATE TABLE epoch (
        epoch INTEGER PRIMARY KEY,
        first_seq INTEGER NOT NULL,
        opened_at TEXT NOT NULL,
        previous INTEGER,
        reason TEXT NOT NULL CHECK (reason IN ('new', 'restored', 'forked', 'damaged')),
        rekeyed_to INTEGER NOT NULL
    ) STRICT""",
    # The outbox. `line` is serialised once, in the transaction of the sale; those bytes are sent.
    """CREATE TABLE event (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        epoch INTEGER NOT NULL,
        uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
        kind TEXT NOT NULL,
        line BLOB NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        occurred_at TEXT NOT NULL
    ) STRICT""",
    # What a balance or counter of a customer gets from this till; key = program, `uses:<promotion>`
    # or `history:<metric>`. Clustered by customer: that is how it is read.
    """CREATE TABLE own_entry (
        customer TEXT NOT NULL,
        key TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL REFERENCES event (seq),
        delta INTEGER NOT NULL,
        PRIMARY KEY (customer, key, epoch, seq)
    ) STRICT, WITHOUT ROWID""",
    # A closed sale; `seq` is its event. `facts`: what the rules were told of it beside its lines.
    """CREATE TABLE receipt (
        seq INTEGER PRIMARY KEY REFERENCES event (seq),
        sale_id TEXT NOT NULL UNIQUE,
        receipt_number TEXT,
        cashier TEXT,
        customer TEXT,
        at TEXT NOT NULL,
        business_on TEXT NOT NULL,
        completed_at TEXT NOT NULL,
        currency TEXT NOT NULL,
        generation INTEGER NOT NULL,
        evaluation_id TEXT NOT NULL,
        optimal INTEGER NOT NULL CHECK (optimal IN (0, 1)),
        gap_minor INTEGER NOT NULL,
        gross_minor INTEGER NOT NULL,
        discount_minor INTEGER NOT NULL,
        total_minor INTEGER NOT NULL,
        evaluated_total_minor INTEGER NOT NULL,
        charged_differs INTEGER NOT NULL CHECK (charged_differs IN (0, 1)),
        late INTEGER NOT NULL CHECK (late IN (0, 1)),
        tenders TEXT NOT NULL,
        facts TEXT NOT NULL DEFAULT '{}',
        uncovered_minor INTEGER NOT NULL DEFAULT 0 CHECK (uncovered_minor >= 0),
        turnover_minor INTEGER NOT NULL
    ) STRICT""",
    # gross_minor is before any discount, the host's own included;
    # discount_minor = gross_minor - paid_minor
    #     = host_discount_minor + sum of promotion_result + voucher_discount_minor
    #       + host_difference_minor; which voucher gave what stands in the event
    """CREATE TABLE receipt_line (
        receipt INTEGER NOT NULL REFERENCES receipt (seq),
        position INTEGER NOT NULL,
        line_id TEXT NOT NULL,
        sku TEXT NOT NULL,
        categories TEXT NOT NULL,
        brand TEXT,
        season TEXT,
        tags TEXT NOT NULL,
        quantity_milli INTEGER NOT NULL,
        unit_price_minor INTEGER NOT NULL,
        gross_minor INTEGER NOT NULL,
        discount_minor INTEGER NOT NULL,
        paid_minor INTEGER NOT NULL,
        host_discount_minor INTEGER NOT NULL,
        voucher_discount_minor INTEGER NOT NULL,
        host_difference_minor INTEGER NOT NULL,
        vat_rate_bp INTEGER NOT NULL,
        discountable INTEGER NOT NULL CHECK (discountable IN (0, 1)),
        markdown INTEGER NOT NULL CHECK (markdown IN (0, 1)),
        measured INTEGER NOT NULL CHECK (measured IN (0, 1)),
        PRIMARY KEY (receipt, position)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE promotion_result (
        receipt INTEGER NOT NULL,
        position INTEGER NOT NULL,
        number INTEGER NOT NULL,
        promotion TEXT NOT NULL,
        revision INTEGER NOT NULL,
        layer TEXT NOT NULL,
        application INTEGER NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('target', 'qualifier')),
        times INTEGER NOT NULL,
        units_milli INTEGER NOT NULL,
        vat_rate_bp INTEGER NOT NULL,
        discount_minor INTEGER NOT NULL,
        PRIMARY KEY (receipt, position, number),
        FOREIGN KEY (receipt, position) REFERENCES receipt_line (receipt, position)
    ) STRICT, WITHOUT ROWID""",
    # A completed sale that was taken back whole; `seq` is the event of the void.
    """CREATE TABLE sale_void (
        receipt INTEGER PRIMARY KEY REFERENCES receipt (seq),
        seq INTEGER NOT NULL REFERENCES event (seq),
        reason TEXT,
        cashier TEXT,
        voided_at TEXT NOT NULL
    ) STRICT""",
    # Goods that came back; `receipt` is empty when this till does not have their sale. `withheld`:
    # of the refund, because a voucher had not covered that much of the sale (`uncovered`).
    """CREATE TABLE return_receipt (
        seq INTEGER PRIMARY KEY REFERENCES event (seq),
        return_id TEXT NOT NULL UNIQUE,
        sale_id TEXT NOT NULL,
        receipt INTEGER REFERENCES receipt (seq),
        refund_minor INTEGER NOT NULL,
        withheld_minor INTEGER NOT NULL DEFAULT 0 CHECK (withheld_minor >= 0),
        turnover_minor INTEGER NOT NULL,
        returned_at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX return_of_sale ON return_receipt (sale_id)",
    """CREATE TABLE return_line (
        seq INTEGER NOT NULL REFERENCES return_receipt (seq),
        line_id TEXT NOT NULL,
        quantity_milli INTEGER NOT NULL,
        refund_minor INTEGER NOT NULL,
        PRIMARY KEY (seq, line_id)
    ) STRICT, WITHOUT ROWID""",
    *account_schema.JOURNAL,
    # A sold voucher is planned until its sale is completed; then its event issues it. `sold_line`:
    # of that sale. `reduced_minor`: what a return took off the value of an unused one.
    """CREATE TABLE voucher (
        id TEXT PRIMARY KEY,
        code_hash BLOB NOT NULL UNIQUE CHECK (length(code_hash) = 16),
        type TEXT NOT NULL,
        legal_kind TEXT NOT NULL CHECK (legal_kind IN (
            'promo', 'earned_bonus', 'gift_mpv', 'gift_spv', 'goods_credit', 'reward')),
        customer TEXT,
        customer_bound INTEGER NOT NULL CHECK (customer_bound IN (0, 1)),
        state TEXT NOT NULL,
        value_minor INTEGER,
        balance_minor INTEGER,
        reduced_minor INTEGER NOT NULL DEFAULT 0 CHECK (reduced_minor >= 0),
        valid_from_on TEXT NOT NULL,
        valid_to_on TEXT NOT NULL,
        issued_at TEXT,
        issued_seq INTEGER REFERENCES event (seq),
        sold_line TEXT,
        cashier TEXT,
        "trigger" TEXT NOT NULL,
        class_at_issue TEXT,
        redeemed_at TEXT,
        CHECK ((value_minor IS NULL) = (balance_minor IS NULL)),
        CHECK (balance_minor BETWEEN 0 AND value_minor - reduced_minor)
    ) STRICT""",
    "CREATE INDEX voucher_of_customer ON voucher (customer) WHERE customer IS NOT NULL",
    # What this till did with a voucher, wherever it was issued: one of head office has no row
    # above. `amount_minor`: of its value; `given_minor`: what the customer got, of a coupon the
    # discount; `lapsed_minor`: what nobody can use any more; `state_before`: that a redemption met.
    # `lines`: what a redemption took off each line, by line id. `reissued`: the share of a partial
    # return, as a new voucher. `settled`: used before the goods that had brought it came back.
    """CREATE TABLE voucher_event (
        voucher TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL REFERENCES event (seq),
        kind TEXT NOT NULL CHECK (kind IN (
            'issued', 'redeemed', 'rolled_back', 'reduced', 'blocked', 'unblocked', 'cancelled',
            'reissued', 'settled')),
        at TEXT NOT NULL,
        receipt INTEGER REFERENCES receipt (seq),
        customer TEXT,
        legal_kind TEXT,
        amount_minor INTEGER,
        given_minor INTEGER NOT NULL DEFAULT 0,
        lapsed_minor INTEGER NOT NULL DEFAULT 0,
        state_before TEXT,
        promotion TEXT,
        lines TEXT NOT NULL DEFAULT '{}',
        rights_used TEXT NOT NULL DEFAULT '[]',
        PRIMARY KEY (voucher, seq, kind)
    ) STRICT, WITHOUT ROWID""",
    # What may still be spent offline is asked in every sale: by the events not uploaded yet.
    "CREATE INDEX voucher_event_seq ON voucher_event (seq)",
    # `printer`: where the cashier moved it, else its role decides; `document`: empty when it was
    # kept long enough; `remark`: the cashier's own words; `replaced_by`: the job of the copy.
    """CREATE TABLE print_job (
        uid TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        subject_uid TEXT NOT NULL,
        customer TEXT,
        printer_role TEXT NOT NULL,
        printer TEXT,
        template_id TEXT,
        template_version INTEGER,
        document TEXT NOT NULL,
        copy_index INTEGER NOT NULL,
        training INTEGER NOT NULL DEFAULT 0 CHECK (training IN (0, 1)),
        state TEXT NOT NULL,
        reason TEXT NOT NULL,
        created_at TEXT NOT NULL,
        hold_after_at TEXT,
        closed_at TEXT,
        emptied_at TEXT,
        handed_over_at TEXT,
        replaced_by TEXT REFERENCES print_job (uid),
        remark TEXT,
        UNIQUE (subject_uid, kind, copy_index)
    ) STRICT""",
    """CREATE INDEX print_job_open ON print_job (created_at)
        WHERE state IN ('QUEUED', 'SENDING', 'HELD', 'UNKNOWN', 'FAILED')""",
    # What the cashier may still have to do something about.
    """CREATE INDEX print_job_told ON print_job (created_at)
        WHERE handed_over_at IS NULL AND state NOT IN ('REPLACED', 'CANCELLED')""",
    "CREATE INDEX print_job_of_customer ON print_job (customer) WHERE customer IS NOT NULL",
    # Whose document may go.
    "CREATE INDEX print_job_closed ON print_job (closed_at) WHERE emptied_at IS NULL",
    # `rung`: what the budget left out; `level`: what made us believe the outcome; `outcome`: how
    # the attempt ended; `reported`: what the host said of it, perhaps later.
    """CREATE TABLE print_attempt (
        job_uid TEXT NOT NULL REFERENCES print_job (uid),
        attempt INTEGER NOT NULL,
        printer TEXT NOT NULL,
        unit TEXT NOT NULL,
        encoder TEXT NOT NULL,
        rung TEXT NOT NULL,
        byte_count INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        fragment_max INTEGER NOT NULL,
        seconds INTEGER NOT NULL,
        process_id TEXT NOT NULL,
        level INTEGER CHECK (level BETWEEN 0 AND 3),
        started_at TEXT NOT NULL,
        ended_at TEXT,
        outcome TEXT CHECK (outcome IN ('QUEUED', 'CONFIRMED', 'ASSUMED', 'UNKNOWN', 'FAILED')),
        reason TEXT,
        reported TEXT CHECK (reported IN ('printed', 'failed', 'unknown')),
        PRIMARY KEY (job_uid, attempt)
    ) STRICT, WITHOUT ROWID""",
    *strip_schema.JOURNAL,
    # A parked basket; recalled_at: it is on the screen again. Gone with complete or cancel.
    """CREATE TABLE suspended_sale (
        sale_id TEXT PRIMARY KEY,
        snapshot TEXT NOT NULL,
        suspended_at TEXT NOT NULL,
        business_on TEXT NOT NULL,
        recalled_at TEXT
    ) STRICT""",
    # What a call answered, so that the same call again gets the same bytes.
    """CREATE TABLE answer (
        key TEXT PRIMARY KEY,
        request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
        answer TEXT NOT NULL
    ) STRICT""",
    *customer_schema.JOURNAL,
    *approval_schema.JOURNAL,
    *RENTAL,
    *pruning_schema.JOURNAL,
    *(statement for table in FACTS if table != "event" for statement in _never_changed(table)),
    _never_deleted("voucher"),
    *(_never_deleted(table) for table in approval_schema.JOURNAL_KEPT),
    _never_deleted("print_job"),
    _never_deleted("print_attempt"),
    """CREATE TRIGGER voucher_starts_new BEFORE INSERT ON voucher
        WHEN NEW.state NOT IN ('planned', 'issued')
        BEGIN SELECT RAISE(ABORT, 'voucher: starts as planned or issued'); END""",
    """CREATE TRIGGER voucher_step BEFORE UPDATE ON voucher
        WHEN OLD.state || '>' || NEW.state NOT IN (
            'planned>issued', 'issued>issued', 'issued>reserved', 'issued>partly_redeemed',
            'issued>redeemed', 'issued>blocked', 'issued>cancelled',
            'reserved>issued', 'reserved>partly_redeemed', 'reserved>redeemed',
            'reserved>blocked',
            'partly_redeemed>partly_redeemed', 'partly_redeemed>reserved',
            'partly_redeemed>redeemed', 'partly_redeemed>issued', 'partly_redeemed>blocked',
            'redeemed>partly_redeemed', 'redeemed>issued',
            'blocked>issued', 'blocked>partly_redeemed', 'blocked>blocked',
            'blocked>cancelled')
        BEGIN SELECT RAISE(ABORT, 'voucher: this step is not in the state table'); END""",
    """CREATE TRIGGER voucher_is_issued_by_an_event BEFORE UPDATE OF state ON voucher
        WHEN NEW.state <> 'planned' AND NEW.issued_seq IS NULL
        BEGIN SELECT RAISE(ABORT, 'voucher: an event issues it'); END""",
    """CREATE TRIGGER voucher_is_issued_once
        BEFORE UPDATE OF issued_at, issued_seq, sold_line ON voucher
        WHEN OLD.issued_seq IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'voucher: its terms never change'); END""",
    """CREATE TRIGGER voucher_terms_stay
        BEFORE UPDATE OF id, code_hash, type, legal_kind, customer, customer_bound, value_minor,
            valid_from_on, valid_to_on, cashier, "trigger", class_at_issue
            ON voucher
        BEGIN SELECT RAISE(ABORT, 'voucher: its terms never change'); END""",
    """CREATE TRIGGER print_job_start BEFORE INSERT ON print_job
        WHEN NEW.state NOT IN ('QUEUED', 'HELD')
        BEGIN SELECT RAISE(ABORT, 'print_job: starts as QUEUED or HELD'); END""",
    # `OF state`: the reason for which a job waits may change while the state stays.
    """CREATE TRIGGER print_job_step BEFORE UPDATE OF state ON print_job
        WHEN OLD.state || '>' || NEW.state NOT IN (
            'QUEUED>SENDING', 'QUEUED>HELD', 'QUEUED>FAILED', 'QUEUED>CANCELLED',
            'SENDING>QUEUED', 'SENDING>CONFIRMED', 'SENDING>ASSUMED', 'SENDING>UNKNOWN',
            'SENDING>FAILED',
            'ASSUMED>CONFIRMED', 'ASSUMED>UNKNOWN', 'ASSUMED>FAILED', 'ASSUMED>REPLACED',
            'UNKNOWN>CONFIRMED', 'UNKNOWN>FAILED', 'UNKNOWN>CONFIRMED_BY_OPERATOR',
            'UNKNOWN>REPLACED', 'UNKNOWN>CANCELLED',
            'CONFIRMED>REPLACED', 'CONFIRMED_BY_OPERATOR>REPLACED',
            'HELD>QUEUED', 'HELD>CANCELLED',
            'FAILED>QUEUED', 'FAILED>CANCELLED')
        BEGIN SELECT RAISE(ABORT, 'print_job: this step is not in the state table'); END""",
    # Nothing is printed a second time by itself: only an attempt that says so goes back.
    """CREATE TRIGGER print_job_goes_back BEFORE UPDATE OF state ON print_job
        WHEN OLD.state = 'SENDING' AND NEW.state = 'QUEUED' AND 'QUEUED' IS NOT (
            SELECT outcome FROM print_attempt WHERE job_uid = OLD.uid
            ORDER BY attempt DESC LIMIT 1)
        BEGIN SELECT RAISE(ABORT, 'print_job: its attempt does not say that no byte left'); END""",
    """CREATE TRIGGER print_job_document_stays
        BEFORE UPDATE OF uid, kind, subject_uid, customer, printer_role, template_id,
            template_version, document, copy_index, training, created_at
        ON print_job
        -- A document may be emptied, and one of a voucher be cut down to what it cannot do without.
        WHEN NEW.uid IS NOT OLD.uid OR NEW.kind IS NOT OLD.kind
            OR NEW.subject_uid IS NOT OLD.subject_uid OR NEW.customer IS NOT OLD.customer
            OR NEW.printer_role IS NOT OLD.printer_role
            OR NEW.template_id IS NOT OLD.template_id
            OR NEW.template_version IS NOT OLD.template_version
            OR NEW.copy_index IS NOT OLD.copy_index OR NEW.training IS NOT OLD.training
            OR NEW.created_at IS NOT OLD.created_at
            OR (NEW.document <> '' AND (OLD.document = ''
                OR json_remove(NEW.document, '$.blocks')
                    IS NOT json_remove(OLD.document, '$.blocks', '$.holder')
                OR json_extract(NEW.document, '$.blocks') IS NOT (
                    SELECT json_group_array(json(value)) FROM json_each(OLD.document, '$.blocks')
                    WHERE json_extract(value, '$.role') IN (
                        'issuer', 'benefit', 'valid_until', 'code', 'conditions'))))
        BEGIN SELECT RAISE(ABORT, 'print_job: its document never changes'); END""",
    """CREATE TRIGGER print_job_is_handed_over_once BEFORE UPDATE OF handed_over_at ON print_job
        WHEN OLD.handed_over_at IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'print_job: was handed over'); END""",
    """CREATE TRIGGER print_attempt_ends_once
        BEFORE UPDATE OF job_uid, attempt, printer, unit, encoder, rung, byte_count, sha256,
            fragment_max, seconds, process_id, level, started_at, ended_at, outcome, reason
        ON print_attempt
        WHEN OLD.outcome IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'print_attempt: has ended'); END""",
)
