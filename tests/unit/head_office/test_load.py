from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ANNA, ARTICLE, PROGRAM, Site, write_tables
from processes import stammkunde
from sqlalchemy import select

from head_office import log
from head_office.errors import LoadError
from head_office.load import folder_bytes, load_folder
from head_office.storage import bucket_row, master
from pos_plugin.card_hash import card_hash
from pos_plugin.search_keys import email_hash
from sync_agent.protocol.limits import SEGMENT_BITS
from sync_agent.protocol.rows import TABLES, check_row

if TYPE_CHECKING:
    from pathlib import Path

CARD = {"code": "2900 0001 23457", "customer": "K1"}
VOUCHER_TYPE = {
    "code": "TREUE5",
    "legal_kind": "promo",
    "effect": {"label": {"de": "5 EUR"}},
    "validity": {"days": 30},
    "layout": {"title": {"de": "Danke"}},
}
TRIGGER = {"event": "sale_completed", "voucher_type": "TREUE5"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.add_till("3")
    return site


def rows(site: Site) -> list[tuple[Any, ...]]:
    with site.database() as database, database.read() as connection:
        kept = connection.execute(select(master).order_by(master.c.table_name, master.c.row_key))
        sent = connection.execute(select(bucket_row).order_by(bucket_row.c.log_seq))
        return [tuple(row) for row in [*kept, *sent]]


def head(site: Site) -> int:
    with site.database() as database, database.read() as connection:
        return log.mark(connection, "shop:001").head


EVERYTHING: dict[str, list[dict[str, Any]]] = {
    "program": [PROGRAM],
    "voucher_type": [VOUCHER_TYPE],
    "event_trigger": [TRIGGER],
    "article": [ARTICLE, {**ARTICLE, "sku": "4712"}],
    "customer": [ANNA],
    "card": [CARD],
}


def test_every_table_becomes_rows_of_the_bucket(site: Site) -> None:
    loaded = site.load(**EVERYTHING)
    assert loaded.read == loaded.written == {name: len(it) for name, it in EVERYTHING.items()}
    with site.database() as database, database.read() as connection:
        sent = connection.execute(select(bucket_row.c.table_name, bucket_row.c.row)).all()
    assert {name for name, _ in sent} == {*EVERYTHING, "segment_bit"}
    import json

    for name, text in sent:
        check_row(TABLES[name], json.loads(text))


def test_same_folder_again_writes_nothing(site: Site) -> None:
    site.load(**EVERYTHING)
    before = rows(site)
    again = site.load(**EVERYTHING)
    assert set(again.written.values()) == {0}
    assert rows(site) == before


def test_only_changed_rows_travel(site: Site) -> None:
    site.load(**EVERYTHING)
    before = head(site)
    changed = site.load(article=[{**ARTICLE, "unit_price_minor": 1}, {**ARTICLE, "sku": "4712"}])
    assert changed.written == {"article": 1}
    assert head(site) == before + 1


@pytest.mark.parametrize(
    ("tables", "code", "where"),
    [
        ({"article": [ARTICLE, {**ARTICLE, "sku": "2", "unit_price_minor": -1}]},
         "out_of_range", "article.jsonl:2.unit_price_minor"),
        ({"article": [{**ARTICLE, "colour": "blue"}]}, "unknown_field", "article.jsonl:1.colour"),
        ({"article": [{"sku": "1"}]}, "missing", "article.jsonl:1.name"),
        ({"article": [ARTICLE, ARTICLE]}, "duplicate_id", "article.jsonl:2"),
        ({"card": [CARD]}, "unknown_word", "card.jsonl:1.customer"),
        ({"event_trigger": [TRIGGER]}, "unknown_word", "event_trigger.jsonl:1.voucher_type"),
        ({"program": [{"code": "p", "unit": "MILES"}]}, "unknown_word", "program.jsonl:1.unit"),
        ({"hologram": []}, "unknown_word", "hologram.jsonl"),
        ({}, "missing", ""),
    ],
)  # fmt: skip
def test_bad_row_is_named_and_nothing_is_taken(
    site: Site, tables: dict[str, list[dict[str, Any]]], code: str, where: str
) -> None:
    before = rows(site)
    good = {} if not tables else {"customer": [{**ANNA, "id": "K9"}]}
    with pytest.raises(LoadError) as caught:
        site.load(**good, **tables)
    assert caught.value.code == code
    assert caught.value.where.endswith(where)
    assert rows(site) == before


@pytest.mark.parametrize(
    ("legal_kind", "days", "warned"),
    [
        ("gift_mpv", 365, True),
        ("goods_credit", 365, True),
        ("earned_bonus", 365, True),
        # Three years from the end of the year, and free advertising of any length.
        ("gift_mpv", None, False),
        ("promo", 30, False),
    ],
)
def test_a_kind_that_lives_too_short_is_warned_of_and_taken(
    site: Site, legal_kind: str, days: int | None, warned: bool
) -> None:
    kind = {
        "code": "WERT",
        "legal_kind": legal_kind,
        "effect": {"kind": "value", "minor": 500, "label": {"de": "5 EUR"}},
        "conditions": {"text": {"de": "-"}},
        "validity": {"days": days} if days else {},
        "layout": {"title": {"de": "-"}},
    }
    folder = write_tables(site.folder / "load", voucher_type=[kind])
    done = stammkunde("head-office", "load", folder, "--data", site.data)
    assert done.returncode == 0, done.stderr
    assert "voucher_type: 1 rows, 1 new" in done.stdout
    assert ("LG Braunschweig" in done.stderr) == warned


@pytest.mark.parametrize(
    ("part", "name", "most"),
    [
        ("effect", "label", 1_500),
        ("conditions", "text", 1_500),
        ("layout", "text", 1_500),
        ("layout", "title", 200),
        ("layout", "issuer", 200),
    ],
)
def test_words_that_no_paper_can_hold_are_refused_by_place(
    site: Site, part: str, name: str, most: int
) -> None:
    def kind(length: int) -> dict[str, Any]:
        words = {**VOUCHER_TYPE.get(part, {}), name: {"de": "-", "en": "x" * length}}  # type: ignore[dict-item]
        return {**VOUCHER_TYPE, part: words}

    with pytest.raises(LoadError) as caught:
        site.load(voucher_type=[kind(most + 1)])
    assert caught.value.code == "limit"
    assert caught.value.where == f"voucher_type.jsonl:1.{part}.{name}.en"
    assert sent(site, "voucher_type") == []
    assert site.load(voucher_type=[kind(most)]).written == {"voucher_type": 1}


@pytest.mark.parametrize("text", ["{torn", "[]", '{"sku": NaN}', '{"sku":1,"sku":2}'])
def test_line_that_is_no_object_is_named(site: Site, text: str) -> None:
    folder = write_tables(site.folder / "load", article=[ARTICLE])
    (folder / "article.jsonl").write_text(f'{{"sku": "1", "name": "x"}}\n{text}\n'[27:])
    with site.database() as database, pytest.raises(LoadError, match=r"article.jsonl:\d"):
        load_folder(database, folder)


def test_card_number_is_kept_as_its_hash_only(site: Site) -> None:
    site.load(**EVERYTHING)
    stored = b"".join(path.read_bytes() for path in site.data.iterdir())
    assert b"23457" not in stored
    key = bytes.fromhex(site.keys()["card_key"])
    assert card_hash("2900000123457", key).hex().encode() in stored


def test_card_of_somebody_else_is_refused(site: Site) -> None:
    site.load(**EVERYTHING)
    other = {**ANNA, "id": "K2"}
    with pytest.raises(LoadError, match="belongs to 'K1'"):
        site.load(customer=[other], card=[{**CARD, "code": "2900000123457", "customer": "K2"}])


def test_segments_get_bits_that_stay(site: Site) -> None:
    site.load(customer=[{**ANNA, "segments": ["abc:C", "vip"]}])
    site.load(customer=[{**ANNA, "id": "K2", "segments": ["neu", "vip"]}])
    with site.database() as database, database.read() as connection:
        found = connection.execute(
            select(master.c.row).where(master.c.table_name.in_(["segment_bit", "customer"]))
        ).scalars()
        text = "\n".join(found)
    assert '"segment":"vip"' in text
    assert text.count('"segment":') == 3


def test_sixty_fourth_segment_is_refused_by_name(site: Site) -> None:
    many = [f"s{number}" for number in range(SEGMENT_BITS)]
    site.load(customer=[{**ANNA, "segments": many}])
    with pytest.raises(LoadError) as caught:
        site.load(customer=[{**ANNA, "segments": [*many, "one more"]}])
    assert (caught.value.code, caught.value.where) == ("limit", "customer.jsonl:1.segments")


def test_customer_keeps_the_home_shop(site: Site) -> None:
    site.load(customer=[ANNA])
    with pytest.raises(LoadError) as caught:
        site.load(customer=[{**ANNA, "home_shop": "002"}])
    assert caught.value.where == "customer.jsonl:1.home_shop"


def sent(site: Site, table: str) -> list[dict[str, Any]]:
    with site.database() as database, database.read() as connection:
        rows = connection.execute(
            select(bucket_row.c.row)
            .where(bucket_row.c.table_name == table)
            .order_by(bucket_row.c.log_seq)
        ).scalars()
        return [json.loads(row) for row in rows]


def test_phone_and_email_are_sent_as_digits_and_hash(site: Site) -> None:
    site.load(customer=[{**ANNA, "phone": "0170 / 12 345-67", "email": "Anna@Example.org"}])
    key = bytes.fromhex(site.keys()["card_key"])
    assert sent(site, "customer_search") == [
        {
            "customer": "K1",
            "phones": ["491701234567"],
            "email_hashes": [email_hash("anna@example.org", key)],
        }
    ]
    assert not {"phone", "email"} & {*sent(site, "customer")[0]}
    content = (site.data / "head_office.db").read_bytes()
    assert b"491701234567" in content
    assert b"xample.org" not in content


def test_customer_without_contact_sends_none_until_one_came(site: Site) -> None:
    site.load(customer=[ANNA])
    assert sent(site, "customer_search") == []
    assert site.load(customer=[{**ANNA, "phone": "+49 89 12345"}]).written == {"customer": 1}
    before = head(site)
    assert site.load(customer=[{**ANNA, "phone": "089 12345"}]).written == {"customer": 0}
    assert head(site) == before
    assert site.load(customer=[ANNA]).written == {"customer": 1}
    assert sent(site, "customer_search") == [{"customer": "K1", "phones": [], "email_hashes": []}]


@pytest.mark.parametrize(("field", "value"), [("phone", "siehe Karte"), ("email", "anna")])
def test_what_is_no_contact_is_refused_by_place(site: Site, field: str, value: str) -> None:
    with pytest.raises(LoadError) as caught:
        site.load(customer=[{**ANNA, field: value}])
    assert (caught.value.code, caught.value.where) == ("out_of_range", f"customer.jsonl:1.{field}")
    assert sent(site, "customer") == []


def test_progress_counts_every_byte(site: Site) -> None:
    folder = write_tables(site.folder / "load", **EVERYTHING)
    seen: list[int] = []
    with site.database() as database:
        load_folder(database, folder, progress=seen.append)
    assert sum(seen) == folder_bytes(folder)
