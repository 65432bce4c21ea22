"""``make demo ARGS=--script`` and the processes of the demo."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
from demo_process import RUN, demo, running_demo
from PIL import Image
from zxingcpp import read_barcodes

if TYPE_CHECKING:
    from pathlib import Path


def test_scripted_sales_print_and_redeem_a_voucher(tmp_path: Path) -> None:
    ended = demo("--script", "--vouchers", tmp_path)
    assert ended.returncode == 0, ended.stderr
    first, second = ended.stdout.split("\n2. ")
    for reason, amount in (
        ("20 % auf Hosen", "-16,00 €"),
        ("T-Shirts: 3 für 2", "-6,66 €"),
        ("Outfit: Hose, Hemd, Gürtel 99 €", "-25,28 €"),
        ("Staffel: 10 € ab 150 €, 25 € ab 250 €", "-10,00 €"),
        ("Sofort-Rabatt", "-5,79 €"),
        ("ZU ZAHLEN", "193,68 €"),
        ("Gutschein: 5,00 € Rabatt", r"bis \d\d\.\d\d\.\d{4}"),
    ):
        assert re.search(f"{re.escape(reason)} +{amount}\n", first), (reason, first)
    assert re.search(r"Treuegutschein 5 € +-5,00 €\n", second)
    # The receipt, and that its voucher was printed.
    assert re.search(r"Wartende Ereignisse: 2,", second)
    assert re.search(r"Punkte: \d+\n", second)

    picture = re.search(r"Gutschein / voucher: (\S+)\n", second)
    assert picture is not None
    with Image.open(picture[1]) as image:
        codes = [code.text for code in read_barcodes(image)]
    # As a QR code and as bars: whichever the till's scanner reads.
    assert len(codes) == 2
    assert len(set(codes)) == 1


def test_same_day_gives_the_same_shop(tmp_path: Path) -> None:
    for name in ("a", "b"):
        subprocess.run(
            [
                sys.executable,
                str(RUN.parent / "seed.py"),
                str(tmp_path / name),
                "--on",
                "2026-03-07",
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.json*"))
    assert len(files) == 7
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    rules = json.loads((tmp_path / "a" / "PROMOTIONS.json").read_text(encoding="utf-8"))
    assert len(rules["promotions"]) == 12
    rows = (tmp_path / "a" / "load" / "article.jsonl").read_text(encoding="utf-8").splitlines()
    assert 290 < len(rows) < 310


def test_demo_ends_cleanly_and_can_go_on_later(tmp_path: Path) -> None:
    for ending in (signal.SIGINT, signal.SIGTERM):
        with running_demo(tmp_path) as running:
            address, _, token = running.url.partition("#")
            url = address.partition("/?")[0]
            headers = {"Authorization": f"Bearer {token}"}
            health = httpx.get(f"{url}/v1/health", headers=headers, trust_env=False).json()
            assert health["generation"] == 1
            assert running.end(ending) == 0
            assert "Traceback" not in running.output
    for log in running.data_dir.glob("*.log"):
        assert "Traceback" not in log.read_text(encoding="utf-8")


def test_dead_process_ends_the_demo_with_a_reason(tmp_path: Path) -> None:
    with running_demo(tmp_path) as running:
        assert running.url
        status = json.loads((running.data_dir / "till" / "agent.status.json").read_text())
        os.kill(status["pid"], signal.SIGKILL)
        assert running.end(signal.SIGCONT) == 1
        assert "The demo cannot go on: agent has ended" in running.output
