"""Ids and texts that are none: refused with their place, never a fault of the plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from till_builder import TillBuilder

from pos_plugin import Plugin, Refused
from pos_plugin.errors import SaleError
from pos_plugin.limits import MAX_TEXT
from pos_plugin.validation import read_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NO_IDS: list[Any] = [5, None, b"S1", ["S1"], "", "x" * (MAX_TEXT + 1), "\ud800"]

CALLS: dict[str, Callable[[Plugin, Any], Any]] = {
    "statement.customer": lambda plugin, one: plugin.accounts.statement(one),
    "complete.sale_id": lambda plugin, one: plugin.sales.complete(one, {}),
    "void.sale_id": lambda plugin, one: plugin.sales.void(one, {}),
    "return.sale_id": lambda plugin, one: plugin.sales.return_items(one, {}),
    "suspend.sale_id": lambda plugin, one: plugin.sales.suspend_running(one),
    "recall.sale_id": lambda plugin, one: plugin.sales.recall(one),
    "cancel.sale_id": lambda plugin, one: plugin.sales.cancel(one),
    "answer.sale_id": lambda plugin, one: plugin.sales.answer(one),
    "erasure.customer": lambda plugin, one: plugin.customers.erase(one),
    "approval.number": lambda plugin, one: plugin.approvals.settle(one, {}),
    "identify.customer": lambda plugin, one: plugin.identify(customer=one),
}


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    folder: Path = tmp_path_factory.mktemp("ids")
    till = TillBuilder(folder / "till")
    till.customer("K1")
    with till.open() as plugin:
        yield plugin


@pytest.mark.parametrize("where", CALLS)
def test_what_is_no_id_is_refused_with_its_place(plugin: Plugin, where: str) -> None:
    for value in NO_IDS:
        if where == "identify.customer" and value is None:
            continue  # not asked by this way
        with pytest.raises(SaleError) as refused:
            CALLS[where](plugin, value)
        assert refused.value.where == where
    # The control: an id that nobody has gets an answer.
    if where not in ("return.sale_id", "approval.number"):
        answer = CALLS[where](plugin, "S-unknown")
        assert answer is None or isinstance(answer, Refused)
        assert not isinstance(answer, Refused) or answer.code != "plugin_fault"


def test_an_id_is_given_back_as_it_came() -> None:
    assert read_id("Ä/1 ", "here", SaleError) == "Ä/1 "


@pytest.mark.parametrize("wrong", ["Anna\0", "Anna\x1b[2J", "An\nna", "Anna\x7f"])
def test_control_characters_are_no_text_of_people(plugin: Plugin, wrong: str) -> None:
    calls: list[Callable[[str], Any]] = [
        lambda text: plugin.customers.create({"request_id": "C", "name": text}),
        lambda text: plugin.customers.create({"request_id": text, "name": "Anna"}),
        lambda text: plugin.vouchers.block({"request_id": "B", "code": "0", "reason": text}),
        lambda text: plugin.sales.void("S1", {"reason": text}),
    ]
    for call in calls:
        with pytest.raises(SaleError) as refused:
            call(wrong)
        assert refused.value.code == "out_of_range"
        # The control: the same with a plain text is answered.
        call("Anna")
