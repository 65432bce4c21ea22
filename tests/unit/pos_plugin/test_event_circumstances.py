"""Every event says which rules were in force and whether head office was out of reach."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import TillBuilder, card_number, unit_discount

from pos_plugin import Receipt
from pos_plugin.agent_word import NAME
from pos_plugin.clock import utc_text

if TYPE_CHECKING:
    from pathlib import Path

HEAD_OFFICE = '[head_office]\nurl = "http://127.0.0.1:9"\n'
LONG_AGO = dt.timedelta(minutes=16)


def bodies(till: TillBuilder) -> list[tuple[str, dict[str, Any]]]:
    with closing(apsw.Connection(str(till.data_dir / "journal.db"))) as journal:
        rows: Any = journal.execute("SELECT kind, line FROM event ORDER BY seq").fetchall()
    return [(kind, json.loads(line)["body"]) for kind, line in rows]


def agent_says(till: TillBuilder, *, ago: dt.timedelta, unreachable: str | None = None) -> None:
    contact_at = utc_text(till.clock.now() - ago)
    said = {"contact_at": contact_at, "unreachable": unreachable}
    (till.data_dir / NAME).write_text(json.dumps(said), encoding="utf-8")


def live(till: TillBuilder) -> None:
    """Create a customer and sell her something."""
    with till.open() as plugin:
        made = plugin.customers.create({"request_id": "1", "name": "Anna"})
        assert isinstance(made, Receipt)
        sale = plugin.begin_sale("S1")
        sale.scan(card_number(1))
        sale.scan("4711")
        sale.evaluate()
        assert isinstance(sale.complete(), Receipt)


def shop(folder: Path, settings: str = "") -> TillBuilder:
    till = TillBuilder(folder / "till")
    with till.config_path.open("a", encoding="utf-8") as config:
        config.write(settings)
    till.rules(unit_discount("ZEHN", 1000))
    till.rules(unit_discount("ZEHN", 1000))
    till.article("4711", 5000)
    till.customer("K1", card=card_number(1))
    return till


def test_every_event_names_the_rules_in_force(tmp_path: Path) -> None:
    till = shop(tmp_path)
    live(till)
    said = bodies(till)
    assert {kind for kind, _ in said} >= {"customer_created", "sale_completed"}
    assert {(kind, body["generation"], body["offline"]) for kind, body in said} == {
        (kind, till.generation, False) for kind, _ in said
    }


@pytest.mark.parametrize(
    ("ago", "unreachable", "is_offline"),
    [
        (dt.timedelta(minutes=1), None, False),
        (dt.timedelta(minutes=1), "no route", True),
        (LONG_AGO, None, True),  # the agent is dead
        (None, None, True),  # it never ran
    ],
)
def test_event_says_whether_head_office_was_out_of_reach(
    tmp_path: Path, ago: dt.timedelta | None, unreachable: str | None, is_offline: bool
) -> None:
    till = shop(tmp_path, HEAD_OFFICE)
    if ago is not None:
        agent_says(till, ago=ago, unreachable=unreachable)
    live(till)
    assert {body["offline"] for _, body in bodies(till)} == {is_offline}


def test_till_without_rules_names_none(tmp_path: Path) -> None:
    """The negative control of the number."""
    till = TillBuilder(tmp_path / "till")
    with till.open() as plugin:
        plugin.customers.create({"request_id": "1", "name": "Anna"})
    assert [body["generation"] for _, body in bodies(till)] == [0]
