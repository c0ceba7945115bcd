// Reads XML in one pass. Entities are neither expanded nor fetched, and a fault has its line and column.
//
// Characters that XML forbids, such as those of terminal escape sequences, are removed. They come from what tests
// print.

/** The deepest level of nested elements that is read. */
const DEEPEST = 200;

/**
 * Why a text is not well-formed XML, or is refused although it may be. `isHostile` says that it declares entities,
 * `isCutOff` that it ends before its root element does.
 */
export class XmlFault extends Error {
  constructor(words, { isHostile = false, isCutOff = false } = {}) {
    super(words);
    this.isHostile = isHostile;
    this.isCutOff = isCutOff;
  }
}

const NAME = /<([^\s/>=<"'&!?]+)/y;
const ATTRIBUTE = /\s+([^\s/>=<"'&]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const END_OF_OPEN = /\s*(\/?)>/y;
const REFERENCE = /&(?:#(\d{1,7}|x[\da-f]{1,6})|([^\s;&]+));|&/gi;
const CLOSE = /<\/([^\s/>=<"'&]+)\s*>/y;

const FORBIDDEN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
const NUMBER = /&#(?:(\d{1,7})|x([\da-fA-F]{1,7}));/g;

/** The text without forbidden characters, and without references to them such as `&#27;`. */
export function withoutForbidden(text) {
  return text.replace(FORBIDDEN, "").replace(NUMBER, (reference, decimal, hex) => {
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    const isForbidden = code > 0x10ffff || isSurrogate || String.fromCodePoint(code).search(FORBIDDEN) >= 0;
    return isForbidden ? "" : reference;
  });
}

/**
 * Calls `open(name, attributes, depth)` and `close(depth)` for every element, names without their prefix, depths from
 * 1. Text between elements is checked and not passed on.
 */
export function scan(text, { open, close }) {
  const faultAt = (at, reason, options) => {
    const before = text.slice(0, at).split("\n");
    const position = `line ${before.length}, column ${before.at(-1).length + 1}`;
    return new XmlFault(`not well-formed XML, ${position}: ${reason}`, options);
  };
  const cutOffAt = (at) => faultAt(at, "it ends too early", { isCutOff: true });
  const match = (expression, at) => {
    expression.lastIndex = at;
    return expression.exec(text);
  };
  const after = (end, at) => {
    const found = text.indexOf(end, at);
    if (found < 0) throw cutOffAt(at);
    return found + end.length;
  };
  const names = [];
  let [at, hasRoot, hasDoctype] = [0, false, false];

  const unescape = (words, from) => {
    let [resolved, last] = ["", 0];
    for (const found of words.matchAll(REFERENCE)) {
      const character = resolve(found);
      // An external entity is never fetched; it is empty.
      if (character === undefined && !(found[2] && hasDoctype)) {
        throw faultAt(from + found.index, "`&` begins nothing that is known");
      }
      resolved += words.slice(last, found.index) + (character ?? "");
      last = found.index + found[0].length;
    }
    return resolved + words.slice(last);
  };

  const openElement = () => {
    const tagStart = match(NAME, at);
    if (!tagStart) throw faultAt(at, "`<` begins no element");
    if (names.length === 0 && hasRoot) throw faultAt(at, "a second root element");
    if (names.length === DEEPEST) throw faultAt(at, `elements lie more than ${DEEPEST} levels deep`);
    at = NAME.lastIndex;
    const attributes = new Map();
    const seen = new Set();
    for (let found = match(ATTRIBUTE, at); found; found = match(ATTRIBUTE, at)) {
      const value = unescape(found[2] ?? found[3], at);
      if (seen.has(found[1])) throw faultAt(at, `the attribute ${found[1]} comes twice`);
      seen.add(found[1]);
      if (!attributes.has(localName(found[1]))) attributes.set(localName(found[1]), value);
      at = ATTRIBUTE.lastIndex;
    }
    const tagEnd = match(END_OF_OPEN, at);
    if (!tagEnd) throw faultAt(at, "not an attribute with a value in quotes");
    at = END_OF_OPEN.lastIndex;
    hasRoot = true;
    names.push(tagStart[1]);
    open(localName(tagStart[1]), attributes, names.length);
    if (tagEnd[1]) {
      close(names.length);
      names.pop();
    }
  };

  for (;;) {
    const next = text.indexOf("<", at);
    const words = text.slice(at, next < 0 ? text.length : next);
    if (names.length > 0) unescape(words, at);
    else if (/\S/.test(words)) throw faultAt(at + words.search(/\S/), "text outside the root element");
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
        throw new XmlFault(words, { isHostile: true });
      }
      hasDoctype = true;
      at = afterDoctype(text, at, after);
    } else if (text.startsWith("</", at)) {
      const closed = match(CLOSE, at);
      if (!closed || closed[1] !== names.at(-1)) throw faultAt(at, `expected </${names.at(-1) ?? ""}>`);
      close(names.length);
      names.pop();
      at = CLOSE.lastIndex;
    } else {
      openElement();
    }
  }
  if (!hasRoot || names.length > 0) throw cutOffAt(text.length);
}

/** The character that `&lt;` or `&#60;` stands for; undefined for any other name or an invalid number. */
function resolve([, number, name]) {
  const known = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
  if (!number) return name && Object.hasOwn(known, name) ? known[name] : undefined;
  const code = Number(number.replace(/^x/i, "0x"));
  const isControl = code < 0x20 && ![9, 10, 13].includes(code);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return isControl || isSurrogate || code > 0x10ffff ? undefined : String.fromCodePoint(code);
}

/** The name without its prefix: `testcase` for `ns:testcase`. */
function localName(name) {
  return name.slice(name.indexOf(":") + 1);
}

/** The position after the DOCTYPE that begins at `from`. */
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

/**
 * Whether entities with replacement text are declared, or parameter entities. The whole text is searched, so that no
 * unusual quoting can hide a declaration. An external entity has no replacement text.
 */
function declaresEntities(text) {
  for (const { index } of text.matchAll(/<!ENTITY/g)) {
    const declaration = text.slice(index + 8, index + 1008).trimStart();
    const value = declaration.slice(/^[^\s"']*/.exec(declaration)[0].length).trimStart();
    if (declaration.startsWith("%") || !/^[SP]/.test(value)) return true;
  }
  return false;
}
