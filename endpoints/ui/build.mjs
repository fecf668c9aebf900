// Bundles src/ into DIRECTORY (built/) as page.js.gz and page.css.gz; with --check it compares.
//
//   node build.mjs --modules NODE_MODULES [--check] [DIRECTORY]
//
// Use scripts/build_ui.sh, which fetches what this needs.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  options: { modules: { type: "string" }, check: { type: "boolean" } },
  allowPositionals: true,
});
const modules = resolve(values.modules ?? join(here, "node_modules"));
const directory = positionals[0] ?? join(here, "built");
const kMostBytes = 90 * 1000; // compressed, of all files

const { build } = createRequire(join(modules, "x.js"))("esbuild");
const { outputFiles } = await build({
  entryPoints: { page: join(here, "src/main.ts"), "page.styles": join(here, "src/styles.css") },
  bundle: true, minify: true, write: false, format: "iife", target: "es2022", charset: "utf8",
  legalComments: "inline", outdir: directory, nodePaths: [modules], absWorkingDir: here, logLevel: "warning",
});

let sum = 0;
let differ = false;
mkdirSync(directory, { recursive: true });
for (const { path, contents } of outputFiles) {
  const target = `${path.replace("page.styles.css", "page.css")}.gz`;
  const compressed = gzipSync(contents, { level: 9 });
  sum += compressed.length;
  // Compressors of different versions make different bytes of the same content.
  if (!values.check) writeFileSync(target, compressed);
  else if (!gunzipSync(readFileSync(target)).equals(contents)) {
    differ = true;
    console.error(`${target} is not what src/ makes: run scripts/build_ui.sh`);
  }
}
console.log(`${outputFiles.length} files, ${sum} bytes compressed`);
if (sum > kMostBytes) console.error(`more than ${kMostBytes} bytes`);
process.exit(differ || sum > kMostBytes ? 1 : 0);
