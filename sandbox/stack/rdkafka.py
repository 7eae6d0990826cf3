"""The few functions of librdkafka that the sandbox needs, through ctypes: Debian 13 has no Python client for
Kafka 4, and stacktop needs librdkafka anyway."""

import ctypes
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_int32, c_int64, c_size_t, c_void_p

PRODUCER, CONSUMER = 0, 1
COPY = 2  # rd_kafka_produce copies the payload
UNASSIGNED = -1


class _Partition(Structure):
    _fields_ = [("topic", c_char_p), ("partition", c_int32), ("offset", c_int64),
                ("metadata", c_void_p), ("metadata_size", c_size_t), ("opaque", c_void_p),
                ("err", c_int), ("private", c_void_p)]


class _PartitionList(Structure):
    _fields_ = [("cnt", c_int), ("size", c_int), ("elems", POINTER(_Partition))]


class _Broker(Structure):
    _fields_ = [("id", c_int32), ("host", c_char_p), ("port", c_int)]


class _GroupInfo(Structure):
    _fields_ = [("broker", _Broker), ("group", c_char_p), ("err", c_int), ("state", c_char_p),
                ("protocol_type", c_char_p), ("protocol", c_char_p), ("members", c_void_p),
                ("member_cnt", c_int)]


class _GroupList(Structure):
    _fields_ = [("groups", POINTER(_GroupInfo)), ("group_cnt", c_int)]


class _Metadata(Structure):
    _fields_ = [("broker_cnt", c_int), ("brokers", POINTER(_Broker)), ("topic_cnt", c_int), ("topics", c_void_p),
                ("orig_broker_id", c_int32), ("orig_broker_name", c_char_p)]


_SIGNATURES = {
    "conf_new": (c_void_p,),
    "conf_set": (c_int, c_void_p, c_char_p, c_char_p, c_char_p, c_size_t),
    "new": (c_void_p, c_int, c_void_p, c_char_p, c_size_t),
    "destroy": (None, c_void_p),
    "err2str": (c_char_p, c_int),
    "poll": (c_int, c_void_p, c_int),
    "init_transactions": (c_void_p, c_void_p, c_int),
    "begin_transaction": (c_void_p, c_void_p),
    "error_destroy": (None, c_void_p),
    "flush": (c_int, c_void_p, c_int),
    "outq_len": (c_int, c_void_p),
    "metadata": (c_int, c_void_p, c_int, c_void_p, POINTER(POINTER(_Metadata)), c_int),
    "metadata_destroy": (None, POINTER(_Metadata)),
    "topic_new": (c_void_p, c_void_p, c_char_p, c_void_p),
    "topic_destroy": (None, c_void_p),
    "produce": (c_int, c_void_p, c_int32, c_int, c_char_p, c_size_t, c_char_p, c_size_t, c_void_p),
    "poll_set_consumer": (c_int, c_void_p),
    "subscribe": (c_int, c_void_p, POINTER(_PartitionList)),
    "assignment": (c_int, c_void_p, POINTER(POINTER(_PartitionList))),
    "pause_partitions": (c_int, c_void_p, POINTER(_PartitionList)),
    "resume_partitions": (c_int, c_void_p, POINTER(_PartitionList)),
    "commit": (c_int, c_void_p, POINTER(_PartitionList), c_int),
    "committed": (c_int, c_void_p, POINTER(_PartitionList), c_int),
    "consumer_close": (c_int, c_void_p),
    "query_watermark_offsets": (c_int, c_void_p, c_char_p, c_int32, POINTER(c_int64),
                                POINTER(c_int64), c_int),
    "topic_partition_list_new": (POINTER(_PartitionList), c_int),
    "topic_partition_list_add": (c_void_p, POINTER(_PartitionList), c_char_p, c_int32),
    "topic_partition_list_destroy": (None, POINTER(_PartitionList)),
    "queue_new": (c_void_p, c_void_p),
    "queue_get_consumer": (c_void_p, c_void_p),
    "queue_destroy": (None, c_void_p),
    "queue_poll": (c_void_p, c_void_p, c_int),
    "consume_batch_queue": (c_size_t, c_void_p, c_int, POINTER(c_void_p), c_size_t),
    "message_destroy": (None, c_void_p),
    "list_groups": (c_int, c_void_p, c_char_p, POINTER(POINTER(_GroupList)), c_int),
    "group_list_destroy": (None, POINTER(_GroupList)),
    "NewTopic_new": (c_void_p, c_char_p, c_int, c_int, c_char_p, c_size_t),
    "NewTopic_set_config": (c_int, c_void_p, c_char_p, c_char_p),
    "NewTopic_destroy": (None, c_void_p),
    "CreateTopics": (None, c_void_p, POINTER(c_void_p), c_size_t, c_void_p, c_void_p),
    "event_error": (c_int, c_void_p),
    "event_CreateTopics_result": (c_void_p, c_void_p),
    "CreateTopics_result_topics": (POINTER(c_void_p), c_void_p, POINTER(c_size_t)),
    "topic_result_error": (c_int, c_void_p),
    "topic_result_error_string": (c_char_p, c_void_p),
    "AclBinding_new": (c_void_p, c_int, c_char_p, c_int, c_char_p, c_char_p, c_int, c_int, c_char_p, c_size_t),
    "AclBinding_destroy": (None, c_void_p),
    "CreateAcls": (None, c_void_p, POINTER(c_void_p), c_size_t, c_void_p, c_void_p),
    "event_CreateAcls_result": (c_void_p, c_void_p),
    "CreateAcls_result_acls": (POINTER(c_void_p), c_void_p, POINTER(c_size_t)),
    "acl_result_error": (c_void_p, c_void_p),
    "error_string": (c_char_p, c_void_p),
    "event_destroy": (None, c_void_p),
}


class KafkaError(Exception):
    code = 0  # librdkafka's


class _Library:
    """The functions without their prefix, with their signatures."""

    def __init__(self):
        library = ctypes.CDLL("librdkafka.so.1")
        for name, (result, *arguments) in _SIGNATURES.items():
            function = getattr(library, "rd_kafka_" + name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)

    def must(self, error):
        if error:
            failure = KafkaError(self.err2str(error).decode())
            failure.code = error
            raise failure


_loaded = []


def _library():
    if not _loaded:
        _loaded.append(_Library())
    return _loaded[0]


class _Client:
    def __init__(self, kind, bootstrap, **properties):
        self.lib = _library()
        text = ctypes.create_string_buffer(512)
        conf = self.lib.conf_new()
        properties = {"bootstrap.servers": bootstrap, "log_level": "0", "reconnect.backoff.max.ms": "1000",
                      **{key.replace("_", "."): value for key, value in properties.items()}}
        for key, value in properties.items():
            if self.lib.conf_set(conf, key.encode(), str(value).encode(), text, len(text)):
                raise KafkaError(text.value.decode())
        self.handle = self.lib.new(kind, conf, text, len(text))
        if not self.handle:
            raise KafkaError(text.value.decode())

    def brokers(self, seconds=3):
        """Ids of the brokers that are part of the cluster now."""
        found = POINTER(_Metadata)()
        self.lib.must(self.lib.metadata(self.handle, 0, None, byref(found), int(seconds * 1000)))
        try:
            return {found.contents.brokers[index].id for index in range(found.contents.broker_cnt)}
        finally:
            self.lib.metadata_destroy(found)

    def close(self):
        if self.handle:
            self.lib.destroy(self.handle)
            self.handle = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Producer(_Client):
    def __init__(self, bootstrap, **properties):
        super().__init__(PRODUCER, bootstrap, linger_ms=20, message_timeout_ms=30000, **properties)
        self.topics = {}

    def produce(self, topic, payload, key=None, partition=UNASSIGNED):
        """Whether the message was accepted; a full queue (the broker does not answer) accepts none."""
        if topic not in self.topics:
            self.topics[topic] = self.lib.topic_new(self.handle, topic.encode(), None)
        return self.lib.produce(self.topics[topic], partition, COPY, payload, len(payload), key,
                                len(key or b""), None) == 0

    def poll(self, seconds=0):
        self.lib.poll(self.handle, int(seconds * 1000))

    def flush(self, seconds):
        """Whether all messages were delivered or given up."""
        return self.lib.flush(self.handle, int(seconds * 1000)) == 0

    def close(self):
        for topic in self.topics.values():
            self.lib.topic_destroy(topic)
        self.topics = {}
        super().close()


class Transaction(Producer):
    """A producer with one transaction, which it never commits."""

    SECONDS = 20

    def __init__(self, bootstrap, name, **properties):
        """Aborts what an earlier producer of that name has left open."""
        super().__init__(bootstrap, transactional_id=name, **properties)
        try:
            self.heed(self.lib.init_transactions(self.handle, self.SECONDS * 1000))
        except KafkaError:
            self.close()
            raise

    def heed(self, error):
        if error:
            text = self.lib.error_string(error).decode()
            self.lib.error_destroy(error)
            raise KafkaError(text)

    def begin(self, topic, partition, payload):
        """Returns when the message has been written."""
        self.heed(self.lib.begin_transaction(self.handle))
        if not self.produce(topic, payload, partition=partition) or not self.flush(self.SECONDS):
            raise KafkaError("the broker accepts no messages")


class Consumer(_Client):
    """A member of a group. Its offsets are committed only by commit()."""

    BATCH = 5000

    def __init__(self, bootstrap, group, topics, **properties):
        super().__init__(CONSUMER, bootstrap, group_id=group, enable_auto_commit="false",
                         auto_offset_reset="earliest", session_timeout_ms=6000,
                         heartbeat_interval_ms=1000, queued_min_messages=1000,
                         queued_max_messages_kbytes=2048,
                         fetch_min_bytes=100000,  # or half a second's worth: few requests
                         **properties)
        self.lib.poll_set_consumer(self.handle)
        self.queue = self.lib.queue_get_consumer(self.handle)
        self.messages = (c_void_p * self.BATCH)()
        wanted = self.lib.topic_partition_list_new(len(topics))
        for topic in topics:
            self.lib.topic_partition_list_add(wanted, topic.encode(), UNASSIGNED)
        error = self.lib.subscribe(self.handle, wanted)
        self.lib.topic_partition_list_destroy(wanted)
        self.lib.must(error)

    def consume(self, limit, seconds):
        """Reads up to that many messages and returns their number. Also keeps the membership alive."""
        count = self.lib.consume_batch_queue(self.queue, int(seconds * 1000), self.messages,
                                             min(limit, self.BATCH))
        if count == c_size_t(-1).value:
            return 0
        for index in range(count):
            self.lib.message_destroy(self.messages[index])
        return count

    def commit(self):
        self.lib.commit(self.handle, None, 0)

    def hold(self, held):
        """Stays in the group but reads no messages."""
        mine = POINTER(_PartitionList)()
        if self.lib.assignment(self.handle, byref(mine)) == 0:
            call = self.lib.pause_partitions if held else self.lib.resume_partitions
            call(self.handle, mine)
            self.lib.topic_partition_list_destroy(mine)

    def close(self):
        if self.handle:
            self.lib.queue_destroy(self.queue)
            self.lib.consumer_close(self.handle)
        super().close()


class Reader(_Client):
    """Reads committed offsets of a group and end offsets of topics, without joining the group."""

    def __init__(self, bootstrap, group, **properties):
        super().__init__(CONSUMER, bootstrap, group_id=group, enable_auto_commit="false", **properties)
        self.group = group

    def offsets(self, topic, partitions, seconds=3):
        """[(committed or None, end)] by partition."""
        wanted = self.lib.topic_partition_list_new(partitions)
        try:
            for partition in range(partitions):
                self.lib.topic_partition_list_add(wanted, topic.encode(), partition)
            self.lib.must(self.lib.committed(self.handle, wanted, int(seconds * 1000)))
            committed = [wanted.contents.elems[index].offset for index in range(partitions)]
        finally:
            self.lib.topic_partition_list_destroy(wanted)
        low, high, result = c_int64(), c_int64(), []
        for partition, offset in enumerate(committed):
            self.lib.must(self.lib.query_watermark_offsets(
                self.handle, topic.encode(), partition, byref(low), byref(high), int(seconds * 1000)))
            result.append((offset if offset >= 0 else None, high.value))
        return result

    def commit(self, topic, offsets):
        """Commits by partition for the group, which must have no members."""
        wanted = self.lib.topic_partition_list_new(len(offsets))
        try:
            for partition, offset in enumerate(offsets):
                self.lib.topic_partition_list_add(wanted, topic.encode(), partition)
                wanted.contents.elems[partition].offset = offset
            self.lib.must(self.lib.commit(self.handle, wanted, 0))
        finally:
            self.lib.topic_partition_list_destroy(wanted)

    def lag(self, topic, partitions):
        """Lag of the group; a partition without a committed offset counts from its start."""
        return sum(max(0, end - (committed or 0)) for committed, end in self.offsets(topic, partitions))

    def members(self, seconds=3):
        """(state, number of members) of the group."""
        found = POINTER(_GroupList)()
        self.lib.must(self.lib.list_groups(self.handle, self.group.encode(), byref(found),
                                           int(seconds * 1000)))
        try:
            for index in range(found.contents.group_cnt):
                group = found.contents.groups[index]
                return group.state.decode(), group.member_cnt
            return "Dead", 0
        finally:
            self.lib.group_list_destroy(found)
