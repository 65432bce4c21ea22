"""docs/contract/openapi.yaml and the schemas beside it are what the models of the protocol say."""

from __future__ import annotations

from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from head_office_site import ARTICLE, PERCENT_20, Site

from head_office.problems import TITLES
from head_office.service.app import create_app
from head_office.storage import Database
from sync_agent.contract.document import CALLS, EVERY, contract_texts, openapi
from sync_agent.protocol.rows import TABLES

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "contract"
COMMAND = "run `python -m sync_agent.contract docs/contract`"


def test_committed_contract_is_what_the_models_say() -> None:
    texts = contract_texts()
    committed = {
        name: (FOLDER / name).read_text(encoding="utf-8")
        for name in texts
        if (FOLDER / name).is_file()
    }
    assert committed == texts, COMMAND
    there = {
        f"{folder}/{path.name}"
        for folder in ("messages", "rows")
        for path in (FOLDER / folder).iterdir()
    }
    assert there == {name for name in texts if "/" in name}, COMMAND


def test_yaml_is_the_document() -> None:
    assert yaml.safe_load((FOLDER / "openapi.yaml").read_text(encoding="utf-8")) == openapi()


def test_a_changed_limit_would_be_seen() -> None:
    # The control: the text depends on the models down to one number.
    text = contract_texts()["openapi.yaml"]
    assert "maximum: 55\n" in text
    assert text.replace("maximum: 55\n", "maximum: 56\n") != text


@pytest.mark.parametrize("name", [name for name in contract_texts() if name.endswith(".json")])
def test_every_schema_is_one(name: str) -> None:
    jsonschema_rs.Draft202012Validator(yaml.safe_load(contract_texts()[name]))


def test_reference_head_office_has_every_call_and_no_other(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    site.load(article=[ARTICLE])
    database = Database(site.data)
    try:
        served = {
            (method.lower(), route.path)
            for route in create_app(database).routes
            if hasattr(route, "methods")
            for method in route.methods or ()
            if method != "HEAD" and route.path.startswith("/v1")  # type: ignore[attr-defined]
        }
    finally:
        database.close()
    assert served == {(call.method, call.path) for call in CALLS}


def test_every_problem_word_is_in_the_document() -> None:
    named = {
        word
        for words in [*EVERY.values(), *(words for call in CALLS for _, words in call.problems)]
        for word in words.split(", ")
    }
    assert named == set(TITLES)


def test_every_table_that_travels_has_its_schema() -> None:
    assert {f"rows/{name}.json" for name in TABLES} <= contract_texts().keys()
