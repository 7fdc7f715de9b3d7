// The page around the tree of plot.js: draws what is in view, follows mouse, keyboard and the address, tells of a node.

const $id = (id) => document.getElementById(id);

/** Return a new element with attributes and children; texts stay texts. */
function make(tag, attributes = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside.filter((part) => part !== null));
  return element;
}

/** Return a mark as a small picture of its own. */
function picture(origin, facet, size = 0) {
  const box = make("span");
  box.innerHTML = `<svg width="18" height="18" viewBox="-10 -10 20 20" aria-hidden="true">${mark(origin, facet, size, false)}</svg>`;
  return box.firstChild;
}

const goes = (tree, i, text = tree.names[i]) => make("a", { class: "go", href: `#node=${encodeURIComponent(address(tree, i))}` }, text);
const titled = (title, ...inside) => (inside.length ? [make("h3", {}, title), ...inside] : []);
const list = (entries, tag = "ul") => make(tag, {}, ...entries.map((entry) => make("li", {}, ...[entry].flat())));

/** Return a sentence with the words that it is about marked, and the source that it stands in. */
function quoted(tree, [kind, document, sentence, surface]) {
  const [title, authority, licence] = tree.documents[document];
  const at = surface ? sentence.indexOf(surface) : -1;
  const words = at < 0 ? [sentence] : [sentence.slice(0, at), make("mark", {}, surface), sentence.slice(at + surface.length)];
  return make("blockquote", {}, ...words, make("footer", {}, [kind, title, authority, licence].filter(Boolean).join(" · ")));
}

/** Return all that the page knows of a node, for the panel at the side. */
function facts(tree, i) {
  const path = [];
  for (let up = tree.parent[i]; up >= 0; up = tree.parent[up]) path.unshift(up);
  const chip = (...inside) => make("span", { class: "chip" }, ...inside);
  const relations = (tree.relations.get(i) || []).slice().sort((a, b) => a.name.localeCompare(b.name) || b.confidence - a.confidence);
  const others = tree.others.get(i) || [], below = tree.children[i], quotes = tree.quotes.get(i) || [];
  const synonyms = tree.synonyms[i] ? tree.synonyms[i].split("|") : [];
  return [
    make("h2", {}, tree.names[i]),
    make("div", { class: "chips" },
      chip(picture(tree.origins[i], tree.facets[i]), ORIGINS[tree.origins[i]]),
      path.length ? chip(tree.facets[i]) : null, tree.curies[i] ? chip(tree.curies[i]) : null),
    ...titled("Path", ...(path.length ? [list(path.map((up, step) => ["\u00a0\u00a0".repeat(step), goes(tree, up)]), "ol")] : [])),
    ...titled("Definition", ...(tree.definitions[i] ? [make("p", {}, tree.definitions[i])] : [])),
    ...titled("Also called", ...(synonyms.length ? [make("p", {}, synonyms.join("; "))] : [])),
    ...titled("Also under", ...(others.length ? [list(others.map((other) => [goes(tree, other.node), ` (${other.kind})`]))] : [])),
    ...titled(`Below it: ${counted(tree.size[i])}`, ...(below.length ? [
      list(below.slice(0, 12).map((child) => [goes(tree, child), tree.size[child] ? ` (${counted(tree.size[child])})` : ""])),
      below.length > 12 ? make("p", { class: "quiet" }, `and ${counted(below.length - 12)} more children`) : null].filter(Boolean) : [])),
    ...titled("Relations", ...relations.slice(0, 60).map((row) => make("div", {},
      `${row.name} `, goes(tree, row.node), row.confidence < 1 ? ` (confidence ${row.confidence.toFixed(2)})` : "", ...row.quotes.map((quote) => quoted(tree, quote))))),
    ...titled("Evidence", ...(quotes.length || tree.evidence[i] ? [
      ...quotes.map((quote) => quoted(tree, quote)),
      make("p", { class: "quiet" }, `${counted(quotes.length)} of ${counted(tree.evidence[i])} sentences; met tree show prints more.`)] : [])),
    ...titled("Where it comes from", make("p", { class: "quiet" }, tree.sources[i] || ORIGINS[tree.origins[i]])),
  ];
}

/** Fill the legend: marks and lines by shape, facets by name, keys. */
function explain(tree) {
  const entry = (...inside) => make("li", {}, ...inside);
  const line = (kind, words) => {
    const item = make("li", {}, words);
    item.insertAdjacentHTML("afterbegin", `<svg width="34" height="10" aria-hidden="true" id="line-${kind}"><path d="M0 5H34" fill="none" stroke="var(--quiet)" stroke-width="1.6" stroke-dasharray="${{ part_of: "6 3", unknown: "1.5 3.5" }[kind] || ""}"/></svg>`);
    return item;
  };
  const facets = [...new Set(tree.facets)].filter((facet) => FACETS.includes(facet));
  const keys = [["↑ ↓", "move"], ["← →", "close, open"], ["Enter", "toggle"], ["/", "find"], ["+ − 0", "zoom, fit"], ["Esc", "reset"]];
  $id("marks").replaceChildren(
    ...Object.keys(ORIGINS).map((origin) => entry(picture(origin, "other"), ORIGINS[origin])),
    entry(picture("o", "other", 9), "closed: more below it"),
    line("is_a", "is a"), line("part_of", "part of"), line("unknown", "kind not known"),
    entry("1,234 · 5 quotes: nodes below it, sentences that speak of it"),
    ...facets.map((facet) => entry(picture("o", facet, 9), facet)),
    ...keys.map(([key, does]) => entry(make("kbd", {}, key), ` ${does}`)),
  );
}

async function start() {
  const bytes = Uint8Array.from(atob($id("data").textContent.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const tree = unpack(JSON.parse(await new Response(stream).text()));
  const svg = $id("plot"), page = $id("drawing"), box = $id("search"), hits = $id("hits");
  const pen = document.createElement("canvas").getContext("2d"), widths = new Map();
  pen.font = "600 14px system-ui, sans-serif";
  const width = (text) => widths.get(text) ?? widths.set(text, pen.measureText(text).width).get(text);
  let filter = "all", state = opened(tree), rows = [], selected = -1, view = { x: 0, y: 0, scale: 1 }, drawn = null;

  const paint = () => {
    const top = -view.y / view.scale, high = svg.clientHeight / view.scale;
    drawn = { top: top - high, bottom: top + 2 * high };
    page.innerHTML = drawing(tree, rows, { filter, selected, width, ...drawn });
    if (selected >= 0) svg.setAttribute("aria-activedescendant", `n${selected}`);
  };
  const place = () => {
    page.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
    svg.classList.toggle("far", view.scale < 0.6);
    svg.classList.toggle("farther", view.scale < 0.35);
    const top = -view.y / view.scale, high = svg.clientHeight / view.scale;
    if (!drawn || top < drawn.top || top + high > drawn.bottom) paint();
  };
  const draw = () => { rows = layout(tree, state, filter); paint(); place(); };
  const rowOf = (i) => rows.find((row) => row.i === i);
  const centre = (i) => {
    const row = rowOf(i);
    if (!row) return;
    view.x = svg.clientWidth * 0.62 - row.depth * COLUMN * view.scale;
    view.y = svg.clientHeight / 2 - row.y * view.scale;
    place();
  };
  const fit = (least) => {
    const across = COLUMN * (1.15 + Math.max(0, ...rows.map((row) => row.depth))), high = Math.max(0, ...rows.map((row) => row.y)) + ROW;
    const scale = Math.min(1.15, (svg.clientWidth - 40) / across, (svg.clientHeight - 30) / high);
    view.scale = Math.max(least, scale);
    view.x = 30;
    view.y = Math.max(20, (svg.clientHeight - high * view.scale) / 2 + 10);
    if (scale < least) view.y = svg.clientHeight / 2 - (rows[0] ? rows[0].y : 0) * view.scale;
    drawn = null;
    place();
  };
  const zoom = (factor, x = svg.clientWidth / 2, y = svg.clientHeight / 2) => {
    const scale = Math.max(0.08, Math.min(3, view.scale * factor)), by = scale / view.scale;
    view = { x: x - (x - view.x) * by, y: y - (y - view.y) * by, scale };
    place();
  };
  const see = (i) => {
    const row = rowOf(i);
    if (!row) return;
    const x = view.x + row.depth * COLUMN * view.scale, y = view.y + row.y * view.scale;
    if (x < 20 || x > svg.clientWidth - 200 * view.scale) view.x += svg.clientWidth * 0.35 - x;
    if (y < 40 || y > svg.clientHeight - 40) view.y += svg.clientHeight / 2 - y;
    place();
  };
  const select = (i) => {
    selected = i;
    $id("facts").replaceChildren(...facts(tree, i));
    $id("facts").scrollTop = 0;
    const fragment = `#node=${encodeURIComponent(address(tree, i))}`;
    if (location.hash !== fragment) location.replace(fragment);
  };
  const toggle = (i, open = !state.shown.has(i)) => {
    if (!tree.children[i].length) return;
    const before = rowOf(i);
    if (open) state.shown.set(i, STEP); else { state.shown.delete(i); state.pinned.delete(i); }
    rows = layout(tree, state, filter);
    if (before) view.y -= (rowOf(i).y - before.y) * view.scale;
    paint();
    place();
  };
  const more = (i, all) => { state.shown.set(i, all ? tree.children[i].length : state.shown.get(i) + STEP); draw(); };
  const go = (i) => {
    if (i < 0) return;
    if (filter !== "all" && !tree.under[filter][i]) { filter = "all"; $id("filter").value = filter; }
    reveal(tree, state, i);
    select(i);
    draw();
    if (view.scale < 0.85) view.scale = 0.9;
    centre(i);
  };
  const reset = () => { state = opened(tree, filter); draw(); fit(0.55); };

  page.addEventListener("click", (event) => {
    const found = event.target.closest("[data-i],[data-more]");
    if (!found) return;
    if (found.dataset.more !== undefined) { more(Number(found.dataset.more), event.shiftKey); return; }
    const i = Number(found.dataset.i);
    select(i);
    toggle(i);
    paint();
  });
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const at = svg.getBoundingClientRect();
    zoom(Math.exp(-Math.max(-80, Math.min(80, event.deltaY)) / 300), event.clientX - at.left, event.clientY - at.top);
  }, { passive: false });
  const fingers = new Map();
  svg.addEventListener("pointerdown", (event) => { fingers.set(event.pointerId, event); svg.focus({ preventScroll: true }); });
  window.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before || !event.buttons) return;
    const [other] = [...fingers.values()].filter((finger) => finger.pointerId !== event.pointerId);
    if (other) {
      const apart = (finger) => Math.hypot(finger.clientX - other.clientX, finger.clientY - other.clientY) || 1;
      const at = svg.getBoundingClientRect();
      zoom(apart(event) / apart(before), (event.clientX + other.clientX) / 2 - at.left, (event.clientY + other.clientY) / 2 - at.top);
    } else {
      view.x += event.clientX - before.clientX;
      view.y += event.clientY - before.clientY;
      place();
    }
    fingers.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, (event) => fingers.delete(event.pointerId));

  const step = (by) => {
    const nodes = rows.filter((row) => row.more === undefined), at = nodes.findIndex((row) => row.i === selected);
    const next = nodes[at < 0 ? 0 : Math.max(0, Math.min(nodes.length - 1, at + by))];
    if (next) { select(next.i); paint(); see(next.i); }
  };
  const keys = {
    ArrowDown: () => step(1), ArrowUp: () => step(-1), PageDown: () => step(20), PageUp: () => step(-20),
    Home: () => step(-rows.length), End: () => step(rows.length),
    ArrowRight: () => { if (selected >= 0 && tree.children[selected].length && !state.shown.has(selected)) toggle(selected, true); else step(1); },
    ArrowLeft: () => {
      if (selected >= 0 && state.shown.has(selected)) toggle(selected, false);
      else if (selected > 0) { select(tree.parent[selected]); paint(); see(selected); }
    },
    Enter: () => toggle(selected), " ": () => toggle(selected),
    "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: () => fit(0.08), Escape: reset,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input, select, button, a, summary");
    if (event.key === "/" && event.target !== box) { event.preventDefault(); box.focus(); box.select(); return; }
    if (typing || !keys[event.key]) return;
    event.preventDefault();
    svg.focus({ preventScroll: true });
    keys[event.key]();
  });

  let chosen = 0;
  const choose = (at) => {
    const entries = [...hits.children];
    chosen = Math.max(0, Math.min(entries.length - 1, at));
    entries.forEach((entry, place) => entry.setAttribute("aria-selected", place === chosen));
    entries[chosen]?.scrollIntoView({ block: "nearest" });
    if (entries[chosen]) box.setAttribute("aria-activedescendant", entries[chosen].id);
  };
  const find = () => {
    hits.replaceChildren(...search(tree, box.value, 30).map((i, at) => {
      const wanted = folded(box.value).trim(), synonyms = tree.synonyms[i] ? tree.synonyms[i].split("|") : [];
      const also = folded(tree.names[i]).includes(wanted) ? "" : synonyms.find((name) => folded(name).includes(wanted)) || "";
      const parent = tree.parent[i] >= 0 ? `under ${tree.names[tree.parent[i]]}` : "";
      return make("li", { role: "option", id: `hit${at}`, "data-go": i },
        picture(tree.origins[i], tree.facets[i]), ` ${tree.names[i]}`, make("small", {}, [tree.facets[i], parent, also && `also called ${also}`].filter(Boolean).join(" · ")));
    }));
    if (!hits.firstChild && box.value.trim()) hits.append(make("li", { class: "quiet" }, "nothing has this name"));
    box.setAttribute("aria-expanded", hits.childElementCount > 0);
    choose(0);
  };
  const take = (entry) => {
    if (!entry || entry.dataset.go === undefined) return;
    hits.replaceChildren();
    box.setAttribute("aria-expanded", "false");
    go(Number(entry.dataset.go));
    svg.focus({ preventScroll: true });
  };
  let waiting = 0;
  box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(find, 60); });
  box.addEventListener("keydown", (event) => {
    const does = { ArrowDown: () => choose(chosen + 1), ArrowUp: () => choose(chosen - 1), Enter: () => { clearTimeout(waiting); find(); take(hits.children[chosen]); }, Escape: () => { box.value = ""; find(); svg.focus(); } }[event.key];
    if (event.key === "Enter" && hits.children[chosen]) { event.preventDefault(); take(hits.children[chosen]); return; }
    if (does) { event.preventDefault(); does(); }
  });
  hits.addEventListener("click", (event) => take(event.target.closest("li")));
  box.addEventListener("focus", () => { if (box.value) find(); });
  document.addEventListener("pointerdown", (event) => { if (!event.target.closest("#finder")) hits.replaceChildren(); });

  $id("filter").addEventListener("change", (event) => { filter = event.target.value; reset(); });
  $id("in").addEventListener("click", () => zoom(1.25));
  $id("out").addEventListener("click", () => zoom(0.8));
  $id("fit").addEventListener("click", () => fit(0.08));
  $id("reset").addEventListener("click", reset);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const light = (night) => document.documentElement.classList.toggle("dark", night);
  light(dark.matches);
  dark.addEventListener("change", () => light(dark.matches));
  $id("theme").addEventListener("click", () => light(!document.documentElement.classList.contains("dark")));
  window.addEventListener("resize", () => { drawn = null; place(); });

  const follow = () => {
    const wanted = new URLSearchParams(location.hash.slice(1).replaceAll("+", "%2B"));
    if (wanted.has("find")) { box.value = wanted.get("find"); find(); }
    if (wanted.get("node") && (selected < 0 || wanted.get("node") !== address(tree, selected))) go(addressed(tree, wanted.get("node")));
  };
  window.addEventListener("hashchange", follow);
  explain(tree);
  reset();
  if (tree.n) $id("facts").replaceChildren(...facts(tree, 0));
  follow();
  document.documentElement.dataset.ready = "1";
}

if (typeof document !== "undefined") start();
