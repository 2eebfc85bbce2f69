// DeepL's own client for Node.js, commanded by lines of JSON: {call, given}, answered by {value} or {error, said}.
// Its package lies in the folder that argument 1 names; 2 is the server's address, 3 the key.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [modules, serverUrl, key] = process.argv.slice(2);
const deepl = createRequire(`${modules}/`)("deepl-node");
const client = new deepl.DeepLClient(key, { serverUrl, maxRetries: 0, minTimeout: 60000 });

// A glossary's terms have to be an object of the client's.
const revive = (_, value) => (value?.terms ? new deepl.GlossaryEntries({ entries: value.terms }) : value);

for await (const line of createInterface({ input: process.stdin })) {
  const { call, given } = JSON.parse(line, revive);
  let answer;
  try {
    answer = { value: (await client[call](...given)) ?? null };
  } catch (error) {
    answer = { error: error.constructor.name, said: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
