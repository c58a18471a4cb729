#!/usr/bin/env python3
"""Validates the golden messages against the published schemas, with a validator that is not ours.

usage: validate_golden.py REPOSITORY

Needs the package `jsonschema`. Prints counts; ends with 1 on any failure.
"""
import copy
import json
import pathlib
import sys

from jsonschema import Draft202012Validator

AMQP_VERSION = {"const": "0.3.0"}
REFERENCE = {
    "type": "object",
    "required": ["$ref"],
    "properties": {"$ref": {"type": "string"}},
    "additionalProperties": False,
}

# What AsyncAPI 3.0 and version 0.3.0 of its AMQP bindings say of the parts that we use.
ASYNCAPI = {
    "type": "object",
    "required": ["asyncapi", "info", "channels", "operations", "components"],
    "additionalProperties": False,
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "info": {
            "type": "object",
            "required": ["title", "version"],
            "additionalProperties": False,
            "properties": {
                "title": {"type": "string"},
                "version": {"type": "string"},
                "description": {"type": "string"},
                "license": {"type": "object", "required": ["name"]},
            },
        },
        "defaultContentType": {"type": "string"},
        "channels": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "required": ["address", "messages"],
                "additionalProperties": False,
                "properties": {
                    "address": {"type": "string"},
                    "description": {"type": "string"},
                    "messages": {"type": "object", "minProperties": 1, "additionalProperties": REFERENCE},
                    "parameters": {
                        "type": "object",
                        "additionalProperties": {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {
                                "description": {"type": "string"},
                                "enum": {"type": "array", "items": {"type": "string"}},
                                "default": {"type": "string"},
                                "examples": {"type": "array", "items": {"type": "string"}},
                                "location": {"type": "string"},
                            },
                        },
                    },
                    "bindings": {
                        "type": "object",
                        "required": ["amqp"],
                        "properties": {
                            "amqp": {
                                "type": "object",
                                "required": ["is", "exchange", "bindingVersion"],
                                "additionalProperties": False,
                                "properties": {
                                    "is": {"const": "routingKey"},
                                    "bindingVersion": AMQP_VERSION,
                                    "exchange": {
                                        "type": "object",
                                        "required": ["name", "type"],
                                        "additionalProperties": False,
                                        "properties": {
                                            "name": {"type": "string", "maxLength": 255},
                                            "type": {"enum": ["topic", "direct", "fanout", "default", "headers"]},
                                            "durable": {"type": "boolean"},
                                            "autoDelete": {"type": "boolean"},
                                            "vhost": {"type": "string"},
                                        },
                                    },
                                },
                            }
                        },
                    },
                },
            },
        },
        "operations": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "required": ["action", "channel"],
                "additionalProperties": False,
                "properties": {
                    "action": {"enum": ["send", "receive"]},
                    "channel": REFERENCE,
                    "messages": {"type": "array", "items": REFERENCE},
                    "bindings": {
                        "type": "object",
                        "properties": {
                            "amqp": {
                                "type": "object",
                                "additionalProperties": False,
                                "properties": {
                                    "mandatory": {"type": "boolean"},
                                    "deliveryMode": {"enum": [1, 2]},
                                    "bindingVersion": AMQP_VERSION,
                                },
                            }
                        },
                    },
                },
            },
        },
        "components": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "messages": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "required": ["payload", "contentType"],
                        "additionalProperties": False,
                        "properties": {
                            "title": {"type": "string"},
                            "contentType": {"type": "string"},
                            "headers": {"type": "object", "properties": {"type": {"const": "object"}}},
                            "payload": {
                                "type": "object",
                                "required": ["schemaFormat", "schema"],
                                "additionalProperties": False,
                                "properties": {"schemaFormat": {"type": "string"}, "schema": {"type": "object"}},
                            },
                            "bindings": {
                                "type": "object",
                                "properties": {
                                    "amqp": {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "properties": {
                                            "contentEncoding": {"type": "string"},
                                            "messageType": {"type": "string"},
                                            "bindingVersion": AMQP_VERSION,
                                        },
                                    }
                                },
                            },
                        },
                    },
                }
            },
        },
    },
}

failures = []


def fail(text):
    failures.append(text)
    print("FAILED:", text)


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def check(validator, document, name):
    for error in validator.iter_errors(document):
        fail(f"{name}: {error.json_path}: {error.message[:300]}")
        return


def closed(schema):
    """The schema with every object that lists its members closed: nothing may be in a message that no schema names."""
    if isinstance(schema, list):
        return [closed(element) for element in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: closed(value) for name, value in schema.items()}
    if result.get("type") == "object" and isinstance(result.get("properties"), dict):
        result.setdefault("additionalProperties", False)
    return result


def resolve(document, reference):
    place = document
    for part in reference.removeprefix("#/").split("/"):
        place = place[part]
    return place


def check_asyncapi(document, folder):
    check(Draft202012Validator(ASYNCAPI), document, "asyncapi.json")
    for name, channel in document["channels"].items():
        wanted = {part[1:-1] for part in channel["address"].split(".") if part}
        if wanted != set(channel["parameters"]):
            fail(f"asyncapi.json: the parameters of channel {name} are not those of its address")
        for message in channel["messages"].values():
            resolve(document, message["$ref"])
    for name, operation in document["operations"].items():
        channel = resolve(document, operation["channel"]["$ref"])
        for message in operation["messages"]:
            if resolve(document, message["$ref"]) not in channel["messages"].values():
                fail(f"asyncapi.json: operation {name} names a message that its channel does not have")
    for name, message in document["components"]["messages"].items():
        if not (folder / message["payload"]["schema"]["$ref"]).is_file():
            fail(f"asyncapi.json: the schema of message {name} is missing")


def main():
    root = pathlib.Path(sys.argv[1])
    folder = root / "docs" / "schema"
    golden = root / "Tests" / "StowageContractTests" / "Golden"
    schemas = {}
    for kind in ("task", "event", "handle", "control"):
        schemas[kind] = load(folder / f"{kind}.schema.json")
        Draft202012Validator.check_schema(schemas[kind])
    task = Draft202012Validator(schemas["task"])
    event = Draft202012Validator(schemas["event"])
    strict_event = Draft202012Validator(closed(copy.deepcopy(schemas["event"])))
    handle = Draft202012Validator(closed(copy.deepcopy(schemas["handle"])))

    control = Draft202012Validator(schemas["control"])

    counts = {"tasks": 0, "events": 0, "handles": 0, "control messages": 0, "refused": 0, "left to the reader": 0}
    for path in sorted((golden / "tasks").glob("*.json")):
        check(task, load(path), path.name)
        counts["tasks"] += 1
    for path in sorted((golden / "events").glob("*.json")):
        document = load(path)
        check(event, document, path.name)
        check(strict_event, document, path.name + " (closed)")
        counts["events"] += 1
        found = (document["data"].get("result") or {}).get("handle")
        if found:
            check(handle, found, path.name + " (handle)")
            counts["handles"] += 1
        # Events may gain members, and never lose one.
        document["data"]["novelty"] = 1
        check(event, document, path.name + " (with a member more)")
        for name in list(document["data"]):
            if name == "novelty":
                continue
            less = copy.deepcopy(document)
            del less["data"][name]
            if event.is_valid(less):
                fail(f"{path.name}: without data.{name} it is still valid")
    for path in sorted((golden / "invalid").glob("*.json")):
        document = load(path)
        valid = task.is_valid(document["body"])
        if document["schemaSees"] and valid:
            fail(f"{path.name}: the schema accepts it")
        if not document["schemaSees"] and not valid:
            fail(f"{path.name}: the schema refuses it, which the file does not say")
        counts["refused" if document["schemaSees"] else "left to the reader"] += 1
    for path in sorted((golden / "control").glob("*.json")):
        document = load(path)
        check(control, document, path.name)
        counts["control messages"] += 1
        if control.is_valid(document | {"novelty": 1}):
            fail(f"{path.name}: with a member more it is still valid")
        if control.is_valid({name: value for name, value in document.items() if name != "command"}):
            fail(f"{path.name}: without a command it is still valid")
    check_asyncapi(load(folder / "asyncapi.json"), folder)

    for kind, least in (("tasks", 22), ("events", 20), ("control messages", 4), ("refused", 100)):
        if counts[kind] < least:
            fail(f"only {counts[kind]} messages of kind “{kind}” were found")
    print("schemas:", ", ".join(f"{count} {kind}" for kind, count in counts.items()), f"- {len(failures)} failures")
    return 1 if failures else 0


sys.exit(main())
