"""A till in a process of its own that tells its host what to print, and may die at any statement.

``printing_till.py FOLDER PHASE STATEMENT [late]``: ``kill -9`` by itself before the given SQL
statement of a phase: ``print`` (the printing thread) or ``result`` (a report of the host); 0 never.
``late`` is the negative control: ``SENDING`` is written only after the host was told.

One JSON line in, one out: ``{"sell": sale_id}``, ``{"result": [job, attempt, result]}``. What is
to be printed comes as ``{"print": effect}`` at any time, ``{"statements": …}`` at the end.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

from host_till import PythonSide
from till_builder import NOON

from pos_plugin import Plugin
from pos_plugin.clock import SettableClock
from pos_plugin.storage.spool_store import JournalSpoolStore
from printers.host import HostPrint, HostSpool

if TYPE_CHECKING:
    from printers.ports import Attempt

_lock = threading.Lock()
_counts = {"print": 0, "result": 0}


def say(**line: Any) -> None:
    with _lock:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


class _LateStore(JournalSpoolStore):
    def begin_attempt(self, job_uid: str, attempt: Attempt) -> bool:
        self.waiting = (job_uid, attempt)
        return True

    def write_now(self) -> None:
        super().begin_attempt(*self.waiting)


def tell_late() -> None:
    """Negative control: the effect leaves first."""
    hand_over = HostSpool._hand_over

    def late(self: HostSpool, effect: HostPrint) -> None:
        store: Any = self._store
        hand_over(self, effect)
        store.write_now()

    HostSpool._hand_over = late  # type: ignore[method-assign]
    import pos_plugin.storage.spool_store as module

    module.JournalSpoolStore = _LateStore  # type: ignore[misc]


def main() -> None:
    folder, phase, statement, *late = sys.argv[1:]
    if late:
        tell_late()
    plugin = Plugin.open(
        f"{folder}/till.toml",
        clock=SettableClock(NOON),
        on_print=lambda effect: say(print=effect),
    )
    journal: Any = plugin._till.journal
    reporting = False

    def count(_cursor: object, _sql: str, _bindings: object) -> bool:
        printing = threading.current_thread().name == "spool-bon"
        now = "print" if printing else "result" if reporting else None
        if now is not None:
            _counts[now] += 1
            if now == phase and _counts[now] == int(statement):
                os.kill(os.getpid(), signal.SIGKILL)
        return True

    journal._connection.exec_trace = count
    side = PythonSide(plugin)
    for line in sys.stdin:
        request = json.loads(line)
        if "sell" in request:
            say(answer=side.sell(request["sell"]))
        else:
            reporting = True
            say(answer=side.result(*request["result"]))
            reporting = False
    journal._connection.exec_trace = None
    plugin.close()
    say(statements=_counts)


if __name__ == "__main__":
    main()
