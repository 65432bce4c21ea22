"""A till of a shop in a process of its own: every call of ``Plugin``, at an instant of the test.

One JSON request a line in, one answer a line out. The first request opens the till:

{"config": "…/till.toml", "at": "2026-03-07T12:00:00+01:00", "broken": []}   -> ready <pid>
{"call": "accounts.pay_out", "args": [{…}], "at": "…", "kill_at": 7}         -> {"answer": {…}}

The till is a fork of this process, which has loaded everything: after ``kill -9`` the next one is
there at once. When it is dead, ``died`` is printed, and the next request opens the next till.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from operator import attrgetter
from typing import Any

from sale_process import die_at, forget_answers, give_vouchers_again

# Loaded by a till with the first paper, loaded here before the first fork.
import printers.document
import printers.render
import printers.spool
from pos_plugin import Plugin, Refused, SaleError
from pos_plugin.actions.accounts import AccountDesk
from pos_plugin.clock import SettableClock
from pos_plugin.storage.journal_writer import JournalWriter

LOADED = (printers.document, printers.render, printers.spool)


def answered(plugin: Plugin, call: str, args: list[Any]) -> dict[str, Any]:
    try:
        if call == "complete":
            sale_id, basket = args
            found = plugin.sales.complete(sale_id, {}, snapshot=basket)
        else:
            found = attrgetter(call)(plugin)(*args)
    except SaleError as error:
        return {"refused": error.code}
    if isinstance(found, Refused):
        return {"refused": found.code.value}
    return {"answer": found.to_dict() if hasattr(found, "to_dict") else found}


def pay_without_taking() -> None:
    """A pay-out that leaves the account as it is."""
    AccountDesk._spend = lambda *_args, **_more: ()  # type: ignore[method-assign]


def keep_points() -> None:
    """Goods come back, and what they had earned stays."""

    def without_reversals(
        self: Any, seq: int, entries: Any, _real: Any = JournalWriter.add_ledger, **more: Any
    ) -> None:
        _real(self, seq, [one for one in entries if one.kind.value != "reverse"], **more)

    JournalWriter.add_ledger = without_reversals  # type: ignore[method-assign]


def forget_returns() -> None:
    """Goods that came back are not noted."""
    JournalWriter.add_return = lambda *_args, **_more: None  # type: ignore[method-assign]


BROKEN = {
    "pays without taking": pay_without_taking,
    "keeps points": keep_points,
    "gives vouchers again": give_vouchers_again,
    "forgets returns": forget_returns,
    "forgets answers": forget_answers,
}


def serve() -> None:
    """Open the till that the first line names and answer until the end of the input."""
    first = read()
    for name in first["broken"]:
        BROKEN[name]()
    clock = SettableClock(dt.datetime.fromisoformat(first["at"]))
    with Plugin.open(first["config"], clock=clock) as plugin:
        say(f"ready {os.getpid()}")
        while True:
            request = read()
            clock.set(dt.datetime.fromisoformat(request["at"]))
            die_at(plugin, request["kill_at"])
            say(json.dumps(answered(plugin, request["call"], request["args"])))


def read() -> dict[str, Any]:
    # Byte by byte: what a dead till had read ahead would be lost.
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            sys.exit()
        line += byte
    value: dict[str, Any] = json.loads(line)
    return value


def say(line: str) -> None:
    os.write(1, line.encode() + b"\n")


def main() -> None:
    while True:
        till = os.fork()
        if not till:
            serve()
        _, status = os.waitpid(till, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(os.waitstatus_to_exitcode(status))
        say("died")


if __name__ == "__main__":
    main()
