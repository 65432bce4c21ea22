"""Templates travel signed with the rules; what is wrong with one is found before they do."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import Site
from sqlalchemy import select, update

from head_office.promotions import rules
from head_office.storage import blob
from pos_plugin.clock import SystemClock
from pos_plugin.errors import RuleError
from pos_plugin.storage import template_lookup
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.template_package import check_templates, packed_templates
from printers.templates import trial
from printers.templates.builtin import builtin_ids
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LANGS = ("de", "en")


def shipped(template_id: str, lang: str = "de") -> dict[str, Any]:
    folder = files("printers.templates.builtin")
    found: dict[str, Any] = json.loads(
        folder.joinpath(f"{template_id}.{lang}.json").read_text("utf-8")
    )
    return found


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("template_id", sorted(builtin_ids()))
def test_every_sample_prints_at_every_width_and_its_codes_are_read(
    template_id: str, lang: str
) -> None:
    assert trial.can_read_codes()
    check_templates([shipped(template_id, lang)])


def test_code_that_no_reader_reads_blocks_publishing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "codes_on", lambda _: set())
    with pytest.raises(RuleError) as caught:
        check_templates([shipped("plain")])
    assert "code_unreadable" in str(caught.value)


def test_mistake_of_a_template_is_named_with_its_place() -> None:
    wrong = shipped("plain")
    wrong["blocks"][0]["value"] = "{benefits}"
    with pytest.raises(RuleError) as caught:
        check_templates([shipped("bonus-voucher"), wrong])
    assert (caught.value.code, caught.value.where) == ("template", "templates[1].blocks[0].value")


@pytest.mark.parametrize("templates", ["x", {}, [1], [shipped("plain"), shipped("plain")]])
def test_what_is_no_list_of_templates_is_refused(templates: Any) -> None:
    with pytest.raises(RuleError):
        check_templates(templates)


def test_sample_that_is_too_long_for_its_paper_is_refused() -> None:
    wide = shipped("plain")
    cells = [{"value": "x", "width": 20}, {"value": "y", "width": 20}]
    wide["blocks"].append({"type": "columns", "cells": cells})
    with pytest.raises(RuleError, match="40 characters side by side"):
        check_templates([wide])


def test_package_keeps_what_a_later_version_of_a_template_says() -> None:
    later = shipped("plain") | {"schema": "stammkunde.template/2"}
    found = packed_templates({"templates": [later, {"no": "name"}, 5]})
    assert [(one.template_id, one.lang, one.version) for one in found] == [("plain", "de", 1)]
    assert json.loads(found[0].content) == later


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    with site.served() as url:
        site.url = url
        site.add_till("3")
        yield site


def publish(site: Site, *templates: dict[str, Any]) -> None:
    text = json.dumps({"promotions": [], "templates": list(templates)})
    with site.database() as database:
        rules.publish(database, text, now=site.clock.now())


def synced(site: Site) -> None:
    settings = read_settings(site.till_dir() / "till.toml")
    with Agent(settings, SystemClock()) as agent:
        agent.cycle()


def kept(site: Site) -> list[tuple[int, str]]:
    with CacheReader.open(site.till_dir()) as cache, cache.reading() as connection:
        found = template_lookup.versions(connection, "rental-voucher", "de")
        return [
            (version, template_lookup.content(connection, "rental-voucher", "de", version))
            for version in found
        ]


def test_published_templates_arrive_at_the_till_and_three_versions_stay(site: Site) -> None:
    template = shipped("rental-voucher")
    for version in (4, 5, 6, 7):
        publish(site, template | {"version": version})
        synced(site)
    assert [version for version, _ in kept(site)] == [7, 6, 5]
    assert json.loads(kept(site)[0][1]) == template | {"version": 7}
    # Rules without templates leave those that are there.
    publish(site)
    synced(site)
    assert [version for version, _ in kept(site)] == [7, 6, 5]


def test_package_whose_template_was_changed_on_the_way_is_not_taken(site: Site) -> None:
    publish(site, shipped("rental-voucher"))
    with site.database() as database, database.write() as connection:
        text = bytes(connection.execute(select(blob.c.content)).scalar_one())
        connection.execute(update(blob).values(content=text.replace("Demnächst".encode(), b"x")))
    synced(site)
    assert kept(site) == []


def test_wrong_template_publishes_nothing(site: Site) -> None:
    with pytest.raises(RuleError, match="unknown_field"):
        publish(site, shipped("plain") | {"colour": "red"})
    with site.database() as database, database.read() as connection:
        assert rules.manifest(connection, now=site.clock.now()) == []
