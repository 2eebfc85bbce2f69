import {$, ask, button, element, say, startTheme} from "./shared.js";

const NOTHING = "–";
const STATES = {AVAILABLE: "loaded", START: "loading", LOADING: "loading", UNLOADING: "unloading", UNREACHABLE: "no answer"};
let confirmed = null; // what is to be done when the dialog is left with yes

const number = (value, digits = 0) =>
  (typeof value === "number" ? value.toLocaleString("en", {minimumFractionDigits: digits, maximumFractionDigits: digits}) : NOTHING);
const percent = (part, whole) => (whole ? `${number(100 * part / whole, 1)} %` : NOTHING);

function moment(written) {
  const time = new Date(written ?? NaN); // Of null it would be 1970.
  return Number.isNaN(time.getTime()) ? NOTHING : time.toLocaleString("sv").slice(0, 16);
}

// `columns`: titles, those of numbers with # before; `rows`: lists of texts or elements.
function table(caption, columns, rows, empty) {
  if (!rows.length) return element("p", {className: "hint"}, empty);
  const isNumber = columns.map((title) => title.startsWith("#"));
  const style = (place) => ({className: isNumber[place] ? "number" : ""});
  const head = columns.map((title, place) =>
    element("th", {scope: "col", ...style(place)}, title.replace("#", "")));
  const body = rows.map((row) => element("tr", {}, ...row.map((cell, place) =>
    (place ? element("td", style(place), cell) : element("th", {scope: "row", ...style(0)}, cell)))));
  return element("table", {}, element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
}

function wide(label, inner) {
  const made = element("div", {className: "wide", tabIndex: 0}, inner);
  made.setAttribute("role", "region");
  made.setAttribute("aria-label", label);
  return made;
}

function loaded(states) {
  const words = Object.entries(states).map(([address, state]) =>
    [address, state === null ? NOTHING : STATES[state] || `failed: ${state}`]);
  const said = new Set(words.map(([, word]) => word));
  if (said.size === 1) return words.length > 1 ? `${words[0][1]} on all ${words.length}` : words[0][1];
  return words.map(([address, word]) => `${word} on ${address}`).join(", ") || NOTHING;
}

function labels(model, row) {
  const names = row.labels.map((name) => [name, name]);
  if (model.apart && row.version === model.canary) names.push(["canary", `canary, as ${model.apart}`]);
  if (!names.length) return NOTHING;
  return element("span", {}, ...names.flatMap(([name, text]) => [element("span", {className: `label ${name}`}, text), " "]));
}

function versions(model, canChange) {
  const rows = model.versions.map((row) => {
    if (!canChange) return [String(row.version), labels(model, row), loaded(row.loaded)];
    const promote = button("Promote", () => plan({action: "promote", model: model.model, version: row.version}));
    promote.setAttribute("aria-label", `Promote version ${row.version} of ${model.model}`);
    promote.disabled = row.version === model.stable || !row.on_disk;
    return [String(row.version), labels(model, row), promote, number(row.bleu, 1), number(row.chrf, 1),
      loaded(row.loaded), row.languages || NOTHING, moment(row.created)];
  });
  const columns = canChange
    ? ["version", "labels", "to users", "#BLEU", "#chrF", "model servers", "languages", "#made"]
    : ["version", "labels", "model servers"];
  const silent = model.silent && model.silent.length ? `no answer from ${model.silent.join(", ")}` : "no version";
  return wide(`Versions of ${model.model}`, table("Versions, with their scores on the test set", columns, rows, silent));
}

// Both sides of a trial, by their cards and by this gateway's traffic.
function comparison(model, traffic) {
  const of = (version, label) => {
    const row = model.versions.find((one) => one.version === version) || {};
    const names = label === "canary" && model.apart ? [model.apart, model.model] : [model.model];
    const asked = traffic.filter((one) => names.includes(one.model) && one.label === label && one.version === String(version));
    const sum = (count) => asked.reduce((all, one) => all + count(one), 0);
    const errors = sum((one) => failures(one));
    return {bleu: row.bleu, chrf: row.chrf, requests: sum((one) => one.requests), errors,
      characters: sum((one) => one.characters), seconds: asked.length ? asked[0].seconds : null};
  };
  const [stable, canary] = [of(model.stable, "stable"), of(model.canary, "canary")];
  const signed = (now, before, digits) => (typeof now === "number" && typeof before === "number"
    ? `${now - before > 0 ? "+" : ""}${number(now - before, digits)}` : NOTHING);
  const thousand = (side) => (typeof side.seconds === "number" ? 1000 * side.seconds : null);
  const rows = [
    ["BLEU", number(stable.bleu, 1), number(canary.bleu, 1), signed(canary.bleu, stable.bleu, 1)],
    ["chrF", number(stable.chrf, 1), number(canary.chrf, 1), signed(canary.chrf, stable.chrf, 1)],
    ["requests", number(stable.requests), number(canary.requests), NOTHING],
    ["characters", number(stable.characters), number(canary.characters), NOTHING],
    ["failed", percent(stable.errors, stable.requests), percent(canary.errors, canary.requests), NOTHING],
    ["ms a request", number(thousand(stable), 1), number(thousand(canary), 1), signed(thousand(canary), thousand(stable), 1)],
  ];
  const columns = ["what", `#stable: ${model.stable ?? NOTHING}`, `#canary: ${model.canary}`, "#difference"];
  return wide(`The canary of ${model.model} beside stable`, table("BLEU and chrF on the test set; the rest as this gateway has seen it", columns, rows, ""));
}

// Requests that nobody waited for any more are no failures of a model.
const failures = (row) => Object.entries(row.errors)
  .reduce((sum, [kind, count]) => (kind === "cancelled" ? sum : sum + count), 0);

function card(model, state) {
  const canChange = state.root !== null;
  const title = element("h2", {dir: "auto"}, model.model);
  const made = element("section", {className: "card"}, title, versions(model, canChange));
  made.setAttribute("aria-label", model.model);
  if (model.canary !== null) {
    made.append(element("h3", {}, "Canary"), comparison(model, state.traffic));
  }
  if (canChange) {
    const back = button("Roll back", () => plan({action: "rollback", model: model.model}));
    back.disabled = model.stable === null;
    const end = button("End the canary's trial", () => plan({action: "withdraw", model: model.model}));
    end.disabled = model.canary === null;
    for (const one of [back, end]) one.setAttribute("aria-label", `${one.textContent} (${model.model})`);
    made.append(element("p", {className: "buttons"}, back, end));
  }
  return made;
}

function show(state) {
  $("seen").hidden = false;
  $("blind").hidden = !state.blind;
  $("blind").textContent = state.blind;
  const models = state.models.map((model) => card(model, state));
  $("models").replaceChildren(
    ...(models.length ? models : [element("p", {}, "There is no model yet: push one.")]));
  $("traffic").replaceChildren(table("Requests to models, by version and label",
    ["model", "version", "label", "#requests", "#characters", "#failed", "what failed", "#ms a request"],
    state.traffic.map((row) => [
      row.model, row.version || NOTHING, row.label, number(row.requests), number(row.characters),
      percent(failures(row), row.requests),
      Object.entries(row.errors).map(([kind, count]) => `${kind}: ${count}`).join(", ") || NOTHING,
      number(row.seconds === null ? null : 1000 * row.seconds, 1)]),
    "Nothing was asked of a model yet."));
  $("changes").hidden = state.history === null;
  $("history").replaceChildren(table("The latest changes first",
    ["when", "who", "model", "what", "#from", "#to", "why"],
    (state.history || []).map((row) => [moment(row.when), row.who, row.model, row.action,
      String(row.from ?? NOTHING), String(row.to ?? NOTHING), row.why || NOTHING]),
    "Nothing was changed yet."));
}

async function look(said = "") {
  try {
    show(await ask("v1/operators/state"));
    $("look").textContent = "Look again";
    say(said || `as of ${new Date().toLocaleTimeString("sv")}`);
  } catch (error) {
    $("seen").hidden = true;
    say(error.message, true);
  }
}

const TITLES = {
  promote: (one) => [`Promote ${one.model} ${one.version}?`, "Promote"],
  rollback: (one) => [`Roll ${one.model} back?`, "Roll back"],
  withdraw: (one) => [`End the trial of ${one.model}'s canary?`, "End the trial"],
};

// First what would be done, as the command's dry run says it; it is done only as it was shown.
async function plan(wanted) {
  let planned;
  try {
    planned = await ask("v1/operators/plan", wanted);
  } catch (error) {
    say(error.message, true);
    return;
  }
  confirmed = {...wanted, plan: planned.plan};
  [$("confirm-title").textContent, $("do").textContent] = TITLES[wanted.action](wanted);
  $("says").replaceChildren(...planned.says.map((line) => element("li", {}, line)));
  $("diff").textContent = planned.diff || "nothing would change";
  $("reason").value = "";
  $("do").disabled = false;
  $("confirm").showModal();
  $("leave").focus();
}

async function act() {
  const wanted = {...confirmed, reason: $("reason").value.trim()};
  $("do").disabled = true;
  $("do").textContent = "Waiting for the model servers …";
  let outcome;
  try {
    outcome = await ask("v1/operators/act", wanted);
  } catch (error) {
    $("confirm").close();
    await look();
    $("look").focus();
    say(error.message, true);
    return;
  }
  $("confirm").close();
  const none = (version) => version ?? "none";
  const parts = [`${outcome.action} ${outcome.model}: ${none(outcome.before)} → ${none(outcome.to)} in ${number(outcome.seconds, 2)} s`];
  for (const [address, seconds] of Object.entries(outcome.followed)) parts.push(`${address} has followed after ${number(seconds, 2)} s`);
  for (const [address, why] of Object.entries(outcome.behind)) parts.push(`${address} has not followed: ${why}`);
  await look([...parts, ...outcome.says].join("; "));
  $("look").focus(); // what was pressed is not there any more
}

startTheme();
$("enter").addEventListener("submit", (event) => { event.preventDefault(); look(); });
$("leave").addEventListener("click", () => $("confirm").close());
$("do").addEventListener("click", act);
$("key").focus();
