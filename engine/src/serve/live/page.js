"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const find = (id) => document.getElementById(id);
  const { base, scope, events, collections } = document.body.dataset;
  const form = find("filters");
  const list = find("cards");
  const shown = new Set(collections.split(" "));
  /** How long changes are collected before their data is fetched, and how often the data is polled without a stream, in milliseconds. */
  const TOGETHER = 120;
  const POLL = 5000;
  const RETRY = 120000;
  const CHECK = 60000;
  /** More repositories than this are not asked for by name. */
  const MOST_ONLY = 16;

  // Times and bars.

  const MINUTE = 60, HOUR = 3600, DAY = 86400;
  const ago = (text) => {
    const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(text)) / 1000));
    if (seconds < MINUTE) return "just now";
    if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
    if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ago`;
    const days = Math.floor(seconds / DAY);
    if (days > 30) return text.slice(0, 10);
    return days === 1 ? "1 day ago" : `${days} days ago`;
  };
  const tick = (within) => {
    for (const time of within.getElementsByTagName("time")) {
      const words = ago(time.dateTime);
      if (time.textContent !== words) time.textContent = words;
    }
  };
  setInterval(() => tick(list), 30000);

  /** Of the bars of a card only the newest is in the order of the tab key; arrows lead to the others. */
  const rove = (card) => {
    const bars = card.querySelectorAll(".runs > a");
    bars.forEach((bar, index) => { if (index < bars.length - 1) bar.tabIndex = -1; });
  };
  list.addEventListener("keydown", (event) => {
    const bar = event.target.closest(".runs > a");
    if (!bar) return;
    const bars = [...bar.parentElement.querySelectorAll("a")];
    const index = bars.indexOf(bar);
    const next = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: bars.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (!bars[next]) return;
    bar.tabIndex = -1;
    bars[next].tabIndex = 0;
    bars[next].focus();
  });

  // What changed.

  let cards = new Map();
  const order = (card) => `${card.dataset.rank}\n${card.dataset.key}`;
  const repoOf = (card) => card.dataset.key.split("\n", 2).join("/");
  const nameOf = (card) => [card.querySelector("h3"), ...card.querySelectorAll(".what bdi")].map((part) => part.textContent).join(" ");
  for (const card of list.children) {
    cards.set(card.dataset.key, card);
    rove(card);
  }
  tick(list);

  /** Moves a card to its place in the order. */
  const place = (card) => {
    const key = order(card);
    let low = 0, high = list.children.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (order(list.children[middle]) < key) low = middle + 1; else high = middle;
    }
    list.insertBefore(card, list.children[low] ?? null);
  };
  /** A card in the place of an older one, with the focus where it was. */
  const replace = (old, card) => {
    const focus = old.contains(document.activeElement) ? document.activeElement : null;
    const path = focus && [...old.querySelectorAll("a")].reverse().indexOf(focus);
    old.replaceWith(card);
    if (order(card) !== order(old)) {
      card.remove();
      place(card);
    }
    if (focus) ([...card.querySelectorAll("a")].reverse()[path] ?? list).focus({ preventScroll: true });
  };
  const told = new Map();
  let telling;
  /** Announces to screen readers what turned red or green, once for all changes of a few seconds. */
  const tell = (name, state) => {
    told.set(name, state);
    telling ??= setTimeout(() => {
      const words = [...told].map(([name, state]) => `${name} is ${state}.`);
      find("said").textContent = words.length > 3 ? `${words.length} branches changed.` : words.join(" ");
      told.clear();
      telling = undefined;
    }, 3000);
  };
  const ending = (card) => ["failing", "passing"].find((name) => card.classList.contains(name));

  /** Shows what an answer has: all of the list, or the cards of these repositories. */
  const show = (page, repos) => {
    const fresh = new Map();
    for (const card of [...page.getElementById("cards").children]) fresh.set(card.dataset.key, card);
    for (const [key, card] of cards) {
      if (!fresh.has(key) && (!repos || repos.has(repoOf(card)))) {
        if (card.contains(document.activeElement)) list.focus({ preventScroll: true });
        card.remove();
        cards.delete(key);
      }
    }
    for (const [key, card] of fresh) {
      const old = cards.get(key);
      if (old?.dataset.version === card.dataset.version) continue;
      document.adoptNode(card);
      rove(card);
      tick(card);
      if (old) {
        replace(old, card);
        card.classList.add("changed");
        const now = ending(card);
        if (now && now !== ending(old)) tell(nameOf(card), now);
      } else {
        place(card);
      }
      cards.set(key, card);
    }
    page.querySelectorAll("#filters [data-count]").forEach((count, index) => {
      form.querySelectorAll("[data-count]")[index].textContent = count.textContent;
    });
    const note = page.getElementById("note");
    if (repos && list.children.length) note.querySelectorAll("p").forEach((line) => { if (line.textContent.startsWith("No branch")) line.remove(); });
    if (find("note").innerHTML !== note.innerHTML) find("note").replaceChildren(...note.childNodes);
  };

  let asking = new AbortController();
  let asked = Promise.resolve();
  /** Asks for the page as the filters are: all of it, or only these repositories. */
  const read = async (repos) => {
    if (!repos) asking.abort();
    const { signal } = (asking = new AbortController());
    const address = new URL(location.href);
    for (const repo of repos ?? []) address.searchParams.append("only", repo);
    const response = await fetch(address, { signal, cache: "no-cache" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (signal.aborted) return;
    if (!page.getElementById("cards")) throw new Error(response.status);
    show(page, repos);
    if (!repos) isBehind = false;
  };
  /** Whether something was not shown because the server did not answer. */
  let isBehind = false;
  const failed = (fault) => {
    if (fault.name === "AbortError") return;
    isBehind = true;
    pulse("lost", "No answer");
  };
  const reload = () => (asked = read().catch(failed));

  let waiting = new Set();
  let collecting;
  /** Asks soon for a repository, together with others that change meanwhile. */
  const want = (repo) => {
    waiting.add(repo);
    collecting ??= setTimeout(async () => {
      await asked;
      const repos = waiting;
      [waiting, collecting] = [new Set(), undefined];
      asked = read(repos.size > MOST_ONLY ? undefined : repos).catch(failed);
    }, TOGETHER);
  };

  // Filters: the address says them.

  let typing;
  const filter = () => {
    const pairs = [...new FormData(form)].filter(([, value]) => value.trim() !== "");
    const query = new URLSearchParams(pairs).toString();
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
    reload();
  };
  form.addEventListener("input", (event) => {
    clearTimeout(typing);
    typing = setTimeout(filter, event.target.type === "radio" ? 0 : 200);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typing);
    filter();
  });

  // The stream of events, or polling where there is none.

  const pulse = (state, words) => {
    const sign = find("pulse");
    sign.className = `pulse scripted-only ${state}`;
    sign.lastElementChild.textContent = words;
  };
  let source, last = events, polling, versions;
  const listen = () => {
    const [owner, repo] = scope.split("/").slice(1);
    const query = [["owner", owner], ["repo", repo]].filter(([, value]) => value).map(([name, value]) => `${name}=${value}&`).join("");
    source = new EventSource(`${base}events?${query}after=${encodeURIComponent(last)}`);
    const heard = (use) => (event) => {
      last = event.lastEventId;
      use(event);
    };
    source.addEventListener("ready", heard(() => {
      clearInterval(polling);
      polling = undefined;
      pulse("live", "Live");
      if (isBehind) reload();
    }));
    source.addEventListener("reset", heard(() => {
      pulse("live", "Live");
      reload();
    }));
    source.addEventListener("change", heard((event) => {
      const { collection, owner, repo } = JSON.parse(event.data);
      if (shown.has(collection)) want(`${owner}/${repo}`);
    }));
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) {
        pulse("", "Connecting again");
        return;
      }
      // This server has no stream, or too many listeners.
      poll();
      setTimeout(() => { if (polling && !document.hidden) listen(); }, RETRY);
    });
  };
  const look = async () => {
    const response = await fetch(`${base}api/repos${scope}?cards=false`, { cache: "no-cache" });
    if (!response.ok && response.status !== 404) throw new Error(response.status);
    // 404: no repository of this owner is listed any more.
    const { repos } = response.ok ? await response.json() : { repos: [] };
    if (isBehind) reload();
    const now = new Map(repos.map(({ owner, repo, version }) => [`${owner}/${repo}`, version]));
    if (versions) {
      for (const repo of new Set([...versions.keys(), ...now.keys()])) {
        if (versions.get(repo) !== now.get(repo)) want(repo);
      }
    }
    versions = now;
  };
  const poll = () => {
    if (polling) return;
    versions = undefined;
    const step = () => document.hidden || look().then(() => pulse("live", "Looks every 5 seconds")).catch(failed);
    polling = setInterval(step, POLL);
    step();
    reload();
  };
  /** Another process of this server may write to the same store, and its events are not told here. */
  const check = () => { if (!polling && !document.hidden) look().catch(failed); };
  setInterval(check, CHECK);

  let leaving;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(leaving);
    if (!document.hidden) {
      tick(list);
      if (source?.readyState === EventSource.CLOSED && !polling) listen();
    } else if (source && !polling) {
      // A browser opens few connections to one server, so a hidden page gives its own up.
      leaving = setTimeout(() => source.close(), 30000);
    }
  });
  if (events) {
    listen();
    check();
  } else {
    poll();
  }
})();
