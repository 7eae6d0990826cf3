"""Topics and ACLs of a Kafka cluster, with librdkafka (rdkafka.py)."""

import contextlib
import ctypes
from ctypes import byref, c_size_t, c_void_p

from .rdkafka import KafkaError, Producer

TOPIC_EXISTS = 36
TOPIC, GROUP, CLUSTER = 2, 3, 4  # resource types
LITERAL, ALLOW = 3, 3
DESCRIBE = 8


@contextlib.contextmanager
def _event(client, ask, seconds):
    """The answer to ask(queue)."""
    lib = client.lib
    queue = lib.queue_new(client.handle)
    event = None
    try:
        ask(queue)
        event = lib.queue_poll(queue, int(seconds * 1000))
        if not event:
            raise KafkaError("no answer")
        lib.must(lib.event_error(event))
        yield event
    finally:
        if event:
            lib.event_destroy(event)
        lib.queue_destroy(queue)


def create_topics(bootstrap, topics, seconds, replicas=1):
    """Creates missing topics. topics: {name: (partitions, {option: value})}."""
    with Producer(bootstrap) as client:
        lib = client.lib
        text = ctypes.create_string_buffer(512)
        wanted = (c_void_p * len(topics))()
        for index, (name, (partitions, options)) in enumerate(topics.items()):
            wanted[index] = lib.NewTopic_new(name.encode(), partitions, replicas, text, len(text))
            for key, value in options.items():
                lib.NewTopic_set_config(wanted[index], key.encode(), str(value).encode())
        try:
            with _event(client, lambda queue: lib.CreateTopics(client.handle, wanted, len(topics), None, queue),
                        seconds) as event:
                count = c_size_t()
                results = lib.CreateTopics_result_topics(lib.event_CreateTopics_result(event), byref(count))
                for index in range(count.value):
                    error = lib.topic_result_error(results[index])
                    if error not in (0, TOPIC_EXISTS):
                        raise KafkaError((lib.topic_result_error_string(results[index]) or b"").decode())
        finally:
            for topic in wanted:
                lib.NewTopic_destroy(topic)


def allow(bootstrap, user, rights, seconds):
    """Adds ACLs for a user, [(resource type, name, operation)]; existing ones are kept."""
    with Producer(bootstrap) as client:
        lib = client.lib
        text = ctypes.create_string_buffer(512)
        wanted = (c_void_p * len(rights))()
        for index, (kind, name, operation) in enumerate(rights):
            wanted[index] = lib.AclBinding_new(kind, name.encode(), LITERAL, f"User:{user}".encode(), b"*",
                                               operation, ALLOW, text, len(text))
            if not wanted[index]:
                raise KafkaError(text.value.decode())
        try:
            with _event(client, lambda queue: lib.CreateAcls(client.handle, wanted, len(rights), None, queue),
                        seconds) as event:
                count = c_size_t()
                results = lib.CreateAcls_result_acls(lib.event_CreateAcls_result(event), byref(count))
                for index in range(count.value):
                    if error := lib.acl_result_error(results[index]):
                        raise KafkaError(lib.error_string(error).decode())
        finally:
            for right in wanted:
                lib.AclBinding_destroy(right)
