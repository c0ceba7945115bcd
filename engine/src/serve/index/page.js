"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const find = (id) => document.getElementById(id);
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  /** Where this server's addresses begin, as this reader sees it. */
  const server = new URL("./", location.href).href;

  // What to paste: the server's own name, and a button to each.

  const copy = async (code, button) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      // Without https there is no clipboard, but there is a selection.
      getSelection().selectAllChildren(code);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = "Copy";
      find("copied").textContent = "";
    }, 1500);
  };
  /** A button to what is to be pasted; `isThere` says at the click whether there is something. */
  const addCopy = (paste, isThere = () => true) => {
    const code = paste.querySelector("code");
    const button = make("button", { type: "button", textContent: "Copy" });
    button.setAttribute("aria-label", `Copy ${paste.querySelector("span").textContent}`);
    button.addEventListener("click", () => {
      if (!isThere()) return;
      copy(code, button);
      find("copied").textContent = `${paste.querySelector("span").textContent} copied.`;
    });
    paste.append(button);
  };
  for (const details of document.querySelectorAll(".entry details")) {
    // Not before they are opened: there are hundreds of badges with four codes each.
    details.addEventListener("toggle", () => {
      for (const paste of details.querySelectorAll(".paste")) {
        const code = paste.querySelector("code");
        code.textContent = code.textContent.replace("https://HOST/", server);
        addCopy(paste);
      }
    }, { once: true });
  }

  // Addresses.

  const encode = (text) => encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, "\ufffd"))
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%(?:3A|40|2C)/g, decodeURIComponent);
  const encodeQuery = (pairs) => pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
  const withQuery = (path, pairs) => (pairs.length ? `${path}?${encodeQuery(pairs)}` : path);

  /** Whether label-message-color says these texts and no others: some of dashes, underscores and blanks cannot be told apart. */
  const isClear = (text) => text !== "" && !/^-|-$|_ | _|^ | $| {2}/.test(text);
  const escapeStatic = (text) => encode(text.replace(/-/g, "--").replace(/_/g, "__").replace(/ /g, "_"));

  /** The picture's address and its JSON's, both relative. */
  const staticAddresses = ({ label, message, color, format, pairs }) => {
    const painted = color || "lightgrey";
    const texts = label ? [label, message, painted] : [message, painted];
    if (texts.every(isClear) && !painted.includes(".")) {
      const path = `badge/${texts.map(escapeStatic).join("-")}`;
      return [withQuery(format === "png" ? `${path}.png` : path, pairs), withQuery(path, [["format", "json"], ...pairs])];
    }
    const all = [["label", label], ["message", message], ["color", painted], ...pairs];
    const path = "static/v1";
    return [withQuery(path, format === "png" ? [["format", "png"], ...all] : all), withQuery(path, [["format", "json"], ...all])];
  };
  const routeAddresses = ({ badge, parameters, format, pairs }) => {
    const path = badge.route.replace(/^\//, "").split("/").map((segment) => {
      const name = nameOf(segment);
      if (name === undefined) return segment;
      const value = parameters.get(name);
      return isRest(segment) || isScoped(segment) ? value.split("/").map(encode).join("/") : encode(value);
    }).join("/");
    return [withQuery(badge.picture && format === "svg" ? path : `${path}.${format}`, pairs), withQuery(path, [["format", "json"], ...pairs])];
  };
  /** What an encoded text says; the text itself where it is none. */
  const decode = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  const nameOf = (segment) => (/^\{.*\}$/.test(segment) ? segment.slice(1, -1).replace(/^@|…$|\.\.\.$/, "") : undefined);
  /** Whether a name may have a scope before it: @scope/name. */
  const isScoped = (segment) => segment.startsWith("{@");
  const isRest = (segment) => /(?:…|\.\.\.)\}$/.test(segment);

  // Languages; front/snippet.rs writes the same.

  const escapeMarkup = (text) => text.replace(/[&<>"']/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[sign]);
  const snippets = (address, alt, target) => {
    const plain = alt.trim().split(/\s+/).join(" ");
    const image = { markdown: `![${plain.replace(/[\\[\]*_<`&|$]/g, "\\$&")}](${address})`, html: `<img src="${escapeMarkup(address)}" alt="${escapeMarkup(plain)}">` };
    const signs = { "_": "%5F", "*": "%2A", "~": "%7E", "--": "%2D%2D", "...": "%2E%2E%2E" };
    const unsigned = (text) => text.replace(/_|\*|~|--|\.\.\./g, (sign) => signs[sign]);
    const refer = (text) => [...text].map((sign) => `&#${sign.codePointAt(0)};`).join("");
    const quoted = `"${plain.replace(/--|\.\.\.|["&'()*+<>[\\\]^_`{|}~#/@]/g, refer)}"`;
    return [
      ["Address", address],
      ["Markdown", target ? `[${image.markdown}](${target})` : image.markdown],
      ["HTML", target ? `<a href="${escapeMarkup(target)}">${image.html}</a>` : image.html],
      ["reStructuredText", `.. image:: ${address}\n   :alt: ${plain}${target ? `\n   :target: ${target}` : ""}`],
      ["AsciiDoc", `image:${unsigned(address)}[${quoted}${target ? `,link="${unsigned(target)}"` : ""}]`],
    ];
  };

  // The builder.

  const form = find("builder");
  const kind = find("kind");
  const provided = find("provided");
  const said = find("said");
  const field = (name) => form.elements.namedItem(name);
  const entries = [...document.querySelectorAll("[data-badge]")];
  const badges = entries.map((entry) => {
    const badge = JSON.parse(entry.dataset.badge);
    // The first clause of its summary: the list is as wide as its longest name.
    const summary = entry.querySelector(".about p").textContent.split(/[.:,;] |\.$/)[0];
    return { ...badge, name: summary.replace(/^(.{64}\S*) .*/, "$1 …") };
  });
  /** What sets a badge apart from others with the same summary: the words of its address. */
  const wordsOf = ({ route, provider }) => {
    const segments = route.split("/").filter((segment) => !["", "badges", "packages", provider].includes(segment));
    const [words, names] = [segments.filter((segment) => !nameOf(segment)), segments.map(nameOf).filter(Boolean)];
    const name = [words.join(" ").replace(/^./, (first) => first.toUpperCase()), names.join(", ")].filter(Boolean).join(": ");
    return route.startsWith("/badges/") ? `${name} (at /badges)` : name;
  };
  let group;
  for (const badge of badges) {
    if (group?.label !== badge.provider) {
      group = make("optgroup", { label: badge.provider });
      kind.append(group);
    }
    const isShared = badges.some((other) => other !== badge && other.provider === badge.provider && other.name === badge.name);
    group.append(new Option(isShared ? wordsOf(badge) : badge.name, badge.route));
  }
  const chosen = () => badges.find((badge) => badge.route === kind.value);

  const rows = {};
  for (const [language] of snippets("", "")) {
    const code = make("code");
    const paste = make("div", { className: "paste" }, make("span", { textContent: language }), code);
    rows[language] = code;
    find("pastes").append(paste);
    addCopy(paste, () => write() !== undefined);
  }

  /** An input for each parameter of the route and of the query, with the example's values. */
  const offer = (badge) => {
    provided.hidden = !badge;
    provided.replaceChildren(provided.querySelector("legend"));
    find("message-field").hidden = Boolean(badge);
    field("message").disabled = Boolean(badge);
    field("label").value = badge ? "" : field("label").defaultValue;
    field("label").placeholder = badge ? badge.label : "";
    field("color").value = badge ? "" : field("color").defaultValue;
    field("color").placeholder = badge ? "the provider's" : "";
    if (!badge) return;
    provided.append(make("code", { textContent: badge.route }));
    const [path, query] = badge.example.split("?");
    const values = path.split("/");
    const given = new URLSearchParams(query);
    let index = 0;
    badge.route.replace(/^\//, "").split("/").forEach((segment) => {
      const name = nameOf(segment);
      const width = isScoped(segment) && /^(?:@|%40)/i.test(values[index]) && !/%2f/i.test(values[index]) ? 2 : 1;
      const text = (isRest(segment) ? values.slice(index) : values.slice(index, index + width)).join("/");
      index += width;
      if (name === undefined) return;
      provided.append(input("param", name, decode(text), isRest(segment) ? "may contain slashes" : ""));
    });
    for (const name of badge.query) {
      const isRequired = badge.required.includes(name);
      provided.append(input("query", name, given.get(name) ?? "", isRequired ? "" : "optional", isRequired));
    }
  };
  const input = (place, name, value, hint, isRequired = place === "param") => {
    const id = `${place}-${name}`;
    const box = make("input", { id, value, defaultValue: value, spellcheck: false, autocapitalize: "none", required: isRequired });
    box.dataset[place] = name;
    const whole = make("p", { className: "field" }, make("label", { htmlFor: id, textContent: name }), box);
    if (hint) {
      whole.append(make("small", { id: `${id}-hint`, textContent: hint }));
      box.setAttribute("aria-describedby", `${id}-hint`);
    }
    return whole;
  };

  const say = (text, isFault, box) => {
    said.textContent = text;
    said.classList.toggle("fault", Boolean(isFault));
    for (const other of form.elements) other.removeAttribute("aria-invalid");
    box?.setAttribute("aria-invalid", "true");
  };

  /** The addresses of what the form says, or nothing after the reader was told what is missing. */
  const addresses = () => {
    const badge = chosen();
    const format = field("format").value;
    const names = ["style", "labelColor", "logo", "logoColor", "cacheSeconds", ...(badge ? ["label", "color"] : []), ...(format === "png" ? ["scale"] : [])];
    const pairs = names.map((name) => [name, field(name).value.trim()]).filter(([, value]) => value !== "");
    for (const box of form.querySelectorAll("[type=checkbox]:checked")) pairs.push([box.name, box.value]);
    if (!badge) return staticAddresses({ label: field("label").value, message: field("message").value, color: field("color").value.trim(), format, pairs });
    const parameters = new Map();
    for (const box of provided.querySelectorAll("[data-param]")) {
      const value = box.value.trim();
      if (value === "" || value === "." || value === "..") {
        say(`${box.dataset.param} is missing.`, true, box);
        return undefined;
      }
      parameters.set(box.dataset.param, value);
    }
    for (const box of provided.querySelectorAll("[data-query][required]")) {
      if (box.value.trim() === "") {
        say(`${box.dataset.query} is missing.`, true, box);
        return undefined;
      }
    }
    const own = [...provided.querySelectorAll("[data-query]")].filter((box) => box.value !== "").map((box) => [box.dataset.query, box.value]);
    return routeAddresses({ badge, parameters, format, pairs: [...own, ...pairs] });
  };

  /** Where the badge leads, if that is an address of the web. */
  const target = () => {
    const text = field("target").value.trim();
    if (text === "") return "";
    const url = URL.parse?.(text) ?? (URL.canParse?.(text) ? new URL(text) : null);
    if (!url || !/^https?:$/.test(url.protocol)) return undefined;
    return url.href.replace(/[()'[\]]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  };

  const preview = document.querySelector(".preview");
  const images = [find("preview"), find("shadow")];

  // The colour fields: a picker shows the colour that is written beside it.

  const NAMED = { brightgreen: "#4b0", green: "#67ac09", yellow: "#d8b800", yellowgreen: "#95991a", orange: "#ea7233", red: "#dd4343", blue: "#007ec6", grey: "#555", gray: "#555", lightgrey: "#939393" };
  Object.assign(NAMED, { lightgray: NAMED.lightgrey, inactive: NAMED.lightgrey, success: NAMED.brightgreen, important: NAMED.orange, critical: NAMED.red, informational: NAMED.blue });
  const pen = make("canvas").getContext("2d");
  const paint = () => {
    for (const picker of form.querySelectorAll("[data-for]")) {
      const text = field(picker.dataset.for).value.trim();
      // What is no colour leaves the pen as it is.
      pen.fillStyle = text ? picker.value : picker.defaultValue;
      pen.fillStyle = NAMED[text] ?? text.replace(/^(?=(?:[\da-f]{3}){1,2}$)/i, "#");
      if (pen.fillStyle[0] === "#") picker.value = pen.fillStyle;
    }
  };

  /** Writes the code of what the form says now, or none where a field is missing. Returns the addresses, if there are any. */
  const write = () => {
    paint();
    const found = addresses();
    find("pastes").hidden = !found;
    const label = field("label").value;
    const alt = chosen() ? label || chosen().label : [label, field("message").value].filter(Boolean).join(": ");
    for (const [language, text] of snippets(found ? server + found[0] : "", alt, target() ?? "")) {
      rows[language].textContent = found ? text : "";
    }
    return found;
  };

  let waiting;
  let asking = new AbortController();
  /** Shows what the form says: its code at once, its picture after so many milliseconds. */
  const show = (later) => {
    clearTimeout(waiting);
    // What is on its way belongs to what the form said before.
    asking.abort();
    if (said.classList.contains("fault")) say("");
    const found = write();
    preview.setAttribute("aria-busy", String(Boolean(found)));
    if (found) {
      waiting = setTimeout(() => draw(found), later);
      return;
    }
    for (const image of images) {
      image.removeAttribute("src");
      image.alt = "";
    }
  };
  const draw = async ([picture, json]) => {
    asking = new AbortController();
    const leads = target();
    for (const image of images) image.src = `./${picture}`;
    try {
      const response = await fetch(`./${json}`, { signal: asking.signal });
      const answer = await response.json();
      if (response.ok) {
        const words = [answer.label, answer.message].filter(Boolean).join(": ");
        images[0].alt = words;
        say(`It reads “${words}”.`);
      } else {
        const detail = answer.error_details?.[0]?.property_name;
        images[0].alt = answer.message;
        say(`It says: ${answer.message}.`, true, find(`param-${detail}`) ?? find(`query-${detail}`) ?? form.elements.namedItem(detail));
      }
      if (leads === undefined) say("Leads to: write an address that begins with https://", true, field("target"));
    } catch (fault) {
      if (fault.name === "AbortError") return;
      say("The server does not answer.", true);
    }
    preview.setAttribute("aria-busy", "false");
  };

  // The state of the form, in the fragment of the page's address: it is not sent to the server.

  const START = "#build?";
  /** What a field says in a form that nobody has filled in. */
  const initial = (box) => (chosen() && /^(?:label|color)$/.test(box.id) ? "" : box.options?.[0].value ?? box.defaultValue);
  /** Each field that counts, by its name in the state. */
  const fields = () => [...form.elements].filter((box) => (box.id || box.name) && "value" in box && !box.disabled).map((box) => [box.id || box.name, box]);
  const remember = (isNew) => {
    const pairs = [];
    for (const [name, box] of fields()) {
      if (box.type === "checkbox") {
        if (box.checked) pairs.push([name, "1"]);
      } else if (box.value !== initial(box)) pairs.push([name, box.value]);
    }
    const address = pairs.length ? START + encodeQuery(pairs) : location.pathname + location.search;
    history[isNew ? "pushState" : "replaceState"](null, "", address);
  };
  let remembering;
  /** Writes the state a moment later, since browsers refuse what is written at every letter; a step of the history at once. */
  const note = (isNew) => {
    clearTimeout(remembering);
    if (isNew) remember(true);
    else remembering = setTimeout(remember, 300, false);
  };
  /** Fills in the form as the address says. */
  const restore = () => {
    clearTimeout(remembering);
    const state = new URLSearchParams(location.hash.slice(START.length));
    kind.value = state.get("kind") ?? "";
    if (!chosen()) kind.value = "";
    offer(chosen());
    for (const [name, box] of fields()) {
      if (box === kind) continue;
      if (box.type === "checkbox") box.checked = state.has(name);
      else box.value = state.get(name) ?? initial(box);
      if (state.has(name)) box.closest("details")?.setAttribute("open", "");
    }
  };
  addEventListener("popstate", () => {
    // Any other fragment is a place on the page.
    if (location.hash && !location.hash.startsWith(START)) return;
    restore();
    show(0);
  });

  form.addEventListener("input", (event) => {
    const name = event.target.dataset.for;
    if (name) field(name).value = event.target.value.slice(1);
    const isOther = event.target === kind;
    if (isOther) offer(chosen());
    note(isOther);
    // A provider asks somebody else: it is not asked at every letter.
    show(chosen() ? 700 : 200);
  });
  form.addEventListener("reset", () => setTimeout(() => {
    offer(undefined);
    note(true);
    show(0);
  }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const found = addresses();
    if (found) location.assign(`./${found[0]}`);
  });
  entries.forEach((entry, index) => {
    const button = make("button", { type: "button", className: "start", textContent: "Build with it" });
    button.append(make("span", { className: "unseen", textContent: ` ${badges[index].route}` }));
    button.addEventListener("click", () => {
      kind.value = badges[index].route;
      offer(badges[index]);
      note(true);
      show(0);
      find("build").scrollIntoView();
      provided.querySelector("input")?.focus({ preventScroll: true });
    });
    entry.append(button);
  });
  // A browser may bring back what was typed before.
  kind.value = "";
  restore();
  show(0);

  // Finding a badge among many.

  find("filter").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const provider of document.querySelectorAll(".provider")) {
      const name = provider.querySelector("h3").textContent.toLowerCase();
      let left = 0;
      for (const entry of provider.querySelectorAll(".entry")) {
        const text = `${name} ${entry.querySelector(".about").textContent.toLowerCase()}`;
        entry.hidden = !words.every((word) => text.includes(word));
        left += entry.hidden ? 0 : 1;
      }
      provider.hidden = left === 0;
      document.querySelector(`.jump a[href="#${provider.id}"]`).hidden = left === 0;
      count += left;
    }
    find("found").textContent = words.length ? `${count} found` : "";
  });
})();
