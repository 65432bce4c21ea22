// What the page says, German and English. What the plugin says comes in the language asked for.
const TEXTS = {
  de: {
    title: "Kasse {till}",
    place: "Filiale {shop} · Kasse {till}",
    other: "EN",
    rules: "Aktionsstand {generation}",
    noRules: "keine Aktionen",
    synced: "alles bei der Zentrale",
    waits: "{count} noch nicht bei der Zentrale",
    off: "Dienst antwortet nicht",
    code: "Scannen",
    placeholder: "Karte, Gutschein oder Artikel",
    enter: "Eingabe",
    emptyTitle: "Bereit",
    empty: "Artikel, Kundenkarte oder Gutschein scannen. 3*10041 bucht drei Stück.",
    gross: "Summe",
    saved: "Ersparnis",
    pieces: "Teile",
    due: "Zu zahlen",
    paid: "Bezahlt",
    cash: "Bar",
    card: "Karte",
    drop: "Zeile entfernen",
    nobody: "Kein Kunde. Karte scannen.",
    number: "Kundennummer",
    group: "Gruppe",
    instant: "Sofort-Rabatt",
    until: "gültig bis {day}",
    birthday: "Geburtstag am {day}",
    asOf: "Stand der Zentrale {at}",
    noAsOf: "Zentrale kennt noch keinen Stand",
    voucher: "Gutschein",
    voucherWorks: "wird eingelöst",
    program: { points: "Punkte", bonus: "Bonus" },
    receipt: "Bon {id}",
    vat: "enthaltene MwSt. {rate} %",
    newVoucher: "Gutschein {benefit} bis {day}",
    newSale: "Neuer Bon",
    next: "Nächsten Artikel oder nächste Karte scannen beginnt einen neuen Bon.",
    twice: "Dieser Gutschein ist schon auf dem Bon.",
    plugged: "Netz steckt",
    unplugged: "Netz gezogen",
    plugHint: "Stecker ziehen: die Kasse arbeitet weiter",
    samples: "Zum Ausprobieren",
    key: "Schlüssel der Kasse (Datei api.token)",
    keyEnter: "Anmelden",
    fault: "Die Kasse antwortet nicht. Der Bon bleibt hier stehen; bitte noch einmal.",
  },
  en: {
    title: "Till {till}",
    place: "Shop {shop} · Till {till}",
    other: "DE",
    rules: "Promotions {generation}",
    noRules: "no promotions",
    synced: "all at head office",
    waits: "{count} not yet at head office",
    off: "service does not answer",
    code: "Scan",
    placeholder: "card, voucher or article",
    enter: "Enter",
    emptyTitle: "Ready",
    empty: "Scan an article, a card or a voucher. 3*10041 takes three pieces.",
    gross: "Sum",
    saved: "Saved",
    pieces: "Pieces",
    due: "To pay",
    paid: "Paid",
    cash: "Cash",
    card: "Card",
    drop: "Remove line",
    nobody: "No customer. Scan a card.",
    number: "Customer number",
    group: "Group",
    instant: "Instant discount",
    until: "valid until {day}",
    birthday: "Birthday on {day}",
    asOf: "Head office as of {at}",
    noAsOf: "No balance from head office yet",
    voucher: "Voucher",
    voucherWorks: "will be redeemed",
    program: { points: "Points", bonus: "Bonus" },
    receipt: "Receipt {id}",
    vat: "{rate}% VAT included",
    newVoucher: "Voucher {benefit} until {day}",
    newSale: "New sale",
    next: "Scan the next article or card to begin a new sale.",
    twice: "This voucher is already on the receipt.",
    plugged: "Network is in",
    unplugged: "Network is out",
    plugHint: "Pull the plug: the till goes on",
    samples: "Things to scan",
    key: "Key of the till (file api.token)",
    keyEnter: "Sign in",
    fault: "The till does not answer. The sale stays here; please try again.",
  },
};

const LOCALES = { de: "de-DE", en: "en-GB" };

export const screen = { language: "de", currency: "EUR" };

export function say(name, values = {}) {
  const text = TEXTS[screen.language][name];
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

export function program(code) {
  return TEXTS[screen.language].program[code] ?? code;
}

// Amounts are whole cents everywhere; only here, on the way to the eye, they get a comma.
export function money(minor) {
  const format = { style: "currency", currency: screen.currency };
  return new Intl.NumberFormat(LOCALES[screen.language], format).format(minor / 100);
}

export function percent(bp) {
  return (bp / 100).toLocaleString(LOCALES[screen.language]);
}

export function day(iso) {
  return new Date(`${iso}T12:00`).toLocaleDateString(LOCALES[screen.language]);
}

export function moment(iso) {
  const parts = { dateStyle: "short", timeStyle: "short" };
  return new Date(iso).toLocaleString(LOCALES[screen.language], parts);
}

export function timeOfDay() {
  const parts = { hour: "2-digit", minute: "2-digit" };
  return new Date().toLocaleTimeString(LOCALES[screen.language], parts);
}

export function words(labels, otherwise) {
  return labels?.[screen.language] ?? labels?.de ?? labels?.en ?? otherwise;
}
