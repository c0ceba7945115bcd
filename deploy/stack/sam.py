"""SAM's translation with the parameters' values, as AWS does it. The emulator does it without them, and then a package of
another key is no other version."""

import copy
import logging

import boto3
from botocore.exceptions import ClientError
from samtranslator.translator.transform import transform

logging.getLogger("samtranslator").setLevel(logging.CRITICAL)


class NoPolicies:
    """Our template names no policy of SAM's or AWS's."""

    def load(self):
        return {}


def values(template, stack, given):
    """The parameters as AWS has them: the defaults, then what the stack has, then what is given."""
    defaults = {name: one["Default"] for name, one in template["Parameters"].items() if "Default" in one}
    try:
        has = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", [])
    except ClientError:
        has = []
    return defaults | {one["ParameterKey"]: one["ParameterValue"] for one in has} | given


def translate(template, stack, given):
    """The template in CloudFormation's own words."""
    return transform(copy.deepcopy(template), values(template, stack, given), NoPolicies())
