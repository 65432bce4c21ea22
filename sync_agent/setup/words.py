"""What ``stammkunde init`` asks and says, in both languages."""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    "de": {
        "has_head_office": "Gibt es eine Zentrale (mehrere Kassen teilen Kunden)?",
        "yes_or_no": "j/N",
        "neither": "j oder n",
        "url": "Adresse der Zentrale (https://…)",
        "no_url": "keine Adresse: https://…, oder http zu diesem Rechner",
        "no_code": "erlaubt sind bis zu {most} Buchstaben, Ziffern, Punkte und Striche",
        "code": "Einmalcode der Zentrale (`head-office enrol`)",
        "shop": "Nummer der Filiale",
        "till": "Nummer dieser Kasse, einmalig in der Kette",
        "printer": "Drucker (none, host, simulator, network:192.168.0.50, usb:04b8:0202, "
        "serial:/dev/ttyUSB0, queue:NAME)",
        "no_printer": "kein Drucker: none, host, simulator oder wie network:192.168.0.50, "
        "usb:04b8:0202, serial:/dev/ttyUSB0, queue:NAME",
        "backup": "Ordner auf einer anderen Platte für die tägliche Sicherung (leer: keine)",
        "no_folder": "Achtung: {folder} gibt es noch nicht. Ohne den Ordner wird nicht gesichert.",
        "caps": "Ohne Netz weiß eine Kasse nicht, was andere gerade einlösen. Deshalb gelten dann "
        "Obergrenzen, jeweils bis zur nächsten Übertragung.",
        "voucher_cap": "Höchstens je Gutschein, in Euro",
        "customer_cap": "Höchstens je Kunde, in Euro",
        "till_cap": "Höchstens an dieser Kasse, in Euro",
        "gift_cap": "Verkaufte Gutscheine ohne Netz einlösen: höchstens je Gutschein, in Euro "
        "(0: nie; zählt in die Obergrenze der Kasse)",
        "worst": "Schlimmster Fall: {till} EUR an dieser Kasse; bei 10 Kassen ohne Netz "
        "zusammen {ten} EUR.",
        "written": "{path} geschrieben: Kasse {till} der Filiale {shop}.",
        "next": "Weiter: stammkunde doctor --config {config}",
    },
    "en": {
        "has_head_office": "Is there a head office (several tills share customers)?",
        "yes_or_no": "y/N",
        "neither": "y or n",
        "url": "Address of head office (https://…)",
        "no_url": "no address: https://…, or http to this machine",
        "no_code": "letters, digits, dots and dashes, {most} at most",
        "code": "One-time code of head office (`head-office enrol`)",
        "shop": "Code of the shop",
        "till": "Number of this till, unique in the chain",
        "printer": "Printer (none, host, simulator, network:192.168.0.50, usb:04b8:0202, "
        "serial:/dev/ttyUSB0, queue:NAME)",
        "no_printer": "no printer: none, host, simulator, or like network:192.168.0.50, "
        "usb:04b8:0202, serial:/dev/ttyUSB0, queue:NAME",
        "backup": "Folder on another disk for the daily copy (empty: none)",
        "no_folder": "Look: {folder} does not exist yet. Without it nothing is backed up.",
        "caps": "Without a network a till does not know what others redeem at that moment. So "
        "there are caps, each until the next upload.",
        "voucher_cap": "At most a voucher, in euro",
        "customer_cap": "At most a customer, in euro",
        "till_cap": "At most at this till, in euro",
        "gift_cap": "Sold vouchers without a network: at most a voucher, in euro (0: never; it "
        "counts in the cap of the till)",
        "worst": "Worst case: {till} EUR at this till; {ten} EUR with 10 tills offline at once.",
        "written": "Written: {path}, till {till} of shop {shop}.",
        "next": "Next: stammkunde doctor --config {config}",
    },
}
