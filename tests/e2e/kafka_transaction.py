"""A transaction that stays open: what a producer leaves that hangs. By librdkafka itself, independent of stacktop."""

import contextlib
import ctypes

PRODUCER, COPY = 0, 2


def _library():
    lib = ctypes.CDLL("librdkafka.so.1")
    for name in ("conf_new", "new", "topic_new", "init_transactions", "begin_transaction", "abort_transaction", "commit_transaction",
                 "error_string"):
        getattr(lib, f"rd_kafka_{name}").restype = ctypes.c_void_p
    lib.rd_kafka_error_string.restype = ctypes.c_char_p
    return lib


class Producer:
    """A transactional producer of one partition."""

    def __init__(self, bootstrap, topic, partition, name):
        self.lib, self.partition, text = _library(), partition, ctypes.create_string_buffer(300)
        conf = ctypes.c_void_p(self.lib.rd_kafka_conf_new())
        for key, value in {"bootstrap.servers": bootstrap, "transactional.id": name}.items():
            assert self.lib.rd_kafka_conf_set(conf, key.encode(), value.encode(), text, len(text)) == 0, text.value
        self.handle = ctypes.c_void_p(self.lib.rd_kafka_new(PRODUCER, conf, text, ctypes.c_size_t(len(text))))
        assert self.handle, text.value
        self.topic = ctypes.c_void_p(self.lib.rd_kafka_topic_new(self.handle, topic.encode(), None))
        self.must(self.lib.rd_kafka_init_transactions(self.handle, 60000))

    def must(self, error):
        assert not error, self.lib.rd_kafka_error_string(ctypes.c_void_p(error))

    def begin(self, *values):
        self.must(self.lib.rd_kafka_begin_transaction(self.handle))
        for value in values:
            assert self.lib.rd_kafka_produce(self.topic, self.partition, COPY, value, ctypes.c_size_t(len(value)), None,
                                             ctypes.c_size_t(0), None) == 0
        assert self.lib.rd_kafka_flush(self.handle, 30000) == 0

    def commit(self):
        self.must(self.lib.rd_kafka_commit_transaction(self.handle, 60000))

    def abort(self):
        self.must(self.lib.rd_kafka_abort_transaction(self.handle, 60000))

    def close(self):
        self.lib.rd_kafka_topic_destroy(self.topic)
        self.lib.rd_kafka_destroy(self.handle)


@contextlib.contextmanager
def open_transaction(bootstrap, topic, partition, name="hung"):
    """A message in a transaction that is neither committed nor, until the end, aborted."""
    producer = Producer(bootstrap, topic, partition, name)
    producer.begin(b"in a transaction")
    try:
        yield
    finally:
        producer.abort()
        producer.close()


def transactions(bootstrap, topic, partition, count):
    """Transactions of one message each; every second one is aborted. The end of each has an offset of its own."""
    producer = Producer(bootstrap, topic, partition, "ended")
    for number in range(count):
        producer.begin(b"m%d" % number)
        producer.commit() if number % 2 == 0 else producer.abort()
    producer.close()
