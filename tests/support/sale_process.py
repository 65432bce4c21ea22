"""A till in a process of its own that is told what to call, and may be made to die in the middle.

One JSON request a line in, one answer a line out:

{"call": "complete", "args": ["S1", {}], "kill_at": 7}   -> dies before its 7th statement
{"call": "scan", "args": ["29…"]}                        -> {"answer": {…}} | {"refused": "code"}

``sale_process.py TILL.TOML [BROKEN]``: a name of ``BROKEN`` makes the negative control.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from pos_plugin import Plugin, Refused, SaleError
from pos_plugin.booking import once
from pos_plugin.storage.journal_writer import JournalWriter

if TYPE_CHECKING:
    from collections.abc import Callable


def answered(plugin: Plugin, call: str, args: list[Any]) -> dict[str, Any]:
    at_sales: dict[str, Callable[..., Any]] = {
        "evaluate": plugin.sales.evaluate,
        "complete": lambda sale_id, body, sale: plugin.sales.complete(sale_id, body, snapshot=sale),
        "cancel": plugin.sales.cancel,
        "suspend": plugin.sales.suspend,
        "recall": plugin.sales.recall,
        "void": plugin.sales.void,
        "return": plugin.sales.return_items,
        "answer": plugin.sales.answer,
        "scan": plugin.scan,
    }
    try:
        found = at_sales[call](*args)
    except SaleError as error:
        return {"refused": error.code}
    if isinstance(found, Refused):
        return {"refused": found.code.value}
    if found is None:
        return {"answer": {}}
    plain = found.to_dict("de") if call == "recall" else found.to_dict()
    return {"answer": plain}


def die_at(plugin: Plugin, statement: int) -> None:
    """``kill -9`` by itself before the given SQL statement from now on; 0 = never."""
    started = 0

    def count(_cursor: object, _sql: str, _bindings: object) -> bool:
        nonlocal started
        started += 1
        if started == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return True

    journal: Any = plugin._till.journal
    journal._connection.exec_trace = count if statement else None


def forget_answers() -> None:
    """No stored answers: the same call is done again."""
    once.stored_answer = lambda *_args: None
    from pos_plugin.booking import completing as booking
    from pos_plugin.booking import takeback

    booking.stored_answer = once.stored_answer
    takeback.stored_answer = once.stored_answer


def keep_points_at_a_void() -> None:
    """A void that leaves the account as it is."""
    JournalWriter.add_own_entries = (  # type: ignore[method-assign]
        lambda self, seq, customer, changes, _real=JournalWriter.add_own_entries: _real(
            self, seq, customer, {key: delta for key, delta in changes.items() if delta > 0}
        )
    )


def give_vouchers_again() -> None:
    """A redemption that is not stored."""
    JournalWriter.redeem = lambda *_args, **_more: None  # type: ignore[method-assign]


BROKEN = {
    "forgets": forget_answers,
    "keeps points": keep_points_at_a_void,
    "gives again": give_vouchers_again,
}


def main() -> None:
    config, *broken = sys.argv[1:]
    for name in broken:
        BROKEN[name]()
    with Plugin.open(config) as plugin:
        print("ready", flush=True)  # noqa: T201
        for line in sys.stdin:
            request = json.loads(line)
            die_at(plugin, request.get("kill_at", 0))
            print(  # noqa: T201
                json.dumps(answered(plugin, request["call"], request["args"])), flush=True
            )


if __name__ == "__main__":
    main()
