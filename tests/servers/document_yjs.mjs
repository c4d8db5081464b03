// Yjs itself, for the tests of the document's parser: it reads updates, or makes honest ones.
//
//   node document_yjs.mjs read  < lines, each a list of updates in hex   > lines: the text as JSON
//   node document_yjs.mjs write SEED STEPS                               > lines, as below
//
// `write` lets four pages write, undo, go offline and come back through one server's document.
// Each line is {"page", "kind", "update", "text"}: what a page sends, and the text it then has.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../../helpers/pages/package.json", import.meta.url));
const Y = require("yjs");
const hex = (bytes) => Buffer.from(bytes).toString("hex");

const [command, seed, steps] = process.argv.slice(2);
if (command === "read") await read();
else write(Number(seed), Number(steps));

async function read() {
  for await (const line of createInterface({ input: process.stdin })) {
    const doc = new Y.Doc();
    const text = doc.getText("text");
    try {
      for (const update of line.split(" ")) Y.applyUpdate(doc, Buffer.from(update, "hex"));
      const waits = doc.store.pendingStructs || doc.store.pendingDs;
      console.log(JSON.stringify(waits ? { waits: true } : { text: text.toString() }));
    } catch (error) {
      console.log(JSON.stringify({ error: String(error) }));
    }
  }
}

function write(seed, steps) {
  let state = seed * 2654435761 + 1;
  const chance = (n) => (state = (state * 48271) % 2147483647) % n;
  const server = new Y.Doc();
  const pages = Array.from({ length: 4 }, (_, number) => newPage(number));

  function newPage(number) {
    const doc = new Y.Doc();
    const text = doc.getText("text");
    const page = { number, doc, text, updates: [], online: true, known: Y.encodeStateVector(server) };
    page.undo = new Y.UndoManager(text, { trackedOrigins: new Set(["me"]), captureTimeout: 0 });
    doc.on("update", (update, origin) => origin !== "server" && page.online && page.updates.push(update));
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(server), "server");
    return page;
  }

  function send(page, kind, update) {
    Y.applyUpdate(server, update);
    console.log(JSON.stringify({ page: page.number, kind, update: hex(update), text: server.getText("text").toString() }));
    for (const other of pages) if (other !== page && other.online) Y.applyUpdate(other.doc, update, "server");
  }

  function edit(page) {
    const { doc, text } = page;
    const letters = [...text.toString()];
    const at = chance(letters.length + 1);
    const from = letters.slice(0, at).join("").length;
    const gone = letters.slice(at, at + chance(4)).join("").length;
    const word = ["a", "bcd", "世", "😀", "é😀x", "\n", ""][chance(7)];
    doc.transact(() => {
      if (gone) text.delete(from, gone);
      if (word) text.insert(from, word);
    }, "me");
  }

  const flush = (page) => {
    const updates = page.updates.splice(0);
    if (page.online && updates.length) send(page, "update", Y.mergeUpdates(updates));
  };
  const acts = [
    ...Array(8).fill(edit),
    ...Array(4).fill(flush),
    (page) => page.undo.undo(),
    (page) => page.undo.redo(),
    (page) => ((page.online = false), (page.updates = [])),
    (page) => {
      if (page.online) return;
      page.online = true;
      page.known = Y.encodeStateVector(server);
      send(page, "step 2", Y.encodeStateAsUpdate(page.doc, page.known));
      Y.applyUpdate(page.doc, Y.encodeStateAsUpdate(server, Y.encodeStateVector(page.doc)), "server");
    },
    (page) => ((page.updates = []), page.online && send(page, "whole", Y.encodeStateAsUpdate(page.doc, page.known))),
    (page) => chance(4) || (flush(page), page.online && (pages[page.number] = newPage(page.number))),
  ];
  for (let step = 0; step < steps; step++) acts[chance(acts.length)](pages[chance(4)]);
}
