"""Connections to the sandbox's servers, for its own use and for tests."""

from contextlib import closing  # noqa: F401: what a connection is used with

import psycopg2
import redis

from . import rdkafka
from .state import HOST

TOPIC, GROUP = "transactions", "ecap-consumer-group"
TOPICS = {TOPIC: 12, "customers": 6}  # and their partitions


def postgres(state, role="ecap_user", database="ecap", name="sandbox", part="postgres", **options):
    """A connection with autocommit."""
    connection = psycopg2.connect(host=HOST, port=state.port(part), user=role, dbname=database,
                                  password=state.data["passwords"][role], application_name=name,
                                  connect_timeout=5, **options)
    if not options.get("async_"):
        connection.autocommit = True
    return connection


def cache(state, seconds=5, part="redis"):
    return redis.Redis(host=HOST, port=state.port(part), socket_timeout=seconds,
                       socket_connect_timeout=seconds)


def bootstrap(state, listener="port"):
    """All brokers, in librdkafka's format; listener: port, sasl_port or ssl_port."""
    return ",".join(f"{HOST}:{facts[listener]}" for facts in state.group("kafka").values())


def reader(state):
    """Its ends are those that readers of uncommitted messages see."""
    return rdkafka.Reader(bootstrap(state), GROUP, isolation_level="read_uncommitted")
