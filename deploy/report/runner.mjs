// Writes what the runner reads: commands on standard output, and the files for the outputs and the summary of the step.
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";

/** A failure with a message for the log of the job. */
export class Failure extends Error {}

/** A failure whose message itself says what was not recorded. */
export class Refused extends Failure {}

/** Prints an annotation: a notice, a warning or an error. */
export function annotate(level, words) {
  print(`::${level} title=BadgeSmith::${escapeCommand(words)}`);
}

/** Makes the runner replace the secret by asterisks wherever it is printed. */
export function mask(secret) {
  print(`::add-mask::${escapeCommand(secret)}`);
}

/** Prints lines to the log of the job, each with a prefix, so that the runner does not interpret any as a command. */
export function log(words) {
  for (const line of words.split(/\r\n|\n|\r/)) print(`badgesmith: ${line.replaceAll("##[", "# #[")}`);
}

/** Escapes a value in a command, so that it cannot end the command or begin another one. */
export function escapeCommand(text) {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** Sets the outputs of the step. The delimiter is random, so no value can contain it. */
export function output(env, values) {
  const delimiter = `end-${randomUUID()}`;
  const lines = Object.entries(values).map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
  append(env.GITHUB_OUTPUT, lines.join(""));
}

/** Adds Markdown to the summary of the job. */
export function summarize(env, markdown) {
  append(env.GITHUB_STEP_SUMMARY, `${markdown}\n`);
}

/** Escapes a text, so that Markdown shows it as it is. */
export function escapeMarkdown(text) {
  return text.replace(/[^\p{L}\p{N} .,\n]/gu, (character) => `&#${character.codePointAt(0)};`);
}

/** Appends to a file of the runner. If that fails, the step goes on, because the report is recorded already. */
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
