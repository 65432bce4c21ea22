// Late receipts of a till in Node: one JSON object a line; written whole, so never half.
import fs from "node:fs";

export function inFile(path) {
  const text = (entries) => entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");

  function load() {
    if (!fs.existsSync(path)) return [];
    const lines = fs.readFileSync(path, "utf8").split("\n");
    return lines.filter(Boolean).map((line) => JSON.parse(line));
  }

  function save(entries) {
    const file = fs.openSync(`${path}.new`, "w");
    try {
      fs.writeSync(file, text(entries));
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    fs.renameSync(`${path}.new`, path);
  }

  // What the service refused, for a person.
  const setAside = (entry) => fs.appendFileSync(`${path}.refused`, text([entry]));

  return { load, save, setAside };
}
