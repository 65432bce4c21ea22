"""What was large for a moment does not make the agent large for ever."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

# A piece that is let go of lets glibc take the next ones from its heap; a small one above them
# then keeps them there.
HOLES = """
import sys
from pathlib import Path
from sync_agent.memory import give_large_pieces_back

def rss_mib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(one.split()[1]) for one in lines if one.startswith("VmRSS")) >> 10

if sys.argv[1] == "small":
    give_large_pieces_back()
before = rss_mib()
first = b"x" * (24 << 20)
del first
large = [b"x" * (8 << 20) for _ in range(5)]
small = b"x" * 5_000
del large
print(rss_mib() - before)
"""


def grown_mib(how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", HOLES, how], check=True, capture_output=True, text=True, timeout=60
    )
    return int(done.stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="another library of C")
def test_large_pieces_go_back_to_the_system() -> None:
    assert grown_mib("small") < 8
    # The control: by itself the library keeps them.
    assert grown_mib("as it is") > 30
