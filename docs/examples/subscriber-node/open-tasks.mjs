// Keeps a local table of the open tasks of each person, from Genjin's stream of events, and prints each change.
//
//     node open-tasks.mjs amqp://user:password@host:5672/genjin tasks.jsonl
//
// It first reads all that the stream still has, then what comes. The file is a journal: each line is what one message
// changed and the offset of that message, written at once, so it can be killed at any time and started again.

import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import amqp from "amqplib";

const STREAM = "genjin.log";
// What the rules say of a task (raised, escalated, reassigned, resolved) carries the whole state of the task.
const STATES = "rules.task_";
// What a person did with it. That is final, whichever of the two services is heard first.
const ENDINGS = ["followups.task_completed.v1", "followups.task_dismissed.v1"];

const [url, journal] = process.argv.slice(2);
const tasks = new Map(); // by id: {sequence, open, ended, assignee, title}
const seen = new Set(); // CloudEvents: source and id name an event, wherever it comes from
let offset = "first";

restore();
for (;;) {
  try {
    await read();
  } catch (error) {
    console.error(`waiting for the broker: ${error.message}`);
  }
  await pause(1000);
}

// Read on from the last offset; ends when the connection does. amqplib does not connect again by itself, which is just
// right: a consumer that is restored by a library asks for the offset of its start, and the stream comes again.
async function read() {
  const connection = await amqp.connect(url);
  try {
    const ended = new Promise((_, reject) => {
      connection.on("error", reject);
      connection.on("close", () => reject(new Error("the connection was closed")));
    });
    ended.catch(() => {}); // it may come before we wait for it
    const channel = await connection.createChannel();
    channel.on("error", (error) => connection.emit("error", error));
    await channel.prefetch(100); // a stream wants one, and acknowledgements
    let wanted = offset;
    const take = (message) => {
      if (message === null) return connection.emit("error", new Error("the stream was deleted"));
      const found = Number(message.properties.headers["x-stream-offset"]);
      if (found > wanted) console.error(`the stream no longer has ${wanted} to ${found - 1}: read the feed`);
      wanted = undefined; // only the first message shows that
      keep(message).forEach((line) => console.log(line));
      channel.ack(message);
    };
    await channel.consume(STREAM, take, { arguments: { "x-stream-offset": offset } });
    await ended;
  } finally {
    await connection.close().catch(() => {});
  }
}

// Write down what a message changes, with its offset, then change the table; returns what to print.
function keep({ properties, content }) {
  const { headers, type = "" } = properties;
  offset = Number(headers["x-stream-offset"]) + 1;
  const event = `${headers.cloudEvents_source} ${headers.cloudEvents_id}`;
  // It may come twice: Genjin publishes again what it does not know to have arrived.
  if (seen.has(event)) return [];
  // Types and fields that we do not know are none of our business.
  if (!type.startsWith(STATES) && !ENDINGS.includes(type)) return [];
  const data = JSON.parse(content);
  const entry = { offset, event, id: data.task_id };
  if (ENDINGS.includes(type)) {
    entry.ended = true;
  } else {
    const assignee = data.assignee.name ?? data.assignee.queue;
    Object.assign(entry, { sequence: headers.cloudEvents_sequence, open: data.status === "open" });
    Object.assign(entry, { assignee, title: data.title.zh });
  }
  appendFileSync(journal, `${JSON.stringify(entry)}\n`, { flush: true });
  return apply(entry);
}

function apply({ offset: next, event, id, sequence, ...change }) {
  offset = next;
  seen.add(event);
  const task = tasks.get(id) ?? { sequence: 0, open: false, ended: false };
  tasks.set(id, task);
  const before = shown(id, task);
  // Events may overtake each other; `sequence` is the version of the task that this one shows.
  if (change.ended) task.ended = true;
  else if (sequence > task.sequence) Object.assign(task, { sequence, ...change });
  const after = shown(id, task);
  return before === after ? [] : [before && `- ${before}`, after && `+ ${after}`].filter(Boolean);
}

// One line for a task while it is open.
function shown(id, { open, ended, assignee, title }) {
  return open && !ended ? `${assignee}  ${title}  ${id}` : "";
}

// Read the journal; what was being written when we were killed is not a line yet, and comes again.
function restore() {
  if (!existsSync(journal)) return;
  const text = readFileSync(journal, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole !== text) writeFileSync(journal, whole);
  whole.split("\n").filter(Boolean).forEach((line) => apply(JSON.parse(line)));
}
