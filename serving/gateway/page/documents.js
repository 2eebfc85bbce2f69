// Documents: sent, followed, given up, saved.

import {$, ask, button, element, headers, reason, say, send} from "./shared.js";

const PAUSE = 700; // milliseconds between two questions of how far it is, at least
const LONGEST = 60000; // and at most
const WORDS = {queued: "waits for its turn", translating: "is being translated", done: "is translated"};

// `languages`: what is chosen now, {source, target}; `named`: from a code to a language's name.
export function startDocuments(offer, languages, named) {
  $("file").accept = offer.formats.join(",");
  const most = `${Math.floor(offer.document_bytes / 1048576 * 10) / 10} MB`;
  $("formats").textContent = `Up to ${most} each: ${offer.formats.map((one) => one.slice(1)).join(", ")}.`;
  const take = (files) => {
    for (const file of files) new Job(file, languages(), offer.document_bytes, named).run();
  };
  $("file").addEventListener("change", () => { take($("file").files); $("file").value = ""; });
  listenToDrops(take);
}

// Anywhere on the page: else the browser would open the file in its place, and what was typed be lost.
function listenToDrops(take) {
  const mark = (isOver) => $("drop").classList.toggle("over", isOver);
  const hasFiles = (event) => event.dataTransfer.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (hasFiles(event)) { event.preventDefault(); mark(true); }
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(false); });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    mark(false);
    take(event.dataTransfer.files);
  });
}

const pause = (seconds = 0) => new Promise(
  (resolve) => setTimeout(resolve, Math.min(Math.max(PAUSE, 1000 * seconds), LONGEST)));

// That are named for tables.
const columns = () => $("columns").value.split(",").map((name) => name.trim()).filter(Boolean);

class Job {
  constructor(file, languages, most, named) {
    Object.assign(this, {file, languages, most, named, columns: columns(), given: new AbortController(), taken: null, isOver: false});
    this.state = element("span", {className: "state"});
    this.bar = element("progress", {max: 1});
    this.bar.setAttribute("aria-label", `Progress of ${file.name}`);
    this.stop = button("Cancel", () => this.cancel());
    this.stop.setAttribute("aria-label", `Cancel ${file.name}`);
    this.name = element("span", {className: "name", dir: "auto"}, file.name);
    this.line = element("li", {}, this.name, this.state, this.bar, this.stop);
    $("jobs").prepend(this.line);
  }

  tell(text, wrong = false) {
    this.state.textContent = text;
    this.state.classList.toggle("wrong", wrong);
  }

  async run() {
    try {
      if (this.file.size > this.most) throw new Error("is larger than a document may be");
      if (!this.languages.target) throw new Error("there is nothing to translate it into");
      this.taken = await this.sent();
      await this.followed();
      this.finish();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.tell(error.message, true);
      say(`${this.file.name}: ${error.message}`, true);
      this.end("Remove");
    }
  }

  // XMLHttpRequest says how much has been sent; fetch does not.
  sent() {
    const form = new FormData();
    form.append("target", this.languages.target);
    if (this.languages.source) form.append("source", this.languages.source);
    if (/\.(csv|tsv)$/i.test(this.file.name)) for (const column of this.columns) form.append("columns", column);
    form.append("file", this.file, this.file.name);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", "v1/documents");
      for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", (event) => {
        const share = event.loaded / event.total;
        this.bar.value = share;
        this.tell(share < 1 ? `${Math.round(100 * share)} % sent` : "is being read");
      });
      request.addEventListener("load", () => {
        if (request.status === 200) resolve(JSON.parse(request.responseText));
        else reject(new Error(reason(request.status, request.responseText)));
      });
      request.addEventListener("error", () => reject(new Error("the gateway does not answer: try again later")));
      request.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      this.given.signal.addEventListener("abort", () => request.abort());
      this.tell("is being sent");
      request.send(form);
    });
  }

  async followed() {
    for (;;) {
      const now = await this.asked();
      if (now.state === "error") throw new Error(now.error);
      if (now.progress === null) this.bar.removeAttribute("value"); else this.bar.value = now.progress;
      const over = now.pivots.length ? `, over ${now.pivots.map(this.named).join(", ")}` : "";
      const share = now.state === "translating" && now.progress ? `: ${Math.round(100 * now.progress)} %` : "";
      this.tell(WORDS[now.state] + share + over);
      if (now.state === "done") return;
      await pause();
    }
  }

  // How far it is: the gateway goes on while a network is away.
  async asked() {
    for (;;) {
      try {
        return await ask(`v1/documents/${this.taken.document}`, {key: this.taken.key}, this.given.signal);
      } catch (error) {
        if (!error.isPassing) throw error;
        this.tell("the gateway does not answer: it is asked again");
        await pause(error.seconds);
      }
    }
  }

  finish() {
    const save = button("Save", () => this.save(), {className: "main"});
    save.setAttribute("aria-label", `Save the translation of ${this.file.name}`);
    this.line.insertBefore(save, this.stop);
    say(`${this.file.name} is translated`);
    this.end("Remove");
  }

  end(word) {
    this.isOver = true;
    this.bar.remove();
    this.stop.textContent = word;
    this.stop.setAttribute("aria-label", `${word} ${this.file.name}`);
  }

  async save() {
    try {
      const answer = await send(`v1/documents/${this.taken.document}/result`, {key: this.taken.key});
      const address = URL.createObjectURL(await answer.blob());
      const link = element("a", {href: address, download: this.file.name});
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 60000);
    } catch (error) {
      this.tell(error.message, true);
    }
  }

  // What has been sent is deleted, done or not.
  async cancel() {
    this.given.abort();
    this.line.remove();
    $("file").focus();
    say(`${this.file.name} is ${this.isOver ? "deleted here and from the gateway" : "given up"}`);
    if (!this.taken) return;
    try {
      await ask(`v1/documents/${this.taken.document}/cancel`, {key: this.taken.key});
    } catch { /* it is deleted when its time is over */ }
  }
}
