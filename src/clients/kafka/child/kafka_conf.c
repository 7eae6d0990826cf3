#include "clients/kafka/child/kafka_conf.h"

#include "core/secret.h"
#include "io/net/tcp.h"

#include <string.h>
#include <strings.h>

struct setting {
  const char *name, *value;
};

/* For early detection and low memory. The configuration may override these, and a librdkafka that
 * does not know one works without it. */
static const struct setting defaults[] = {
    {"client.id", "stacktop"},
    /* stacktop never subscribes, so it joins no group and commits nothing. But librdkafka (all
     * versions up to 2.15) dereferences a null pointer when a coordinator moves while the offsets
     * of others are listed, if the client has no group: rd_kafka_handle_OffsetFetch. With a group
     * it only looks for its coordinator. */
    {"group.id", "stacktop"},
    /* Otherwise librdkafka tries one address per second, and localhost may be ::1 first, where
     * nothing listens. A monitor needs a connection to every broker anyway. */
    {"enable.sparse.connections", "false"},
    {"reconnect.backoff.ms", "20"},
    {"reconnect.backoff.max.ms", "500"},
    {"socket.connection.setup.timeout.ms", "5000"},
    {"socket.timeout.ms", "10000"},
    {"api.version.request.timeout.ms", "5000"},
    {"socket.keepalive.enable", "true"},
    {"socket.nagle.disable", "true"},
    {"broker.address.ttl", "1000"},
    {"queued.min.messages", "1"},
    {"queued.max.messages.kbytes", "64"},
    /* A broker sends at least one batch, whatever its size; no more than that is needed. */
    {"fetch.message.max.bytes", "32768"},
    {"fetch.wait.max.ms", "100"},
    {"auto.offset.reset", "error"},
    /* Disables the renewal of Kerberos tickets, which librdkafka does by a shell command. */
    {"sasl.kerberos.min.time.before.relogin", "0"},
};

/* Required to see everything and to change nothing: cannot be overridden. */
static const struct setting fixed[] = {
    {"log.queue", "true"}, /* the default printer writes over the screen */
    {"allow.auto.create.topics", "false"},
    {"isolation.level", "read_uncommitted"}, /* otherwise a hung transaction hides the lag */
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    /* The end of a partition may be behind its last message: ends of transactions and what
     * compaction has removed have offsets, too, and a reader would wait for them in vain. */
    {"enable.partition.eof", "true"},
};

/* Not allowed in a configuration: what has its own option, and what runs code. */
static const char *const refused[] = {
    "bootstrap.servers",       "metadata.broker.list",
    "plugin.library.paths",    "sasl.kerberos.min.time.before.relogin",
    "sasl.kerberos.kinit.cmd",
};

static bool property_is_free(const char *name, struct err *err) {
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    if (strcmp(refused[i], name) == 0)
      return err_set(err, ERR_INVALID, "properties: %s%s", name,
                     i < 2 ? ": write bootstrap for it" : " cannot be set");
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
    if (strcmp(fixed[i].name, name) == 0)
      return err_set(err, ERR_INVALID, "properties: %s is always %s", name, fixed[i].value);
  return true;
}

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value, struct err *err) {
  char text[160] = "";
  switch (rd_kafka_conf_set(conf, name, value, text, sizeof text)) {
  case RD_KAFKA_CONF_OK:
    return true;
  case RD_KAFKA_CONF_UNKNOWN:
    return err_set(err, ERR_INVALID, "properties: librdkafka %s has no property \"%.80s\"",
                   rd_kafka_version_str(), name);
  case RD_KAFKA_CONF_INVALID:
    break;
  }
  if (name_is_secret(name)) /* the sentence quotes the value */
    return err_set(err, ERR_INVALID, "properties: %.80s: librdkafka rejects its value", name);
  return err_set(err, ERR_INVALID, "properties: %.80s: %s", name, text);
}

static void set_defaults(rd_kafka_conf_t *conf) {
  for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
    rd_kafka_conf_set(conf, defaults[i].name, defaults[i].value, NULL, 0);
}

static bool set_fixed(rd_kafka_conf_t *conf, struct err *err) {
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
    if (!set(conf, fixed[i].name, fixed[i].value, err))
      return false;
  return true;
}

static bool set_properties(rd_kafka_conf_t *conf, const struct kafka_config *config,
                           struct err *err) {
  for (size_t i = 0; i < config->property_count; i++)
    if (!property_is_free(config->names[i], err) ||
        !set(conf, config->names[i], config->values[i], err))
      return false;
  return true;
}

rd_kafka_conf_t *kafka_conf_new(const struct kafka_config *config, struct err *err) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set_defaults(conf);
  if (!kafka_bootstrap_check(config->bootstrap, err) ||
      !set(conf, "bootstrap.servers", config->bootstrap, err) ||
      !set_properties(conf, config, err) || !set_fixed(conf, err)) {
    rd_kafka_conf_destroy(conf);
    return NULL;
  }
  rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR);
  return conf;
}

static bool broker_check(const char *text, struct err *err) {
  char host[HOST_MAX], with_port[HOST_MAX + 64];
  int port;
  const char *scheme = strstr(text, "://");
  const char *address = scheme ? scheme + 3 : text;
  bool bracketed = *address == '[';
  const char *colon = strchr(bracketed ? address + strcspn(address, "]") : address, ':');
  if (strlen(address) >= HOST_MAX)
    return err_set(err, ERR_INVALID, "\"%.100s\" is not an address; use host:port", text);
  snprintf(with_port, sizeof with_port, "%s%s", address, colon ? "" : ":9092");
  return tcp_address_split(with_port, host, &port, err);
}

bool kafka_bootstrap_check(const char *text, struct err *err) {
  char broker[HOST_MAX + 32];
  const char *at = text;
  for (;;) {
    at += strspn(at, " ");
    size_t length = strcspn(at, ",");
    size_t kept = length;
    while (kept > 0 && at[kept - 1] == ' ')
      kept--;
    if (kept == 0 || kept >= sizeof broker)
      return err_set(
          err, ERR_INVALID,
          "\"%.100s\" is not a list of brokers; use \"kafka:9092\" or \"kafka1:9092, kafka2:9092\"",
          text);
    memcpy(broker, at, kept);
    broker[kept] = '\0';
    if (!broker_check(broker, err))
      return false;
    if (at[length] == '\0')
      return true;
    at += length + 1;
  }
}
