// node pack_dashboard.mjs FOLDER OUT: gzips every file below FOLDER and writes them, sorted by name, into one file:
//   [name length: u32 little endian][name][size: u32 little endian][bytes], again and again
// The names of built files carry a hash and are not known before; one pack has one name. Same input, same bytes.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const [folder, out] = process.argv.slice(2);
if (!folder || !out) throw new Error("usage: node pack_dashboard.mjs FOLDER OUT");

const filesBelow = (relative) => readdirSync(join(folder, relative), { withFileTypes: true }).flatMap((entry) => {
  const name = relative === "" ? entry.name : `${relative}/${entry.name}`;
  return entry.isDirectory() ? filesBelow(name) : [name];
});
const sized = (bytes) => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return [length, bytes];
};

const names = filesBelow("").sort();
if (!names.includes("index.html")) throw new Error(`no index.html in ${folder}`);
const parts = names.flatMap((name) =>
  [...sized(Buffer.from(`${name}.gz`)), ...sized(gzipSync(readFileSync(join(folder, name)), { level: 9 }))]);
const pack = Buffer.concat(parts);
writeFileSync(out, pack);
console.log(`${names.length} files, ${Math.ceil(pack.length / 1024)} KiB gzipped`);
