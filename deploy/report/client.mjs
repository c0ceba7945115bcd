// Finds the badgesmith client and runs it. Each argument is passed separately, and no shell is involved.
import { spawnSync } from "node:child_process";
import { delimiter, isAbsolute, join } from "node:path";
import process from "node:process";

import { allowsEmpty, input, readPatience } from "./facts.mjs";
import { isFile } from "./files.mjs";
import { Failure, annotate } from "./runner.mjs";
import { withoutTokens } from "./token.mjs";

/** The longest command line that the operating system accepts, in bytes. */
const LONGEST_ARGUMENTS = process.platform === "win32" ? 30_000 : 500_000;
/** How those lines of the client begin that are notices and not warnings. */
const NOTICE_PREFIX = "notice: ";
/** The timeout of the client beyond its patience, in milliseconds. It gives up by itself long before. */
const TIMEOUT = 600_000;

/**
 * The path of the client that was named, or of the one in PATH. The working directory is not searched, because it
 * contains the code of the build.
 */
export function findClient(env) {
  const named = input(env, "binary");
  if (named) {
    if (!isFile(named)) throw new Failure(`binary: there is no file ${named}`);
    return isAbsolute(named) ? named : join(process.cwd(), named);
  }
  const name = process.platform === "win32" ? "badgesmith.exe" : "badgesmith";
  const directories = (env.PATH ?? env.Path ?? "").split(delimiter).filter(isAbsolute);
  return directories.map((directory) => join(directory, name)).find(isFile);
}

/**
 * Runs the client, which counts, signs and sends. Without a secret it proves the origin by an ID token. Its notices and
 * warnings become annotations. If it fails, `failure` contains its message; the reports that it recorded before are
 * returned all the same.
 */
export function reportByClient(client, { env, found, coverage, values, facts, secret }) {
  // The client would take a name that begins with a dash for an option.
  const names = [...found.files, ...found.directories].map((name) => (name.startsWith("-") ? `./${name}` : name));
  const options = {
    server: facts.server,
    owner: facts.owner,
    repo: facts.repo,
    branch: facts.branch,
    platform: facts.platform,
    part: input(env, "part"),
    commit: facts.commit,
    "run-id": facts.runId,
    "run-attempt": facts.runAttempt,
    "html-url": facts.htmlUrl,
    "run-url": facts.runUrl,
    patience: `${readPatience(env)}s`,
  };
  const given = Object.entries(options).filter(([, value]) => value);
  const flags = allowsEmpty(env) ? ["--allow-empty"] : [];
  // Files found by a pattern may be something other than reports, as in a directory. Named files may not.
  if (found.files.length > 0 && found.named.size === 0) flags.push("--skip-others");
  if (!secret) flags.push("--oidc");
  const several = (name, all) => all.map((value) => [name, value]);
  const named = [...given, ...several("coverage", coverage), ...several("value", values)];
  const commandLine = ["report", ...names, ...flags, ...named.map(([name, value]) => `--${name}=${value}`)];
  if (Buffer.byteLength(commandLine.join(" ")) > LONGEST_ARGUMENTS) {
    throw new Failure("so many files fit that no command line holds their names; name their directory in `files`");
  }
  // The inputs are passed as arguments, so the client does not get their variables. It gets only one kind of proof.
  const inherited = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("INPUT_")));
  const childEnv = { ...(secret ? withoutTokens(inherited) : inherited), BADGESMITH_SECRET: secret };
  const { status, signal, error, stdout, stderr } = spawnSync(client, commandLine, {
    env: childEnv,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    shell: false,
    timeout: TIMEOUT + readPatience(env) * 1000,
    windowsHide: true,
  });
  if (error) throw new Failure(`${client} cannot be run: ${error.message}`);
  const words = stderr.trim().replace(/^badgesmith: /gm, "");
  const said = words.split("\n").filter((line) => line !== "");
  // The last lines say why it failed.
  const failure = status === 0 ? undefined : words || `${client} ended with ${signal ?? status} and without a word`;
  const lines = failure ? [] : said;
  const notices = lines.filter((line) => line.startsWith(NOTICE_PREFIX));
  const warnings = lines.filter((line) => !line.startsWith(NOTICE_PREFIX));
  if (notices.length > 0) annotate("notice", notices.map((line) => line.slice(NOTICE_PREFIX.length)).join("\n"));
  if (warnings.length > 0) annotate("warning", warnings.join("\n"));
  const counted = /^(\d+) passed, (\d+) failed, (\d+) skipped\b/m.exec(stdout);
  const covered = /^(\d+) of (\d+) lines covered\b/m.exec(stdout);
  // Only the position in the line decides, because the name of a branch may look like the address of a badge.
  const isOfValue = (line) => /^\[!\[[^\]]*\]\((.*)/.exec(line)?.[1].startsWith(`${facts.server}/badges/values/`);
  const badges = stdout.split("\n").filter(isOfValue);
  const lacksNumbers = (names.length > 0 && !counted) || (coverage.length > 0 && !covered);
  if (!failure && (lacksNumbers || badges.length !== values.length)) {
    throw new Failure(`${client} does not say what it counted; is it badgesmith?`);
  }
  const numbers = (match) => match.slice(1).map(Number);
  const [passed, failed, skipped] = counted ? numbers(counted) : [];
  const [linesCovered, linesTotal] = covered ? numbers(covered) : [];
  return {
    tests: counted ? { passed, failed, skipped } : undefined,
    lines: covered ? { covered: linesCovered, total: linesTotal } : undefined,
    badges,
    failure,
  };
}
