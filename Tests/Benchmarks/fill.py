#!/usr/bin/env python3
"""Fill Celery's queue with store tasks of 4 KiB inline bytes, as `Benchmarks store` fills Stowage's.

    fill.py COUNT                         through the application in celery_store (BENCHMARK_URL)
"""

import base64
import json
import os
import sys
import time
import uuid


def task():
    content = base64.b64encode(os.urandom(4096)).decode()
    return {"version": 1, "id": str(uuid.uuid4()), "operation": "store", "driver": "archive",
            "data": {"name": "archive.bin", "source": {"inline": content}}}


def fill_celery(count):
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "celery_store"))
    import worker

    with worker.app.connection_for_write() as connection:
        channel = connection.default_channel
        worker.event_queue(channel).declare()
        worker.app.conf.task_queues[0](channel).declare()
        with worker.app.amqp.Producer(connection) as producer:
            for _ in range(count):
                worker.store.apply_async((task(),), producer=producer)
        limit = time.monotonic() + 120
        while channel.queue_declare("celery.tasks", passive=True).message_count < count:
            if time.monotonic() > limit:
                sys.exit("fill.py: celery.tasks did not receive its messages")
            time.sleep(0.05)


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    fill_celery(int(arguments[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
