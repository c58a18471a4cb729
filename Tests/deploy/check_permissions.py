#!/usr/bin/env python3
"""Import the shipped definitions into a real broker, log in as each user, and see what is allowed and what is not.

    check_permissions.py ROOT

Starts a private RabbitMQ in a temporary folder and ends it again.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pika
from pika.exceptions import ChannelClosedByBroker

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
NODE = str(ROOT / "deploy/lib/private-rabbitmq.sh")
PASSWORD = "only-for-this-test"
ROLES = ("worker", "operator", "administrator", "producer")


def publish(exchange, key="x"):
    def act(channel):
        channel.confirm_delivery()
        channel.basic_publish(exchange, key, b"{}")
    act.label = f"publish to {exchange or 'the default exchange'}"
    return act


def read(queue):
    def act(channel):
        channel.basic_get(queue, auto_ack=False)
    act.label = f"read {queue}"
    return act


def declare(queue):
    def act(channel):
        channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
    act.label = f"declare {queue}"
    return act


def read_stream(queue):
    def act(channel):
        channel.basic_qos(prefetch_count=1)
        channel.basic_consume(queue, lambda *_: None, arguments={"x-stream-offset": "first"})
        channel.connection.process_data_events(0)
    act.label = f"read the stream {queue}"
    return act


def follow(exchange, key):
    """What a command that waits does: a queue of its own, bound to an exchange."""
    def act(channel):
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, exchange, key)
        channel.basic_get(queue, auto_ack=True)
    act.label = f"follow {exchange} with {key}"
    return act


def follow_named(queue, key):
    def act(channel):
        channel.queue_declare(queue, durable=True)
        channel.queue_bind(queue, "stowage.events", key)
        channel.basic_get(queue, auto_ack=True)
    act.label = f"follow events in {queue} with {key}"
    return act


ALLOWED = {
    "worker": [publish("stowage.tasks", "archive.store"), publish("stowage.events", "succeeded.archive.store.none"),
               publish("stowage.replies"), publish("stowage.dead"), publish("stowage.retry.5s"),
               read("stowage.tasks.archive"), read("stowage.tasks.archive-b-quick"), read("stowage.undertaker"),
               read_stream("stowage.control")],
    "operator": [publish("stowage.tasks", "archive.store"), publish("stowage.dead"), publish("stowage.control"),
                 read("stowage.dead"), follow("stowage.events", "#"), follow("stowage.replies", "r" * 22)],
    "administrator": [declare("stowage.tasks.another")],
    "producer": [publish("stowage.tasks", "archive.store"), follow("stowage.events", "*.*.*.stowage-producer"),
                 follow("stowage.replies", "r" * 22),
                 follow_named("stowage.ev.stowage-producer.results", "*.*.*.stowage-producer")],
}
REFUSED = {
    "worker": [publish("", "stowage.dead"), publish("stowage.dlx"), publish("stowage.control"), read("stowage.dead"),
               read("stowage.retry.5s"), declare("stowage.tasks.mine"), follow("stowage.events", "#")],
    "operator": [publish("stowage.events"), publish("stowage.retry.5s"), publish("", "stowage.dead"),
                 read("stowage.tasks.archive"), read("stowage.undertaker"), read_stream("stowage.control"),
                 declare("stowage.tasks.mine")],
    "administrator": [publish("", "stowage.dead"), declare("elsewhere")],
    "producer": [publish("stowage.events"), publish("stowage.dead"), publish("stowage.control"), read("stowage.dead"),
                 read_stream("stowage.control"), read("stowage.tasks.archive"), follow("stowage.events", "*.*.*.somebody-else"), follow("stowage.events", "#"),
                 follow_named("stowage.ev.another.results", "*.*.*.stowage-producer")],
}


def control(folder, *arguments):
    subprocess.run([NODE, "ctl", folder, *arguments], check=True, stdout=subprocess.DEVNULL)


def set_up(folder):
    for name in ("definitions.json", "users.json"):
        # Into the node's own folder, the one that a broker in another root sees too.
        shutil.copy(ROOT / "deploy/rabbitmq" / name, folder)
        control(folder, "import_definitions", os.path.join(folder, name))
    for role in ROLES:
        control(folder, "change_password", f"stowage-{role}", PASSWORD)


def permissions(folder):
    """All rights in the virtual host, as the broker tells them."""
    listed = [subprocess.run([NODE, "ctl", folder, what, "-p", "stowage", "--formatter", "json"],
                             check=True, capture_output=True, text=True).stdout
              for what in ("list_permissions", "list_topic_permissions")]
    return [sorted(json.loads(text), key=lambda entry: entry["user"]) for text in listed]


def attempt(port, role, act):
    """None when it was allowed, else the broker's code."""
    credentials = pika.PlainCredentials(f"stowage-{role}", PASSWORD)
    connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port, "stowage", credentials))
    try:
        act(connection.channel())
        return None
    except ChannelClosedByBroker as closed:
        return closed.reply_code
    finally:
        connection.close()


def check(port):
    for role in ROLES:
        for act in ALLOWED[role]:
            code = attempt(port, role, act)
            yield None if code is None else f"{role} may not {act.label} ({code})"
        for act in REFUSED[role]:
            code = attempt(port, role, act)
            yield None if code == 403 else f"{role} may {act.label} ({code})"


def check_script(folder):
    """permissions.sh gives the very rights that users.json ships."""
    before = permissions(folder)
    for role in ROLES:
        control(folder, "clear_permissions", "-p", "stowage", f"stowage-{role}")
    control(folder, "clear_topic_permissions", "-p", "stowage", "stowage-producer")
    options = [word for role in ROLES for word in (f"--{role}", f"stowage-{role}")]
    subprocess.run([str(ROOT / "deploy/rabbitmq/permissions.sh"), "--vhost", "stowage", *options], check=True,
                   stdout=subprocess.DEVNULL, env={**os.environ, "RABBITMQCTL": f"{NODE} ctl {folder}"})
    after = permissions(folder)
    if before != after:
        yield f"permissions.sh and users.json differ: {after} instead of {before}"


def main():
    folder = tempfile.mkdtemp(prefix="stowage-permissions-")
    try:
        facts = subprocess.run([NODE, "start", folder], check=True, capture_output=True, text=True).stdout
        port = int(dict(line.split("=", 1) for line in facts.splitlines())["AMQP_PORT"])
        set_up(folder)
        results = [*check(port), *check_script(folder)]
    finally:
        subprocess.run([NODE, "stop", folder], env={**os.environ, "STOP_SECONDS": "0"}, check=False)
        shutil.rmtree(folder, ignore_errors=True)
    findings = [finding for finding in results if finding]
    for finding in findings:
        print(finding)
    print(f"permissions: {len(results)} attempts, {len(findings)} findings")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
