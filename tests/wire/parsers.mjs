// Reads examples as JSON from standard input and answers what the official parser makes of each.
//   engine.io: a polling body  →  { read: [[type, data or hex]], written: body }
//   socket.io: [messages, bytes as { hex }]  →  { read: packet, written: messages } or { error }

import { createRequire } from "node:module";

const [modules, parser] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
let input = "";
for await (const piece of process.stdin) input += piece;
const examples = JSON.parse(input);

const unhex = ({ hex }) => Buffer.from(hex, "hex");
const plain = (value) => {
  if (Buffer.isBuffer(value)) return { hex: value.toString("hex") };
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
  }
  return value;
};
const fromHex = (value) => {
  if (Array.isArray(value)) return value.map(fromHex);
  if (value && typeof value === "object") {
    if (typeof value.hex === "string") return unhex(value);
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, fromHex(part)]));
  }
  return value;
};

async function engine(body) {
  const { decodePayload, encodePayload } = require("engine.io-parser");
  const packets = decodePayload(body, "nodebuffer");
  const read = packets.map(({ type, data }) => [type, Buffer.isBuffer(data) ? data.toString("hex") : data ?? ""]);
  const written = await new Promise((done) => encodePayload(packets, done));
  return { read, written };
}

function socket({ messages, packet }) {
  const { Decoder, Encoder } = require("socket.io-parser");
  const answer = { read: null, written: null };
  try {
    const decoder = new Decoder();
    decoder.on("decoded", (found) => (answer.read = plain(found)));
    for (const message of messages) decoder.add(typeof message === "string" ? message : unhex(message));
    if (packet) answer.written = new Encoder().encode(fromHex(packet)).map(plain);
  } catch (error) {
    answer.error = error.message;
  }
  return answer;
}

const answers = [];
for (const example of examples) answers.push(await (parser === "engine.io" ? engine(example) : socket(example)));
process.stdout.write(JSON.stringify(answers));
