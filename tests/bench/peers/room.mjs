// What every peer does, in memory: names, a welcome, and messages that all others get.

let seq = 0;
const names = new Set();

/** Whether nobody is told who joins: among 5,000, that alone is 12.5 million notes. */
export const quiet = process.argv.includes("quiet");

export function welcome(name) {
  names.add(name);
  return { name, token: "t".repeat(32), people: [...names], messages: [], more: false, older: false };
}

export function left(name) {
  names.delete(name);
}

export function message(name, { id, text }) {
  seq += 1;
  return { seq, id, at: new Date().toISOString(), from: name, text };
}

export function ready(server) {
  server.listen(0, "127.0.0.1", 4096, () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}/`);
  });
  process.stdin.on("end", () => process.exit()).resume();
}
