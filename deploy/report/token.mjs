// Whether GitHub lets the job prove its origin by an ID token instead of a secret. The client requests the token.
import { pullRequest } from "./facts.mjs";

/** The variables in which GitHub gives a job the address for requesting tokens, if its permissions allow that. */
const REQUEST_VARIABLES = ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
/** The account whose pull requests get no secrets, although they come from the repository itself. */
const DEPENDABOT = "dependabot[bot]";

/** Whether the job may request a token. */
export function mayAskForToken(env) {
  return REQUEST_VARIABLES.every((name) => env[name]);
}

/** The variables without those that let a process request a token. */
export function withoutTokens(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !REQUEST_VARIABLES.includes(name)));
}

/**
 * Whether GitHub gives the job neither secrets nor tokens whatever the workflow says: it runs for a fork's pull request,
 * or for one of Dependabot.
 */
export function isUntrusted(env) {
  if (env.GITHUB_EVENT_NAME !== "pull_request") return false;
  const { head } = pullRequest(env);
  const isFork = head && head.repo?.full_name?.toLowerCase() !== env.GITHUB_REPOSITORY?.toLowerCase();
  return isFork || env.GITHUB_ACTOR === DEPENDABOT;
}
