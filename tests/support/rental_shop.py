"""A video shop without head office, made of the files in examples/rental."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lone_till import LoneTill
from PIL import Image, ImageDraw

from pos_plugin import Receipt, Refused

if TYPE_CHECKING:
    from pos_plugin import Plugin
    from pos_plugin.answers import Evaluation

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "rental"
PRINTER = '[[printer]]\nname = "bon"\ntransport = "simulator"\n'
CUSTOMERS = """Kundennummer;Vorname;Nachname;Karte
100;Anna;Müller;2900000000018
101;Bert;Maier;2900000000025
"""
FILMS = """Artikelnummer;Bezeichnung;Preis;MwSt
film;Leihfilm;2,50;19
"""


class RentalShop(LoneTill):
    """Two customers, classes by rentals, a voucher for each of C and B at the return."""

    def stock(self, *, covers: int = 2) -> None:
        """Import everything; covers of so many coming titles."""
        self.take("customers", CUSTOMERS)
        self.take("articles", FILMS)
        tables = self.folder / "shop"
        tables.mkdir()
        for path in EXAMPLE.glob("*.jsonl"):
            (tables / path.name).write_bytes(path.read_bytes())
        self.take("tables", tables)
        self.take("rules", EXAMPLE / "promotions.json")
        if covers:
            self.take("covers", self._covers(covers))

    def night(self, *, days: int = 1) -> None:
        """Let days pass; in the last night the agent does its work."""
        self.clock.advance(days=days)
        with self.agent() as agent:
            agent.nightly()
            agent.round()

    def customer(self, number: str) -> str:
        """Return the id of a customer by its number."""
        return next(
            row["id"] for row in self.rows("customer")["customer"] if row["number"] == number
        )

    def _covers(self, count: int) -> Path:
        folder = self.folder / "covers"
        folder.mkdir()
        lines = ["Bild;Titel;Start;Preis"]
        for number in range(count):
            image = Image.new("L", (280, 420), 40 * number)
            ImageDraw.Draw(image).ellipse((60, 60, 220, 220), fill=255)
            image.save(folder / f"{number}.png")
            lines.append(f"{number}.png;Film Nummer {number};{10 + number}.12.2026;2,50")
        (folder / "covers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return folder


def rent(plugin: Plugin, rental: str, customer: str, *films: str) -> None:
    """Report films as rented out."""
    report = {
        "rental": rental,
        "customer": customer,
        "articles": [{"sku": film, "days": 2} for film in films],
    }
    assert isinstance(plugin.rentals.issued(report), Receipt)


def bring_back(plugin: Plugin, rental: str, customer: str, *films: str) -> Receipt:
    """Report films as back."""
    answer = plugin.rental_returned(
        rental, customer=customer, articles=[{"sku": film} for film in films], cashier="7"
    )
    assert isinstance(answer, Receipt)
    return answer


def pay_for(
    plugin: Plugin,
    till: LoneTill,
    sale: str,
    *days: int,
    code: str | None = None,
    customer: str | None = None,
) -> Evaluation:
    """Evaluate a receipt of films for so many days each, 2.50 a film."""
    snapshot: dict[str, Any] = {
        "sale_id": sale,
        "at": till.clock.now().isoformat(),
        "cashier": "8",
        "codes": [{"code": code}] if code else [],
        "lines": [
            {
                "line_id": str(number),
                "sku": "film",
                "quantity_milli": 1000,
                "unit_price_minor": 250,
                "tags": ["rental", f"rental_days:{length}"],
            }
            for number, length in enumerate(days)
        ],
    }
    if customer is not None:
        snapshot["customer"] = {"id": customer}
    answer = plugin.sales.evaluate(snapshot)
    assert not isinstance(answer, Refused)
    return answer


def complete(plugin: Plugin, sale: str) -> Receipt:
    """Close a sale as it was evaluated."""
    answer = plugin.sales.complete(sale, {"receipt_number": f"B-{sale}"})
    assert isinstance(answer, Receipt)
    return answer
