// Writes a profile of N stacks in pprof's format, uncompressed: 100,000 are about 30 MB, with names as
// templates make them.
//
//   node large_profile.mjs STACKS FILE
import { closeSync, openSync, writeSync } from "node:fs";

let seed = 42;
const random = (below) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed % below;
};

function varint(bytes, value) {
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  bytes.push(value);
}

function delimited(bytes, field, inside) {
  varint(bytes, field * 8 + 2);
  varint(bytes, inside.length);
  for (const byte of inside) bytes.push(byte);
}

function number(bytes, field, value) {
  varint(bytes, field * 8);
  varint(bytes, value);
}

const message = (fill) => {
  const bytes = [];
  fill(bytes);
  return bytes;
};

// A function of each of 110 layers calls up to four of the next, the first of them mostly. Stacks have
// 60 to 110 frames and share their outer parts, as those of servers do.
const kLayers = 110;
const kUsual = 7; // of 10 calls go to the first callee

function callee(layer, caller, perLayer) {
  const choice = random(10) < kUsual ? 0 : random(4);
  return layer === 0 ? random(4) : (caller * 4 + choice * 7 + layer) % perLayer;
}

function stackOf(depth, perLayer) {
  const ids = [];
  for (let layer = 0, place = 0; layer < depth; layer++) {
    place = callee(layer, place, perLayer);
    ids.push(1 + layer * perLayer + place);
  }
  return ids.reverse();
}

export function writeLargeProfile(stacks, path) {
  const perLayer = Math.max(4, Math.ceil(stacks / 400));
  const functions = kLayers * perLayer;
  const file = openSync(path, "w");
  let out = [];
  const flush = (force) => {
    if (!force && out.length < 1 << 16) return;
    writeSync(file, Uint8Array.from(out));
    out = [];
  };
  const strings = ["", "objects", "count", "space", "bytes", "/usr/bin/server", "thread"];
  for (const [type, unit] of [[1, 2], [3, 4]]) delimited(out, 1, message((m) => (number(m, 1, type), number(m, 2, unit))));
  for (let stack = 0; stack < stacks; stack++) {
    const frames = stackOf(60 + random(kLayers - 60), perLayer);
    const ids = message((m) => frames.forEach((id) => varint(m, id)));
    const values = message((m) => (varint(m, 1 + random(9)), varint(m, 1000 + random(1 << 20))));
    const label = message((m) => (number(m, 1, 6), number(m, 2, 7 + random(16))));
    delimited(out, 2, message((m) => (delimited(m, 1, ids), delimited(m, 2, values), delimited(m, 3, label))));
    flush();
  }
  for (let i = 0; i < 16; i++) strings.push(`worker-${i}`);
  delimited(out, 3, message((m) => (number(m, 1, 1), number(m, 2, 0x400000), number(m, 3, 0x40000000), number(m, 5, 5))));
  for (let id = 1; id <= functions; id++) {
    const line = message((m) => (number(m, 1, id), number(m, 2, 10 + (id % 900))));
    delimited(out, 4, message((m) => (number(m, 1, id), number(m, 2, 1), number(m, 3, 0x400000 + id * 16), delimited(m, 4, line))));
    strings.push(`company::service${id % 40}::Handler${id}<std::vector<std::pair<std::string, company::types::Record${id % 97}>>>` +
      `::Process(std::shared_ptr<company::Context${id % 13}> const&, std::function<void (company::Status)>)`);
    delimited(out, 5, message((m) => (number(m, 1, id), number(m, 2, strings.length - 1), number(m, 4, 5))));
    flush();
  }
  for (const text of strings) delimited(out, 6, Buffer.from(text));
  flush(true);
  closeSync(file);
}

if (process.argv[1].endsWith("large_profile.mjs")) writeLargeProfile(Number(process.argv[2]), process.argv[3]);
