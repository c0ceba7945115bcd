"""Translates a SAM template with the values of its parameters, as AWS does. The emulator translates without them, and
then a new key of the package does not publish a new version."""

import copy
import logging

import boto3
from botocore.exceptions import ClientError
from samtranslator.translator.transform import transform

logging.getLogger("samtranslator").setLevel(logging.CRITICAL)


class NoPolicies:
    """The managed policies that the template refers to: none."""

    def load(self):
        return {}


def values(template, stack, given):
    """The values of the parameters as AWS finds them: what is given, else what the stack has, else the defaults."""
    defaults = {name: one["Default"] for name, one in template["Parameters"].items() if "Default" in one}
    try:
        has = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", [])
    except ClientError:
        has = []
    return defaults | {one["ParameterKey"]: one["ParameterValue"] for one in has} | given


def translate(template, stack, given):
    """The template as plain CloudFormation."""
    return transform(copy.deepcopy(template), values(template, stack, given), NoPolicies())
