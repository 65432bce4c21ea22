"""Codes that head office stores, in the words of people."""

from __future__ import annotations

from typing import Final

_WORDS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "role": {
        "viewer": ("Ansehen", "Looks"),
        "editor": ("Schreiben", "Writes"),
        "owner": ("Inhaber", "Owner"),
    },
    "voucher": {
        "planned": ("geplant", "planned"),
        "issued": ("offen", "open"),
        "reserved": ("wird gerade benutzt", "in use"),
        "partly_redeemed": ("teilweise eingelöst", "partly redeemed"),
        "redeemed": ("eingelöst", "redeemed"),
        "expired": ("abgelaufen", "expired"),
        "blocked": ("gesperrt", "blocked"),
        "cancelled": ("storniert", "cancelled"),
    },
    "outside": {
        "none": ("in keiner Klasse", "in no class"),
        "new": ("noch zu neu", "too new"),
        "absent": ("noch nie da gewesen", "never here"),
    },
    "legal_kind": {
        "promo": ("Werbung, kostenlos", "Advertising, free"),
        "earned_bonus": ("Gesammelter Bonus", "Earned bonus"),
        "gift_mpv": ("Verkaufter Gutschein", "Sold voucher"),
        "gift_spv": ("Verkaufter Gutschein mit festem Steuersatz", "Sold voucher of one VAT rate"),
        "goods_credit": ("Warengutschrift", "Credit for goods"),
        "reward": ("Prämie", "Reward"),
    },
    "customer": {
        "active": ("aktiv", "active"),
        "blocked": ("gesperrt", "blocked"),
        "merged": ("zusammengelegt", "merged"),
        "erased": ("gelöscht", "erased"),
    },
    "card": {
        "ordered": ("bestellt", "ordered"),
        "active": ("gilt", "in use"),
        "blocked": ("gesperrt", "blocked"),
        "lost": ("verloren", "lost"),
        "replaced": ("ersetzt", "replaced"),
    },
    "card_role": {
        "main": ("Hauptkarte", "Main card"),
        "partner": ("Partnerkarte", "Partner card"),
        "app": ("App", "App"),
    },
    "consent": {
        "pending": ("noch nicht bestätigt", "not confirmed yet"),
        "given": ("erteilt", "given"),
        "withdrawn": ("widerrufen", "withdrawn"),
        "objected": ("widersprochen", "objected"),
    },
    "purpose": {
        "programme": ("Kundenprogramm", "Loyalty programme"),
        "receipts_in_app": ("Bons in der App", "Receipts in the app"),
        "profiling": ("Auswertung der Einkäufe", "Profiling"),
        "marketing": ("Werbung", "Marketing"),
    },
    "channel": {
        "letter": ("Brief", "Letter"),
        "email": ("E-Mail", "E-mail"),
        "sms": ("SMS", "SMS"),
        "phone": ("Telefon", "Phone"),
        "app": ("App", "App"),
        "till": ("Kasse", "Till"),
    },
    "entry": {
        "earn": ("gesammelt", "earned"),
        "redeem": ("eingelöst", "redeemed"),
        "payout": ("ausgezahlt", "paid out"),
        "expire": ("verfallen", "expired"),
        "reverse": ("zurückgenommen", "taken back"),
        "restore": ("zurückgegeben", "given back"),
        "adjust": ("berichtigt", "adjusted"),
        "transfer": ("übertragen", "transferred"),
    },
    "action": {
        "sign_in": ("hat sich angemeldet", "signed in"),
        "sign_in.failed": ("falsches Kennwort", "wrong password"),
        "user.added": ("Zugang angelegt", "account added"),
        "user.changed": ("Zugang geändert", "account changed"),
        "cap.accepted": ("höhere Offline-Grenze angenommen", "higher offline cap accepted"),
        "promotion.written": ("Entwurf geschrieben", "draft written"),
        "promotion.approved": ("Aktion freigegeben", "promotion approved"),
        "promotion.dropped": ("Entwurf gelöscht", "draft thrown away"),
        "promotion.paused": ("Aktion angehalten", "promotion paused"),
        "rules.published": ("veröffentlicht als Stand", "published as generation"),
        "rules.rolled_back": ("zurückgegangen, jetzt Stand", "went back, now generation"),
        "voucher.issued": ("Gutschein gegeben", "voucher given"),
        "voucher.blocked": ("Gutschein gesperrt", "voucher blocked"),
        "voucher.unblocked": ("Sperre des Gutscheins aufgehoben", "voucher unblocked"),
        "customer.changed": ("Kunde geändert", "customer changed"),
        "card.changed": ("Karte geändert", "card changed"),
        "consent.given": ("Einwilligung eingetragen", "consent entered"),
        "consent.withdrawn": ("Einwilligung widerrufen", "consent withdrawn"),
    },
    "package": {
        "hash": ("Es kam beschädigt an.", "It arrived damaged."),
        "signature": (
            "Die Unterschrift stimmt nicht: nicht mehr veröffentlichen und den Techniker rufen.",
            "The signature is wrong: publish nothing more and call for help.",
        ),
        "key_unknown": (
            "Die Kasse kennt den Schlüssel der Zentrale nicht: Kasse neu anmelden.",
            "The till does not know head office's key: enrol it again.",
        ),
        "next_key": (
            "Der Schlüsselwechsel passt nicht zu dem, was die Kasse kennt: Kasse neu anmelden.",
            "The change of keys does not fit what the till knows: enrol it again.",
        ),
        "floor": (
            "Die Kasse hatte schon einen höheren: Wurde die Zentrale zurückgesichert?",
            "The till had a higher one already: was head office restored?",
        ),
        "number": (
            "Es trägt innen eine andere Nummer als außen: den Techniker rufen.",
            "It has another number inside than outside: call for help.",
        ),
    },
    "weekday": {
        "1": ("Montag", "Monday"),
        "2": ("Dienstag", "Tuesday"),
        "3": ("Mittwoch", "Wednesday"),
        "4": ("Donnerstag", "Thursday"),
        "5": ("Freitag", "Friday"),
        "6": ("Samstag", "Saturday"),
        "7": ("Sonntag", "Sunday"),
    },
    "user": {"command line": ("an der Zentrale selbst", "on the machine itself")},
}


def said(group: str, code: str, language: str) -> str:
    """Return a code in words; one that this version does not know stays as it is.

    >>> said("role", "owner", "de"), said("role", "porter", "de")
    ('Inhaber', 'porter')
    """
    words = _WORDS[group].get(code)
    return code if words is None else words[0 if language == "de" else 1]


def refusal(code: str, language: str) -> str:
    """Return why a till refused a generation of rules.

    >>> refusal("hash", "en"), refusal("unknown_word", "en")[:35]
    ('It arrived damaged.', 'The till does not understand a rule')
    """
    if code in _WORDS["package"]:
        return said("package", code, language)
    german = "Die Kasse versteht eine Regel nicht, meist ist ihre Software zu alt: aktualisieren"
    english = "The till does not understand a rule, mostly its software is too old: update it"
    return f"{german if language == 'de' else english} ({code})."


def options(group: str, codes: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    """Return codes with their German and English words, as a field offers them.

    >>> options("channel", ("sms", "phone"))
    (('sms', 'SMS', 'SMS'), ('phone', 'Telefon', 'Phone'))
    """
    return tuple((code, said(group, code, "de"), said(group, code, "en")) for code in codes)
