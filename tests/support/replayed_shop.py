"""An old till with known answers, and what ``stammkunde replay`` says of it in a process."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

from processes import STAMMKUNDE
from till_builder import points, unit_discount

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "invoice,sku,quantity,at,unit_price_minor,customer,country"
# 1001 is interrupted by another receipt; POST is not discountable; mug1 is not MUG1.
RECEIPTS = f"""{HEADER}
1001,MUG1,3,2011-01-03T09:00,400,7,United Kingdom
1001,POST,1,2011-01-03T09:00,500,7,United Kingdom
1002,BAG1,2,2011-01-03T09:05,1000,,United Kingdom
1001,BAG1,1,2011-01-03T09:01,1000,7,United Kingdom
C1003,MUG1,-1,2011-01-03T09:10,400,7,United Kingdom
1004,mug1,3,2011-01-03T09:12,400,8,"Jersey, Channel Islands"
1004,BAG1,-1,2011-01-03T09:12,1000,8,"Jersey, Channel Islands"
"""
ARTICLES = """sku,description,category,list_price_minor
MUG1,MUG,tassen,400
BAG1,"BAG, RED",taschen,1000
"""


def offer(promotion: str, offer: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": promotion, "layer": "article", "offer": offer, **more}


def matching(**match: list[str]) -> dict[str, Any]:
    return {"any_of": [match]}


RULES = [
    offer("MUGS3F2", {"kind": "n_for_m", "on": matching(categories=["tassen"]), "n": 3}),
    unit_discount("BAGS10", 1000)
    | {
        "offer": {
            "kind": "unit_discount",
            "on": matching(categories=["taschen"]),
            "benefit": {"type": "percent", "bp": 1000},
        }
    },
    offer(
        "POST-HALF",
        {
            "kind": "unit_discount",
            "on": matching(skus=["POST"]),
            "benefit": {"type": "percent", "bp": 5000},
        },
    ),
    points(),
]


class Shop:
    """Files of an old till in a folder, and what the command says about them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "replay"
        self.receipts = self.write("receipts.csv", RECEIPTS)
        self.articles = self.write("articles.csv", ARTICLES)
        self.rules = self.write("rules.json", json.dumps(RULES))

    def write(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return path

    def run(self, *more: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return run_replay(
            self.receipts,
            "--promotions",
            self.rules,
            "--articles",
            self.articles,
            *more,
            **environment,
        )

    def keep(self) -> subprocess.CompletedProcess[str]:
        return self.run("--data-dir", self.data_dir, "--json")

    @property
    def journal(self) -> Path:
        return self.data_dir / "journal.db"


def run_replay(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*STAMMKUNDE, "replay", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        timeout=1200,
        env={**os.environ, **environment},
    )


def said(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert (done.returncode, done.stderr) == (0, "")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def refused(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    assert (done.returncode, done.stdout) == (2, "")
    error = json.loads(done.stderr)
    return error["error"], error["where"]
