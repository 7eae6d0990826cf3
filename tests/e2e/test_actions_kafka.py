"""What stacktop does to Kafka, on a real broker. The unit test of the actions makes topics and groups
of its own there; a consumer of the new protocol is Kafka's own."""

import contextlib
import os
import subprocess

from sandbox import ROOT, wait_until
from stacktop import BINARY

BROKER_TEST = BINARY.parent / "actions_test_kafka_broker"
CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"


@contextlib.contextmanager
def new_protocol_group(sandbox, name):
    """A group with one member that talks KIP-848."""
    process = subprocess.Popen(
        [ROOT / "sandbox/kafka-tool", "--state", sandbox.folder, CONSUMER, "--topic", "transactions",
         "--group", name, "--consumer-property", "group.protocol=consumer"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: "Stable" in sandbox.run("kafka-tool", "consumer-groups", "--describe", "--state",
                                                   "--group", name, check=False).stdout,
                   60, f"{name} is stable")
        yield name
    finally:
        process.kill()
        process.wait()


def test_what_is_done_to_groups_and_topics(sandbox):
    sandbox.need("kafka")
    with new_protocol_group(sandbox, f"kip-848-{os.getpid()}") as group:
        run = subprocess.run([BROKER_TEST], capture_output=True, text=True, timeout=240, env={
            **os.environ, "STACKTOP_KAFKA": sandbox.bootstrap, "STACKTOP_KAFKA_NEW_GROUP": group})
    assert run.returncode == 0, run.stdout + run.stderr
    assert "SKIPPED" not in run.stdout + run.stderr
