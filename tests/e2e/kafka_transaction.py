"""A transaction that stays open: what a producer leaves that hangs. By librdkafka itself, independent of stacktop."""

import contextlib
import ctypes

PRODUCER, COPY = 0, 2


def _library():
    lib = ctypes.CDLL("librdkafka.so.1")
    for name in ("conf_new", "new", "topic_new", "init_transactions", "begin_transaction", "abort_transaction",
                 "error_string"):
        getattr(lib, f"rd_kafka_{name}").restype = ctypes.c_void_p
    lib.rd_kafka_error_string.restype = ctypes.c_char_p
    return lib


@contextlib.contextmanager
def open_transaction(bootstrap, topic, partition, name="hung"):
    """A message in a transaction that is neither committed nor, until the end, aborted."""
    lib, text = _library(), ctypes.create_string_buffer(300)

    def must(error):
        assert not error, lib.rd_kafka_error_string(ctypes.c_void_p(error))

    conf = ctypes.c_void_p(lib.rd_kafka_conf_new())
    for key, value in {"bootstrap.servers": bootstrap, "transactional.id": name}.items():
        assert lib.rd_kafka_conf_set(conf, key.encode(), value.encode(), text, len(text)) == 0, text.value
    handle = ctypes.c_void_p(lib.rd_kafka_new(PRODUCER, conf, text, ctypes.c_size_t(len(text))))
    assert handle, text.value
    of_topic = ctypes.c_void_p(lib.rd_kafka_topic_new(handle, topic.encode(), None))
    must(lib.rd_kafka_init_transactions(handle, 60000))
    must(lib.rd_kafka_begin_transaction(handle))
    assert lib.rd_kafka_produce(of_topic, partition, COPY, b"in a transaction", ctypes.c_size_t(16), None,
                                ctypes.c_size_t(0), None) == 0
    assert lib.rd_kafka_flush(handle, 30000) == 0
    try:
        yield
    finally:
        must(lib.rd_kafka_abort_transaction(handle, 60000))
        lib.rd_kafka_topic_destroy(of_topic)
        lib.rd_kafka_destroy(handle)
