from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from printers.lock import PrinterLock, PrinterTaken

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import sys, pathlib
from printers.lock import PrinterLock
lock = PrinterLock(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_the_second_one_learns_who_has_it(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "bon.lock"
    lock = PrinterLock(path)
    with pytest.raises(PrinterTaken) as taken:
        PrinterLock(path)
    assert taken.value.pid == os.getpid()
    lock.release()
    lock.release()
    PrinterLock(path).release()


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "bon.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(PrinterTaken) as taken:
            PrinterLock(path)
        assert taken.value.pid == holder.pid
        holder.kill()
        holder.wait()
        PrinterLock(path).release()
