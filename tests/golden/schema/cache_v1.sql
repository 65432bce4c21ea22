BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
) STRICT;
INSERT INTO "_sqlite_migrations" VALUES(1,'cache','release_1','2026-11-22 13:15:12.470081+00:00');
CREATE TABLE abc_scheme (
        code TEXT NOT NULL,
        revision INTEGER NOT NULL,
        since_on TEXT NOT NULL,
        window TEXT NOT NULL,
        metrics TEXT NOT NULL,
        method TEXT NOT NULL,
        combine TEXT NOT NULL,
        age_days_min INTEGER NOT NULL,
        classes TEXT NOT NULL,
        cells TEXT NOT NULL,
        ver INTEGER NOT NULL,
        PRIMARY KEY (code, revision)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE acked (
        epoch INTEGER PRIMARY KEY,
        acked_seq INTEGER NOT NULL,
        incarnation TEXT NOT NULL,
        durable_seq INTEGER NOT NULL DEFAULT 0
    ) STRICT;
INSERT INTO "acked" VALUES(1,1,'a',1);
CREATE TABLE alias (
        alias TEXT PRIMARY KEY,
        customer TEXT NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
CREATE TABLE article (
        sku TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        categories TEXT NOT NULL,
        brand TEXT,
        season TEXT,
        tags TEXT NOT NULL,
        unit_price_minor INTEGER NOT NULL,
        markdown INTEGER NOT NULL CHECK (markdown IN (0, 1)),
        vat_rate_bp INTEGER NOT NULL,
        discountable INTEGER NOT NULL CHECK (discountable IN (0, 1)),
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "article" VALUES('4711','Artikel 4711','[]',NULL,NULL,'[]',7999,0,1900,1,1);
CREATE TABLE balance (
        customer TEXT NOT NULL,
        program TEXT NOT NULL,
        value INTEGER NOT NULL,
        lots TEXT NOT NULL,
        as_of TEXT NOT NULL,
        folded TEXT NOT NULL,
        ver INTEGER NOT NULL,
        PRIMARY KEY (customer, program)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "balance" VALUES('K1','points',5,'[{"id":"L1","left":5,"matures_on":"2026-03-07","expires_on":null,"taken_on":null}]','2026-03-07T11:00:00Z','[["3",1,1]]',8);
CREATE TABLE card (
        code_hash BLOB PRIMARY KEY CHECK (length(code_hash) = 16),
        symbology TEXT NOT NULL,
        customer TEXT NOT NULL,
        role TEXT NOT NULL,
        status TEXT NOT NULL,
        replaced_by BLOB,
        instant_discount_bp INTEGER NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "card" VALUES(X'7C40E7E6C6A040A7069997A5ACB2799C','ean13','K1','main','active',NULL,0,7);
CREATE TABLE class_history (
        customer TEXT NOT NULL,
        scheme TEXT NOT NULL,
        since_on TEXT NOT NULL,
        until_on TEXT,
        revision INTEGER NOT NULL,
        class TEXT NOT NULL,
        run INTEGER NOT NULL REFERENCES class_run (run),
        rentals INTEGER NOT NULL,
        visits INTEGER NOT NULL,
        turnover_minor INTEGER NOT NULL,
        margin_minor INTEGER NOT NULL,
        PRIMARY KEY (customer, scheme, since_on)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE class_run (
        run INTEGER PRIMARY KEY,
        scheme TEXT NOT NULL,
        to_on TEXT NOT NULL,
        terms TEXT NOT NULL,
        run_at TEXT NOT NULL
    ) STRICT;
CREATE TABLE consent (
        customer TEXT NOT NULL,
        purpose TEXT NOT NULL,
        channel TEXT NOT NULL,
        id TEXT NOT NULL,
        status TEXT NOT NULL,
        text_id TEXT,
        text_revision INTEGER,
        captured_at TEXT NOT NULL,
        ver INTEGER NOT NULL,
        PRIMARY KEY (customer, purpose, channel)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE cover (
        title TEXT NOT NULL,
        start_on TEXT NOT NULL,
        price_minor INTEGER,
        blob TEXT,
        ver INTEGER NOT NULL,
        PRIMARY KEY (title, start_on)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE cursor (
        bucket TEXT PRIMARY KEY,
        epoch INTEGER NOT NULL,
        position INTEGER NOT NULL,
        synced_at TEXT NOT NULL,
        lacks_keys INTEGER NOT NULL DEFAULT 0 CHECK (lacks_keys IN (0, 1))
    ) STRICT, WITHOUT ROWID;
INSERT INTO "cursor" VALUES('shop:001',1,9,'2026-03-07T12:00:00+01:00',0);
CREATE TABLE customer (
        id TEXT PRIMARY KEY,
        number TEXT NOT NULL,
        name TEXT NOT NULL,
        birthday_on TEXT,
        home_shop TEXT NOT NULL,
        status TEXT NOT NULL,
        instant_discount_bp INTEGER NOT NULL,
        discount_group TEXT,
        tier TEXT,
        segment_bits INTEGER NOT NULL,
        limit_left_minor INTEGER,
        version INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "customer" VALUES('K1','1','Kundin K1',NULL,'001','active',0,NULL,NULL,1,NULL,6);
CREATE TABLE customer_counter (
        customer TEXT NOT NULL,
        key TEXT NOT NULL,
        value INTEGER NOT NULL,
        days TEXT NOT NULL,
        folded TEXT NOT NULL,
        ver INTEGER NOT NULL,
        PRIMARY KEY (customer, key)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "customer_counter" VALUES('K1','uses:ZEHN',1,'[]','[]',9);
CREATE TABLE customer_folded (
        customer TEXT PRIMARY KEY,
        folded TEXT NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
CREATE TABLE customer_key (
        kind TEXT NOT NULL CHECK (kind IN ('number', 'phone', 'email', 'name', 'birthday')),
        key TEXT NOT NULL,
        customer TEXT NOT NULL,
        PRIMARY KEY (kind, key, customer)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "customer_key" VALUES('email','7934ab2260726edfe6658d4e6671b1d7','K1');
INSERT INTO "customer_key" VALUES('name','k1 kundin','K1');
INSERT INTO "customer_key" VALUES('name','kundin k1','K1');
INSERT INTO "customer_key" VALUES('number','1','K1');
INSERT INTO "customer_key" VALUES('phone','491701234567','K1');
CREATE TABLE customer_search (
        customer TEXT PRIMARY KEY,
        phones TEXT NOT NULL,
        email_hashes TEXT NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "customer_search" VALUES('K1','["491701234567"]','["7934ab2260726edfe6658d4e6671b1d7"]',10);
CREATE TABLE discount_group (
        code TEXT PRIMARY KEY,
        instant_discount_bp INTEGER NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
CREATE TABLE earn_trigger (
        event TEXT NOT NULL,
        program TEXT NOT NULL,
        points INTEGER NOT NULL,
        conditions TEXT NOT NULL,
        ver INTEGER NOT NULL,
        PRIMARY KEY (event, program)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE erased (
        customer TEXT PRIMARY KEY,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
CREATE TABLE event_trigger (
        event TEXT NOT NULL,
        voucher_type TEXT NOT NULL,
        conditions TEXT NOT NULL,
        ver INTEGER NOT NULL,
        PRIMARY KEY (event, voucher_type)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "event_trigger" VALUES('sale_completed','TREUE5','{"in_segment":{"any_of":["abc:C"]}}',4);
CREATE TABLE program (
        code TEXT PRIMARY KEY,
        unit TEXT NOT NULL,
        maturity_days INTEGER NOT NULL,
        expiry TEXT NOT NULL,
        payout_threshold INTEGER NOT NULL,
        payout_voucher_type TEXT,
        payout_denominations TEXT NOT NULL,
        liability TEXT NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "program" VALUES('points','POINTS',0,'none',0,NULL,'[]','future_discount',2);
CREATE TABLE purchase_price (
        sku TEXT NOT NULL,
        since_on TEXT NOT NULL,
        purchase_price_minor INTEGER,
        ver INTEGER NOT NULL,
        PRIMARY KEY (sku, since_on)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE reward (
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
    ) STRICT, WITHOUT ROWID;
CREATE TABLE rule_generation (
        generation INTEGER PRIMARY KEY,
        chain TEXT NOT NULL,
        ring TEXT NOT NULL,
        activate_at TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        key_id TEXT NOT NULL,
        signature TEXT NOT NULL,
        accepted_at TEXT NOT NULL
    ) STRICT;
INSERT INTO "rule_generation" VALUES(1,'test','all','2020-01-01T00:00:00Z','e85b2d92b2955fc8c96f3a6111020e604e7633d888f316ec825b6b14cf6eb90c','current','b343cc0c418ae35f53312d90755966cca279c03530fd3e66cdb9e8f9776706d691dcf3e939f219a39545a5fa621eb35e79ac2baf3c39f0ed859311c00c2e610e','2026-03-07T12:00:00+01:00');
CREATE TABLE segment_bit (
        bit INTEGER PRIMARY KEY CHECK (bit BETWEEN 0 AND 62),
        segment TEXT NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT;
INSERT INTO "segment_bit" VALUES(0,'abc:C',5);
CREATE TABLE table_sum (
        name TEXT PRIMARY KEY,
        sum TEXT NOT NULL CHECK (length(sum) = 16),
        is_comparable INTEGER NOT NULL CHECK (is_comparable IN (0, 1))
    ) STRICT, WITHOUT ROWID;
INSERT INTO "table_sum" VALUES('article','0123456789abcdef',1);
CREATE TABLE template (
        template_id TEXT NOT NULL,
        lang TEXT NOT NULL,
        version INTEGER NOT NULL,
        content TEXT NOT NULL,
        PRIMARY KEY (template_id, lang, version)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE voucher (
        code_hash BLOB PRIMARY KEY CHECK (length(code_hash) = 16),
        id TEXT NOT NULL,
        type TEXT NOT NULL,
        legal_kind TEXT NOT NULL,
        customer TEXT,
        customer_bound INTEGER NOT NULL CHECK (customer_bound IN (0, 1)),
        state TEXT NOT NULL,
        value_minor INTEGER,
        balance_minor INTEGER,
        uses INTEGER NOT NULL,
        redeemed_on TEXT,
        redeemed_till TEXT,
        valid_from_on TEXT NOT NULL,
        valid_to_on TEXT NOT NULL,
        shop TEXT,
        till TEXT,
        folded TEXT NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
CREATE TABLE voucher_type (
        code TEXT PRIMARY KEY,
        legal_kind TEXT NOT NULL,
        effect TEXT NOT NULL,
        conditions TEXT NOT NULL,
        validity TEXT NOT NULL,
        customer_bound INTEGER NOT NULL CHECK (customer_bound IN (0, 1)),
        transferable INTEGER NOT NULL CHECK (transferable IN (0, 1)),
        multi_use INTEGER NOT NULL CHECK (multi_use IN (0, 1)),
        partial INTEGER NOT NULL CHECK (partial IN (0, 1)),
        offline_scope TEXT NOT NULL,
        offline_cap_minor INTEGER NOT NULL,
        layout TEXT NOT NULL,
        code_scheme TEXT NOT NULL,
        vat_rate_bp INTEGER,
        interval_days INTEGER,
        per_year_max INTEGER,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "voucher_type" VALUES('TREUE5','promo','{"label":{"de":"5 EUR Rabatt","en":"5 EUR off"}}','{"text":{"de":"Ab 20 EUR Einkauf.","en":"From 20 EUR on."}}','{"days":30}',1,0,0,0,'shop',1000,'{"title":{"de":"Danke!","en":"Thank you!"}}','crockford',NULL,NULL,NULL,3);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX voucher_of_customer ON voucher (customer) WHERE customer IS NOT NULL;
CREATE INDEX alias_of_customer ON alias (customer);
COMMIT;
PRAGMA application_id = 1397441329;
PRAGMA user_version = 1;
