// What npos makes of ESC/POS bytes: its commands, and the black dots of its picture.
// npos_reads.cjs FOLDER_OF_NODE_MODULES < bytes
const fs = require("fs");
const path = require("path");
const npos = require(path.join(path.resolve(process.argv[2]), "node_modules", "npos"));

npos
  .parser()
  .parse(fs.readFileSync(0))
  .then((ast) => {
    const picture = ast.entries[0].data;
    const black = Array.from(picture._data, (dot) => (dot === 0 ? "1" : "0")).join("");
    const commands = ast.tree.map((one) => [one.ascii, one.fn, one.length]);
    const size = [picture._width, picture._height];
    process.stdout.write(JSON.stringify({ error: ast.error || null, commands, size, black }));
  })
  .catch((fault) => {
    process.stderr.write(String(fault));
    process.exitCode = 1;
  });
