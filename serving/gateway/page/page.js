"use strict";

const $ = (id) => document.getElementById(id);
const PAUSE = 600; // milliseconds after the last key, until what was typed is translated
const KEPT = 20; // translations in the history
let offer = {languages: [], characters: 0};
let shown = null; // what is in the target pane: {source, target, text}
let running = null;
let timer = 0;

function option(select, value, text) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text;
  select.append(made);
}

function say(text, wrong = false) {
  $("status").textContent = text;
  $("status").classList.toggle("wrong", wrong);
}

async function ask(path, values) {
  const headers = {"Content-Type": "application/json"};
  const key = $("key").value.trim();
  if (key) headers.Authorization = `Bearer ${key}`;
  const asked = values === undefined ? {headers} : {headers, method: "POST", body: JSON.stringify(values)};
  if (running && path === "v1/translate") asked.signal = running.signal;
  const answer = await fetch(path, asked);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error.message);
  return body;
}

const named = (code) => (offer.languages.find((one) => one.code === code) || {name: code}).name;

function fillTargets() {
  const before = $("to").value;
  const source = $("from").value;
  const targets = new Set(
    offer.languages.filter((one) => !source || one.code === source).flatMap((one) => one.targets));
  $("to").replaceChildren();
  for (const one of offer.languages) if (targets.has(one.code)) option($("to"), one.code, one.name);
  if (targets.has(before)) $("to").value = before;
}

function count() {
  $("count").textContent = `${[...$("source").value].length} of ${offer.characters} characters`;
}

function show(text) {
  $("target").textContent = text;
  $("copy").disabled = $("better").disabled = !text;
  $("better").hidden = !offer.suggestions;
}

function describe(body, answer) {
  const spent = Object.values(body.milliseconds).reduce((sum, one) => sum + one, 0);
  const parts = [];
  if (!$("from").value) {
    parts.push(`${named(answer.source)}, detected (${Math.round(100 * answer.confidence)} % sure)`);
  }
  if (answer.model) parts.push(`${answer.model} version ${answer.versions} (${body.label})`);
  parts.push(`${Math.round(spent)} ms`);
  const lost = answer.notes.filter((note) => !note.kept).map((note) => note.took);
  if (lost.length) parts.push(`could not be kept: ${lost.join(", ")}`);
  if (answer.segments.some((one) => one.truncated)) parts.push("a sentence was too long and was cut");
  return [parts.join(" · "), lost.length > 0];
}

function showAlternatives(texts) {
  $("others").hidden = !texts.length;
  $("alternatives").replaceChildren(...texts.map((text) => {
    const line = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dir = "auto";
    button.textContent = text;
    button.addEventListener("click", () => { shown.text = text; show(text); });
    line.append(button);
    return line;
  }));
}

async function translate() {
  clearTimeout(timer);
  if (running) running.abort();
  const source = $("source").value;
  showAlternatives([]);
  if (!source.trim() || !$("to").value) { show(""); say(""); return; }
  running = new AbortController();
  const mine = running;
  $("target").classList.add("waiting");
  try {
    const wish = {texts: [source], target: $("to").value, alternatives: 3};
    if ($("from").value) wish.source = $("from").value;
    const body = await ask("v1/translate", wish);
    const answer = body.answers[0];
    shown = {source, from: answer.source, to: body.target, text: answer.text};
    $("target").lang = body.target;
    show(answer.text);
    showAlternatives(answer.alternatives);
    say(...describe(body, answer));
    remember(shown);
  } catch (error) {
    if (error.name !== "AbortError") { show(""); say(error.message, true); }
  } finally {
    if (running === mine) $("target").classList.remove("waiting");
  }
}

function past() {
  try { return JSON.parse(localStorage.getItem("past") || "[]"); } catch { return []; }
}

function remember(one) {
  const others = past().filter((old) => old.source !== one.source || old.to !== one.to);
  try { localStorage.setItem("past", JSON.stringify([one, ...others].slice(0, KEPT))); } catch { /* full, or forbidden */ }
  showPast();
}

function showPast() {
  $("past").replaceChildren(...past().map((one) => {
    const line = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dir = "auto";
    button.textContent = `${named(one.from)} → ${named(one.to)}: ${one.source.slice(0, 80)}`;
    button.addEventListener("click", () => {
      $("from").value = one.from;
      fillTargets();
      $("to").value = one.to;
      $("source").value = one.source;
      count();
      translate();
    });
    line.append(button);
    return line;
  }));
}

function swap() {
  const from = $("from").value || (shown && shown.from);
  const to = $("to").value;
  if (!from || !offer.languages.some((one) => one.code === to && one.targets.includes(from))) {
    say("there is no translation in the other direction", true);
    return;
  }
  $("from").value = to;
  fillTargets();
  $("to").value = from;
  if (shown) $("source").value = shown.text;
  count();
  translate();
}

async function suggest(event) {
  event.preventDefault();
  const suggestion = $("suggestion").value.trim();
  if (!suggestion || !shown) return;
  try {
    await ask("v1/suggestions",
      {text: shown.source, suggestion, source: shown.from, target: shown.to});
    toggleSuggest(false);
    say("thank you: it is kept for the operator");
  } catch (error) {
    say(error.message, true);
  }
}

function toggleSuggest(open) {
  $("suggest").hidden = !open;
  $("better").setAttribute("aria-expanded", String(open));
  if (open) { $("suggestion").value = shown.text; $("suggestion").focus(); }
}

function theme(wanted) {
  document.documentElement.dataset.theme = wanted;
  const dark = wanted === "dark";
  $("theme").setAttribute("aria-pressed", String(dark));
  try { localStorage.setItem("theme", wanted); } catch { /* forbidden */ }
}

async function start() {
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  let wanted = null;
  try { wanted = localStorage.getItem("theme"); } catch { /* forbidden */ }
  if (wanted) theme(wanted); else $("theme").setAttribute("aria-pressed", String(dark));
  $("theme").addEventListener("click",
    () => theme($("theme").getAttribute("aria-pressed") === "true" ? "light" : "dark"));
  $("source").addEventListener("input", () => { count(); clearTimeout(timer); timer = setTimeout(translate, PAUSE); });
  $("from").addEventListener("change", () => { fillTargets(); translate(); });
  $("to").addEventListener("change", translate);
  $("key").addEventListener("change", translate);
  $("swap").addEventListener("click", swap);
  $("copy").addEventListener("click", async () => {
    try { await navigator.clipboard.writeText(shown.text); say("copied"); } catch { say("the browser does not let it be copied", true); }
  });
  $("better").addEventListener("click", () => toggleSuggest($("suggest").hidden));
  $("suggest").addEventListener("submit", suggest);
  $("forget").addEventListener("click", () => { try { localStorage.removeItem("past"); } catch { /* forbidden */ } showPast(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); translate(); }
    if (event.altKey && event.key.toLowerCase() === "x") { event.preventDefault(); swap(); }
    if (event.key === "Escape" && !$("suggest").hidden) { toggleSuggest(false); $("better").focus(); }
  });
  try {
    offer = await ask("v1/languages");
  } catch (error) {
    say(error.message, true);
    return;
  }
  $("key-line").hidden = !offer.keys;
  option($("from"), "", "Detect language");
  for (const one of offer.languages) if (one.targets.length) option($("from"), one.code, one.name);
  fillTargets();
  count();
  show("");
  showPast();
  $("source").focus();
  fromAddress();
}

// #en/de/Good%20morning. is a link to a translation; what stands behind # is sent to nobody.
function fromAddress() {
  const [from, to, ...text] = location.hash.slice(1).split("/");
  if (!text.length) return;
  $("from").value = from === "auto" ? "" : from;
  fillTargets();
  $("to").value = to;
  try { $("source").value = decodeURIComponent(text.join("/")); } catch { return; }
  count();
  translate();
}

start();
