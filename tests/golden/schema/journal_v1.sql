BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
) STRICT;
INSERT INTO "_sqlite_migrations" VALUES(1,'journal','release_1','2026-11-22 13:15:12.932988+00:00');
CREATE TABLE answer (
        key TEXT PRIMARY KEY,
        request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
        answer TEXT NOT NULL
    ) STRICT;
INSERT INTO "answer" VALUES('complete:S1',X'E87A0471EDA1B64BDE189D7C86EEC0301DF810CCDB525F909167BF386C737E81','{"sale_id":"S1","receipt_number":"1","generation":1,"evaluation_id":"b44b93026f8910713ce5239762400b21","completed_at":"2026-03-07T12:00:00.000+01:00","gross_minor":7999,"discount_minor":800,"total_minor":7199,"charged_differs":false,"earned":[{"account":"points","amount":71}],"effects":[{"effect_id":"voucher:019cc7f4-4380-73d7-a4d6-eabd4a880c1c","kind":"issue_voucher","voucher_id":"019cc7f4-4380-73d7-a4d6-eabd4a880c1c","type":"TREUE5","title":"Danke!","benefit":"5 EUR Rabatt","code":"5H6GCR59A7GC7QCV3","valid_to_on":"2026-04-06"},{"effect_id":"print:019cc7f4-4380-7d6c-badc-1e2bfc421e01","kind":"print","job":"019cc7f4-4380-7d6c-badc-1e2bfc421e01","attempt":1}]}');
CREATE TABLE epoch (
        epoch INTEGER PRIMARY KEY,
        first_seq INTEGER NOT NULL,
        opened_at TEXT NOT NULL,
        previous INTEGER,
        reason TEXT NOT NULL
    ) STRICT;
INSERT INTO "epoch" VALUES(919187831753932,1,'2026-03-07T11:00:00.000Z',NULL,'new');
CREATE TABLE event (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        epoch INTEGER NOT NULL,
        uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
        kind TEXT NOT NULL,
        line BLOB NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        occurred_at TEXT NOT NULL
    ) STRICT;
INSERT INTO "event" VALUES(1,919187831753932,X'019CC7F4438079C1AF514F56537594CE','sale_completed',X'7B2265706F6368223A3931393138373833313735333933322C22736571223A312C22756964223A2230313963633766342D343338302D373963312D616635312D346635363533373539346365222C226B696E64223A2273616C655F636F6D706C65746564222C22736368656D61223A312C226F636375727265645F6174223A22323032362D30332D30375431313A30303A30302E3030305A222C22746F7563686573223A5B224B31225D2C22626F6479223A7B2273686F70223A22303031222C2274696C6C223A2233222C2263617368696572223A223137222C22637573746F6D6572223A224B31222C22627573696E6573735F6F6E223A22323032362D30332D3037222C2267656E65726174696F6E223A312C2272656365697074223A7B2273616C655F6964223A225331222C22726563656970745F6E756D626572223A2231222C2263617368696572223A223137222C22637573746F6D6572223A224B31222C226174223A22323032362D30332D30375431323A30303A30302B30313A3030222C22627573696E6573735F6F6E223A22323032362D30332D3037222C2263757272656E6379223A22455552222C2267656E65726174696F6E223A312C226576616C756174696F6E5F6964223A226234346239333032366638393130373133636535323339373632343030623231222C2267726F73735F6D696E6F72223A373939392C22646973636F756E745F6D696E6F72223A3830302C22746F74616C5F6D696E6F72223A373139392C226576616C75617465645F746F74616C5F6D696E6F72223A373139392C22636861726765645F64696666657273223A66616C73652C2274656E64657273223A5B7B2274656E646572223A2263617368222C22616D6F756E745F6D696E6F72223A373139397D5D7D2C226C696E6573223A5B7B226C696E655F6964223A2231222C22736B75223A2234373131222C227175616E746974795F6D696C6C69223A313030302C22756E69745F70726963655F6D696E6F72223A373939392C2267726F73735F6D696E6F72223A373939392C22646973636F756E745F6D696E6F72223A3830302C22706169645F6D696E6F72223A373139392C22686F73745F646966666572656E63655F6D696E6F72223A302C227661745F726174655F6270223A313930307D5D2C2270726F6D6F74696F6E5F726573756C7473223A5B7B226C696E655F6964223A2231222C2270726F6D6F74696F6E223A225A45484E222C227265766973696F6E223A312C226C61796572223A2261727469636C65222C226170706C69636174696F6E223A312C22726F6C65223A22746172676574222C2274696D6573223A312C22756E6974735F6D696C6C69223A313030302C22646973636F756E745F6D696E6F72223A3830307D5D2C226C6564676572223A5B7B226964223A2230313963633766342D343338302D376562622D623538362D356237396465323030373861222C22637573746F6D6572223A224B31222C2270726F6772616D223A22706F696E7473222C226B696E64223A226561726E222C2264656C7461223A37312C2270726F6D6F74696F6E73223A5B224241534953225D7D5D2C22656E7472696573223A5B7B22637573746F6D6572223A224B31222C226B6579223A22706F696E7473222C2264656C7461223A37317D2C7B22637573746F6D6572223A224B31222C226B6579223A22757365733A4241534953222C2264656C7461223A317D2C7B22637573746F6D6572223A224B31222C226B6579223A22757365733A5A45484E222C2264656C7461223A317D2C7B22637573746F6D6572223A224B31222C226B6579223A22686973746F72793A726576656E75655F6D696E6F725F33363564222C2264656C7461223A373139397D2C7B22637573746F6D6572223A224B31222C226B6579223A22686973746F72793A72656365697074735F33363564222C2264656C7461223A317D2C7B22637573746F6D6572223A224B31222C226B6579223A22686973746F72793A72656365697074735F746F74616C222C2264656C7461223A317D2C7B22637573746F6D6572223A224B31222C226B6579223A22686973746F72793A646179735F73696E63655F6C617374222C2264656C7461223A32303531397D5D2C22726564656D7074696F6E73223A5B5D2C22766F756368657273223A5B7B226964223A2230313963633766342D343338302D373364372D613464362D656162643461383830633163222C2274797065223A22545245554535222C226C6567616C5F6B696E64223A2270726F6D6F222C22636F64655F68617368223A223835616333313438326665613961633938316332363835323961623837653030222C22637573746F6D6572223A224B31222C22637573746F6D65725F626F756E64223A747275652C2276616C69645F66726F6D5F6F6E223A22323032362D30332D3037222C2276616C69645F746F5F6F6E223A22323032362D30342D3036222C2274726967676572223A2273616C655F636F6D706C65746564222C22636C6173735F61745F6973737565223A226162633A43227D5D2C22657863657074696F6E73223A5B5D2C2270726F6F66223A7B226F7074696D616C223A747275652C226761705F6D696E6F72223A307D7D7D',X'CE3040EB92759A21FE1E71DF279C9874BEB7AB7F5569952B47D6F30B633E869A','2026-03-07T11:00:00.000Z');
CREATE TABLE ledger_entry (
        id TEXT PRIMARY KEY,
        seq INTEGER NOT NULL REFERENCES event (seq),
        customer TEXT NOT NULL,
        program TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('earn')),
        delta INTEGER NOT NULL,
        promotions TEXT NOT NULL,
        generation INTEGER NOT NULL,
        occurred_at TEXT NOT NULL
    ) STRICT;
INSERT INTO "ledger_entry" VALUES('019cc7f4-4380-7ebb-b586-5b79de20078a',1,'K1','points','earn',71,'["BASIS"]',1,'2026-03-07T11:00:00.000Z');
CREATE TABLE own_entry (
        customer TEXT NOT NULL,
        key TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL REFERENCES event (seq),
        delta INTEGER NOT NULL,
        PRIMARY KEY (customer, key, epoch, seq)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "own_entry" VALUES('K1','history:days_since_last',919187831753932,1,20519);
INSERT INTO "own_entry" VALUES('K1','history:receipts_365d',919187831753932,1,1);
INSERT INTO "own_entry" VALUES('K1','history:receipts_total',919187831753932,1,1);
INSERT INTO "own_entry" VALUES('K1','history:revenue_minor_365d',919187831753932,1,7199);
INSERT INTO "own_entry" VALUES('K1','points',919187831753932,1,71);
INSERT INTO "own_entry" VALUES('K1','uses:BASIS',919187831753932,1,1);
INSERT INTO "own_entry" VALUES('K1','uses:ZEHN',919187831753932,1,1);
CREATE TABLE print_attempt (
        job_uid TEXT NOT NULL REFERENCES print_job (uid),
        attempt INTEGER NOT NULL,
        printer TEXT NOT NULL,
        byte_count INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        fragment_max INTEGER NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        outcome TEXT,
        reason TEXT,
        PRIMARY KEY (job_uid, attempt)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE print_job (
        uid TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        subject_uid TEXT NOT NULL,
        printer_role TEXT NOT NULL,
        document TEXT NOT NULL,
        copy_index INTEGER NOT NULL,
        state TEXT NOT NULL,
        reason TEXT NOT NULL,
        created_at TEXT NOT NULL,
        closed_at TEXT,
        UNIQUE (subject_uid, kind, copy_index)
    ) STRICT;
INSERT INTO "print_job" VALUES('019cc7f4-4380-7d6c-badc-1e2bfc421e01','voucher','019cc7f4-4380-73d7-a4d6-eabd4a880c1c','voucher','{"schema":"stammkunde.document/1","kind":"voucher","subject_uid":"019cc7f4-4380-73d7-a4d6-eabd4a880c1c","lang":"de","blocks":[{"type":"text","value":"Filiale 001","role":"issuer","align":"center"},{"type":"feed","rows":16},{"type":"text","value":"Danke!","align":"center","size":2,"bold":true},{"type":"feed","rows":16},{"type":"text","value":"5 EUR Rabatt","role":"benefit","align":"center","size":2,"bold":true},{"type":"feed","rows":16},{"type":"text","value":"Für Kundin K1","role":"holder"},{"type":"text","value":"Gültig bis 06.04.2026","role":"valid_until","bold":true},{"type":"code","content":"5H6GCR59A7GC7QCV3","role":"code"},{"type":"rule","style":"dashed"},{"type":"text","value":"Ab 20 EUR Einkauf.","role":"conditions"},{"type":"cut"}]}',0,'QUEUED','','2026-03-07T11:00:00.000Z',NULL);
CREATE TABLE promotion_result (
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
    ) STRICT, WITHOUT ROWID;
INSERT INTO "promotion_result" VALUES(1,0,0,'ZEHN',1,'article',1,'target',1,1000,1900,800);
CREATE TABLE receipt (
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
        tenders TEXT NOT NULL
    ) STRICT;
INSERT INTO "receipt" VALUES(1,'S1','1','17','K1','2026-03-07T12:00:00+01:00','2026-03-07','2026-03-07T11:00:00.000Z','EUR',1,'b44b93026f8910713ce5239762400b21',1,0,7999,800,7199,7199,0,'[{"tender":"cash","amount_minor":7199}]');
CREATE TABLE receipt_line (
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
        host_difference_minor INTEGER NOT NULL,
        vat_rate_bp INTEGER NOT NULL,
        discountable INTEGER NOT NULL CHECK (discountable IN (0, 1)),
        markdown INTEGER NOT NULL CHECK (markdown IN (0, 1)),
        measured INTEGER NOT NULL CHECK (measured IN (0, 1)),
        PRIMARY KEY (receipt, position)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "receipt_line" VALUES(1,0,'1','4711','[]',NULL,NULL,'[]',1000,7999,7999,800,7199,0,1900,1,0,0);
CREATE TABLE suspended_sale (
        sale_id TEXT PRIMARY KEY,
        snapshot TEXT NOT NULL,
        suspended_at TEXT NOT NULL,
        business_on TEXT NOT NULL,
        recalled_at TEXT
    ) STRICT;
INSERT INTO "suspended_sale" VALUES('S2','{"sale_id":"S2","lines":[{"categories":[],"brand":null,"season":null,"tags":[],"unit_price_minor":7999,"markdown":false,"vat_rate_bp":1900,"discountable":true,"line_id":"1","sku":"4711","quantity_milli":1000}],"at":"2026-03-07T12:00:00.000+01:00"}','2026-03-07T11:00:00.000Z','2026-03-07',NULL);
CREATE TABLE voucher (
        id TEXT PRIMARY KEY,
        code_hash BLOB NOT NULL UNIQUE CHECK (length(code_hash) = 16),
        type TEXT NOT NULL,
        legal_kind TEXT NOT NULL CHECK (legal_kind IN ('promo')),
        customer TEXT,
        customer_bound INTEGER NOT NULL CHECK (customer_bound IN (0, 1)),
        state TEXT NOT NULL,
        valid_from_on TEXT NOT NULL,
        valid_to_on TEXT NOT NULL,
        issued_at TEXT NOT NULL,
        issued_seq INTEGER NOT NULL REFERENCES event (seq),
        cashier TEXT,
        "trigger" TEXT NOT NULL,
        class_at_issue TEXT,
        redeemed_at TEXT
    ) STRICT;
INSERT INTO "voucher" VALUES('019cc7f4-4380-73d7-a4d6-eabd4a880c1c',X'85AC31482FEA9AC981C268529AB87E00','TREUE5','promo','K1',1,'issued','2026-03-07','2026-04-06','2026-03-07T11:00:00.000Z',1,'17','sale_completed','abc:C',NULL);
CREATE TABLE voucher_event (
        voucher TEXT NOT NULL REFERENCES voucher (id),
        seq INTEGER NOT NULL REFERENCES event (seq),
        kind TEXT NOT NULL CHECK (kind IN ('issued', 'redeemed')),
        at TEXT NOT NULL,
        receipt INTEGER REFERENCES receipt (seq),
        promotion TEXT,
        right_used TEXT,
        PRIMARY KEY (voucher, seq, kind)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "voucher_event" VALUES('019cc7f4-4380-73d7-a4d6-eabd4a880c1c',1,'issued','2026-03-07T11:00:00.000Z',1,NULL,NULL);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX voucher_of_customer ON voucher (customer) WHERE customer IS NOT NULL;
CREATE INDEX print_job_open ON print_job (created_at) WHERE state IN ('QUEUED', 'SENDING');
CREATE TRIGGER epoch_is_not_changed BEFORE UPDATE ON epoch BEGIN SELECT RAISE(ABORT, 'epoch: a fact is never changed'); END;
CREATE TRIGGER epoch_is_not_deleted BEFORE DELETE ON epoch BEGIN SELECT RAISE(ABORT, 'epoch: a row is never deleted'); END;
CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'event: a fact is never changed'); END;
CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'event: a row is never deleted'); END;
CREATE TRIGGER own_entry_is_not_changed BEFORE UPDATE ON own_entry BEGIN SELECT RAISE(ABORT, 'own_entry: a fact is never changed'); END;
CREATE TRIGGER own_entry_is_not_deleted BEFORE DELETE ON own_entry BEGIN SELECT RAISE(ABORT, 'own_entry: a row is never deleted'); END;
CREATE TRIGGER receipt_is_not_changed BEFORE UPDATE ON receipt BEGIN SELECT RAISE(ABORT, 'receipt: a fact is never changed'); END;
CREATE TRIGGER receipt_is_not_deleted BEFORE DELETE ON receipt BEGIN SELECT RAISE(ABORT, 'receipt: a row is never deleted'); END;
CREATE TRIGGER receipt_line_is_not_changed BEFORE UPDATE ON receipt_line BEGIN SELECT RAISE(ABORT, 'receipt_line: a fact is never changed'); END;
CREATE TRIGGER receipt_line_is_not_deleted BEFORE DELETE ON receipt_line BEGIN SELECT RAISE(ABORT, 'receipt_line: a row is never deleted'); END;
CREATE TRIGGER promotion_result_is_not_changed BEFORE UPDATE ON promotion_result BEGIN SELECT RAISE(ABORT, 'promotion_result: a fact is never changed'); END;
CREATE TRIGGER promotion_result_is_not_deleted BEFORE DELETE ON promotion_result BEGIN SELECT RAISE(ABORT, 'promotion_result: a row is never deleted'); END;
CREATE TRIGGER ledger_entry_is_not_changed BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry: a fact is never changed'); END;
CREATE TRIGGER ledger_entry_is_not_deleted BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry: a row is never deleted'); END;
CREATE TRIGGER voucher_event_is_not_changed BEFORE UPDATE ON voucher_event BEGIN SELECT RAISE(ABORT, 'voucher_event: a fact is never changed'); END;
CREATE TRIGGER voucher_event_is_not_deleted BEFORE DELETE ON voucher_event BEGIN SELECT RAISE(ABORT, 'voucher_event: a row is never deleted'); END;
CREATE TRIGGER answer_is_not_changed BEFORE UPDATE ON answer BEGIN SELECT RAISE(ABORT, 'answer: a fact is never changed'); END;
CREATE TRIGGER answer_is_not_deleted BEFORE DELETE ON answer BEGIN SELECT RAISE(ABORT, 'answer: a row is never deleted'); END;
CREATE TRIGGER voucher_is_not_deleted BEFORE DELETE ON voucher BEGIN SELECT RAISE(ABORT, 'voucher: a row is never deleted'); END;
CREATE TRIGGER print_job_is_not_deleted BEFORE DELETE ON print_job BEGIN SELECT RAISE(ABORT, 'print_job: a row is never deleted'); END;
CREATE TRIGGER print_attempt_is_not_deleted BEFORE DELETE ON print_attempt BEGIN SELECT RAISE(ABORT, 'print_attempt: a row is never deleted'); END;
CREATE TRIGGER voucher_starts_issued BEFORE INSERT ON voucher
        WHEN NEW.state <> 'issued'
        BEGIN SELECT RAISE(ABORT, 'voucher: starts as issued'); END;
CREATE TRIGGER voucher_step BEFORE UPDATE ON voucher
        WHEN OLD.state || '>' || NEW.state NOT IN ('issued>redeemed')
        BEGIN SELECT RAISE(ABORT, 'voucher: this step is not in the state table'); END;
CREATE TRIGGER voucher_terms_stay
        BEFORE UPDATE OF id, code_hash, type, legal_kind, customer, customer_bound, valid_from_on,
            valid_to_on, issued_at, issued_seq, cashier, "trigger", class_at_issue ON voucher
        BEGIN SELECT RAISE(ABORT, 'voucher: its terms never change'); END;
CREATE TRIGGER print_job_starts_queued BEFORE INSERT ON print_job
        WHEN NEW.state <> 'QUEUED'
        BEGIN SELECT RAISE(ABORT, 'print_job: starts as QUEUED'); END;
CREATE TRIGGER print_job_step BEFORE UPDATE OF state ON print_job
        WHEN OLD.state || '>' || NEW.state NOT IN (
            'QUEUED>SENDING', 'SENDING>CONFIRMED', 'SENDING>UNKNOWN')
        BEGIN SELECT RAISE(ABORT, 'print_job: this step is not in the state table'); END;
CREATE TRIGGER print_job_document_stays
        BEFORE UPDATE OF uid, kind, subject_uid, printer_role, document, copy_index, created_at
        ON print_job
        BEGIN SELECT RAISE(ABORT, 'print_job: its document never changes'); END;
CREATE TRIGGER print_attempt_ends_once BEFORE UPDATE ON print_attempt
        WHEN OLD.outcome IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'print_attempt: has ended'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('event',1);
COMMIT;
PRAGMA application_id = 1397443121;
PRAGMA user_version = 1;
