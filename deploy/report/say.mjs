// What the runner is told: commands on standard output, outputs and the summary in their files.
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";

/** A failure whose words are for whoever reads the job. */
export class Failure extends Error {}

/** Prints an annotation: a notice, a warning or an error. */
export function annotate(level, words) {
  print(`::${level} title=BadgeSmith::${escapeCommand(words)}`);
}

/** Has the runner replace the secret by stars wherever it is printed from now on. */
export function mask(secret) {
  print(`::add-mask::${escapeCommand(secret)}`);
}

/** Prints lines to the job's log, each with our name in front, so that none is taken for a command. */
export function log(words) {
  for (const line of words.split(/\r\n|\n|\r/)) print(`badgesmith: ${line.replaceAll("##[", "# #[")}`);
}

/** What stands in a command must not end it or begin another one. */
export function escapeCommand(text) {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** Gives the step's outputs. The delimiter is one that no value can know. */
export function output(env, values) {
  const delimiter = `end-${randomUUID()}`;
  const lines = Object.entries(values).map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
  append(env.GITHUB_OUTPUT, lines.join(""));
}

/** Adds to the job's summary, which is Markdown. */
export function summarize(env, markdown) {
  append(env.GITHUB_STEP_SUMMARY, `${markdown}\n`);
}

/** Text as it stands, wherever in Markdown. */
export function escapeMarkdown(text) {
  return text.replace(/[^\p{L}\p{N} .,\n]/gu, (character) => `&#${character.codePointAt(0)};`);
}

/** What was recorded stays recorded, whether its outputs can be written or not. */
function append(file, text) {
  if (!file) return;
  try {
    appendFileSync(file, text);
  } catch (fault) {
    annotate("warning", `${file} cannot be written: ${fault.message}`);
  }
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
