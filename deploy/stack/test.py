"""Tests the stacks of a stage in an emulator: creates, uses, updates, rolls back and deletes them, and tries changes that
must be refused. Run by deploy/stack-test."""

import base64
import contextlib
import fnmatch
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
EVENTS_STACK = f"{STACK}-events"
DAY = 24 * 60 * 60
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
    """Makes a package whose function answers with the name `release`, and writes batches into the file `batches`."""
    code = (DEPLOY / "stack/bootstrap.py").read_text().replace('"RELEASE"', json.dumps(release))
    code = code.replace('"BATCHES"', json.dumps(str(place / "batches")))
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


def outputs(cloudformation, stack=STACK):
    stack = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
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


def check_function(out, release, events=None):
    url = f"{out['ApiUrl']}/badges/tests/linux/acme/app/main"
    for method in ("GET", "POST", "DELETE"):
        status, known = ask(f"{url}?a=1&a=2", method)
        claim(f"{method} of any path reaches the function and its 404 comes back", (status, known["method"]) == (404, method), known)
    claim("the function hears the API's payload 2.0", known["payload"] == "2.0", known)
    claim("the whole query arrives", known["query"] == "a=1&a=2", known)
    names = {f"BADGESMITH_TABLE_{name.upper()}": out[f"{name}Table"] for name in ("Results", "Nonces", "Secrets", "Answers")}
    if events:
        queue = f"https://sqs.eu-west-1.amazonaws.com/000000000000/{events['ReportsQueue']}"
        names |= {"BADGESMITH_TABLE_EVENTS": events["EventsTable"], "BADGESMITH_QUEUE_REPORTS": queue}
    claim("the function knows its tables" + (" and its queue" if events else ""), known["variables"] == names, known)
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


def check_alarms(cloud, out, prefix, count):
    alarms = cloud("cloudwatch").describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    claim(f"there are {count} alarms", len(alarms) == count, [alarm["AlarmName"] for alarm in alarms])
    silent = [alarm["AlarmName"] for alarm in alarms if alarm["AlarmActions"] != [out["AlarmTopicArn"]]]
    claim("every alarm tells the topic", not silent, silent)


def check_surroundings(cloud, out):
    check_alarms(cloud, out, STACK, 6)
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


def check_events(cloud, out):
    """What the stack of events has created; returns its outputs."""
    events = outputs(cloud("cloudformation"), EVENTS_STACK)
    table = cloud("dynamodb").describe_table(TableName=events["EventsTable"])["Table"]
    stream = table.get("StreamSpecification")
    claim("the events have a stream of new rows", stream == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}, stream)
    # The emulator accepts but ignores the time to live, so this is a claim about the template.
    deployed = cloud("cloudformation").get_template(StackName=EVENTS_STACK)["TemplateBody"]
    life = deployed["Resources"]["Events"]["Properties"].get("TimeToLiveSpecification")
    claim("the events expire", life == {"AttributeName": "TTL", "Enabled": True}, life)
    sqs, queues = cloud("sqs"), {}
    for kind, receipts in (("events", 200), ("reports", 3)):
        for name in (f"{STACK}-{kind}.fifo", f"{STACK}-{kind}-dead.fifo"):
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
            queues[name] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            kept = (queues[name]["FifoQueue"], queues[name]["MessageRetentionPeriod"])
            claim(f"{name} is in order and keeps messages for 14 days", kept == ("true", str(14 * DAY)), queues[name])
        redrive = json.loads(queues[f"{STACK}-{kind}.fifo"]["RedrivePolicy"])
        dead = queues[f"{STACK}-{kind}-dead.fifo"]["QueueArn"]
        found = (redrive["deadLetterTargetArn"], int(redrive["maxReceiveCount"]))
        claim(f"{kind} are dead letters after {receipts} receipts", found == (dead, receipts), redrive)
    mappings = cloud("lambda").list_event_source_mappings(FunctionName=EVENTS_STACK)["EventSourceMappings"]
    sources = {mapping["EventSourceArn"]: mapping for mapping in mappings}
    expected = {table["LatestStreamArn"]} | {queues[f"{STACK}-{kind}.fifo"]["QueueArn"] for kind in ("events", "reports")}
    claim("the stream and both queues wake the function of events, and nothing else does", set(sources) == expected, mappings)
    types = [mapping.get("FunctionResponseTypes") for mapping in mappings]
    claim("what fails in a batch is received again, and the rest is not", types == [["ReportBatchItemFailures"]] * 3, types)
    filters = sources[table["LatestStreamArn"]]["FilterCriteria"]["Filters"]
    patterns = [json.loads(one["Pattern"]) for one in filters]
    claim("the stream tells of inserts alone", patterns == [{"eventName": ["INSERT"]}], filters)
    aliases = {alias["AliasName"]: alias.get("TargetKeyId") for alias in cloud("kms").list_aliases()["Aliases"]}
    claim("the key for sealed exports has the stage's name", aliases.get(f"alias/{STACK}"), aliases)
    check_alarms(cloud, out, EVENTS_STACK, 4)
    # The emulator enforces no policies. What a role is granted is of use only within the permissions boundary.
    check_boundary(cloud, out["FunctionRoleName"], events["WorkerRoleName"])
    return events


def check_worker(cloud, release, level):
    """The function of events is of this release, and has what the stage's function has, too."""
    worker = cloud("lambda").get_function_configuration(FunctionName=EVENTS_STACK)
    claim("the function of events has 60 seconds", worker["Timeout"] == 60, worker)
    found = worker["Environment"]["Variables"]["LOG_LEVEL"]
    claim(f"the function of events logs from the level {level} on", found == level, found)
    key = {stack: stack_parameters(cloud, stack)["ArtefactKey"] for stack in (STACK, EVENTS_STACK)}
    claim(f"both functions have the package of {release}", key[STACK] == key[EVENTS_STACK], key)


def stack_parameters(cloud, stack):
    parameters = cloud("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Parameters"]
    return {one["ParameterKey"]: one["ParameterValue"] for one in parameters}


def permits(policy, action, resource):
    """Whether a policy document without conditions permits an action on a resource, which may be a pattern itself."""
    def listed(value):
        return [value] if isinstance(value, str) else value

    return any(
        any(fnmatch.fnmatchcase(action, one) for one in listed(statement["Action"]))
        and any(fnmatch.fnmatchcase(resource, one) for one in listed(statement["Resource"]))
        for statement in policy["Statement"]
    )


def check_boundary(cloud, *roles):
    iam = cloud("iam")
    arn = outputs(cloud("cloudformation"), f"bootstrap-{STACK}")["BoundaryArn"]
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    boundary = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    for role in roles:
        outside = []
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            for statement in iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]["Statement"]:
                actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
                pairs = [(action, place) for action in actions for place in resources({"Statement": [statement]})]
                outside += [pair for pair in pairs if not permits(boundary, *pair)]
        claim(f"the boundary permits all that {role.rsplit('-', 1)[0]} is granted", not outside, outside)
    arn = "arn:aws:{}:eu-west-1:000000000000:{}".format
    refused = [
        ("dynamodb:DeleteItem", arn("dynamodb", f"table/{STACK}-results")),
        ("dynamodb:GetRecords", arn("dynamodb", f"table/{STACK}-results/stream/1")),
        ("dynamodb:DeleteTable", arn("dynamodb", f"table/{STACK}-events")),
        ("sqs:SendMessage", arn("sqs", "badgesmith-production-reports.fifo")),
        ("sqs:PurgeQueue", arn("sqs", f"{STACK}-reports.fifo")),
        ("sqs:ReceiveMessage", arn("sqs", f"{STACK}-reports-dead.fifo")),
        ("sns:Publish", arn("sns", "another-topic")),
        ("kms:Decrypt", arn("kms", "key/1")),
    ]
    allowed = [pair for pair in refused if permits(boundary, *pair)]
    claim("the boundary refuses other tables, queues, topics and keys", not allowed, allowed)


def batches(place, source, text):
    """The batches of the function of events with a record of this source that contains this text, after a while."""
    file = place / "batches"
    for _ in range(100):
        lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        found = [
            line
            for line in lines
            if any(one.get("eventSource") == source and text in json.dumps(one) for one in line["records"])
        ]
        if found:
            return found
        time.sleep(0.2)
    return []


def check_sources(cloud, place, events, release, word="first"):
    """What is put into the queues and into the table of events reaches the function of events."""
    sqs, dynamodb = cloud("sqs"), cloud("dynamodb")
    for name in (events["ReportsQueue"], events["EventsQueue"]):
        url, text = sqs.get_queue_url(QueueName=name)["QueueUrl"], f"{word} {release} of {name}"
        sqs.send_message(QueueUrl=url, MessageBody=text, MessageGroupId="acme", MessageDeduplicationId=f"{word}-{release}")
        found = batches(place, "aws:sqs", text)
        claim(f"a message in {name} reaches {release}", found and found[0]["release"] == release, found)
        variables = found[0]["variables"]
        tables = ("results", "nonces", "secrets", "answers", "events")
        names = {f"BADGESMITH_TABLE_{table.upper()}": f"{STACK}-{table}" for table in tables}
        reached = {variable: variables.get(variable) for variable in names}
        claim("which has the stage's tables", reached == names, variables)
        queues = {variables.get("BADGESMITH_QUEUE_REPORTS"), variables.get("BADGESMITH_QUEUE_EVENTS")}
        tails = {(one or "").rsplit("/", 1)[-1] for one in queues}
        claim("and the queues", tails == {events["ReportsQueue"], events["EventsQueue"]}, variables)
    key = {"PK": {"S": "OUTBOX#00"}, "SK": {"S": f"{word} row of {release}"}}
    dynamodb.put_item(TableName=events["EventsTable"], Item=key)
    found = batches(place, "aws:dynamodb", f"{word} row of {release}")
    claim(f"a row of the table of events reaches {release}", found and found[0]["release"] == release, found)


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
        first, second, third = pack(place, "first"), pack(place, "second"), pack(place, "third")

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
        find_stack = cloudformation.describe_stacks
        claim("without events there is one stack", not is_there(find_stack, StackName=EVENTS_STACK))

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

        print("with events")
        roll("forward", "staging", "x86_64", second, "Events=on")
        events = check_events(cloud, out)
        check_function(out, "second", events)
        check_worker(cloud, "second", "warn")
        check_sources(cloud, place, events, "second")
        print("updated with events")
        roll("forward", "staging", "x86_64", third, "LogLevel=info")
        check_function(out, "third", events)
        check_worker(cloud, "third", "info")
        check_sources(cloud, place, events, "third")
        print("rolled back with events")
        roll("back", "staging")
        check_function(out, "second", events)
        check_worker(cloud, "second", "info")
        check_sources(cloud, place, events, "second", "again")
        print("a failed deployment with events")
        words = roll("forward", "staging", "x86_64", third, "DomainName=badges.example.com", succeeds=False)
        claim("it fails by the stage's template", "DomainName needs CertificateArn" in words, words)
        check_worker(cloud, "second", "info")
        print("rolled back to a release before events")
        roll("back", "staging")
        check_function(out, "first", events)
        check_worker(cloud, "first", "info")
        # Releases of an older roll.sh have no template of events.
        bucket = outputs(cloudformation, f"bootstrap-{STACK}")["ArtefactBucket"]
        oldest = cloud("s3").get_object(Bucket=bucket, Key="releases")["Body"].read().decode().split()[0]
        cloud("s3").delete_object(Bucket=bucket, Key=f"{oldest.split('/')[0]}/events.yaml")
        before = stack_parameters(cloud, EVENTS_STACK)["ArtefactKey"]
        words = run("sh", "-c", f"{DEPLOY / 'roll.sh'} back staging 2>&1")
        claim("roll.sh says that the stack of events stays", f"{EVENTS_STACK} stays as it is" in words, words)
        keys = [stack_parameters(cloud, stack)["ArtefactKey"] for stack in (STACK, EVENTS_STACK)]
        claim("and so it does, while the stage goes back", keys == [oldest, before], keys)
        print("without events again")
        roll("forward", "staging", "x86_64", third, "Events=off")
        check_function(out, "third")
        granted = cloud("iam").list_role_policies(RoleName=out["FunctionRoleName"])["PolicyNames"]
        claim("the function's role reaches no queue and no events", granted == ["badges"], granted)
        claim("the stack of events stays, to empty its queues", is_there(find_stack, StackName=EVENTS_STACK))
        cloudformation.delete_stack(StackName=EVENTS_STACK)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=EVENTS_STACK, WaiterConfig={"Delay": 1})
        claim("the table of events stays", is_there(dynamodb.describe_table, TableName=events["EventsTable"]))
        claim("the function of events is gone", not is_there(cloud("lambda").get_function, FunctionName=EVENTS_STACK))
        left = cloud("lambda").list_event_source_mappings()["EventSourceMappings"]
        claim("its sources are gone", not left, left)
        check_function(out, "third")

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
