// A translation as words that can be pointed at. Places are counted in code points, as the gateway counts.

import {$, element} from "./shared.js";

// What stands at a span of a text.
export const cut = (text, [from, to]) => [...text].slice(from, to).join("");

function* pieces(text, language) {
  if (!Intl.Segmenter) {
    for (const piece of text.split(/(\s+)/)) yield [piece, /\S/.test(piece)];
    return;
  }
  let segmenter;
  try {
    segmenter = new Intl.Segmenter(language, {granularity: "word"});
  } catch {
    segmenter = new Intl.Segmenter(undefined, {granularity: "word"});
  }
  for (const {segment, isWordLike} of segmenter.segment(text)) yield [segment, isWordLike];
}

// Show an answer in a pane, each word an element that knows its sentence and its place.
export function showWords(pane, answer, language) {
  const shown = document.createDocumentFragment();
  const points = [...answer.text];
  const part = (from, to) => points.slice(from, to).join("");
  let done = 0;
  answer.segments.forEach((segment, sentence) => {
    const [from, to] = segment.target;
    if (from < done) return;
    shown.append(part(done, from));
    let place = from;
    for (const [piece, isWord] of pieces(part(from, to), language)) {
      const end = place + [...piece].length;
      if (isWord) {
        const word = element("span", {className: "word", tabIndex: -1}, piece);
        Object.assign(word.dataset, {sentence, from: place, to: end});
        shown.append(word);
      } else {
        shown.append(piece);
      }
      place = end;
    }
    done = to;
  });
  shown.append(part(done));
  pane.replaceChildren(shown);
}

// The spans of the source that a word comes from, where the model says so.
export function origins(answer, word) {
  const {sentence, from, to} = word.dataset;
  return answer.segments[sentence].links
    .filter(([, [start, end]]) => start < Number(to) && end > Number(from))
    .map(([source]) => source);
}

// Mark spans of the source, behind the field that has it.
export function markSource(text, spans) {
  const under = $("under");
  const marked = document.createDocumentFragment();
  let done = 0;
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (from < done) continue;
    marked.append(cut(text, [done, from]), element("mark", {}, cut(text, [from, to])));
    done = to;
  }
  under.replaceChildren(...(spans.length ? [marked, `${cut(text, [done, Infinity])}\n`] : []));
  under.scrollTop = $("source").scrollTop;
}

// The answer with another translation of a sentence; the places of what follows move on.
export function replaced(answer, sentence, text) {
  const [from, to] = answer.segments[sentence].target;
  const more = [...text].length - (to - from);
  const moved = ([start, end]) => [start + more, end + more];
  const segments = answer.segments.map((one, place) => {
    if (place === sentence) return {...one, target: [from, to + more], links: []};
    if (one.target[0] < to) return one;
    return {...one, target: moved(one.target), links: one.links.map(([source, target]) => [source, moved(target)])};
  });
  const whole = cut(answer.text, [0, from]) + text + cut(answer.text, [to, Infinity]);
  return {...answer, text: whole, segments};
}

// Arrow keys, Home and End go from word to word; the word that is to be looked at, or null.
export function nextWord(pane, key) {
  const words = [...pane.querySelectorAll(".word")];
  const now = words.indexOf(document.activeElement);
  const isBackwards = pane.matches(":dir(rtl)");
  const forward = isBackwards ? "ArrowLeft" : "ArrowRight";
  const back = isBackwards ? "ArrowRight" : "ArrowLeft";
  if (key === "Home") return words[0] || null;
  if (key === "End") return words[words.length - 1] || null;
  if (key === forward) return words[Math.min(now + 1, words.length - 1)] || null;
  if (key === back) return words[Math.max(now - 1, 0)] || null;
  return null;
}
