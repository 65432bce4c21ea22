"""Both forms of the engine in one test run: each in a process of its own, asked over a pipe.

The form is chosen when ``native`` is imported, so that one process has one. ``COMPILED`` and
``PLAIN`` are evaluations as ``laws`` takes them.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from oracle_sale import Doc

PROGRAM = Path(__file__).with_name("form_process.py")


class Form:
    """The engine in one form; its process starts with the first question."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: subprocess.Popen[str] | None = None

    def __call__(self, promotions: list[Doc], sale: Doc) -> Doc:
        """Return the result of a case, in full."""
        answer = self.answer(promotions, sale)
        assert "diagnostics" in answer, answer
        assert answer["diagnostics"]["compiled"] == (self.name == "compiled")
        return answer

    def answer(self, promotions: Any, sale: Any) -> Doc:
        """Return the result, or what the engine says is wrong with the case."""
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"promotions": promotions, "sale": sale}) + "\n")
        process.stdin.flush()
        text = process.stdout.readline()
        if not text:
            self._process = None
            self._refuse(process.wait(timeout=60))
        return json.loads(text)

    def _start(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [sys.executable, PROGRAM],
            env=os.environ | {"STAMMKUNDE_NATIVE": self.name},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._process.kill)
        return self._process

    def _refuse(self, code: int) -> None:
        if self.name == "compiled" and os.environ.get("CI") != "true":
            try:
                __import__("native._compiled.match")
            except ImportError:
                pytest.skip("the compiled form was not built here")
        pytest.fail(f"the {self.name} form ended with {code}")


COMPILED, PLAIN = Form("compiled"), Form("python")
FORMS = [COMPILED, PLAIN]


def name_of(form: Form) -> str:
    return form.name
