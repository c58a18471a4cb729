"""The same work as a Stowage store of a small archive, as a Celery task.

One task: decode 4 KiB from base64, hash it, write it to a temporary file, fsync, link it exclusively to its
name, fsync the folder, publish a success event and wait for its confirm; the task is acknowledged afterwards.
Stowage writes a manifest besides; leaving it out here is in Celery's favour.
"""

import base64
import hashlib
import json
import os

from celery import Celery
from kombu import Connection, Exchange, Queue

URL = os.environ["BENCHMARK_URL"]
ROOT = os.environ["BENCHMARK_ROOT"]
EVENTS = "celery.events"
QUORUM = {"x-queue-type": "quorum"}

app = Celery("celery_store", broker=URL)
app.conf.update(
    task_queues=[Queue("celery.tasks", Exchange("celery.tasks", type="topic"), routing_key="#", queue_arguments=QUORUM)],
    task_default_queue="celery.tasks",
    task_default_exchange="celery.tasks",
    task_default_exchange_type="topic",
    task_default_routing_key="store",
    task_default_queue_type="quorum",
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=64,
    worker_detect_quorum_queues=True,
    broker_native_delayed_delivery_queue_type="quorum",
    broker_connection_retry_on_startup=True,
)

event_queue = Queue(EVENTS, Exchange(EVENTS, type="topic"), routing_key="#", queue_arguments=QUORUM)


class EventPublisher:
    """One connection per worker process that publishes with a confirm; opened by the first task."""

    def __init__(self):
        self.producer = None

    def publish(self, identifier, body):
        if self.producer is None:
            connection = Connection(URL, transport_options={"confirm_publish": True})
            event_queue(connection.default_channel).declare()
            self.producer = connection.Producer(serializer="json")
        self.producer.publish(
            body,
            exchange=EVENTS,
            routing_key="succeeded.archive.store.none",
            message_id=identifier,
            delivery_mode=2,
            retry=False,
        )


publisher = EventPublisher()


def publish_exclusively(path, content):
    folder = os.path.dirname(path)
    temporary = f"{path}.{os.getpid()}.partial"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o440)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.link(temporary, path)
    os.unlink(temporary)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@app.task(name="store")
def store(task):
    content = base64.b64decode(task["data"]["source"]["inline"], validate=True)
    digest = hashlib.sha256(content).hexdigest()
    folder = os.path.join(ROOT, task["id"][:2])
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, task["id"])
    try:
        publish_exclusively(path, content)
    except FileExistsError:
        with open(path, "rb") as file:
            if hashlib.sha256(file.read()).hexdigest() != digest:
                raise
    handle = {"driver": "archive", "key": path, "size": len(content), "sha256": digest, "taskId": task["id"]}
    event = {"specversion": "1.0", "id": f"{task['id']}/succeeded", "type": "stowage.task.succeeded",
             "data": {"task": {"id": task["id"], "operation": "store"}, "result": {"handle": handle}}}
    publisher.publish(event["id"], event)
    return None
