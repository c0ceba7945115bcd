"""Tests the stack in an emulator: creates, uses, updates, rolls back and deletes it, and tries changes that must be
refused. Run by deploy/stack-test."""

import base64
import contextlib
import hmac
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile

import boto3
import sam
from botocore.exceptions import ClientError

DEPLOY = pathlib.Path(__file__).resolve().parent.parent
STACK = "badgesmith-staging"
# AWS's managed policies of CloudFront.
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
PROVIDER = "arn:aws:iam::000000000000:oidc-provider/token.actions.githubusercontent.com"

claims = 0


def claim(sentence, truth, found=None):
    """Prints a sentence that is true, or fails the test with what was found instead."""
    global claims
    if not truth:
        sys.exit(f"not so: {sentence}; found {found!r}")
    claims += 1
    print(f"  {sentence}", flush=True)


@contextlib.contextmanager
def emulator(place):
    """Runs ministack on a free port, with its files in the folder `place`, and yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0", "HOME": str(place)}
    log = open(place / "ministack.log", "wb")
    process = subprocess.Popen(["ministack"], env=os.environ | settings, stdout=log, stderr=subprocess.STDOUT)
    try:
        for _ in range(150):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        else:
            sys.exit(f"ministack does not start: {(place / 'ministack.log').read_text()}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def pack(place, release):
    """Makes a package whose function answers with the name `release`."""
    code = (DEPLOY / "stack/bootstrap.py").read_text().replace('"RELEASE"', json.dumps(release))
    package = place / f"{release}.zip"
    with zipfile.ZipFile(package, "w") as file:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        file.writestr(entry, code)
    return package


def run(*words, succeeds=True):
    """Runs a command and returns its output, or its errors if it is expected to fail."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if (done.returncode == 0) != succeeds:
        sys.exit(f"{' '.join(map(str, words))}\nended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.strip() if succeeds else done.stderr


def roll(*words, succeeds=True):
    return run(DEPLOY / "roll.sh", *words, succeeds=succeeds)


def ask(url, method, headers=None, body=None):
    """Sends a request to the function through the API and its alias. Not every machine resolves the API's host name, so
    the request goes to the emulator with that name as its Host."""
    name, path = url.removeprefix("http://").split("/", 1)
    to, headers = f"{os.environ['AWS_ENDPOINT_URL']}/{path}", {"Host": name} | (headers or {})
    request = urllib.request.Request(to, body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as answer:
        return answer.code, json.load(answer)


def outputs(cloudformation):
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def refusal(cloudformation, template, **given):
    """The error of an update of the stack with parameters that must be refused."""
    parameters = sam.values(template, STACK, given)
    # The emulator returns asterisks for a NoEcho parameter, where AWS would use the stored value.
    parameters["OriginSecret"] = ""
    listed = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    body = json.dumps(sam.translate(template, STACK, given))
    try:
        cloudformation.update_stack(StackName=STACK, TemplateBody=body, Parameters=listed, Capabilities=["CAPABILITY_IAM"])
    except ClientError as error:
        return str(error)
    return "nothing"


def is_there(find, **names):
    try:
        find(**names)
        return True
    except ClientError:
        return False


def check_tables(dynamodb, out):
    for name in ("Results", "Nonces", "Secrets", "Answers"):
        table = dynamodb.describe_table(TableName=out[f"{name}Table"])["Table"]
        keys = [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]]
        claim(f"{name} is keyed as the contract says", keys == [("PK", "HASH"), ("SK", "RANGE")], keys)
    index = dynamodb.describe_table(TableName=out["ResultsTable"])["Table"]["GlobalSecondaryIndexes"]
    claim("Results has GSI1", [one["IndexName"] for one in index] == ["GSI1"], index)


def check_function(out, release):
    url = f"{out['ApiUrl']}/badges/tests/linux/acme/app/main"
    for method in ("GET", "POST", "DELETE"):
        status, known = ask(f"{url}?a=1&a=2", method)
        claim(f"{method} of any path reaches the function and its 404 comes back", (status, known["method"]) == (404, method), known)
    claim("the function hears the API's payload 2.0", known["payload"] == "2.0", known)
    claim("the whole query arrives", known["query"] == "a=1&a=2", known)
    names = {f"BADGESMITH_TABLE_{name.upper()}": out[f"{name}Table"] for name in ("Results", "Nonces", "Secrets", "Answers")}
    claim("the function knows its tables", known["variables"] == names, known)
    claim(f"the alias has {release}", known["release"] == release, known)
    claim("the alias has a published version", known["version"].isdigit(), known)
    return known


def check_webhooks(out):
    """Deliveries reach the function with their signatures and with the bytes that were signed. What the function makes
    of them is tested where it is built, in deploy/lambda/tests."""
    run_body = {"action": "completed", "repository": {"full_name": "acme/tools"}, "workflow_run": {"name": "Bäcker \"x\""}}
    for event, payload, secret in (
        ("ping", {"zen": "Keep it logically awesome.", "hook_id": 1}, b"hush"),
        ("workflow_run", run_body, b"hush"),
        ("workflow_run", run_body, b"another secret"),
    ):
        body = json.dumps(payload, ensure_ascii=False, indent=1).encode()
        sent = {
            "Content-Type": "application/json", "X-GitHub-Event": event, "X-GitHub-Delivery": f"{event}-1",
            "X-Hub-Signature-256": f"sha256={hmac.new(secret, body, 'sha256').hexdigest()}",
        }
        _, known = ask(f"{out['ApiUrl']}/webhooks/github", "POST", sent, body)
        headers = {name.lower(): value for name, value in known["headers"].items()}
        lost = {name for name, value in sent.items() if headers.get(name.lower()) != value}
        claim(f"a delivery of {event} arrives with its headers", not lost, known)
        arrived = base64.b64decode(known["body"]) if known["is_base64"] else known["body"].encode()
        claim("and with every byte that was signed", arrived == body, known)


def resources(policy):
    for statement in policy["Statement"]:
        yield from [statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"]


def check_secrets(cloud, out, expected):
    policy = cloud("iam").get_role_policy(RoleName=out["FunctionRoleName"], PolicyName="badges")["PolicyDocument"]
    read = {place.split(":secret:")[1] for place in resources(policy) if ":secret:" in place}
    claim(f"the function's role reads the secrets {', '.join(sorted(expected))} and no other", read == expected, read)


def check_surroundings(cloud, out):
    alarms = cloud("cloudwatch").describe_alarms(AlarmNamePrefix=STACK)["MetricAlarms"]
    claim("there are six alarms", len(alarms) == 6, [alarm["AlarmName"] for alarm in alarms])
    silent = [alarm["AlarmName"] for alarm in alarms if alarm["AlarmActions"] != [out["AlarmTopicArn"]]]
    claim("every alarm tells the topic", not silent, silent)
    policy = cloud("iam").get_role_policy(RoleName=out["FunctionRoleName"], PolicyName="badges")["PolicyDocument"]
    reached = {place.split(":table/")[1] for place in resources(policy) if ":table/" in place}
    tables = {value for name, value in out.items() if name.endswith("Table")}
    claim("the function's role reaches this stack's tables and no other", reached == tables, reached)
    check_secrets(cloud, out, {f"{STACK}-secrets/*", "badgesmith/*"})
    dashboard = json.loads(cloud("cloudwatch").get_dashboard(DashboardName=STACK)["DashboardBody"])
    claim("the dashboard is one", len(dashboard["widgets"]) == 11, dashboard)
    config = cloud("cloudfront").get_distribution_config(Id=out["DistributionId"])["DistributionConfig"]
    origin = config["Origins"]["Items"][0]
    claim("CloudFront asks the API", out["ApiUrl"].split("/")[2].split(".")[0] in origin["DomainName"], origin)
    behaviors = {one["PathPattern"]: one for one in config["CacheBehaviors"]["Items"]}
    posted = {"/webhooks/*", "/tests/results/*", "/coverage/results/*", "/values/results/*"}
    claim("webhooks and reports alone have behaviors of their own", set(behaviors) == posted, behaviors)
    managed = {(one["CachePolicyId"], one["OriginRequestPolicyId"]) for one in behaviors.values()}
    claim("which cache nothing and forward every header", managed == {(CACHING_DISABLED, ALL_VIEWER_EXCEPT_HOST)}, behaviors)


def main():
    with tempfile.TemporaryDirectory() as folder, emulator(pathlib.Path(folder)) as endpoint:
        place = pathlib.Path(folder)
        os.environ |= {
            "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "eu-west-1", "AWS_CONFIG_FILE": os.devnull, "AWS_PAGER": "",
            "BADGESMITH_TEMPLATE": str(place / "template.json"),
        }
        cloud = boto3.client
        cloudformation, dynamodb = cloud("cloudformation"), cloud("dynamodb")
        template = run(sys.executable, DEPLOY / "stack/reduce.py", DEPLOY / "template.yaml")
        (place / "template.json").write_text(template)
        first, second = pack(place, "first"), pack(place, "second")

        print("created")
        run("aws", "cloudformation", "deploy", "--stack-name", f"bootstrap-{STACK}", "--template-file",
            DEPLOY / "github-oidc.yaml", "--capabilities", "CAPABILITY_IAM", "--parameter-overrides",
            "Stage=staging", "Repository=acme/badgesmith", f"OidcProviderArn={PROVIDER}")
        url = roll("forward", "staging", "x86_64", first)
        out = outputs(cloudformation)
        claim("roll.sh says where it is", url == out["Url"] and url.startswith("https://"), url)
        before = check_function(out, "first")
        check_tables(dynamodb, out)
        check_surroundings(cloud, out)
        check_webhooks(out)
        claim("there is nothing to go back to", "no release before" in roll("back", "staging", succeeds=False))

        print("updated")
        roll("forward", "staging", "x86_64", first, "LogLevel=warn", "SharedSecrets=closed")
        known = check_function(out, "first")
        check_secrets(cloud, out, {f"{STACK}-secrets/*"})
        claim("a changed variable reaches the alias", known["level"] == "warn", known)
        claim("by a version of its own", known["version"] != before["version"], known)
        key = {"PK": {"S": "TEST#acme#app"}, "SK": {"S": "RESULT#linux#main#1"}}
        dynamodb.put_item(TableName=out["ResultsTable"], Item=key)
        roll("forward", "staging", "x86_64", second)
        check_function(out, "second")
        kept = dynamodb.get_item(TableName=out["ResultsTable"], Key=key)
        claim("results are where they were", "Item" in kept, kept)

        print("rolled back")
        roll("back", "staging")
        known = check_function(out, "first")
        claim("the values stay", known["level"] == "warn", known)

        print("refused")
        words = refusal(cloudformation, json.loads(template), DomainName="badges.example.com")
        claim("a domain without a certificate", "DomainName needs CertificateArn" in words, words)
        words = refusal(cloudformation, json.loads(template), WebAclArn="arn:aws:wafv2:us-east-1:000000000000:global/webacl/a/b")
        claim("a firewall that can be walked around", "WebAclArn needs OriginSecret" in words, words)
        words = refusal(cloudformation, json.loads(template), Architecture="armv7")
        claim("an architecture that no function has", "Architecture" in words, words)

        print("deleted")
        cloudformation.delete_stack(StackName=STACK)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
        for name, stays in (("Results", True), ("Secrets", True), ("Nonces", False), ("Answers", False)):
            found = is_there(dynamodb.describe_table, TableName=out[f"{name}Table"])
            claim(f"{name} {'stays' if stays else 'is gone'}", found == stays, found)
        claim("the function is gone", not is_there(cloud("lambda").get_function, FunctionName=STACK))
    print(f"{claims} passed, 0 failed")


main()
