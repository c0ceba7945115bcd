// Tests the index page in a browser, with the server that stage.py runs.
//
//   STAGE_URL=… STAGE_MODULES=DIR STAGE_PYTHON=python node browse.mjs
//
// DIR has node_modules with playwright-core, axe-core, markdown-it and asciidoctor, and receives the screenshots. The
// python interpreter has docutils.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const server = process.env.STAGE_URL;
const folder = process.env.STAGE_MODULES;
const require = createRequire(join(folder, "here.js"));
const { chromium } = require("playwright-core");
const asciidoctor = require("@asciidoctor/core");
const markdown = require("markdown-it")({ html: true });
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
/** The languages, each as its own tool renders it. */
const RENDER = {
  Markdown: (text) => markdown.render(text),
  HTML: (text) => text,
  reStructuredText: (text) => {
    const whole = execFileSync(process.env.STAGE_PYTHON, ["-m", "docutils", "--writer=html5", "-"], { input: text, encoding: "utf8" });
    return whole.replace(/^.*<body[^>]*>/s, "");
  },
  AsciiDoc: (text) => asciidoctor.convert(text),
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** Opens the page, runs `use` on it, and fails if anything was asked of another server or went wrong unseen. */
async function visit({ at = `${server}/`, ...options }, use) {
  const context = await browser.newContext({ viewport: DESKTOP, reducedMotion: "reduce", permissions: ["clipboard-read", "clipboard-write"], ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (fault) => faults.push(fault.message));
  page.on("console", (line) => {
    // An error status that the page handles is also in the log of the browser.
    if (line.type() === "error" && !line.text().includes("the server responded with a status of")) faults.push(line.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${server}/`) && !request.url().startsWith("data:")) faults.push(`asks ${request.url()}`);
  });
  await page.goto(at);
  // The badge that the builder begins with is asked for after the page has loaded.
  if (options.javaScriptEnabled !== false) {
    await page.waitForFunction(() => document.querySelector("#said").textContent !== "" && document.querySelector(".preview").getAttribute("aria-busy") === "false");
  }
  await page.evaluate(() => {
    window.shown = 0;
    const count = () => { window.shown += document.querySelector(".preview").getAttribute("aria-busy") === "false" ? 1 : 0; };
    new MutationObserver(count).observe(document.querySelector(".preview"), { attributeFilter: ["aria-busy"] });
  });
  await use(page);
  assert.deepEqual(faults, []);
  await context.close();
}

/** Does something to the form and waits until the builder has shown what that makes of it. */
async function change(page, act) {
  const before = await page.evaluate(() => window.shown);
  await act();
  await page.waitForFunction((before) => window.shown > before, before);
}
const type = (page, id, text) => change(page, () => page.fill(id, text));
const choose = (page, id, option) => change(page, () => page.selectOption(id, option));
const said = (page) => page.textContent("#said");
const bytes = async (address) => {
  const response = await fetch(address);
  assert.equal(response.status, 200, address);
  return Buffer.from(await response.arrayBuffer()).toString("base64");
};

/** Copies the code of each language, renders it with that language's own tool, and compares the picture with the previewed one. */
async function comparePasted(page, words, target) {
  const previewed = await bytes(await page.getAttribute("#preview", "src").then((src) => new URL(src, `${server}/`).href));
  for (const [language, render] of Object.entries(RENDER)) {
    await page.click(`#pastes button[aria-label="Copy ${language}"]`);
    const rendered = await render(await page.evaluate(() => navigator.clipboard.readText()));
    const [image, link] = await page.evaluate((html) => {
      const pasted = new DOMParser().parseFromString(html, "text/html");
      const images = [...pasted.querySelectorAll("img")];
      return [images.map((image) => [image.getAttribute("src"), image.alt]), pasted.querySelector("a:has(img)")?.href];
    }, rendered);
    assert.equal(image.length, 1, `${language}: ${rendered}`);
    assert.equal(image[0][1], words, `${language}: ${rendered}`);
    assert.equal(await bytes(image[0][0]), previewed, `${language}: ${rendered}`);
    // AsciiDoc encodes some characters.
    assert.equal(link?.replaceAll("%5F", "_"), target, `${language}: ${rendered}`);
  }
}

const checks = {
  async "every picture of the page loads and every example is a badge"() {
    await visit({}, async (page) => {
      for (const image of await page.locator("img:visible").all()) {
        await image.scrollIntoViewIfNeeded();
        await image.evaluate((image) => image.decode());
        assert.ok(await image.evaluate((image) => image.naturalWidth > 20), await image.getAttribute("src"));
      }
      const examples = await page.locator("[data-badge]").evaluateAll((entries) => entries.map((entry) => JSON.parse(entry.dataset.badge)).filter((badge) => badge.provider !== "built in").map((badge) => badge.example));
      // The examples of document badges are documents on the web, which this machine may not reach.
      assert.ok(examples.length > 40);
      // The emulated upstreams know the examples that a transcript fits. Of any other they know nothing, and so says the badge.
      const shown = [];
      for (const example of examples) {
        const response = await fetch(`${server}/${example}${example.includes("?") ? "&" : "?"}format=json`);
        const answer = await response.text();
        if (response.status === 200) shown.push(example);
        else assert.doesNotMatch(answer, /ROUTE_NOT_FOUND|PARAMETER_INVALID|PROVIDER_FAILED|ENGINE_FAILED/, example);
      }
      assert.ok(shown.length > 50, `${shown.length} of ${examples.length}`);
    });
  },

  async "the builder makes of every example the code that stands beside it"() {
    await visit({}, async (page) => {
      // A provider's first badge, and every one whose example has a query: the others are alike.
      const seen = new Set();
      for (const entry of await page.locator("[data-badge]").all()) {
        const badge = JSON.parse(await entry.getAttribute("data-badge"));
        if (seen.has(badge.provider) && badge.provider !== "built in" && !badge.example.includes("?")) continue;
        seen.add(badge.provider);
        await change(page, () => entry.getByRole("button", { name: "Build with it" }).click());
        if (badge.provider !== "built in") assert.match(await said(page), /^It (?:reads “.+”|says: .+)\.$/, badge.route);
        const codes = (scope) => scope.locator(".paste code").allTextContents();
        const [, ...built] = await codes(page.locator("#pastes"));
        await entry.locator("details").evaluate((details) => { details.open = true; });
        await entry.locator(".paste button").nth(3).waitFor();
        assert.deepEqual(built, await codes(entry), badge.route);
        assert.equal(await page.evaluate(() => document.activeElement.closest("#provided") !== null), true);
      }
    });
  },

  async "the code the builder copies renders the badge it previewed"() {
    const texts = [
      ["build", "passing", "brightgreen"],
      ["a-b_c", "--d__ e", "6f42c1"],
      ["", "only words", "blue"],
      ["100%", "a/b?c=d&e#f+g", "red"],
      ["[x](y) \"z\"", "<b>*1*</b> | `2` $3$ \\", "orange"],
      ["größe …", "日本語 😀", "rgb(1, 2, 3)"],
      ["it's (C)", "a...b -> c~d~ {e}", "yellow"],
      [" x ", "_y_", "green"],
      ["a.svg", "b.png", "blue"],
    ];
    await visit({}, async (page) => {
      for (const [label, message, color] of texts) {
        // Filling in the value that a field already has causes no change, so the field is emptied first.
        await type(page, "#message", "");
        await page.fill("#label", label);
        await page.fill("#color", color);
        await type(page, "#message", message);
        const words = [label, message].filter(Boolean).join(": ").trim().split(/\s+/).join(" ");
        assert.match(await said(page), /^It reads /, words);
        await comparePasted(page, words, undefined);
      }
      await page.selectOption("#style", "for-the-badge");
      await page.click(".more summary");
      await page.fill("#labelColor", "rebeccapurple");
      await page.check("[name=contrast]");
      await page.fill("#target", "https://example.com/a_b?c=(d)&e='f'");
      await type(page, "#logo", "rust");
      await comparePasted(page, "a.svg: b.png", "https://example.com/a_b?c=%28d%29&e=%27f%27");
      await choose(page, "#format", "png");
      await choose(page, "#scale", "2");
      assert.match(await page.getAttribute("#preview", "src"), /format=png|\.png\?/);
      await comparePasted(page, "a.svg: b.png", "https://example.com/a_b?c=%28d%29&e=%27f%27");
    });
    await visit({}, async (page) => {
      await choose(page, "#kind", { value: "/badges/tests/{platform}/{owner}/{repo}/{branch…}" });
      await page.fill("#query-passed_label", "good & well");
      await type(page, "#label", "my_tests [x]");
      await comparePasted(page, "my_tests [x]", undefined);
      await choose(page, "#kind", { value: "/badge/dynamic/json" });
      await page.fill("#query-url", `${process.env.STAGE_DOCUMENTS}/values.json`);
      await page.fill("#query-query", "$.names[?@ != 'c']");
      await page.fill("#label", "names");
      await type(page, "#query-prefix", "all: ");
      assert.equal(await said(page), "It reads “names: all: a, b”.");
      await comparePasted(page, "names", undefined);
      await choose(page, "#kind", { value: "/badges/tests/{platform}/{owner}/{repo}/{branch…}" });
      await type(page, "#param-branch", "feature/nobody's (own)");
      assert.equal(await said(page), "It says: no results.");
      assert.match(await page.getAttribute("#preview", "src"), /feature\/nobody%27s%20%28own%29\.svg/);
    });
  },

  async "Copy takes what the form says now, however short a time ago it was said"() {
    await visit({}, async (page) => {
      /** Fills a field and copies in one go, before anything that waits can have happened. */
      const fillAndCopy = (id, text) => page.evaluate(async ([id, text]) => {
        await navigator.clipboard.writeText("nothing was copied");
        const box = document.querySelector(id);
        box.value = text;
        box.dispatchEvent(new Event("input", { bubbles: true }));
        document.querySelector('#pastes button[aria-label="Copy Address"]').click();
        await new Promise((done) => { setTimeout(done, 20); });
        return navigator.clipboard.readText();
      }, [id, text]);
      const codes = () => page.locator("#pastes code").allTextContents();
      assert.equal(await fillAndCopy("#message", "failing"), `${server}/badge/build-failing-brightgreen`);
      await choose(page, "#kind", { value: "/badges/packages/nuget/{package}" });
      for (const name of ["A", "Newtonsoft.Json", "B"]) {
        assert.equal(await fillAndCopy("#param-package", name), `${server}/badges/packages/nuget/${name}.svg`);
      }
      // An empty required field removes all code, and the answer to an earlier request does not bring it back.
      assert.equal(await fillAndCopy("#param-package", ""), "nothing was copied");
      assert.equal(await said(page), "package is missing.");
      assert.equal(await page.locator("#pastes").isVisible(), false);
      assert.ok((await codes()).every((code) => code === ""));
      assert.equal(await page.getAttribute("#preview", "src"), null);
      await page.waitForTimeout(1000);
      assert.equal(await said(page), "package is missing.");
      assert.ok((await codes()).every((code) => code === ""));
      await type(page, "#param-package", "Newtonsoft.Json");
      assert.equal(await said(page), "It reads “nuget: 13.0.4”.");
      assert.equal(await page.locator("#pastes").isVisible(), true);
    });
  },

  async "the address of the page opens the same form, and the back button goes to the one before"() {
    let shared;
    const form = (page) => page.evaluate(() => [...document.querySelectorAll("#builder :is(input, select):enabled")].map((box) => [box.id || box.name, box.type === "checkbox" ? box.checked : box.value]));
    const NUGET = "/badges/packages/nuget/{package}";
    await visit({}, async (page) => {
      const start = await form(page);
      assert.equal(page.url(), `${server}/`);
      await type(page, "#message", "a & b + c=d");
      await page.waitForURL(`${server}/#build?message=a%20%26%20b%20%2B%20c%3Dd`);
      const words = await form(page);
      await choose(page, "#kind", { value: NUGET });
      await page.fill("#param-package", "Newtonsoft.Json.Bson");
      await page.fill("#query-version", "[1.0,2.0)");
      await page.fill("#target", "https://example.com/");
      await page.click(".more summary");
      await page.check("[name=contrast]");
      await page.fill("#labelColor", "#123456");
      await type(page, "#label", "größe");
      await page.waitForURL(/label=gr%C3%B6%C3%9Fe/);
      shared = [page.url(), await form(page), await page.locator("#pastes code").allTextContents()];
      await change(page, () => page.goBack());
      assert.deepEqual(await form(page), words);
      assert.equal(await said(page), "It reads “build: a & b + c=d”.");
      await change(page, () => page.goForward());
      assert.deepEqual(await form(page), shared[1]);
      // A place on the page is no state of the form.
      await page.click("text=Options");
      await page.waitForTimeout(500);
      assert.deepEqual([page.url(), await form(page)], [`${server}/#options`, shared[1]]);
      await change(page, () => page.goBack());
      await change(page, () => page.click("text=Start over"));
      assert.deepEqual([page.url(), await form(page)], [`${server}/`, start]);
    });
    const [address, fields, codes] = shared;
    await visit({ at: address }, async (page) => {
      assert.deepEqual(await form(page), fields);
      assert.deepEqual(await page.locator("#pastes code").allTextContents(), codes);
      assert.ok(await page.isVisible("#labelColor"));
    });
    await visit({ at: `${server}/#build?kind=/none&param-x=1&message=%zz&label=<b>` }, async (page) => {
      assert.equal(await page.inputValue("#label"), "<b>");
      assert.equal(await page.inputValue("#kind"), "");
    });
  },

  async "the colour picker shows the colour that is written"() {
    await visit({}, async (page) => {
      const shown = async (text) => {
        await page.fill("#color", text);
        return page.inputValue('[data-for="color"]');
      };
      assert.equal(await page.inputValue('[data-for="color"]'), "#44bb00");
      for (const [text, color] of [["red", "#dd4343"], ["rebeccapurple", "#663399"], ["6f42c1", "#6f42c1"], ["#abc", "#aabbcc"], ["hsl(0, 100%, 50%)", "#ff0000"], ["inactive", "#939393"], ["nothing", "#939393"], ["", "#44bb00"]]) {
        assert.equal(await shown(text), color, text);
      }
      await page.fill('[data-for="color"]', "#010203");
      assert.equal(await page.inputValue("#color"), "010203");
    });
  },

  async "a badge has a name in the list, and the name is its own"() {
    await visit({}, async (page) => {
      const groups = await page.locator("#kind optgroup").evaluateAll((all) => all.map((group) => [group.label, [...group.children].map((option) => option.text)]));
      assert.equal(groups[0][0], "built in");
      assert.ok(groups.length > 20);
      for (const [provider, names] of groups) {
        assert.equal(new Set(names).size, names.length, `${provider}: ${names}`);
        assert.ok(names.every((name) => name !== "" && !name.startsWith("/")), `${provider}: ${names}`);
      }
    });
  },

  async "on a phone the preview stays in view while the form is filled in"() {
    await visit({ viewport: PHONE }, async (page) => {
      await page.click(".more summary");
      for (const id of ["#label", "#target", "#cacheSeconds"]) {
        await page.focus(id);
        await page.locator(id).scrollIntoViewIfNeeded();
        const [top, bottom, field] = await page.evaluate((id) => {
          const preview = document.querySelector(".preview").getBoundingClientRect();
          return [preview.top, document.querySelector(".seen").getBoundingClientRect().bottom, document.querySelector(id).getBoundingClientRect().top];
        }, id);
        assert.ok(top >= 0 && bottom <= field, `${id}: ${top} ${bottom} ${field}`);
      }
    });
  },

  async "a field without which there is no badge is not called optional"() {
    const REQUIRED = { "/endpoint": ["url"], "/badge/dynamic/json": ["url", "query"], "/badge/dynamic/regex": ["url", "search"] };
    await visit({}, async (page) => {
      for (const [route, required] of Object.entries(REQUIRED)) {
        await choose(page, "#kind", { value: route });
        for (const box of await page.locator("#provided input").all()) {
          const id = await box.getAttribute("id");
          const isRequired = required.includes(id.replace("query-", ""));
          assert.equal(await box.evaluate((box) => box.required), isRequired, `${route} ${id}`);
          assert.equal(await page.locator(`#${id}-hint`).count(), isRequired ? 0 : 1, `${route} ${id}`);
        }
        for (const name of required) {
          const before = await page.inputValue(`#query-${name}`);
          await page.fill(`#query-${name}`, "");
          assert.equal(await said(page), `${name} is missing.`);
          assert.equal(await page.getAttribute(`#query-${name}`, "aria-invalid"), "true");
          assert.equal(await page.locator("#pastes").isVisible(), false);
          await page.fill(`#query-${name}`, before);
          assert.equal(await page.getAttribute(`#query-${name}`, "aria-invalid"), null);
          assert.equal(await page.locator("#pastes").isVisible(), true);
        }
      }
      await choose(page, "#kind", { value: "/badges/tests/{platform}/{owner}/{repo}/{branch…}" });
      assert.ok((await page.locator("#provided [data-param]").evaluateAll((boxes) => boxes.every((box) => box.required))));
      assert.equal(await page.textContent("#query-skipped-hint"), "optional");
    });
  },

  async "what the form cannot mean is said, at its field"() {
    await visit({}, async (page) => {
      await type(page, "#logo", "no such logo");
      assert.equal(await said(page), "It says: invalid logo.");
      assert.equal(await page.getAttribute("#logo", "aria-invalid"), "true");
      await type(page, "#logo", "");
      assert.equal(await page.getAttribute("#logo", "aria-invalid"), null);
      await type(page, "#target", "javascript:alert(1)");
      assert.equal(await page.getAttribute("#target", "aria-invalid"), "true");
      assert.ok(!(await page.textContent("#pastes")).includes("javascript"));
      await type(page, "#target", "");
      await choose(page, "#kind", { value: "/badges/packages/nuget/{package}" });
      await page.fill("#param-package", "..");
      await page.waitForSelector("#param-package[aria-invalid=true]");
      await type(page, "#param-package", "nothing");
      assert.equal(await said(page), "It says: package not found.");
      await change(page, () => page.click("text=Start over"));
      assert.equal(await said(page), "It reads “build: passing”.");
    });
  },

  async "all of it can be done from the keyboard"() {
    await visit({}, async (page) => {
      const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
      await page.keyboard.press("Tab");
      assert.equal(await focused(), "Skip to the builder");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      assert.equal(await focused(), "kind");
      await page.keyboard.press("Tab");
      assert.equal(await focused(), "label");
      await page.keyboard.type("by hand");
      await page.keyboard.press("Enter");
      await page.waitForURL(`${server}/badge/by_hand-passing-brightgreen`);
    });
    await visit({}, async (page) => {
      await page.focus("#filter");
      await page.keyboard.type("docker pulled badges/packages");
      assert.equal(await page.textContent("#found"), "1 found");
      assert.equal(await page.locator(".entry:visible").count(), 1);
      await page.locator(".entry:visible summary").focus();
      await page.keyboard.press("Enter");
      await page.locator(".entry:visible").getByRole("button", { name: "Copy Markdown" }).focus();
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.querySelector("#copied").textContent === "Markdown copied.");
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      assert.equal(copied, `![docker pulls](${server}/badges/packages/docker/library/nginx/pulls.svg)`);
    });
  },

  async "without JavaScript there are examples, code and a form"() {
    await visit({ javaScriptEnabled: false }, async (page) => {
      assert.ok((await page.locator(".entry img").count()) > 40);
      assert.equal(await page.locator("button:visible").count(), 2);
      assert.equal(await page.locator("#kind, .result, #filter").locator("visible=true").count(), 0);
      await page.locator("[data-badge] summary").first().click();
      assert.ok((await page.locator("[data-badge] .paste code").first().textContent()).startsWith("![endpoint](https://HOST/endpoint?url="));
      await page.fill("#label", "no script");
      await page.fill("#message", "at & all");
      await page.click("text=Open the badge");
      assert.ok(page.url().startsWith(`${server}/static/v1?label=no+script`));
      assert.ok((await bytes(page.url())).length > 100);
      assert.ok(Buffer.from(await bytes(page.url()), "base64").toString().includes("<title>no script: at &amp; all</title>"));
    });
  },

  async "it fits a narrow screen, and letters of twice the size"() {
    for (const viewport of [PHONE, { width: 320, height: 640 }, { width: 640, height: 450 }]) {
      await visit({ viewport }, async (page) => {
        await page.locator("[data-badge] summary").first().click();
        const [wide, room] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
        assert.ok(wide <= room, `${wide} in ${room}`);
      });
    }
  },

  async "axe finds no fault, light and dark, on a desktop and on a phone"() {
    for (const [name, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
      for (const colorScheme of ["light", "dark"]) {
        await visit({ viewport, colorScheme }, async (page) => {
          await page.waitForSelector("#preview[src]");
          await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) });
          const examine = async (state) => {
            // The content security policy blocks injected scripts, so axe is evaluated through the debugging protocol.
            await page.evaluate(axe);
            const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
            const told = violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0].html.slice(0, 200)} ${nodes[0].failureSummary}`);
            assert.deepEqual(told, [], `${name} ${colorScheme} ${state}`);
          };
          await examine("as it opens");
          await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
          await choose(page, "#kind", { value: "/badges/packages/docker/{namespace}/{image}/updated" });
          await type(page, "#logo", "no such logo");
          await examine("with everything open and a mistake");
          await page.screenshot({ path: join(folder, `${name}-${colorScheme}-open.png`) });
          await page.locator("#provider-test-results").evaluate((section) => section.scrollIntoView());
          await page.waitForLoadState("networkidle");
          await page.screenshot({ path: join(folder, `${name}-${colorScheme}-badges.png`) });
        });
      }
    }
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  if (process.argv[2] && !name.includes(process.argv[2])) continue;
  try {
    await check();
    console.log(`ok      ${name}`);
  } catch (fault) {
    failed += 1;
    console.log(`FAILED  ${name}\n${fault.stack}`);
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
