#include "clients/kafka/child/kafka_error.h"

#include "io/limit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { BROKER_MAX = 160 };

/* Splits "sasl_ssl://127.0.0.1:9092/bootstrap: Connect to ..." into the broker's address and the
 * rest. Without an address, all of it is the rest. */
static const char *split_broker(const char *text, char broker[BROKER_MAX]) {
  broker[0] = '\0';
  const char *slash = strstr(text, "://");
  const char *start = slash ? slash + 3 : text;
  const char *end = strchr(start, '/');
  const char *colon = strstr(start, ": ");
  if (!end || !colon || end > colon || end == start || end - start >= BROKER_MAX ||
      memchr(start, ' ', (size_t)(end - start)))
    return text;
  memcpy(broker, start, (size_t)(end - start));
  broker[end - start] = '\0';
  return colon + 2;
}

struct phrase {
  const char *text;
  enum err_kind kind;
  const char *says; /* after the broker's address; NULL: librdkafka's text */
};

/* The first text that is found in the sentence counts. */
static const struct phrase phrases[] = {
    {"Connection refused", ERR_REFUSED, "refused"},
    {"No route to host", ERR_UNREACHABLE, "no route to host"},
    {"Network is unreachable", ERR_UNREACHABLE, "network is unreachable"},
    {"Host is unreachable", ERR_UNREACHABLE, "is unreachable"},
    {"Failed to resolve", ERR_UNRESOLVED, "the host name has no address"},
    {"Invalid response size", ERR_PROTOCOL, "does not answer as a Kafka broker"},
    {"requesting ApiVersion", ERR_PROTOCOL,
     "closes the connection at once: not a Kafka broker, or wrong security.protocol for this port"},
    {"ApiVersionRequest failed", ERR_PROTOCOL,
     "does not answer as a Kafka broker; check the port and security.protocol"},
    {"certificate verify failed", ERR_PROTOCOL, "TLS: cannot verify its certificate"},
    {"SSL handshake failed", ERR_PROTOCOL, NULL},
    {"connecting to a PLAINTEXT broker listener", ERR_PROTOCOL,
     "TLS: the port does not speak TLS (check security.protocol)"},
    {"onnection setup timed out", ERR_TIMEOUT, "connection setup timed out"},
    {"imed out", ERR_TIMEOUT, NULL},
    {"Connection reset", ERR_CLOSED, "reset the connection"},
    {"Broken pipe", ERR_CLOSED, "closed the connection"},
    {"Disconnected", ERR_CLOSED, "closed the connection"},
};

static enum err_kind kind_of(rd_kafka_resp_err_t code) {
  switch (code) {
  case RD_KAFKA_RESP_ERR__RESOLVE:
    return ERR_UNRESOLVED;
  case RD_KAFKA_RESP_ERR__TIMED_OUT:
  case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
  case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
  case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    return ERR_TIMEOUT;
  case RD_KAFKA_RESP_ERR__TRANSPORT:
  case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    return ERR_CLOSED;
  case RD_KAFKA_RESP_ERR__AUTHENTICATION:
  case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    return ERR_DENIED;
  case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
  case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
  case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    return ERR_UNSUPPORTED;
  default:
    return kafka_error_is_denied(code) ? ERR_DENIED : ERR_PROTOCOL;
  }
}

void kafka_error(rd_kafka_resp_err_t code, const char *text, struct err *err) {
  char broker[BROKER_MAX];
  const char *rest = split_broker(text && *text ? text : rd_kafka_err2str(code), broker);
  const char *separator = *broker ? " " : "";
  if (limit_error_in(rest, err))
    return;
  if (code == RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE) { /* a thread, in all its places */
    (void)limit_thread(EAGAIN, err);
    return;
  }
  bool login = code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
               code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED;
  for (size_t i = 0; !login && i < sizeof phrases / sizeof *phrases; i++) {
    const struct phrase *phrase = &phrases[i];
    if (!strstr(rest, phrase->text))
      continue;
    err_set(err, phrase->kind, "%s%s%.160s", broker,
            phrase->says ? separator
            : *broker    ? ": "
                         : "",
            phrase->says ? phrase->says : rest);
    return;
  }
  err_set(err, kind_of(code), "%s%s%s%.160s", broker, *broker ? ": " : "",
          login ? "login failed: " : "", rest);
}

bool kafka_error_is_denied(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

bool kafka_error_is_silence(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE ||
         code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
         code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
}

const char *kafka_error_reason(rd_kafka_resp_err_t code) {
  switch (code) {
  case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    return "needs DESCRIBE on the group";
  case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    return "needs DESCRIBE on the topic";
  case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    return "needs DESCRIBE on the cluster";
  case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
  case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
  case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    return "the partition does not exist, or DESCRIBE on its topic is missing";
  case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    return "no leader";
  case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
  case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
  case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    return "its coordinator is moving";
  case RD_KAFKA_RESP_ERR__TIMED_OUT:
  case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
  case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    return "no answer within the time limit";
  case RD_KAFKA_RESP_ERR__TRANSPORT:
  case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    return "its broker cannot be reached";
  default:
    break;
  }
  /* For a code that it does not know, librdkafka answers with a buffer of the calling thread. */
  const char *text = rd_kafka_err2str(code);
  return strncmp(text, "Err-", 4) == 0 ? "an error unknown to librdkafka" : text;
}
