"""The demo: head office, one till with its agent and a simulated printer, and the till's page.

    python examples/demo/run.py             opens the reference till in the browser
    python examples/demo/run.py --script    plays two purchases and prints them

Everything runs on this machine, on free ports, in a temporary folder that is removed at the end.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
import webbrowser
from contextlib import ExitStack
from pathlib import Path

import scripted
import seed
from control import Control
from relay import Relay
from shop import DemoError, Shop

PICTURES = Path(__file__).resolve().parent.parent.parent / "build" / "demo"
LOOK_S = 0.5


def main() -> int:
    """Run the demo; 0 when it went well, 1 with one sentence when not."""
    parser = argparse.ArgumentParser(description="The demo of stammkunde.")
    parser.add_argument("--script", action="store_true", help="play two purchases, no browser")
    parser.add_argument("--data-dir", type=Path, help="keep everything in this folder")
    parser.add_argument("--language", choices=("de", "en"), default="de")
    parser.add_argument("--no-browser", action="store_true", help="print the address only")
    parser.add_argument(
        "--vouchers", type=Path, default=PICTURES, help="where --script keeps the voucher's picture"
    )
    asked = parser.parse_args()
    stop = threading.Event()
    # The same way out for both: processes end in order, the folder is removed.
    # Both explicitly: a background job of a shell starts with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            folder = asked.data_dir
            if folder is None:
                folder = Path(
                    stack.enter_context(tempfile.TemporaryDirectory(prefix="stammkunde-demo-"))
                )
            folder.mkdir(parents=True, exist_ok=True)
            relay = stack.enter_context(Relay())
            print("Starting head office, agent and till …", flush=True)
            shop = stack.enter_context(Shop(folder.resolve(), relay, language=asked.language))
            if asked.script:
                scripted.play(shop, relay, asked.vouchers.resolve())
            else:
                show(shop, stack.enter_context(Control(relay, samples())), asked.no_browser, stop)
    except DemoError as error:
        print(f"The demo cannot go on: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The demo cannot go on: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
    return 0


def show(shop: Shop, control: Control, no_browser: bool, stop: threading.Event) -> None:
    """Print the address of the page, open it, and wait for Ctrl-C."""
    control.origin = shop.url
    # What stands behind # never leaves the browser.
    url = f"{shop.url}/?demo={control.port}#{shop.token}"
    print(f"\nThe till: {url}\nCtrl-C ends the demo.", flush=True)
    if not no_browser and has_screen():
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
    while not stop.wait(LOOK_S):
        shop.check()


def has_screen() -> bool:
    """Say whether a browser with windows can open; one in the terminal would take it over."""
    on_unix = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.platform in ("darwin", "win32") or bool(on_unix)


def samples() -> list[dict[str, object]]:
    """Return what the page offers to scan: some cards, some articles, a card nobody knows."""
    cards = (
        (100001, "Anna, Klasse C: bekommt Gutschein", "Anna, class C: gets a voucher"),
        (100002, "Bernd, hat heute Geburtstag", "Bernd, birthday today"),
        (100004, "Dieter, 5 % Sofort-Rabatt", "Dieter, 5% instant discount"),
        (999999, "Unbekannte Karte", "Unknown card"),
    )
    names = {row["sku"]: row["name"] for row in seed.articles()}
    skus = (
        "10001", "10131", "10151", "10251", "10041", "10181", "10271", "10261", "10111", "10401",
    )  # fmt: skip
    found: list[dict[str, object]] = [
        {"kind": "card", "code": seed.card_number(number), "label": {"de": de, "en": en}}
        for number, de, en in cards
    ]
    found += [{"kind": "article", "code": sku, "label": {"de": names[sku]}} for sku in skus]
    return found


if __name__ == "__main__":
    sys.exit(main())
