"""The agent against a real head office: rows, generations and what it must never believe."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from head_office_site import ANNA, ARTICLE, PERCENT_20, PROGRAM, Site
from sqlalchemy import select, update

from head_office.storage import blob, rule_generation
from pos_plugin import Plugin, Receipt
from pos_plugin.card_hash import card_hash
from pos_plugin.clock import SystemClock
from pos_plugin.rule_package import signed_bytes
from pos_plugin.storage.blobs import read_blob
from pos_plugin.storage.cache_reader import CacheReader
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sync_agent.status import Status

CARD = {"code": "2900000123457", "customer": "K1"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    anna = {**ANNA, "phone": "0170 1234567", "email": "anna@example.org"}
    site.load(article=[ARTICLE], program=[PROGRAM], customer=[anna], card=[CARD])
    with site.served() as url:
        site.url = url
        site.add_till("3")
        yield site


@contextmanager
def agent_of(site: Site) -> Iterator[Agent]:
    settings = read_settings(site.till_dir() / "till.toml")
    with Agent(settings, SystemClock()) as agent:
        yield agent


def synced(site: Site) -> Status:
    """Do one whole round with a fresh agent."""
    with agent_of(site) as agent:
        agent.cycle()
        return agent.status


@contextmanager
def cache(site: Site) -> Iterator[CacheReader]:
    reader = CacheReader.open(site.till_dir())
    assert reader is not None
    with reader:
        yield reader


def accepted(site: Site) -> list[int]:
    with cache(site) as reader:
        return [known.generation for known in reader.generations()]


def content(site: Site) -> list[tuple[Any, ...]]:
    """Every row of every table that head office fills, and the cursor without its instant."""
    path = site.till_dir() / (site.till_dir() / "cache.current").read_text().strip()
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        names = (
            "article", "customer", "customer_search", "customer_key", "segment_bit", "card",
            "program", "balance", "customer_counter",
        )  # fmt: skip
        rows = [
            (name, *row)
            for name in names
            for row in connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2")  # noqa: S608
        ]
        rows += connection.execute("SELECT bucket, epoch, position FROM cursor").fetchall()
        rows += connection.execute("SELECT generation, sha256 FROM rule_generation").fetchall()
    finally:
        connection.close()
    return rows


def test_rows_and_rules_arrive_with_the_first_round(site: Site) -> None:
    status = synced(site)
    assert status.problems == {}
    assert status.contact_at is not None
    card_key = bytes.fromhex(site.keys()["card_key"])
    with cache(site) as reader:
        article = reader.article("4711")
        assert article is not None
        assert article["unit_price_minor"] == 7999
        assert reader.card(card_hash("2900 0001 23457", card_key)) == ("K1", "active")
        anna = reader.customer("K1")
        assert anna is not None
        assert anna.segments == ("abc:C",)
        (manifest,) = reader.generations()
    assert manifest.generation == 1
    assert read_blob(site.till_dir(), manifest.sha256) is not None


def test_second_round_changes_nothing(site: Site) -> None:
    synced(site)
    before = content(site)
    synced(site)
    assert content(site) == before


def test_change_at_head_office_arrives_with_the_next_round(site: Site) -> None:
    with agent_of(site) as agent:
        agent.cycle()
        site.load(article=[{**ARTICLE, "unit_price_minor": 5999}])
        site.publish(PERCENT_20, {**PERCENT_20, "id": "ANDERE"})
        agent.cycle()
    with cache(site) as reader:
        article = reader.article("4711")
    assert article is not None
    assert article["unit_price_minor"] == 5999
    assert accepted(site) == [2, 1]


def test_deleted_cache_is_built_again(site: Site) -> None:
    with agent_of(site) as agent:
        agent.cycle()
        before = content(site)
        (site.till_dir() / "cache.current").unlink()
        agent.cycle()
    assert content(site) == before


def test_unreachable_head_office_leaves_everything_as_it_was(site: Site) -> None:
    synced(site)
    before = content(site)
    keys = site.keys()
    keys["head_office"] = "http://127.0.0.1:1"
    (site.till_dir() / "keys.json").write_text(json.dumps(keys))
    status = synced(site)
    assert status.unreachable
    assert content(site) == before


def test_wrong_token_is_told_and_destroys_nothing(site: Site) -> None:
    synced(site)
    before = content(site)
    keys = site.keys()
    keys["till_token"] = "x" * 43
    (site.till_dir() / "keys.json").write_text(json.dumps(keys))
    assert synced(site).problems == {"download": "unauthorized"}
    assert content(site) == before
    assert (site.till_dir() / "keys.json").exists()


def sell(site: Site, sale_id: str) -> None:
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        sale = plugin.begin_sale(sale_id)
        sale.scan("4711")
        assert isinstance(sale.complete(), Receipt)


@pytest.mark.parametrize("cache_too", [False, True])
def test_older_journal_put_back_is_told_as_a_fork(site: Site, *, cache_too: bool) -> None:
    synced(site)
    journal = site.till_dir() / "journal.db"
    sell(site, "S1")
    copy = journal.read_bytes()
    sell(site, "S2")
    sell(site, "S3")
    assert synced(site).waiting_events == 0
    journal.write_bytes(copy)
    if cache_too:
        (site.till_dir() / "cache.current").unlink()
    assert synced(site).problems == {}
    sell(site, "S4")
    # Head office holds another event under this number: nobody may believe that it holds S4.
    status = synced(site)
    assert status.problems == {"upload": "fork"}
    assert status.waiting_events == 1


# --- what must never be believed ----------------------------------------------------------------


def forge(site: Site, generation: int, **changed: Any) -> None:
    """Change what the manifest says of a generation."""
    with site.database() as database, database.write() as connection:
        connection.execute(
            update(rule_generation)
            .where(rule_generation.c.generation == generation)
            .values(**changed)
        )


def sign(site: Site, generation: int, text: bytes, *, key: str = "current") -> None:
    """Put any content under a generation with the right hash and a signature of ``key``."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex((site.data / f"rule-key.{key}").read_text())
    )
    sha256 = hashlib.sha256(text).hexdigest()
    with site.database() as database, database.write() as connection:
        row = connection.execute(
            select(rule_generation).where(rule_generation.c.generation == generation)
        ).one()
        message = signed_bytes(
            chain=row.chain,
            ring=row.ring,
            generation=generation,
            activate_at=row.activate_at,
            sha256=sha256,
        )
        connection.execute(blob.insert().values(sha256=sha256, content=text))
        connection.execute(
            update(rule_generation)
            .where(rule_generation.c.generation == generation)
            .values(sha256=sha256, signature=private.sign(message).hex())
        )


def test_published_generation_is_taken_by_the_same_steps(site: Site) -> None:
    # The control of the refusals below: nothing but the attack makes them refuse.
    synced(site)
    site.publish(PERCENT_20)
    text = json.dumps({"generation": 2, "promotions": [PERCENT_20]}).encode()
    sign(site, 2, text)
    assert synced(site).refused_packages == {}
    assert accepted(site) == [2, 1]


def test_tampered_content_is_refused_and_the_old_stays(site: Site) -> None:
    synced(site)
    entry = site.publish(PERCENT_20)
    with site.database() as database, database.write() as connection:
        connection.execute(
            update(blob).where(blob.c.sha256 == entry.sha256).values(content=b'{"cheap": 1}')
        )
    assert synced(site).refused_packages == {"2": "hash"}
    assert accepted(site) == [1]


def test_forged_signature_is_refused_and_the_old_stays(site: Site) -> None:
    synced(site)
    entry = site.publish(PERCENT_20)
    forge(site, 2, signature="0" * 127 + "1")
    assert synced(site).refused_packages == {"2": "signature"}
    forge(site, 2, signature=entry.signature)
    assert synced(site).refused_packages == {}
    assert accepted(site) == [2, 1]


@pytest.mark.parametrize("field", ["chain", "ring", "activate_at"])
def test_every_signed_field_is_held_by_the_signature(site: Site, field: str) -> None:
    synced(site)
    site.publish(PERCENT_20)
    forge(site, 2, **{field: "2020-01-01T00:00:00.000Z"})
    assert synced(site).refused_packages == {"2": "signature"}
    assert accepted(site) == [1]


def test_generation_signed_by_another_chain_is_refused(site: Site, tmp_path: Path) -> None:
    synced(site)
    other = tmp_path / "other"
    other.mkdir()
    foreign = Site(other).publish(PERCENT_20)
    site.publish(PERCENT_20)
    forge(site, 2, key_id=foreign.key_id)
    assert synced(site).refused_packages == {"2": "key_unknown"}
    assert accepted(site) == [1]


def test_lower_generation_is_refused(site: Site) -> None:
    site.publish(PERCENT_20)
    synced(site)
    assert accepted(site) == [2]
    with site.database() as database, database.write() as connection:
        connection.execute(rule_generation.delete().where(rule_generation.c.generation == 2))
    assert synced(site).refused_packages == {"1": "floor"}
    assert accepted(site) == [2]


def test_equal_generation_with_other_content_is_refused(site: Site) -> None:
    synced(site)
    before = content(site)
    sign(site, 1, b'{"generation": 1, "promotions": []}')
    assert synced(site).refused_packages == {"1": "floor"}
    assert content(site) == before


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"not json", "not_json"),
        (b'{"generation": 2, "promotions": [{"id": "X"}]}', "missing"),
        (b'{"generation": 3, "promotions": []}', "number"),
        (
            json.dumps(
                {
                    "generation": 2,
                    "promotions": [PERCENT_20, {**PERCENT_20, "id": "Y", "layer": "moon"}],
                }
            ).encode(),
            "unknown_word",
        ),
    ],
)
def test_signed_nonsense_is_refused_as_a_whole(site: Site, text: bytes, reason: str) -> None:
    synced(site)
    site.publish(PERCENT_20)
    sign(site, 2, text)
    assert synced(site).refused_packages == {"2": reason}
    assert accepted(site) == [1]


@pytest.mark.parametrize("names_another", [True, False])
def test_package_signed_with_the_next_key_has_to_name_another(
    site: Site, *, names_another: bool
) -> None:
    synced(site)
    site.publish(PERCENT_20)
    document: dict[str, Any] = {"generation": 2, "promotions": []}
    if names_another:
        document["next_key"] = {"key_id": "0" * 16, "public_key": "ab" * 32}
    sign(site, 2, json.dumps(document).encode(), key="next")
    with site.database() as database, database.read() as connection:
        from head_office.promotions.rules import public_keys

        next_id = public_keys(connection)[1][0]
    forge(site, 2, key_id=next_id)
    assert synced(site).refused_packages == ({} if names_another else {"2": "next_key"})
    assert accepted(site) == ([2, 1] if names_another else [1])


# --- kill -9 ------------------------------------------------------------------------------------

DYING = """
import os, signal, sys
from pathlib import Path
from pos_plugin.clock import SystemClock
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

where, number = sys.argv[2], int(sys.argv[3])

def die():
    os.kill(os.getpid(), signal.SIGKILL)

with Agent(read_settings(Path(sys.argv[1])), SystemClock()) as agent:
    done = 0
    act = agent._do
    def counting(action):
        global done
        if where == "action" and done == number:
            die()
        done += 1
        return act(action)
    agent._do = counting
    commits = 0
    def committing():
        global commits
        if where == "commit" and commits == number:
            die()
        commits += 1
        return False
    agent._writer._connection.set_commit_hook(committing)
    agent.cycle()
"""


def die_in_a_round(site: Site, where: str, number: int) -> bool:
    """Run a round that kills itself at this action or commit; say whether it got that far."""
    config = str(site.till_dir() / "till.toml")
    done = subprocess.run(
        [sys.executable, "-c", DYING, config, where, str(number)],
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode in (0, -signal.SIGKILL)
    return done.returncode != 0


@pytest.mark.parametrize("where", ["action", "commit"])
def test_agent_killed_anywhere_goes_on_as_if_nothing_happened(site: Site, where: str) -> None:
    site.load(article=[{**ARTICLE, "sku": f"S{number}"} for number in range(20)])
    synced(site)
    whole = content(site)
    for path in site.till_dir().glob("cache*"):
        path.unlink()
    number = 0
    while die_in_a_round(site, where, number):
        number += 1
        assert number < 20
        check_cursor_is_never_ahead(site, whole)
    assert number >= 2  # it did die, more than once
    assert content(site) == whole


def check_cursor_is_never_ahead(site: Site, whole: list[tuple[Any, ...]]) -> None:
    """Where the cursor stands at the end, every row stands; where it stands at zero, none does."""
    if not (site.till_dir() / "cache.current").exists():
        return
    rows = content(site)
    cursor = [row for row in rows if row[0] == "shop:001"]
    from_pages = [row for row in rows if row[0] in ("article", "customer", "card", "program")]
    if cursor:
        assert from_pages == [
            row for row in whole if row[0] in ("article", "customer", "card", "program")
        ]
    else:
        assert from_pages == []


def test_check_of_the_cursor_catches_a_cursor_before_its_rows(site: Site) -> None:
    # The control: a writer that moves the cursor in a transaction of its own dies in between.
    synced(site)
    whole = content(site)
    path = site.till_dir() / (site.till_dir() / "cache.current").read_text().strip()
    connection = apsw.Connection(str(path))
    connection.execute("DELETE FROM article")
    connection.close()
    with pytest.raises(AssertionError):
        check_cursor_is_never_ahead(site, whole)
