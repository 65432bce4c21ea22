"""axe-core over the page that is open: what a screen reader or a keyboard would stumble on."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from till_page import Page

# WCAG 2.2 up to AA, and what axe calls best practice.
_RUN = """
    const done = arguments[arguments.length - 1];
    axe.run(document).then(
        (found) => done(found.violations.map((one) =>
            `${one.id}: ${one.help}: ` +
            one.nodes.map((node) => node.html.slice(0, 120)).join(" | "))),
        (fault) => done([`axe did not run: ${fault}`]));
"""


def violations(page: Page) -> list[str]:
    """Return findings as sentences; an empty list is good."""
    page.js(_source())
    return list(page.driver.execute_async_script(_RUN))


def _source() -> str:
    spec = find_spec("axe_core_python")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")
