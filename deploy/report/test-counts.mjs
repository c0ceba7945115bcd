// Tests what is counted without the client, and what is refused with which message. test.mjs runs it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Refusal, count } from "./counts.mjs";

const junit = (within) => `<testsuite>${within}</testsuite>`;
const trx = (within) => `<TestRun xmlns="http://x"><Results>${within}</Results></TestRun>`;
for (const [name, report, expected, remark] of [
  ["one of each", junit("<testcase/><testcase><failure/></testcase><testcase><error/></testcase><testcase><skipped/></testcase>"), [1, 2, 1]],
  ["nested suites", `<testsuites>${junit(junit("<testcase/>") + "<testcase/>")}</testsuites>`, [2, 0, 0]],
  ["totals that are wrong", '<testsuite tests="9" failures="4"><testcase/></testsuite>', [1, 0, 0]],
  ["totals without test cases", '<testsuite tests="6" errors="1"/>', [0, 1, 0], "failed although no test"],
  ["a suite that failed as a whole", junit("<error/>"), [0, 1, 0], "failed although no test"],
  ["a suite that failed beside its test cases", junit("<testcase/><failure/><testcase/>"), [2, 1, 0], "failed although no test"],
  ["a suite whose test case has the failure", junit("<testcase><error/></testcase><error/>"), [0, 1, 0]],
  ["attempts at one test case", junit("<testcase><flakyFailure/></testcase><testcase><failure/><rerunFailure/></testcase>"), [1, 1, 0]],
  ["a failure and a skip", junit("<testcase><skipped/><failure/></testcase>"), [0, 0, 1]],
  ["a skip whose fixture failed", junit('<testcase><skipped type="pytest.skip"/><error/></testcase>'), [0, 1, 0]],
  ["characters that XML forbids", junit("<testcase><failure>\u001b[31m&#27;&#x1b;&#0;&#xd800;</failure></testcase>"), [0, 1, 0]],
  ["statuses", junit('<testcase status="notrun"/><testcase result="Failed"/><testcase status="run" result="completed"/>'), [1, 1, 1]],
  ["more statuses", junit('<testcase status="Timed out"/><testcase result="cancelled"/><testcase status="aborted"/>'), [0, 2, 1]],
  ["a failure in a nested element", junit("<testcase><properties><failure/></properties></testcase>"), [1, 0, 0]],
  ["prefixes", '<x:testsuite xmlns:x="y"><x:testcase><x:failure/></x:testcase></x:testsuite>', [0, 1, 0]],
  ["tags in CDATA and comments", junit("<testcase><![CDATA[<failure>]]><!-- <failure> --></testcase>"), [1, 0, 0]],
  ["quotes in quotes", junit(`<testcase name="a'>b" classname='"'/>`), [1, 0, 0]],
  ["predefined entities", junit('<testcase name="&lt;&amp;&#x1F680;">&gt;&#10;</testcase>'), [1, 0, 0]],
  ["an external entity", `<!DOCTYPE testsuite [<!ENTITY a SYSTEM "file:///etc/passwd">]>${junit("<testcase>&a;</testcase>")}`, [1, 0, 0]],
  ["Eclipse", "<testrun><testsuite><testcase/></testsuite></testrun>", [1, 0, 0]],
  ["a byte order mark", `\ufeff<?xml version="1.0"?>${junit("<testcase/>")}`, [1, 0, 0]],
  ["UTF-8 that is declared as UTF-16", `<?xml version="1.0" encoding="utf-16"?>${junit("<testcase/>")}`, [1, 0, 0]],
  ["UTF-16", Buffer.from(`\ufeff${junit("<testcase/>")}`, "utf16le"), [1, 0, 0]],
  ["UTF-16 without a byte order mark", Buffer.from(junit("<testcase/>"), "utf16le"), [1, 0, 0]],
  ["Latin-1", Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${junit('<testcase name="café"/>')}`, "latin1"), [1, 0, 0]],
  ["outcomes", trx(["Passed", "Warning", "Failed", "Timeout", "NotExecuted", "Inconclusive"].map((o) => `<UnitTestResult outcome="${o}"/>`).join("")), [2, 2, 2]],
  ["no outcome", trx("<UnitTestResult/>"), [0, 1, 0]],
  ["an unknown outcome", trx('<UnitTestResult outcome="Dizzy"/>'), [0, 1, 0], "1 test(s) with unknown outcomes"],
  ["rows", trx('<UnitTestResult outcome="Failed"><InnerResults><UnitTestResult outcome="Passed"/><UnitTestResult outcome="Failed"/></InnerResults></UnitTestResult>'), [1, 1, 0]],
  ["an aborted run", '<TestRun><Results/><ResultSummary outcome="Aborted"/></TestRun>', [0, 1, 0], "aborted"],
  ["a crashed run", '<TestRun><Results><UnitTestResult outcome="Passed"/></Results><ResultSummary outcome="Failed"/></TestRun>', [1, 1, 0], "failed although no test"],
  ["a test that failed beside its rows", trx('<UnitTestResult outcome="Failed"><InnerResults><UnitTestResult outcome="Passed"/></InnerResults></UnitTestResult>'), [1, 1, 0]],
]) {
  test(`counted: ${name}`, () => {
    const { passed, failed, skipped, remarks } = count(Buffer.from(report));
    assert.deepEqual([passed, failed, skipped], expected);
    assert.equal(remarks.length > 0, remark !== undefined);
    assert.ok((remarks[0] ?? "").includes(remark ?? ""), remarks[0]);
  });
}

for (const [report, words, isOther = false] of [
  ["", "the file is empty"],
  [" \n", "the file is empty"],
  ["<testsuite>\n<testcase>", "line 2, column 11: it ends too early"],
  ["<testsuite>\n<testcase>\n</testsuite>", "line 3, column 1: expected </testcase>"],
  ["<testsuite/>\n<testsuite/>", "line 2, column 1: a second root element"],
  ["<testsuite/> words", "column 14: text outside the root element"],
  ["<testsuite><testcase name='a<b'/></testsuite>", "not an attribute"],
  ["<testsuite name=a/>", "not an attribute"],
  ["<testsuite a='1' a='2'/>", "the attribute a comes twice"],
  ["<testsuite>&nbsp;</testsuite>", "`&` begins nothing that is known"],
  ["<testsuite>a & b</testsuite>", "column 14: `&` begins nothing"],
  ["<testsuite>&#;</testsuite>", "`&` begins nothing that is known"],
  ["<TestRun><FailedTests/></TestRun>", "only the badgesmith client reads"],
  ['<testsuites xmlns="http://check.sourceforge.net/ns"/>', "only the badgesmith client reads"],
  ['<assembly xmlns="urn:schemas-microsoft-com:asm.v1"/>', "XML with the root <assembly>", true],
  ["<TestRun><Owner/></TestRun>", "without anything of TRX in it", true],
  ["<testsuites><suite/></testsuites>", "without suites or cases of it", true],
  ['<testsuite><testcase internalid="7"/></testsuite>', "people try by hand", true],
  ["<{{ template }}>", "not an attribute with a value", true],
  ["<testsuite><!-- </testsuite>", "it ends too early"],
  ["<testsuite>".repeat(300), "more than 200 levels deep"],
  ['<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><testsuite/>', "DOCTYPE declares entities"],
  ['<!DOCTYPE x [<!ENTITY % a "ha"> %a;]><testsuite/>', "DOCTYPE declares entities"],
  ["<!DOCTYPE x [<!ELEMENT e ANY ']>'><!ENTITY a 'ha'>]><testsuite/>", "DOCTYPE declares entities"],
  [`<!DOCTYPE x [${"<!ENTITY".repeat(100_000)}`, "DOCTYPE declares entities"],
  ["<html/>", "XML with the root <html>", true],
  ["<?xml version='1.0' encoding='klingon'?><testsuite/>", "`klingon` is not known"],
  [Buffer.from("<?xml version='1.0'?><testsuite name='\xe9'/>", "latin1"), "not the utf-8 that it claims"],
  ["TAP version 13\n1..1\nok 1\n", "only the badgesmith client reads"],
  ['{"tests":[]}', "only the badgesmith client reads"],
  ["PK\x03\x04", "only the badgesmith client reads"],
  ["<test-run/>", "only the badgesmith client reads"],
  ["<assemblies/>", "only the badgesmith client reads"],
  ["<Site/>", "only the badgesmith client reads"],
]) {
  test(`refused with its reason: ${JSON.stringify(report.toString("latin1").slice(0, 60))}`, () => {
    assert.throws(
      () => count(Buffer.from(report)),
      (fault) => fault instanceof Refusal && fault.message.includes(words) && fault.isOther === isOther,
    );
  });
}
