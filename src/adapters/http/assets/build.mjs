// Builds what the browser loads into ../static: fingerprinted, compressed, listed in manifest.json.
//
//   node build.mjs <folder of the templates> <folder to write> <fingerprint of the inputs>

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import esbuild from "esbuild";
import postcss from "postcss";
import parseSelector from "postcss-selector-parser";
import { PurgeCSS } from "purgecss";

const here = dirname(fileURLToPath(import.meta.url));
const [templates = join(here, ".."), target = join(here, "../static"), inputs = ""] = process.argv
  .slice(2);
const modules = join(here, "node_modules");
const TARGETS = ["chrome123", "firefox121", "safari17.5"]; // the first ones with light-dark()
const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".woff2": "font/woff2",
};

const assets = {};
const files = new Map();

/** Keep the content under a name that changes with it. */
function keep(name, content) {
  const bytes = Buffer.from(content);
  const digest = createHash("sha256").update(bytes).digest();
  const kind = extname(name);
  const file = `${name.slice(0, -kind.length)}-${digest.toString("hex").slice(0, 12)}${kind}`;
  assets[name] = { file, type: TYPES[kind], integrity: `sha256-${digest.toString("base64")}` };
  files.set(file, bytes);
  return file;
}

async function found(folder, kind) {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => extname(name) === kind).map((name) => join(folder, name));
}

// ---- styles ----------------------------------------------------------------------------------

// Later ones win over earlier ones.
const STYLES = [
  "colours",
  "text",
  "shell",
  "menus",
  "parts",
  "buttons",
  "forms",
  "lists",
  "rights",
  "shop",
  "bare",
  "phones",
  "media",
];

/** Drop Tabler's switches between themes: light-dark() and our own attribute do that. */
const withoutThemes = {
  postcssPlugin: "without-themes",
  Rule(rule) {
    if (!/theme/.test(rule.selector)) return;
    const kept = parseSelector((root) => {
      root.each((selector) => {
        if (/theme/.test(String(selector))) selector.remove();
      });
    }).processSync(rule.selector);
    if (kept.trim()) rule.selector = kept;
    else rule.remove();
  },
  Declaration(declaration) {
    if (declaration.prop === "color-scheme") declaration.remove();
  },
};

/** Drop custom properties that nothing reads, until none is left. */
function withoutUnusedProperties(root) {
  for (;;) {
    const used = new Set();
    root.walkDecls(({ value }) => {
      for (const [, name] of value.matchAll(/var\(\s*(--[\w-]+)/g)) used.add(name);
    });
    let dropped = 0;
    root.walkDecls(/^--/, (declaration) => {
      if (used.has(declaration.prop)) return;
      declaration.remove();
      dropped += 1;
    });
    if (!dropped) break;
  }
  root.walkRules((rule) => void (rule.nodes.length || rule.remove()));
  root.walkAtRules((rule) => void (rule.nodes?.length === 0 && rule.remove()));
}

async function styles() {
  const tabler = await readFile(join(modules, "@tabler/core/dist/css/tabler.css"), "utf8");
  const themed = (await postcss([withoutThemes]).process(tabler, { from: undefined })).css;
  const [{ css: purged }] = await new PurgeCSS().purge({
    content: [
      ...(await found(join(templates, "layouts"), ".html")),
      ...(await found(join(templates, "pages"), ".html")),
      ...(await found(join(here, "modules"), ".js")),
    ],
    css: [{ raw: themed }],
    fontFace: true,
    keyframes: true,
    safelist: { standard: [/^:/] },
    // A class name may hold anything but quotes, blanks and the template's own brackets.
    defaultExtractor: (text) => text.match(/[\w-]+(?:[/:][\w-]+)*/g) ?? [],
  });
  const fonts = keep(
    "inter.woff2",
    await readFile(join(modules, "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2")),
  );
  const extended = keep(
    "inter-extended.woff2",
    await readFile(
      join(modules, "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2"),
    ),
  );
  const sheets = STYLES.map((name) => readFile(join(here, "styles", `${name}.css`), "utf8"));
  const own = (await Promise.all(sheets))
    .join("\n")
    .replace("inter.woff2", fonts)
    .replace("inter-extended.woff2", extended);
  const root = postcss.parse(`@layer tabler {${purged}}\n${own}`);
  root.walkComments((comment) => void comment.remove());
  withoutUnusedProperties(root);
  const { code } = await esbuild.transform(root.toString(), {
    loader: "css",
    minify: true,
    target: TARGETS,
  });
  keep("app.css", code);
}

// ---- scripts ---------------------------------------------------------------------------------

async function scripts() {
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(here, "app.js")],
    bundle: true,
    format: "esm",
    legalComments: "none",
    minify: true,
    target: TARGETS,
    write: false,
  });
  keep("app.js", outputFiles[0].contents);
}

/** The API explorer, which only its own page loads. */
async function explorer() {
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(here, "explorer.js")],
    bundle: true,
    format: "esm",
    legalComments: "none",
    minify: true,
    nodePaths: [modules],
    target: TARGETS,
    write: false,
  });
  keep("explorer.js", outputFiles[0].contents);
  const theirs = await readFile(join(modules, "swagger-ui-dist/swagger-ui.css"), "utf8");
  const own = await readFile(join(here, "styles", "explorer.css"), "utf8");
  const sheet = `${theirs}\n${own}`.replace(/\/\*# sourceMappingURL.*?\*\//, "");
  const { code } = await esbuild.transform(sheet, { loader: "css", minify: true });
  keep("explorer.css", code);
}

// ---- icons -----------------------------------------------------------------------------------

async function icons() {
  const names = (await readFile(join(here, "icons.txt"), "utf8")).split("\n").filter(Boolean);
  const symbols = await Promise.all(names.map(symbol));
  keep("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`);
  return names;
}

async function symbol(name) {
  const path = join(modules, "@tabler/icons/icons/outline", `${name}.svg`);
  const source = await readFile(path, "utf8").catch(() => {
    throw new Error(`icons.txt: Tabler has no icon named “${name}”`);
  });
  const shapes = source
    .slice(source.indexOf(">") + 1, source.lastIndexOf("</svg>"))
    .replace(/<path stroke="none"[^>]*>/, "")
    .replace(/\s+/g, " ")
    .replace(/> </g, "><")
    .trim();
  return (
    `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" ` +
    `stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`
  );
}

// ---- licences --------------------------------------------------------------------------------

const SHIPPED = ["@fontsource-variable/inter", "@tabler/core", "@tabler/icons", "htmx.org", "swagger-ui-dist"];

async function licences() {
  const parts = [];
  for (const name of SHIPPED) {
    const folder = join(modules, name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? await readFile(join(folder, file), "utf8") : await notice(folder);
    parts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  keep("LICENSES.txt", parts.join(`\n${"-".repeat(78)}\n\n`));
}

/** A package without a licence file says whose it is in the head of its styles. */
async function notice(folder) {
  const css = await readFile(join(folder, "dist/css/tabler.css"), "utf8");
  return /\/\*!([\s\S]*?)\*\//.exec(css)[1].replace(/^ \* ?/gm, "");
}

// ---- all of it -------------------------------------------------------------------------------

async function write(folder, manifest) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of files) {
    await writeFile(join(folder, name), bytes);
    if (name.endsWith(".woff2")) continue; // compressed already
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    };
    const twins = { gz: gzipSync(bytes, { level: 9 }), br: brotliCompressSync(bytes, { params }) };
    for (const [ending, twin] of Object.entries(twins)) {
      if (twin.length < bytes.length) await writeFile(join(folder, `${name}.${ending}`), twin);
    }
  }
  await writeFile(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

const [names] = await Promise.all([icons(), styles(), scripts(), explorer(), licences()]);
keep("favicon.svg", await readFile(join(here, "favicon.svg")));
keep("favicon.ico", await readFile(join(here, "favicon.ico")));

// Written beside and moved, so that whoever reads finds the old build or the new one.
const manifest = {
  inputs,
  assets: Object.fromEntries(Object.entries(assets).sort()),
  icons: names,
};
const folder = resolve(target);
await write(`${folder}.new`, manifest);
await rm(folder, { recursive: true, force: true });
await rename(`${folder}.new`, folder);
