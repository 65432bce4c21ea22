"""What ``agent status`` says, in the language of the till."""

from __future__ import annotations

from typing import Final

from sync_agent.status import ADVICE

LINES: Final = {
    "de": {
        "runs": "Der Agent läuft.",
        "runs_not": "Der Agent läuft nicht.",
        "alone": "Diese Kasse arbeitet allein: Ihre Daten kommen aus Importen.",
        "contact": "Letzter Kontakt: {at}",
        "waiting": "Ereignisse, die die Zentrale noch nicht hat: {count}",
        "generation": "Stand der Regeln: {number}",
        "backup": "Letzte Sicherung: {at}",
        "never": "nie",
        "none": "keine",
    },
    "en": {
        "runs": "The agent runs.",
        "runs_not": "The agent does not run.",
        "alone": "This till works alone: its data come from imports.",
        "contact": "Last contact: {at}",
        "waiting": "Events that head office does not hold yet: {count}",
        "generation": "Rule generation: {number}",
        "backup": "Last backup: {at}",
        "never": "never",
        "none": "none",
    },
}

ADVICE_DE: Final = {
    "unreachable": "Die Zentrale antwortet nicht. Die Kasse arbeitet weiter; Netz prüfen.",
    "unauthorized": "Die Zentrale kennt den Schlüssel nicht: Kasse neu anmelden "
    "(dort stammkunde head-office enrol, hier stammkunde agent enrol).",
    "forbidden": "Der Schlüssel gehört zu anderer Kasse oder Filiale: Kasse neu anmelden "
    "(dort stammkunde head-office enrol, hier stammkunde agent enrol).",
    "gap": "Der Zentrale fehlen frühere Ereignisse; wurde sie zurückgesichert? Support anrufen.",
    "fork": "Eine andere Kasse benutzt unsere Nummern: Platte kopiert? Support anrufen.",
    "head_office_lost_data": "Die Zentrale hat bestätigte Bons verloren. Support anrufen.",
    "must-refetch": "Die Zentrale hat ihre Daten neu begonnen: Der Agent holt sie neu.",
    "wrong_sums": "Zentrale und Kasse zählen verschieden, auch nach neuem Holen. Support anrufen.",
    "no_bucket": "Die Zentrale hat nichts für diese Filiale: shop in till.toml prüfen.",
    "not-understood": "Es antwortet etwas, das keine Zentrale ist: Adresse prüfen.",
    "package": "Ein Stand der Regeln wurde abgelehnt; der vorige gilt weiter.",
    "picture": "Ein Bild der Zentrale fehlt oder ist keins: Gutscheine kommen ohne dieses Bild.",
    "storage": "Platte der Kasse voll oder Dateien belegt: Platte prüfen.",
    "imports": "Ein Import kommt nicht in den Bestand; die Kasse arbeitet mit dem, was sie hat. "
    "Platte prüfen oder die Datei noch einmal importieren.",
    "import_folder": "Der Ordner für Importe ist nicht lesbar: import_folder in till.toml prüfen.",
    "damaged": "Eine Datei der Kasse ist beschädigt: stammkunde doctor sagt, welche und was hilft.",
    "revoked": "Die Zentrale hat diese Kasse abgemeldet; ihre Daten sind weg. Neu "
    "anmelden: dort stammkunde head-office enrol, hier stammkunde agent enrol.",
    "clock_suspect": "Die Uhr der Kasse weicht von der Zentrale ab: Datum und Zeit stellen.",
    "journal_damaged": "Das Journal war beschädigt, ein neues läuft: letzte Sicherung einspielen.",
    "disk_reserve": "Die Platte war voll, die Reserve ist verbraucht: heute noch Platz schaffen.",
    "disk_low": "Die Platte ist fast voll: Platz schaffen.",
    "backup_overdue": "Seit drei Tagen oder länger keine Sicherung: Sicherungsplatte prüfen.",
    "backup_failed": "Die letzte Sicherung ist gescheitert: Sicherungsplatte prüfen.",
    "backup_same_disk": "Sicherungen liegen auf der Platte der Kasse: anderen Ordner nennen.",
}


def advice(word: str, *, language: str) -> str:
    """Return the sentence of a word; one without a sentence says itself.

    Args:
        word: of what is wrong.
        language: ``de`` or ``en``.
    """
    return (ADVICE_DE if language == "de" else ADVICE).get(word, word)
