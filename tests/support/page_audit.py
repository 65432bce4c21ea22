"""What can be measured on the page as it stands: sizes, contrast, names, order, requests.

Every audit returns findings as sentences; an empty list is good. Shown is what has a box, is inside
the topmost dialog if one is open, and is not disabled where that matters.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from till_page import Page

TOUCH_PX = 44
CONTRAST_MIN = 4.5
CONTRAST_LARGE_MIN = 3.0  # from 24 px, or 18.66 px bold (WCAG 2.2, 1.4.3)

_SHOWN = """
    const root = document.querySelector("dialog[open]") ?? document.body;
    const shown = (one) => {
        const box = one.getBoundingClientRect();
        const style = getComputedStyle(one);
        return box.width > 0 && box.height > 0 && style.visibility === "visible";
    };
    const named = (one) => `${one.tagName.toLowerCase()}#${one.id}.${one.className} ` +
        `"${one.textContent.trim().slice(0, 30)}"`;
"""

_TOUCH = (
    _SHOWN
    + """
    return [...root.querySelectorAll("button, input, [role=option]")].filter(shown)
        .map((one) => [one, one.getBoundingClientRect()])
        .filter(([one, box]) => box.width < arguments[0] - .01 || box.height < arguments[0] - .01)
        .map(([one, box]) => `${named(one)} is ${box.width} x ${box.height}`);
"""
)

_OVERFLOW = (
    _SHOWN
    + """
    const found = [];
    const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.scrollingElement;
    if (scrollWidth > clientWidth) found.push(`page is ${scrollWidth} of ${clientWidth} wide`);
    if (scrollHeight > clientHeight) found.push(`page is ${scrollHeight} of ${clientHeight} high`);
    const keys = [...document.querySelectorAll("#functions button")]
        .map((one) => one.getBoundingClientRect());
    const lowest = Math.max(...keys.map((one) => one.top));
    if (keys.some((one) => one.bottom <= lowest)) found.push("the key bar has a second row");
    const whole = "button, output, #message p, .chip, h1, .notice, dialog";
    for (const one of root.querySelectorAll(whole)) {
        if (!shown(one)) continue;
        const box = one.getBoundingClientRect();
        if (one.scrollWidth > one.clientWidth + 1 && one.clientWidth) {
            found.push(`${named(one)} is cut: ${one.scrollWidth} of ${one.clientWidth}`);
        }
        const scrolls = one.closest("#samples, #customer, #lines, #done, .choices");
        if (!scrolls && (box.left < -1 || box.right > innerWidth + 1 ||
                         box.top < -1 || box.bottom > innerHeight + 1)) {
            found.push(`${named(one)} hangs over the edge`);
        }
    }
    return found;
"""
)

_CONTRAST = (
    _SHOWN
    + """
    const part = (value) => {
        const share = value / 255;
        return share <= .04045 ? share / 12.92 : ((share + .055) / 1.055) ** 2.4;
    };
    const light = ([r, g, b]) => .2126 * part(r) + .7152 * part(g) + .0722 * part(b);
    const read = (text) => (text.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
    const over = ([r, g, b, a = 1], below) =>
        [r, g, b].map((value, place) => value * a + below[place] * (1 - a));
    const ground = (one) => {
        const layers = [];
        for (let at = one; at; at = at.parentElement) {
            const style = getComputedStyle(at);
            const colour = read(style.backgroundColor);
            // Stripes: the ink has to hold on the darkest of them.
            const stripes = style.backgroundImage.match(/rgba?\\([^)]*\\)/g) ?? [];
            const darkest = stripes.map(read).sort((a, b) => light(a) - light(b))[0];
            layers.push(darkest ?? colour);
            if ((layers.at(-1)[3] ?? 1) === 1) break;
        }
        return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
    };
    const found = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const one = node.parentElement;
        if (!node.data.trim() || !shown(one) || one.closest("svg, script")) continue;
        const style = getComputedStyle(one);
        const below = ground(one);
        const ink = over(read(style.color), below);
        const [dark, bright] = [light(ink), light(below)].sort((a, b) => a - b);
        const ratio = (bright + .05) / (dark + .05);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        if (ratio < (large ? arguments[1] : arguments[0])) {
            found.push(`${named(one)} has ${ratio.toFixed(2)}:1`);
        }
    }
    return found;
"""
)

_NAMES = (
    _SHOWN
    + """
    const found = [];
    for (const one of root.querySelectorAll("button, input, dialog, [role=listbox]")) {
        if (!shown(one)) continue;
        const by = (one.getAttribute("aria-labelledby") ?? "").split(" ").map((id) =>
            document.getElementById(id)?.textContent ?? "").join("");
        const name = one.getAttribute("aria-label") || by || one.labels?.[0]?.textContent ||
            (one.tagName === "INPUT" ? "" : one.textContent);
        if (!name.trim()) found.push(`${named(one)} has no name`);
    }
    for (const one of root.querySelectorAll("img")) {
        if (!one.hasAttribute("alt")) found.push(`${named(one)} has no alt`);
    }
    for (const one of root.querySelectorAll("[aria-controls], [aria-activedescendant]")) {
        for (const name of ["aria-controls", "aria-activedescendant"]) {
            const id = one.getAttribute(name);
            if (!id || document.getElementById(id)) continue;
            found.push(`${named(one)}: no ${id} for ${name}`);
        }
    }
    const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
    for (const id of new Set(ids.filter((one, place) => ids.indexOf(one) !== place))) {
        found.push(`id ${id} is there twice`);
    }
    return found;
"""
)


def too_small_to_touch(page: Page) -> list[str]:
    """Targets under 44 x 44 CSS pixels."""
    return list(page.js(_TOUCH, TOUCH_PX))


def overflows(page: Page) -> list[str]:
    """The page scrolls, text is cut, keys go on in a second row, or something hangs over."""
    return list(page.js(_OVERFLOW))


def low_contrast(page: Page) -> list[str]:
    """Text that is hard to read on its ground."""
    return list(page.js(_CONTRAST, CONTRAST_MIN, CONTRAST_LARGE_MIN))


def nameless(page: Page) -> list[str]:
    """Controls that a screen reader cannot name, references to nothing, ids used twice."""
    return list(page.js(_NAMES))


def audit(page: Page) -> list[str]:
    """All of it."""
    return [
        *too_small_to_touch(page),
        *overflows(page),
        *low_contrast(page),
        *nameless(page),
    ]


def requested(page: Page) -> list[str]:
    """Addresses that the browser asked for since the last look."""
    messages = [
        json.loads(entry["message"])["message"] for entry in page.driver.get_log("performance")
    ]
    return [
        one["params"]["request"]["url"]
        for one in messages
        if one["method"] == "Network.requestWillBeSent"
    ]
