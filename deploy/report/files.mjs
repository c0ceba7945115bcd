// Finds the files of a report. A name is a file, a directory or a pattern such as `**/TEST-*.xml`, as for the client.
import { readdirSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, parse } from "node:path";

import { Failure } from "./runner.mjs";

/** The default names: those of Surefire, Gradle, jest-junit, PHPUnit, cargo-nextest, dotnet and many more. */
export const PATTERNS = ["**/TEST-*.xml", "**/junit*.xml", "**/*junit.xml", "**/*.trx"];

/** How deep directories are searched. */
const DEEPEST = 32;
/** The most files that are read. */
const MOST_FILES = 10_000;
/** Directories that are not searched, because their files are other people's. */
const FOREIGN_DIRECTORIES = [".git", "node_modules"];

/**
 * Finds the files that were named or fit a pattern, each once, and the directories that were named. `named` has the
 * files that must be reports, because they were not found by a pattern. A name without any file is refused. Of the
 * default patterns it is enough that one has a file; with `mayBeNone` none needs to.
 */
export function find(names, { mayBeNone = false } = {}) {
  const files = new Map();
  const named = new Set();
  const directories = [];
  const refusals = [];
  const add = (file) => {
    const real = realpathSync(file);
    if (!files.has(real)) files.set(real, file);
    return files.get(real);
  };
  for (const name of names.length > 0 ? names : PATTERNS) {
    const found = stat(name);
    if (found?.isDirectory()) {
      directories.push(name);
    } else if (found) {
      named.add(add(name));
    } else if (!/[*?[]/.test(name)) {
      refusals.push(`${name}: there is no such file`);
    } else {
      const fitting = fit(name);
      if (fitting.length === 0 && names.length > 0) refusals.push(`${name}: no file fits; did the tests run?`);
      fitting.forEach(add);
    }
  }
  if (refusals.length > 0) throw new Failure(refusals.join("\n"));
  if (files.size === 0 && directories.length === 0 && !mayBeNone) {
    const patterns = PATTERNS.join(", ");
    throw new Failure(`no file fits ${patterns}; did the tests run? Say in \`files\` what their reports are called`);
  }
  if (files.size > MOST_FILES) throw new Failure(`more than ${MOST_FILES} files fit; name fewer`);
  return { files: [...files.values()].sort(), named, directories };
}

/**
 * All files in a directory and below it that have one of the extensions. Links to directories are not followed, because
 * they may form a cycle.
 */
export function search(directory, extensions) {
  const files = [];
  walk(directory, DEEPEST, (path, name) => {
    if (extensions.some((extension) => name.toLowerCase().endsWith(`.${extension}`)) && isFile(path)) files.push(path);
    if (files.length > MOST_FILES) throw new Failure(`${directory}: more than ${MOST_FILES} files; name fewer`);
  });
  return files.sort();
}

/** Calls `visit` with the path and the name of each file. */
function walk(directory, depth, visit) {
  let within;
  try {
    within = readdirSync(directory, { withFileTypes: true });
  } catch (fault) {
    throw new Failure(`${directory}: ${fault.message}`);
  }
  for (const entry of within) {
    const path = join(directory, entry.name);
    if (!entry.isDirectory()) {
      visit(path, entry.name);
    } else if (depth > 1 && !FOREIGN_DIRECTORIES.includes(entry.name)) {
      walk(path, depth - 1, visit);
    }
  }
}

/** The files that fit a pattern: `**` is any number of directories; `*`, `?` and `[a-z]` are within one name. */
function fit(pattern) {
  const parts = (process.platform === "win32" ? pattern.replaceAll("\\", "/") : pattern).split("/");
  const files = [];
  // Several `**` may lead to the same directory.
  const seen = new Set();
  const descend = (directory, at, depth) => {
    const key = `${at} ${directory}`;
    if (seen.has(key) || depth > DEEPEST || files.length > MOST_FILES) return;
    seen.add(key);
    const part = parts[at];
    const isLast = at === parts.length - 1;
    if (!/[*?[]/.test(part)) {
      const path = join(directory, part);
      const found = stat(path);
      if (isLast && found?.isFile()) files.push(path);
      if (!isLast && found?.isDirectory()) descend(path, at + 1, depth);
      return;
    }
    const isAny = part === "**";
    if (isAny && !isLast) descend(directory, at + 1, depth);
    const fits = isAny ? /^/ : toExpression(part);
    for (const entry of entries(directory)) {
      if (!fits.test(entry.name)) continue;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        if (!isAny && !isLast) descend(path, at + 1, depth + 1);
        if (isAny && !FOREIGN_DIRECTORIES.includes(entry.name)) descend(path, at, depth + 1);
      } else if (isLast && isFile(path)) {
        files.push(path);
      }
    }
  };
  if (isAbsolute(pattern)) descend(parse(pattern).root, 1, 0);
  else descend(".", 0, 0);
  return files;
}

/** One part of a pattern as a regular expression. */
function toExpression(part) {
  const translate = (piece) => {
    if (/^\*+$/.test(piece)) return ".*";
    if (piece === "?") return ".";
    const [, not, within] = /^\[(!?)(.+)\]$/s.exec(piece) ?? [];
    if (within) return `[${not ? "^" : ""}${within.replace(/[\\\]^]/g, "\\$&")}]`;
    return piece.replace(/[\\^$.|+(){}[\]]/g, "\\$&");
  };
  const pieces = part.match(/\*+|\?|\[!?[^\]]+\]|[^*?[]+|\[/g) ?? [];
  try {
    return new RegExp(`^${pieces.map(translate).join("")}$`, "su");
  } catch {
    throw new Failure(`${part}: not a pattern; its brackets name no range of characters`);
  }
}

/** The entries of a directory; none if it may not be read. */
function entries(directory) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Whether the path is a file, or a link to one. */
export function isFile(path) {
  return stat(path)?.isFile() ?? false;
}

/** The status of a path; undefined if there is none, or for a link that leads to itself. */
function stat(path) {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
