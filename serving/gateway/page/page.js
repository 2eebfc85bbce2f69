import {startDocuments} from "./documents.js";
import {$, ask, button, element, forget, keep, kept, say, startTheme} from "./shared.js";
import {cut, markSource, nextWord, origins, replaced, showWords} from "./words.js";

const PAUSE = 600; // milliseconds after the last key, until what was typed is translated
const KEPT = 20; // translations in the history
const OTHERS = 5; // translations of a sentence
let offer = {languages: [], characters: 0, formats: []};
let shown = null; // what is in the target pane: {source, from, to, answer}
let running = null;
let timer = 0;
let openings = 0; // of other translations, opened or closed: what comes for an earlier one is too late

function option(select, value, text) {
  select.append(element("option", {value}, text));
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

// What `shown` has, or nothing.
function show() {
  $("about").textContent = "";
  markSource("", []);
  if (shown) {
    $("target").lang = shown.to;
    showWords($("target"), shown.answer, shown.to);
  } else {
    $("target").replaceChildren();
  }
  const hasText = Boolean(shown && shown.answer.text);
  $("copy").disabled = $("better").disabled = !hasText;
  $("other").disabled = !(hasText && shown.answer.segments.length);
  $("better").hidden = !offer.suggestions;
}

function describe(body, answer) {
  const spent = Object.values(body.milliseconds).reduce((sum, one) => sum + one, 0);
  const parts = [];
  if (!$("from").value) {
    parts.push(`${named(answer.source)}, detected (${Math.round(100 * answer.confidence)} % sure)`);
  }
  if (answer.model) parts.push(`${answer.model} version ${answer.versions} (${body.label})`);
  if (answer.pivot) parts.push(`over ${named(answer.pivot)}`);
  parts.push(`${Math.round(spent)} ms`);
  const lost = answer.notes.filter((note) => !note.kept).map((note) => note.took);
  if (lost.length) parts.push(`could not be kept: ${lost.join(", ")}`);
  if (answer.segments.some((one) => one.truncated)) parts.push("a sentence was too long and was cut");
  return [parts.join(" · "), lost.length > 0];
}

async function translate() {
  clearTimeout(timer);
  if (running) running.abort();
  const source = $("source").value;
  closeOthers();
  toggleSuggest(false);
  if (!source.trim() || !$("to").value) { shown = null; show(); say(""); return; }
  running = new AbortController();
  const mine = running;
  $("target").setAttribute("aria-busy", "true");
  try {
    const wish = {texts: [source], target: $("to").value, links: true};
    if ($("from").value) wish.source = $("from").value;
    const body = await ask("v1/translate", wish, mine.signal);
    const answer = body.answers[0];
    closeOthers();
    shown = {source, from: answer.source, to: body.target, answer};
    show();
    say(...describe(body, answer));
    remember({source, from: shown.from, to: shown.to, text: answer.text});
  } catch (error) {
    if (error.name !== "AbortError") { closeOthers(); shown = null; show(); say(error.message, true); }
  } finally {
    if (running === mine) $("target").removeAttribute("aria-busy");
  }
}

// Which words of the source a word comes from, where the model says so.
function point(word) {
  for (const old of $("target").querySelectorAll(".pointed")) old.classList.remove("pointed");
  if (!word || !shown) { markSource("", []); $("about").textContent = ""; return; }
  word.classList.add("pointed");
  const spans = origins(shown.answer, word);
  markSource(shown.source, shown.source === $("source").value ? spans : []);
  const from = spans.map((span) => cut(shown.source, span)).join(" … ");
  $("about").textContent = from ? `“${word.textContent}” comes from “${from}”` : "";
}

function closeOthers() {
  openings += 1;
  $("others").hidden = true;
  $("other").setAttribute("aria-expanded", "false");
}

// Models offer other translations of a sentence, not of a word in it: those without the word stand first.
async function openOthers(sentence, word = "") {
  const mine = shown;
  const opening = ++openings;
  const segment = mine.answer.segments[sentence];
  const now = cut(mine.answer.text, segment.target);
  $("others").hidden = false;
  $("other").setAttribute("aria-expanded", "true");
  $("others-title").textContent = `Other translations of the sentence “${cut(mine.source, segment.source)}”`;
  $("alternatives").replaceChildren(element("li", {}, "…"));
  let texts;
  try {
    const text = cut(mine.source, segment.source);
    const wish = {texts: [text], source: mine.from, target: mine.to, split: "off", alternatives: OTHERS};
    const answer = (await ask("v1/translate", wish)).answers[0];
    texts = [answer.text, ...answer.alternatives].filter((one) => one !== now);
  } catch (error) {
    if (openings !== opening) return;
    closeOthers();
    say(error.message, true);
    return;
  }
  if (openings !== opening) return;
  const has = (text) => Boolean(word) && text.includes(word);
  fillOthers(sentence, texts.sort((a, b) => has(a) - has(b)));
}

function fillOthers(sentence, texts) {
  const lines = texts.map((text) => {
    const chosen = button(text, () => {
      const before = cut(shown.answer.text, shown.answer.segments[sentence].target);
      shown = {...shown, answer: replaced(shown.answer, sentence, text)};
      show();
      remember({source: shown.source, from: shown.from, to: shown.to, text: shown.answer.text});
      fillOthers(sentence, texts.map((one) => (one === text ? before : one)));
      $("alternatives").querySelectorAll("button")[texts.indexOf(text)].focus();
    }, {dir: "auto", lang: shown.to});
    return element("li", {}, chosen);
  });
  $("alternatives").replaceChildren(
    ...(lines.length ? lines : [element("li", {}, "The model has no other translation of it.")]));
}

function past() {
  try { return JSON.parse(kept("past") || "[]"); } catch { return []; }
}

function remember(one) {
  const others = past().filter((old) => old.source !== one.source || old.to !== one.to);
  keep("past", JSON.stringify([one, ...others].slice(0, KEPT)));
  showPast();
}

function showPast() {
  $("past").replaceChildren(...past().map((one) => element("li", {}, button(
    `${named(one.from)} → ${named(one.to)}: ${one.source.slice(0, 80)} → ${(one.text || "").slice(0, 80)}`,
    () => {
      $("from").value = one.from;
      fillTargets();
      $("to").value = one.to;
      $("source").value = one.source;
      count();
      translate();
      $("source").focus();
    },
    {dir: "auto"}))));
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
  if (shown) $("source").value = shown.answer.text;
  count();
  translate();
}

async function suggest(event) {
  event.preventDefault();
  const suggestion = $("suggestion").value.trim();
  if (!suggestion || !shown) return;
  try {
    await ask("v1/suggestions", {text: shown.source, suggestion, source: shown.from, target: shown.to});
    toggleSuggest(false);
    $("better").focus();
    say("thank you: it is kept for the operator");
  } catch (error) {
    say(error.message, true);
  }
}

function toggleSuggest(open) {
  $("suggest").hidden = !open;
  $("better").setAttribute("aria-expanded", String(open));
  if (open) { $("suggestion").value = shown.answer.text; $("suggestion").lang = shown.to; $("suggestion").focus(); }
}

function listenToWords() {
  const target = $("target");
  const word = (event) => event.target.closest(".word");
  const open = (one) => openOthers(Number(one.dataset.sentence), one.textContent);
  target.addEventListener("pointerover", (event) => point(word(event)));
  target.addEventListener("pointerleave", () => point(null));
  target.addEventListener("focusin", (event) => { if (word(event)) point(word(event)); });
  target.addEventListener("click", (event) => { if (word(event) && getSelection().isCollapsed) open(word(event)); });
  target.addEventListener("keydown", (event) => {
    const next = nextWord(target, event.key);
    if (next) { event.preventDefault(); next.focus(); }
    if (event.key === "Enter" && word(event) && !event.ctrlKey && !event.metaKey) { event.preventDefault(); open(word(event)); }
  });
  $("source").addEventListener("scroll", () => { $("under").scrollTop = $("source").scrollTop; });
  $("other").addEventListener("click", () => {
    const pointed = target.querySelector(".pointed");
    if (!$("others").hidden) closeOthers();
    else if (pointed) open(pointed);
    else openOthers(0);
  });
}

function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    const isTranslate = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (isTranslate && !$("suggest").contains(event.target)) { event.preventDefault(); translate(); }
    if (event.altKey && event.key.toLowerCase() === "x") { event.preventDefault(); swap(); }
    if (event.key !== "Escape") return;
    if (!$("suggest").hidden) { toggleSuggest(false); $("better").focus(); }
    else if (!$("others").hidden) { closeOthers(); $("other").focus(); }
  });
}

async function copy() {
  try {
    await navigator.clipboard.writeText(shown.answer.text);
    say("copied");
  } catch {
    say("the browser does not let it be copied", true);
  }
}

async function start() {
  startTheme();
  $("source").addEventListener("input", () => {
    count();
    point(null);
    clearTimeout(timer);
    timer = setTimeout(translate, PAUSE);
  });
  $("from").addEventListener("change", () => { fillTargets(); translate(); });
  $("to").addEventListener("change", translate);
  $("key").addEventListener("change", translate);
  $("swap").addEventListener("click", swap);
  $("copy").addEventListener("click", copy);
  $("better").addEventListener("click", () => toggleSuggest($("suggest").hidden));
  $("keep").addEventListener("click", () => { toggleSuggest(false); $("better").focus(); });
  $("suggest").addEventListener("submit", suggest);
  $("forget").addEventListener("click", () => { forget("past"); showPast(); });
  listenToWords();
  listenToKeys();
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
  show();
  showPast();
  startDocuments(offer, () => ({source: $("from").value, target: $("to").value}), named);
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
