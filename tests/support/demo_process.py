"""The demo as a process, as ``make demo`` starts it."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = Path(__file__).parent.parent.parent / "examples" / "demo" / "run.py"


def demo(*arguments: object, within_s: int = 120) -> subprocess.CompletedProcess[str]:
    """Run the demo to its end."""
    return subprocess.run(
        [sys.executable, str(RUN), *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        timeout=within_s,
    )


class RunningDemo:
    """A demo that shows its page."""

    def __init__(self, data_dir: Path, log: Path) -> None:
        self.data_dir = data_dir
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, str(RUN), "--no-browser", "--data-dir", str(data_dir)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def url(self) -> str:
        """The address that the demo prints; waits for it."""
        until(
            lambda: "Ctrl-C" in self.output or self._process.poll() is not None,
            within_s=60,
            what="the demo names its address",
        )
        assert self._process.poll() is None, self.output
        return self.output.split("The till: ")[1].split()[0]

    @property
    def output(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def end(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Ask the demo to end; return its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(with_signal)
        return self._process.wait(timeout=60)


@contextmanager
def running_demo(folder: Path) -> Iterator[RunningDemo]:
    """A demo in a folder, ended at the end of the block."""
    demo = RunningDemo(folder / "demo", folder / "demo.log")
    try:
        yield demo
    finally:
        demo.end()
