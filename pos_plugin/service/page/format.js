// Amounts are whole cents everywhere; only here, on the way to the eye and back, they get a comma.
import { screen } from "./texts.js";

const LOCALES = { de: "de-DE", en: "en-GB" };
const locale = () => LOCALES[screen.language];

export const shop = { currency: "EUR" };

export function money(minor) {
  const format = { style: "currency", currency: shop.currency };
  return new Intl.NumberFormat(locale(), format).format(minor / 100);
}

// As it is typed into a field: without the sign of the currency.
export function plainMoney(minor) {
  const cents = String(minor % 100).padStart(2, "0");
  return `${Math.trunc(minor / 100)}${screen.language === "de" ? "," : "."}${cents}`;
}

// "12,5", "12.50" and "12" are amounts; what is none gives null. At most 9 999 999.99.
export function readMoney(typed) {
  const [, whole, cents = ""] = /^(\d{1,7})(?:[.,](\d{0,2}))?$/.exec(typed.trim()) ?? [];
  return whole === undefined ? null : Number(whole) * 100 + Number(cents.padEnd(2, "0"));
}

// Pieces, or 1.234 of weighed goods: never grouped, "1.234" would be a thousand in German.
export function count(pieces) {
  const format = { maximumFractionDigits: 3, useGrouping: false };
  return pieces.toLocaleString(locale(), format);
}

export function percent(bp) {
  return (bp / 100).toLocaleString(locale());
}

export function day(iso) {
  return new Date(`${iso}T12:00`).toLocaleDateString(locale());
}

// "12-24" without a year, as head office tells it of a customer.
export function dayOfYear(monthDay) {
  const parts = { day: "numeric", month: "short" };
  return new Date(`2000-${monthDay}T12:00`).toLocaleDateString(locale(), parts);
}

export function moment(iso) {
  return new Date(iso).toLocaleString(locale(), { dateStyle: "short", timeStyle: "short" });
}

export function timeOfDay(iso = null) {
  const at = iso === null ? new Date() : new Date(iso);
  return at.toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit" });
}

// Local time with its offset: the wall clock of the shop.
export function wallClock(at = new Date()) {
  const minutes = -at.getTimezoneOffset();
  const local = new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, -1);
  const two = (number) => String(Math.trunc(Math.abs(number))).padStart(2, "0");
  return `${local}${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}
