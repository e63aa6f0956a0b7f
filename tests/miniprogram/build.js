// The mini-program as one page for Chromium: WXML by WeChat's own template compiler, TypeScript
// by esbuild, WXSS with rpx as shares of the width, all under runtime.js.
//
// What WeChat's tools would refuse is refused here: WXML that does not compile, a component
// that is not declared, a handler that is not there, a page without its files.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";
import { TmplGroup } from "glass-easel-template-compiler";

export const ROOT = fileURLToPath(new URL("../../miniprogram", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));

/** What runtime.js plays of WeChat's own components. */
const BUILT_IN = ["view", "button", "web-view"];

function files(folder = ROOT) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : [relative(ROOT, path)];
  });
}

const text = (path) => readFileSync(join(ROOT, path), "utf8");
export const json = (path) => JSON.parse(text(path));

/** WeChat's tags are elements of their own; here they are components named wx-…. */
function renamed(wxml, path, declared) {
  return wxml.replace(/<(\/?)([a-z][\w-]*)/g, (whole, close, tag) => {
    if (BUILT_IN.includes(tag)) return `<${close}wx-${tag}`;
    assert.ok(tag === "block" || tag in declared, `${path}: <${tag}> is not declared`);
    return whole;
  });
}

function checkHandlers(wxml, path) {
  const code = text(`${path}.ts`);
  for (const [, name] of wxml.matchAll(/\s(?:bind|catch)[\w:]+="(\w+)"/g)) {
    assert.match(code, new RegExp(`\\b${name}(?:\\(|:)`), `${path}.wxml: no handler ${name}`);
  }
}

function templates(all) {
  const group = new TmplGroup();
  const paths = all.filter((path) => path.endsWith(".wxml")).map((path) => path.slice(0, -5));
  for (const path of paths) {
    const wxml = text(`${path}.wxml`);
    const declared = json(`${path}.json`).usingComponents ?? {};
    for (const target of Object.values(declared)) assert.ok(all.includes(`${target.slice(1)}.wxml`), `${path}: ${target}`);
    checkHandlers(wxml, path);
    const complaints = [group.addTmpl(path, renamed(wxml, path, declared))].flat().filter(Boolean);
    assert.deepEqual(complaints, [], `${path}.wxml`);
  }
  const code = group.getTmplGenObjectGroups();
  group.free();
  return { paths, code };
}

function builtIn() {
  const group = new TmplGroup();
  group.addTmpl("slot", "<slot/>");
  group.addTmpl("frame", '<iframe class="wx-frame" />');
  const code = group.getTmplGenObjectGroups();
  group.free();
  return code;
}

/** rpx: 750 of them are the width. A page's own element is its screen. */
const style = (wxss) => wxss
  .replace(/(-?[\d.]+)rpx/g, (_, n) => `${(n / 7.5).toFixed(4)}vw`)
  .replace(/(^|[\s,}])page(?=\s*\{)/g, "$1.screen");

function modules(all, service) {
  const code = all.filter((path) => path.endsWith(".ts")).map((path) => {
    let source = text(path);
    if (path === "config.ts") {
      // The one line that an administrator changes as well.
      const changed = source.replace(/(SERVICE = )'[^']*'/, `$1'${service}'`);
      assert.notEqual(changed, source);
      source = changed;
    }
    const built = esbuild.transformSync(source, { loader: "ts", format: "cjs", charset: "utf8", target: "es2020" });
    return `${JSON.stringify(path.slice(0, -3))}: function (require, module, exports) {${built.code}}`;
  });
  return `{${code.join(",\n")}}`;
}

/** One HTML page that is the mini-program, speaking to the service at this address. */
export function build(service) {
  const all = files();
  const app = json("app.json");
  for (const page of app.pages) {
    for (const kind of ["ts", "wxml", "json"]) assert.ok(all.includes(`${page}.${kind}`), `${page}.${kind}`);
  }
  const { paths, code } = templates(all);
  const configs = Object.fromEntries(paths.map((path) => [path, json(`${path}.json`)]));
  const css = all.filter((path) => path.endsWith(".wxss")).sort().map((path) => style(text(path))).join("\n");
  const entry = `import { start } from "./runtime.js";
    start({ app: ${JSON.stringify(app)}, configs: ${JSON.stringify(configs)}, css: ${JSON.stringify(css)},
      templates: (${code}), builtIn: (${builtIn()}), modules: ${modules(all, service)} });`;
  const bundle = esbuild.buildSync({
    stdin: { contents: entry, resolveDir: HERE, loader: "js" },
    bundle: true, write: false, format: "iife", charset: "utf8",
  });
  const script = bundle.outputFiles[0].text.replace(/<\/script/g, "<\\/script");
  return `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><body><script>${script}</script></body></html>`;
}

/** A pure module of the mini-program, to be called from a test. */
export async function load(path) {
  const bundle = esbuild.buildSync({
    entryPoints: [join(ROOT, `${path}.ts`)], bundle: true, write: false, format: "esm", charset: "utf8", target: "node20",
  });
  return import(`data:text/javascript;base64,${Buffer.from(bundle.outputFiles[0].contents).toString("base64")}`);
}
