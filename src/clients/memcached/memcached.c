#include "clients/memcached/memcached.h"

#include "clients/memcached/memcached_contract.h"
#include "core/count.h"
#include "core/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- answers */

static const char stat_word[] = "STAT ";
enum { STAT_LENGTH = sizeof stat_word - 1 };

size_t memcached_answer_length(const char *bytes, size_t length) {
  for (size_t at = 0; at < length;) {
    const char *line = bytes + at, *end = memchr(line, '\n', length - at);
    if (!end)
      return 0;
    at = (size_t)(end - bytes) + 1;
    if (end - line < STAT_LENGTH || memcmp(line, stat_word, STAT_LENGTH) != 0)
      return at;
  }
  return 0;
}

const char *memcached_stat(const struct memcached_answer *answer, const char *name) {
  for (size_t i = 0; i < answer->count; i++)
    if (strcmp(answer->stats[i].name, name) == 0)
      return answer->stats[i].value;
  return NULL;
}

bool memcached_says(const char *last, const char *word) {
  size_t length = strlen(word);
  return strncmp(last, word, length) == 0 && (last[length] == '\0' || last[length] == ' ');
}

/* "STAT name value", terminated and modifiable. */
static void take_stat(char *line, struct memcached_answer *answer) {
  char *name = line + STAT_LENGTH, *blank = strchr(name, ' ');
  if (!blank || answer->count == MEMCACHED_STATS_MAX)
    return;
  *blank = '\0';
  answer->stats[answer->count++] = (struct memcached_stat){name, blank + 1};
}

static bool check_last(const char *last, struct err *err) {
  static const char *const good[] = {"END", "OK", "VERSION", "HD", "EN", "NF", "EX"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    if (memcached_says(last, good[i]))
      return true;
  if (strcmp(last, "ERROR") == 0)
    return err_set(err, ERR_UNSUPPORTED, "the server does not support the command");
  if (strncmp(last, "CLIENT_ERROR unauthenticated", 28) == 0)
    return err_set(err, ERR_DENIED, "%.200s: stacktop does not support login to Memcached", last);
  if (strncmp(last, "CLIENT_ERROR ", 13) == 0 || strncmp(last, "SERVER_ERROR ", 13) == 0)
    return err_set(err, ERR_PROTOCOL, "%.200s", last);
  return err_set(err, ERR_PROTOCOL,
                 "the server does not speak Memcached's text protocol: \"%.60s\"", last);
}

bool memcached_answer_read(char *bytes, size_t length, struct memcached_answer *answer,
                           struct err *err) {
  answer->count = 0;
  answer->last = "";
  for (char *line = bytes, *end; (size_t)(line - bytes) < length; line = end + 1) {
    end = memchr(line, '\n', length - (size_t)(line - bytes));
    if (!end)
      break;
    *end = '\0';
    line[strcspn(line, "\r")] = '\0';
    if (strncmp(line, stat_word, STAT_LENGTH) == 0)
      take_stat(line, answer);
    else
      answer->last = line;
  }
  return check_last(answer->last, err);
}

/* ---- the connection */

static void add_run(struct memcached_answer *answer, char *out, size_t size) {
  const char *pid = memcached_stat(answer, "pid");
  int64_t now, uptime;
  if (!pid || answer->count == MEMCACHED_STATS_MAX ||
      !number_count(memcached_stat(answer, "time"), &now) ||
      !number_count(memcached_stat(answer, "uptime"), &uptime))
    return;
  snprintf(out, size, "pid %.12s, started %" PRId64, pid, count_less(now, uptime));
  answer->stats[answer->count++] = (struct memcached_stat){MEMCACHED_RUN, out};
}

static void deliver(line_cb done, void *arg, const void *answer, const struct err *err) {
  const struct line_text *text = answer;
  struct memcached_answer read;
  struct err wrong;
  char run[48];
  if (!err && !memcached_answer_read(text->bytes, text->length, &read, &wrong))
    err = &wrong;
  if (!err)
    add_run(&read, run, sizeof run);
  done(arg, err ? NULL : &read, err);
}

static const struct line_protocol protocol = {
    .whole = memcached_answer_length, .answer_max = MEMCACHED_ANSWER_MAX, .deliver = deliver};

struct line *memcached_open(struct io *io, const char *address) {
  return line_open_address(io, address, &protocol);
}

bool memcached_send(struct line *line, const char *command, line_cb done, void *arg,
                    struct err *err) {
  char bytes[MEMCACHED_COMMAND_MAX + 3];
  int length = snprintf(bytes, sizeof bytes, "%s\r\n", command);
  if ((size_t)length >= sizeof bytes || strpbrk(command, "\r\n"))
    return err_set(err, ERR_INVALID, "not a single command: %.60s", command);
  return line_send(line, command, bytes, (size_t)length, done, arg, err);
}
