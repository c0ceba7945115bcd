// The badgesmith client: where it is, and what it is called with. Its arguments go one by one, and no shell is asked.
import { spawnSync } from "node:child_process";
import { delimiter, isAbsolute, join } from "node:path";
import process from "node:process";

import { allowsEmpty, input } from "./facts.mjs";
import { isFile } from "./files.mjs";
import { Failure, annotate } from "./say.mjs";

/** The most bytes of arguments that the system takes. */
const LONGEST_ARGUMENTS = process.platform === "win32" ? 30_000 : 500_000;
/** What the client's lines begin with that are no cause for worry. */
const NOTICE = "notice: ";
/** The client gives up by itself long before, in milliseconds. */
const PATIENCE = 600_000;

/** The client that was named, or the one in PATH. The working directory is not searched: the build's code lies there. */
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

/** Counts, signs and sends; what the client says is passed on. */
export function reportByClient(client, { env, found, facts, secret }) {
  // What begins with a dash is a file here, not an option.
  const names = [...found.files, ...found.directories].map((name) => (name.startsWith("-") ? `./${name}` : name));
  const options = {
    server: facts.server,
    owner: facts.owner,
    repo: facts.repo,
    branch: facts.branch,
    platform: facts.platform,
    commit: facts.commit,
    "run-id": facts.runId,
    "run-attempt": facts.runAttempt,
    "html-url": facts.htmlUrl,
    "run-url": facts.runUrl,
  };
  const given = Object.entries(options).filter(([, value]) => value);
  const flags = allowsEmpty(env) ? ["--allow-empty"] : [];
  // What patterns found may be none of ours, as in a directory; what was named may not.
  if (found.files.length > 0 && found.named.size === 0) flags.push("--skip-others");
  const line = ["report", ...names, ...flags, ...given.map(([name, value]) => `--${name}=${value}`)];
  if (Buffer.byteLength(line.join(" ")) > LONGEST_ARGUMENTS) {
    throw new Failure("so many files fit that no command line holds their names; name their directory in `files`");
  }
  // The client needs none of the inputs: they are its arguments.
  const others = Object.entries(env).filter(([name]) => !name.startsWith("INPUT_"));
  const childEnv = { ...Object.fromEntries(others), BADGESMITH_SECRET: secret };
  const { status, signal, error, stdout, stderr } = spawnSync(client, line, {
    env: childEnv,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    shell: false,
    timeout: PATIENCE,
    windowsHide: true,
  });
  if (error) throw new Failure(`${client} cannot be run: ${error.message}`);
  const words = stderr.trim().replace(/^badgesmith: /gm, "");
  if (status !== 0) throw new Failure(words || `${client} ended with ${signal ?? status} and without a word`);
  const said = words.split("\n").filter((line) => line !== "");
  const notices = said.filter((line) => line.startsWith(NOTICE));
  const warnings = said.filter((line) => !line.startsWith(NOTICE));
  if (notices.length > 0) annotate("notice", notices.map((line) => line.slice(NOTICE.length)).join("\n"));
  if (warnings.length > 0) annotate("warning", warnings.join("\n"));
  const counted = /^(\d+) passed, (\d+) failed, (\d+) skipped\b/m.exec(stdout);
  if (!counted) throw new Failure(`${client} does not say what it counted; is it badgesmith?`);
  const [passed, failed, skipped] = counted.slice(1).map(Number);
  return { passed, failed, skipped };
}
