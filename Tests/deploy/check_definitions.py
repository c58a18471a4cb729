#!/usr/bin/env python3
"""Check deploy/rabbitmq against the contract of the topology, and the shipped files against each other.

    check_definitions.py [ROOT]

The expectations are written out here once more, on purpose: the shipped file and the code that declares the topology
are both held to them.
"""

import json
import sys
from pathlib import Path

DRIVERS = ("archive", "archive-b")
DELAYS = {"5s": 5_000, "30s": 30_000, "2m": 120_000, "10m": 600_000, "1h": 3_600_000, "6h": 21_600_000}
SLOW = ("store", "retrieve", "copy", "verify", "check")
QUICK = ("stat", "delete", "list", "presign", "retain", "capacity")


def dead_lettering(exchange, **more):
    return {"x-queue-type": "quorum", "x-dead-letter-exchange": f"stowage.{exchange}",
            "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish", **more}


def expected():
    exchanges = {"tasks": ("topic", {"alternate-exchange": "stowage.dlx"}), "events": ("topic", {}),
                 "replies": ("direct", {}), "dlx": ("fanout", {}), "dead": ("fanout", {}), "control": ("fanout", {})}
    queues = {"undertaker": dead_lettering("dead", **{"x-delivery-limit": 20}),
              "dead": {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000},
              "control": {"x-queue-type": "stream", "x-max-age": "7D"}}
    bindings = {("dlx", "undertaker", ""), ("dead", "dead", ""), ("control", "control", "")}
    for delay, milliseconds in DELAYS.items():
        exchanges[f"retry.{delay}"] = ("fanout", {})
        queues[f"retry.{delay}"] = dead_lettering("tasks", **{"x-message-ttl": milliseconds})
        bindings.add((f"retry.{delay}", f"retry.{delay}", ""))
    for driver in DRIVERS:
        for queue, operations in ((f"tasks.{driver}", SLOW), (f"tasks.{driver}-quick", QUICK)):
            queues[queue] = dead_lettering("dlx", **{"x-delivery-limit": 20})
            bindings.update(("tasks", queue, f"{driver}.{operation}") for operation in operations)
    return exchanges, queues, bindings


def plain(name):
    return name.removeprefix("stowage.")


def compare(what, found, wanted):
    for missing in sorted(str(item) for item in wanted.keys() - found.keys()):
        yield f"{what} {missing} is missing"
    for extra in sorted(str(item) for item in found.keys() - wanted.keys()):
        yield f"{what} {extra} does not stand in the contract"
    for name in sorted(found.keys() & wanted.keys()):
        if found[name] != wanted[name]:
            yield f"{what} {name}: {found[name]} instead of {wanted[name]}"


def check(definitions):
    exchanges, queues, bindings = expected()
    yield from compare("exchange", {plain(item["name"]): (item["type"], item["arguments"]) for item in definitions["exchanges"]}, exchanges)
    yield from compare("queue", {plain(item["name"]): item["arguments"] for item in definitions["queues"]}, queues)
    found = {(plain(item["source"]), plain(item["destination"]), item["routing_key"]) for item in definitions["bindings"]}
    yield from compare("binding", dict.fromkeys(found), dict.fromkeys(bindings))
    for kind in ("exchanges", "queues"):
        yield from (f"{item['name']} is not durable" for item in definitions[kind] if not item["durable"] or item["auto_delete"])


def check_policies(folder, definitions):
    newer = json.loads((folder / "policies-3.12.json").read_text())["policies"]
    for policy in definitions["policies"]:
        if "consumer-timeout" in policy["definition"]:
            yield f"policy {policy['name']}: 3.10 and 3.11 refuse consumer-timeout"
        twin = next((item for item in newer if item["name"] == policy["name"]), None)
        if twin is None or {**twin["definition"], **policy["definition"]} != twin["definition"]:
            yield f"policy {policy['name']}: policies-3.12.json would take something away"
    timeout = f"consumer_timeout = {newer[0]['definition'].get('consumer-timeout')}\n"
    if timeout not in (folder / "rabbitmq.conf").read_text():
        yield f"rabbitmq.conf and policies-3.12.json name different timeouts: no line {timeout.strip()}"


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".") / "deploy/rabbitmq"
    definitions = json.loads((folder / "definitions.json").read_text())
    findings = [*check(definitions), *check_policies(folder, definitions)]
    if any(user["password_hash"] for user in json.loads((folder / "users.json").read_text())["users"]):
        findings.append("users.json holds a password")
    for finding in findings:
        print(finding)
    print(f"definitions: {len(definitions['queues'])} queues, {len(findings)} findings")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
