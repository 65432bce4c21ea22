"""Rule generations from publication to the till: instants, the way back, keys, golden baskets."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ARTICLE, PERCENT_20, Site
from processes import stammkunde
from sqlalchemy import update

from head_office.promotions import rules
from head_office.storage import rule_generation
from pos_plugin import Plugin
from pos_plugin.clock import SystemClock, utc_text
from pos_plugin.errors import RuleError
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.golden import check_baskets
from pos_plugin.rule_package import signed_bytes
from pos_plugin.storage.cache_reader import CacheReader
from sync_agent.agent import Agent
from sync_agent.errors import PackageRejected
from sync_agent.settings import read_settings
from sync_agent.upkeep.key_rotation import rotated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PERCENT_50 = {
    **PERCENT_20,
    "offer": {"kind": "unit_discount", "benefit": {"type": "percent", "bp": 5000}},
}
SALE = {
    "sale_id": "S1",
    "at": "2026-03-07T12:00:00+01:00",
    "lines": [{"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 10_000}],
}


def golden(total_minor: int) -> list[dict[str, Any]]:
    expected = {"total_minor": total_minor}
    return [{"name": "one pair of trousers", "sale": SALE, "expected": expected}]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    site.load(article=[ARTICLE])
    with site.served() as url:
        site.url = url
        site.add_till("3")
        yield site


def synced(site: Site) -> dict[str, str]:
    """One round; return what was refused and why."""
    with Agent(read_settings(site.till_dir() / "till.toml"), SystemClock()) as agent:
        agent.cycle()
        assert agent.status.problems == {}
        return agent.status.refused_packages


def accepted(site: Site) -> list[int]:
    reader = CacheReader.open(site.till_dir())
    assert reader is not None
    with reader:
        return [known.generation for known in reader.generations()]


@contextmanager
def till(site: Site) -> Iterator[Plugin]:
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        yield plugin


def used(plugin: Plugin, *, at: dt.datetime | None = None) -> tuple[int | None, int]:
    """Generation and total of a sale that begins now, or at an instant."""
    line = {**SALE["lines"][0], "vat_rate_bp": 1900}  # type: ignore[dict-item]
    now = at or SystemClock().now()
    found = plugin.sales.evaluate(
        {"sale_id": f"S{now.timestamp()}", "at": utc_text(now), "lines": [line]}
    ).to_dict()
    return found["generation"], found["total_minor"]


def publish(site: Site, document: dict[str, Any], *options: object) -> tuple[int, str]:
    path = site.folder / "rules.json"
    path.write_text(json.dumps(document))
    done = stammkunde("head-office", "publish", path, "--data", site.data, *options)
    return done.returncode, done.stdout + done.stderr


# --- instants -----------------------------------------------------------------------------------


def test_generation_is_used_from_its_instant_on_and_not_before(site: Site) -> None:
    tomorrow = SystemClock().now() + dt.timedelta(days=1)
    code, said = publish(
        site, {"promotions": [PERCENT_50]}, "--activate-at", utc_text(tomorrow),
        "--confirm-combined",
    )  # fmt: skip
    assert code == 0, said
    assert utc_text(tomorrow) in said
    assert synced(site) == {}
    assert accepted(site) == [2, 1]
    with till(site) as plugin:
        assert used(plugin) == (1, 8_000)
        assert used(plugin, at=tomorrow + dt.timedelta(seconds=1)) == (2, 5_000)


def test_no_instant_is_told_by_its_option(site: Site) -> None:
    code, said = publish(site, {"promotions": []}, "--activate-at", "tomorrow")
    assert code == 2
    assert "--activate-at" in said


def test_rollback_is_a_higher_generation_with_older_content(site: Site) -> None:
    site.publish(PERCENT_50)
    synced(site)
    with till(site) as plugin:
        assert used(plugin) == (2, 5_000)
        done = stammkunde("head-office", "rollback", "--data", site.data)
        assert done.returncode == 0, done.stderr
        assert "content of 1" in done.stdout
        synced(site)
        assert accepted(site) == [3, 2]
        assert used(plugin) == (3, 8_000)
        done = stammkunde("head-office", "activate", 2, "--data", site.data)
        assert done.returncode == 0, done.stderr
        synced(site)
        assert used(plugin) == (4, 5_000)


def test_there_must_be_something_to_go_back_to(site: Site) -> None:
    done = stammkunde("head-office", "rollback", "--data", site.data)
    assert done.returncode == 2
    assert "no generation to go back to" in done.stderr
    done = stammkunde("head-office", "activate", 9, "--data", site.data)
    assert done.returncode == 2
    assert "no generation 9" in done.stderr


# --- golden baskets -----------------------------------------------------------------------------


def test_golden_basket_that_comes_out_as_said_is_published_and_taken(site: Site) -> None:
    document = {"promotions": [PERCENT_20], "golden": golden(8_000)}
    assert publish(site, document)[0] == 0
    assert synced(site) == {}
    assert accepted(site) == [2]


def test_bad_golden_basket_is_not_published(site: Site) -> None:
    code, said = publish(site, {"promotions": [PERCENT_20], "golden": golden(7_999)})
    assert code == 2
    assert "golden[0].expected.total_minor" in said
    assert "8000" in said
    assert synced(site) == {}
    assert accepted(site) == [1]


def test_till_refuses_the_whole_generation_for_one_bad_basket(site: Site) -> None:
    synced(site)
    site.publish(PERCENT_50)
    forge(site, 2, {"generation": 2, "promotions": [PERCENT_50], "golden": golden(8_000)})
    assert synced(site) == {"2": "golden_basket"}
    assert accepted(site) == [1]
    with till(site) as plugin:
        assert used(plugin) == (1, 8_000)
    # The control: the same package without the wrong expectation is taken.
    forge(site, 2, {"generation": 2, "promotions": [PERCENT_50], "golden": golden(5_000)})
    assert synced(site) == {}
    assert accepted(site) == [2, 1]


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ("x", "golden"),
        ([{"name": "a", "sale": {}, "expected": {}}], "golden[0].expected"),
        ([{"name": "a", "sale": {"lines": 7}, "expected": {"total_minor": 1}}], "golden[0].sale"),
        ([{"name": "a", "sale": SALE, "expected": {"nothing": 1}}], "golden[0].expected.nothing"),
        (golden(8_000) * 1_001, "golden"),
    ],
)
def test_list_of_golden_baskets_is_checked_itself(value: Any, where: str) -> None:
    parsed = RuleGeneration.from_value({"promotions": [PERCENT_20]})
    with pytest.raises(RuleError, match=where.replace("[", r"\[")) as fault:
        check_baskets(parsed, value)
    assert where in str(fault.value)


# --- keys ---------------------------------------------------------------------------------------


def forge(
    site: Site, generation: int, document: dict[str, Any], *, key: bytes | None = None
) -> None:
    """Put a content under a generation, signed by *current* or by another key."""
    import hashlib

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from head_office.storage import blob

    own = bytes.fromhex((site.data / "rule-key.current").read_text())
    private = Ed25519PrivateKey.from_private_bytes(key or own)
    public = private.public_key().public_bytes_raw()
    text = json.dumps(document).encode()
    sha256 = hashlib.sha256(text).hexdigest()
    here = rule_generation.c.generation == generation
    with site.database() as database, database.write() as connection:
        row = connection.execute(rule_generation.select().where(here)).one()
        message = signed_bytes(
            chain=row.chain, ring=row.ring, generation=generation,
            activate_at=row.activate_at, sha256=sha256,
        )  # fmt: skip
        connection.execute(blob.insert().values(sha256=sha256, content=text))
        connection.execute(
            update(rule_generation).where(here).values(
                sha256=sha256,
                signature=private.sign(message).hex(),
                key_id=hashlib.sha256(public).hexdigest()[:16],
            )
        )  # fmt: skip


def rotate(site: Site, next_key: Path) -> None:
    done = stammkunde("head-office", "rotate-key", "--data", site.data, "--next-key", next_key)
    assert done.returncode == 0, done.stderr


def test_rotation_makes_next_current_and_the_running_till_follows(site: Site) -> None:
    synced(site)
    old = (site.data / "rule-key.current").read_text()
    with till(site) as plugin:
        assert used(plugin) == (1, 8_000)
        rotate(site, site.data / "rule-key.next")
        assert (site.data / "rule-key.current").read_text() != old
        assert synced(site) == {}
        assert used(plugin) == (2, 8_000)
        # A second rotation needs the key that only the first one named.
        rotate(site, site.data / "rule-key.next")
        site.publish(PERCENT_50)
        assert synced(site) == {}
        assert used(plugin) == (4, 5_000)
    with till(site) as plugin:
        # A till that starts now still believes what the retired keys signed in their time.
        assert used(plugin) == (4, 5_000)
        assert accepted(site) == [4, 3, 2, 1]


def test_till_that_was_away_follows_one_rotation_after_the_other(site: Site) -> None:
    synced(site)
    for _ in range(3):
        rotate(site, site.data / "rule-key.next")
    site.publish(PERCENT_50)
    assert synced(site) == {}
    assert accepted(site) == [5, 4, 3, 2, 1]
    site.url = json.loads((site.till_dir() / "keys.json").read_text())["head_office"]
    # A till that comes new has the keys of today and takes all of this without a complaint.
    site.add_till("4")
    with Agent(read_settings(site.till_dir("4") / "till.toml"), SystemClock()) as agent:
        agent.cycle()
        assert agent.status.refused_packages == {}
        assert agent.status.generation == 5


def test_retired_key_signs_no_later_generation(site: Site) -> None:
    synced(site)
    stolen = bytes.fromhex((site.data / "rule-key.current").read_text())
    rotate(site, site.data / "rule-key.next")
    assert synced(site) == {}
    site.publish(PERCENT_50)
    document = {"generation": 3, "promotions": [PERCENT_50]}
    forge(site, 3, document, key=stolen)
    assert synced(site) == {"3": "key_unknown"}
    assert accepted(site) == [2, 1]
    # The control: the same bytes under the key that is current now are taken.
    forge(site, 3, {**document, "promotions": [PERCENT_20]})
    assert synced(site) == {}
    assert accepted(site) == [3, 2, 1]


def test_retired_key_is_believed_where_nobody_rotated(site: Site) -> None:
    # The control: before the rotation the same forgery is taken, so it is the rotation that helps.
    synced(site)
    stolen = bytes.fromhex((site.data / "rule-key.current").read_text())
    site.publish(PERCENT_50)
    forge(site, 2, {"generation": 2, "promotions": [PERCENT_50]}, key=stolen)
    assert synced(site) == {}
    assert accepted(site) == [2, 1]


def test_current_key_may_not_name_a_next_one(site: Site) -> None:
    synced(site)
    site.publish(PERCENT_50)
    mine = {"key_id": "0" * 16, "public_key": "0" * 64}
    forge(site, 2, {"generation": 2, "promotions": [PERCENT_50], "next_key": mine})
    before = site.keys()
    assert synced(site) == {"2": "next_key"}
    assert site.keys() == before
    assert accepted(site) == [1]


def test_wrong_key_from_the_safe_is_refused(site: Site) -> None:
    done = stammkunde(
        "head-office", "rotate-key", "--data", site.data, "--next-key",
        site.data / "rule-key.current",
    )  # fmt: skip
    assert done.returncode == 2
    assert "not the next key" in done.stderr


def test_new_till_gets_the_retired_keys_too(site: Site) -> None:
    rotate(site, site.data / "rule-key.next")
    site.add_till("4")
    keys = site.keys("4")
    assert [key["before"] for key in keys["retired_keys"]] == [2]
    assert len(keys["rule_keys"]) == 2


def test_rotation_repeated_after_a_crash_changes_nothing_more() -> None:
    def key(name: str) -> dict[str, str]:
        return {"key_id": name * 16, "public_key": name * 64}

    before = {"rule_keys": [key("a"), key("b")]}
    after = rotated(before, generation=7, signer="b" * 16, named=key("c"))
    assert after == {
        "rule_keys": [key("b"), key("c")],
        "retired_keys": [{**key("a"), "before": 7}],
    }
    assert rotated(after, generation=7, signer="b" * 16, named=key("c")) is None
    with pytest.raises(PackageRejected):
        rotated(before, generation=7, signer="b" * 16, named=None)
    with pytest.raises(PackageRejected):
        rotated(after, generation=8, signer="b" * 16, named=key("d"))


def test_manifest_names_the_active_generation_and_the_planned_ones(site: Site) -> None:
    now = SystemClock().now()
    later = now + dt.timedelta(days=2)
    with site.database() as database:
        text = json.dumps({"promotions": [PERCENT_50]})
        rules.publish(database, text, now=now, activate_at=later)
        with database.read() as connection:
            named = [one.generation for one in rules.manifest(connection, now=now)]
            after = [
                one.generation
                for one in rules.manifest(connection, now=later + dt.timedelta(seconds=1))
            ]
    assert (named, after) == ([1, 2], [2])
