// XML in one pass: elements go by, nothing is expanded, nothing is fetched, and what is broken is named with its place.
// Characters that XML forbids, such as those of colour codes, are dropped: they come from what tests print.

/** Elements may lie this deep in each other. */
const DEEPEST = 200;

/** Why a text is not well-formed XML, or is not read although it may be. */
export class Broken extends Error {
  constructor(words, { isHostile = false } = {}) {
    super(words);
    this.isHostile = isHostile;
  }
}

const NAME = /<([^\s/>=<"'&!?]+)/y;
const ATTRIBUTE = /\s+([^\s/>=<"'&]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const END_OF_OPEN = /\s*(\/?)>/y;
const REFERENCE = /&(?:#(\d{1,7}|x[\da-f]{1,6})|([^\s;&]+));|&/gi;
const CLOSE = /<\/([^\s/>=<"'&]+)\s*>/y;

const FORBIDDEN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
const NUMBER = /&#(?:(\d{1,7})|x([\da-fA-F]{1,7}));/g;

/** The text without such characters, and without references to them such as `&#27;`. */
export function withoutForbidden(text) {
  return text.replace(FORBIDDEN, "").replace(NUMBER, (reference, decimal, hex) => {
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    const isForbidden = code > 0x10ffff || isSurrogate || String.fromCodePoint(code).search(FORBIDDEN) >= 0;
    return isForbidden ? "" : reference;
  });
}

/**
 * Calls `open(name, attributes, depth)` and `close(depth)` for every element, names without their prefix, depths from 1.
 * The text between elements is checked and passed over.
 */
export function scan(text, { open, close }) {
  const broken = (at, reason) => {
    const before = text.slice(0, at).split("\n");
    return new Broken(`not well-formed XML, line ${before.length}, column ${before.at(-1).length + 1}: ${reason}`);
  };
  const match = (expression, at) => {
    expression.lastIndex = at;
    return expression.exec(text);
  };
  const after = (end, at) => {
    const found = text.indexOf(end, at);
    if (found < 0) throw broken(at, "it ends too early");
    return found + end.length;
  };
  const names = [];
  let [at, hasRoot, hasDoctype] = [0, false, false];

  const unescape = (words, from) => {
    let [resolved, last] = ["", 0];
    for (const found of words.matchAll(REFERENCE)) {
      const character = referred(found);
      // One that is declared elsewhere is never fetched: it is empty.
      if (character === undefined && !(found[2] && hasDoctype)) {
        throw broken(from + found.index, "`&` begins nothing that is known");
      }
      resolved += words.slice(last, found.index) + (character ?? "");
      last = found.index + found[0].length;
    }
    return resolved + words.slice(last);
  };

  const openElement = () => {
    const begun = match(NAME, at);
    if (!begun) throw broken(at, "`<` begins no element");
    if (names.length === 0 && hasRoot) throw broken(at, "a second root element");
    if (names.length === DEEPEST) throw broken(at, `elements lie more than ${DEEPEST} levels deep`);
    at = NAME.lastIndex;
    const attributes = new Map();
    const seen = new Set();
    for (let found = match(ATTRIBUTE, at); found; found = match(ATTRIBUTE, at)) {
      const value = unescape(found[2] ?? found[3], at);
      if (seen.has(found[1])) throw broken(at, `the attribute ${found[1]} comes twice`);
      seen.add(found[1]);
      if (!attributes.has(local(found[1]))) attributes.set(local(found[1]), value);
      at = ATTRIBUTE.lastIndex;
    }
    const ended = match(END_OF_OPEN, at);
    if (!ended) throw broken(at, "not an attribute with a value in quotes");
    at = END_OF_OPEN.lastIndex;
    hasRoot = true;
    names.push(begun[1]);
    open(local(begun[1]), attributes, names.length);
    if (ended[1]) {
      close(names.length);
      names.pop();
    }
  };

  for (;;) {
    const next = text.indexOf("<", at);
    const words = text.slice(at, next < 0 ? text.length : next);
    if (names.length > 0) unescape(words, at);
    else if (/\S/.test(words)) throw broken(at + words.search(/\S/), "text outside the root element");
    if (next < 0) break;
    at = next;
    if (text.startsWith("<!--", at)) {
      at = after("-->", at + 4);
    } else if (text.startsWith("<?", at)) {
      at = after("?>", at + 2);
    } else if (text.startsWith("<![CDATA[", at) && names.length > 0) {
      at = after("]]>", at + 9);
    } else if (text.startsWith("<!DOCTYPE", at) && !hasRoot && !hasDoctype) {
      if (declaresEntities(text)) {
        const words = "the DOCTYPE declares entities with a text of their own, which are never expanded";
        throw new Broken(words, { isHostile: true });
      }
      hasDoctype = true;
      at = afterDoctype(text, at, after);
    } else if (text.startsWith("</", at)) {
      const closed = match(CLOSE, at);
      if (!closed || closed[1] !== names.at(-1)) throw broken(at, `expected </${names.at(-1) ?? ""}>`);
      close(names.length);
      names.pop();
      at = CLOSE.lastIndex;
    } else {
      openElement();
    }
  }
  if (!hasRoot || names.length > 0) throw broken(text.length, "it ends too early");
}

/** The character that `&lt;` or `&#60;` stands for, if XML knows it. */
function referred([, number, name]) {
  const known = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
  if (!number) return name && Object.hasOwn(known, name) ? known[name] : undefined;
  const code = Number(number.replace(/^x/i, "0x"));
  const isControl = code < 0x20 && ![9, 10, 13].includes(code);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return isControl || isSurrogate || code > 0x10ffff ? undefined : String.fromCodePoint(code);
}

/** `ns:testcase` is a testcase. */
function local(name) {
  return name.slice(name.indexOf(":") + 1);
}

function afterDoctype(text, from, after) {
  const mark = /<!--|["'[\]>]/g;
  mark.lastIndex = from;
  for (let depth = 0; ; ) {
    const [found] = mark.exec(text) ?? [];
    if (found === undefined) return after(">", text.length);
    if (found === "<!--") mark.lastIndex = after("-->", mark.lastIndex);
    else if (found === '"' || found === "'") mark.lastIndex = after(found, mark.lastIndex);
    else if (found === "[") depth += 1;
    else if (found === "]") depth -= 1;
    else if (depth === 0) return mark.lastIndex;
  }
}

/** The whole text is searched, so that no clever quoting hides a declaration. One that lies elsewhere has no text. */
function declaresEntities(text) {
  for (const { index } of text.matchAll(/<!ENTITY/g)) {
    const declaration = text.slice(index + 8, index + 1008).trimStart();
    const value = declaration.slice(/^[^\s"']*/.exec(declaration)[0].length).trimStart();
    if (declaration.startsWith("%") || !/^[SP]/.test(value)) return true;
  }
  return false;
}
