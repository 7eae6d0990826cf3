#include "collectors/notify/notify_test.h"

#include "collectors/notify/notify_send.h"
#include "collectors/notify/notify_text.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

enum { SEND_MS = 30000, HOST_SHOWN = 256, ID_SIZE = 96 };

struct test {
  const struct target *channel;
  notify_tested done;
  void *arg;
};

static void on_sent(void *arg, const struct err *err) {
  struct test *test = arg;
  test->done(test->arg, test->channel, err);
  free(test);
}

void notify_test(struct io *io, const struct target *channel, notify_tested done, void *arg) {
  struct notify_message *message = mem_new(sizeof *message);
  struct test *test = mem_new(sizeof *test);
  struct err err;
  enum notify_way way;
  char host[HOST_SHOWN] = "", id[ID_SIZE], nothing[] = "", kind[] = "notifier";
  char subject_text[] = "test", sentence[] = "a test of this channel: nothing is wrong";
  const int64_t now_ms = clock_now_ms();
  gethostname(host, sizeof host - 1);
  snprintf(id, sizeof id, "stacktop-test-%lld-%d", (long long)clock_wall_ms(), (int)getpid());
  message->items[0] = (struct notify_item){.id = id,
                                           .kind = kind,
                                           .target = channel->name,
                                           .subject = subject_text,
                                           .sentence = sentence,
                                           .runbook = nothing,
                                           .labels = nothing,
                                           .by = nothing,
                                           .since_ms = now_ms,
                                           .ended_ms = now_ms,
                                           .change = NOTIFY_RESOLVED};
  message->count = message->number = 1;
  const struct notify_place place = {.channel = channel->name,
                                     .platform = channel->config->name,
                                     .environment = channel->config->environment,
                                     .host = host,
                                     .id = id,
                                     .now_ms = now_ms,
                                     .wall_offset_ms = clock_wall_offset_ms()};
  char *subject = notify_subject(message, &place), *body = notify_body(message, &place);
  char *json = notify_json(message, &place);
  const struct notify_letter letter = {.id = id,
                                       .subject = subject,
                                       .body = body,
                                       .json = json,
                                       .syslog_priority = LOG_NOTICE,
                                       .timeout_ms = SEND_MS};
  *test = (struct test){channel, done, arg};
  if (!notify_way_read(channel, &way, &err) ||
      !notify_send(io, channel, way, &letter, on_sent, test, &err))
    on_sent(test, &err);
  free(subject);
  free(body);
  free(json);
  free(message);
}
