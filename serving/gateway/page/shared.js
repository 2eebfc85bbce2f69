// What both pages need. What comes from users and servers becomes text, never markup.

export const $ = (id) => document.getElementById(id);

export function element(tag, values = {}, ...children) {
  const made = Object.assign(document.createElement(tag), values);
  made.append(...children);
  return made;
}

export function button(text, run, values = {}) {
  const made = element("button", {type: "button", ...values}, text);
  made.addEventListener("click", run);
  return made;
}

export function say(text, wrong = false) {
  $("status").textContent = text;
  $("status").classList.toggle("wrong", wrong);
}

export function headers() {
  const key = $("key").value.trim();
  return key ? {Authorization: `Bearer ${key}`} : {};
}

const PASSING = [429, 502, 503, 504];

const wrong = (message, isPassing, seconds = 0) => Object.assign(new Error(message), {isPassing, seconds});

// What an answer says is wrong; a proxy's own answers are no JSON.
export function reason(status, text) {
  try { return JSON.parse(text).error.message; } catch { return `the answer was ${status}: try again later`; }
}

// JSON of a call of ours; without `values` by GET.
export async function ask(path, values, signal) {
  return (await send(path, values, signal)).json();
}

// What it throws has `isPassing` where the same may be answered a moment later, and the `seconds` after which the
// gateway wants to be asked again; a proxy may say a date, which is none.
export async function send(path, values, signal) {
  const asked = {headers: headers(), signal};
  if (values !== undefined) {
    asked.method = "POST";
    asked.headers["Content-Type"] = "application/json";
    asked.body = JSON.stringify(values);
  }
  let answer;
  try {
    answer = await fetch(path, asked);
  } catch (error) {
    throw error.name === "AbortError" ? error : wrong("the gateway does not answer: try again later", true);
  }
  if (!answer.ok) {
    const seconds = Number(answer.headers.get("Retry-After")) || 0;
    throw wrong(reason(answer.status, await answer.text()), PASSING.includes(answer.status), seconds);
  }
  return answer;
}

export function kept(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

export function keep(name, value) {
  try { localStorage.setItem(name, value); } catch { /* full, or forbidden */ }
}

export function forget(name) {
  try { localStorage.removeItem(name); } catch { /* forbidden */ }
}

function theme(wanted) {
  document.documentElement.dataset.theme = wanted;
  $("theme").setAttribute("aria-pressed", String(wanted === "dark"));
}

export function startTheme() {
  const isDark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => theme(kept("theme") || (isDark.matches ? "dark" : "light"));
  follow();
  isDark.addEventListener("change", follow);
  $("theme").addEventListener("click", () => {
    const wanted = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    theme(wanted);
    keep("theme", wanted);
  });
}
