"""Scripts that use boto3, without the second that its start takes: a server has it loaded and forks for each script.

    boto.py serve NAME                 prints "ready" when scripts may come
    boto.py run NAME SCRIPT ARG...     runs the file SCRIPT there, with our streams, environment and exit code

NAME is that of a socket that is no file: nothing stays when the server is killed.
What a script finds: see S3Account+Python.swift.
"""

import json
import os
import socket
import sys


def run(name, script, arguments):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect("\0" + name)
        order = {"script": script, "arguments": arguments, "environment": dict(os.environ)}
        data = json.dumps(order).encode() + b"\n"
        sent = socket.send_fds(connection, [data], [0, 1, 2])
        connection.sendall(data[sent:])
        code = connection.recv(1)
    sys.exit(code[0] if code else 70)


def serve(name):
    import signal

    import boto3

    session = boto3.session.Session()
    # What is read from files for the first client stays in the session, and so in every fork.
    for service in "s3", "sts", "iam":
        session.client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0" + name)
        listener.listen(128)
        print("ready", flush=True)
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                work(connection, session)
            connection.close()


def work(connection, session):
    import traceback

    code = 1
    try:
        data, streams, _, _ = socket.recv_fds(connection, 65536, 3)
        while not data.endswith(b"\n"):
            data += connection.recv(65536)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        order = json.loads(data)
        os.environ.clear()
        os.environ.update(order["environment"])
        with open(order["script"], encoding="utf-8") as file:
            program = compile(file.read(), order["script"], "exec")
        exec(program, names(session, order["arguments"]))
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.send(bytes([code]))
        os._exit(code)


def names(session, arguments):
    import hashlib

    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    def client(service, **options):
        # Checksums only where asked for: Ceph 16 refuses the trailing ones that boto3 sends over HTTPS by itself.
        ours = dict(
            s3={"addressing_style": "path"}, signature_version="s3v4",
            request_checksum_calculation="when_required", response_checksum_validation="when_required")
        both = dict(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60)
        return session.client(
            service, endpoint_url=os.environ["S3_ENDPOINT"], region_name=os.environ["S3_REGION"],
            aws_access_key_id=os.environ["S3_ACCESS_KEY"], aws_secret_access_key=os.environ["S3_SECRET_KEY"],
            aws_session_token=os.environ["S3_SESSION_TOKEN"] or None, verify=os.environ["S3_CA"] or None,
            config=Config(**{**both, **(ours if service == "s3" else {}), **options}))

    def outcome(call, **parameters):
        try:
            answer = call(**parameters)
            if "Body" in answer:
                answer["Body"].read()
            return "done"
        except ClientError as error:
            return error.response["Error"]["Code"]
        except BotoCoreError as error:
            return type(error).__name__

    def show(value):
        print(json.dumps(value, default=lambda value: value.hex() if isinstance(value, bytes) else value.isoformat()))

    def sha256(stream):
        digest = hashlib.sha256()
        for chunk in iter(lambda: stream.read(1 << 20), b""):
            digest.update(chunk)
        return digest.hexdigest()

    return {
        "__name__": "__main__", "s3": client("s3"), "client": client, "arguments": arguments, "outcome": outcome,
        "show": show, "sha256": sha256, "json": json, "os": os, "hashlib": hashlib,
        "ClientError": ClientError, "BotoCoreError": BotoCoreError,
    }


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        run(sys.argv[2], sys.argv[3], sys.argv[4:])
