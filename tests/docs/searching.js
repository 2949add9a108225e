// Asks the search of the site, as its page does, by Sphinx's own scripts: node searching.js SITE QUERY...
// Prints, as JSON, the names of the pages that each query finds, best first.
"use strict";

const fs = require("fs");
const path = require("path");
const vm = require("vm");

const [site, ...queries] = process.argv.slice(2);
const page = {
  _ready() {},
  _removeChildren() {},
  document: { getElementById: () => null },
  localStorage: { setItem() {} },
  location: {},
  SPHINX_HIGHLIGHT_ENABLED: false,
  URLSearchParams,
};
page.window = page;
vm.createContext(page);
const html = fs.readFileSync(path.join(site, "search.html"), "utf8");
const scripts = [...html.matchAll(/<script src="((?:_static\/)?(?:searchtools|language_data|searchindex)\.js)/g)];
const code = scripts.map(([, name]) => [name, fs.readFileSync(path.join(site, name), "utf8")]);
for (const [name, text] of code) {
  // Its own version of this one touches the page that is shown.
  vm.runInContext(text.replace("const _removeChildren =", "const _unused ="), page, { filename: name });
}
const found = queries.map((query) => {
  page.location.search = `?${new URLSearchParams({ q: query })}`;
  page.query = query;
  const results = vm.runInContext("Search._performSearch(...Search._parseQuery(query))", page);
  return [query, [...new Set(results.reverse().map(([name]) => name))]];
});
console.log(JSON.stringify(Object.fromEntries(found)));
