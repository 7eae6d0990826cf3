#include "collectors/notify/notify_send.h"

#include "core/mem.h"
#include "io/child.h"
#include "io/environment.h"
#include "io/http/http.h"
#include "io/http/mail.h"
#include "io/worker.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

enum { SAID_MAX = 120, SYSLOG_MAX = 900 };

struct notify_sending_way {
  enum notify_way way;
  notify_sent done;
  void *arg;
  struct http_request *http;
  struct mail_sending *mail;
  struct child *child;
  struct worker_pool *pool;
};

bool notify_way_read(const struct target *target, enum notify_way *way, struct err *err) {
  const bool has[] = {[NOTIFY_SMTP] = target_text(target, "smtp"),
                      [NOTIFY_WEBHOOK] = target_text(target, "webhook"),
                      [NOTIFY_PROGRAM] = target_option(target, "run")->item_count > 0,
                      [NOTIFY_SYSLOG] = target_number(target, "syslog")};
  size_t ways = 0;
  for (size_t i = 0; i < sizeof has / sizeof *has; i++)
    if (has[i]) {
      *way = (enum notify_way)i;
      ways++;
    }
  if (ways != 1)
    return err_set(err, ERR_INVALID, "a channel has one way: smtp, webhook, run or syslog");
  if (has[NOTIFY_SMTP] &&
      (!target_text(target, "from") || target_option(target, "to")->item_count == 0))
    return err_set(err, ERR_INVALID, "smtp needs from and to");
  if (target_text(target, "password") && !target_text(target, "username"))
    return err_set(err, ERR_INVALID, "password is set, but no username");
  return true;
}

static void end(struct notify_sending_way *sending, const struct err *err) {
  sending->done(sending->arg, err);
  free(sending);
}

/* ---- by mail */

static void on_mail(void *arg, const struct err *err) {
  end(arg, err);
}

static void send_mail(struct notify_sending_way *sending, struct io *io,
                      const struct target *target, const struct notify_letter *letter) {
  const struct option_value *to = target_option(target, "to");
  const struct mail mail = {.url = target_text(target, "smtp"),
                            .tls = target_number(target, "starttls"),
                            .ca_file = target_text(target, "ca_file"),
                            .username = target_text(target, "username"),
                            .password = target_text(target, "password"),
                            .from = target_text(target, "from"),
                            .to = to->items,
                            .to_count = to->item_count,
                            .subject = letter->subject,
                            .body = letter->body,
                            .id = letter->id,
                            .timeout_ms = letter->timeout_ms};
  sending->mail = mail_send(io, &mail, on_mail, sending);
}

/* ---- by a web hook */

static void on_hook(void *arg, const struct http_result *result, const struct err *err) {
  struct err refused;
  if (result && (result->status < 200 || result->status > 299)) {
    err_set(&refused, ERR_PROTOCOL, "it answered with HTTP status %d: %.*s", result->status,
            SAID_MAX, result->body);
    err = &refused;
  }
  end(arg, err);
}

static void send_hook(struct notify_sending_way *sending, struct io *io,
                      const struct target *target, const struct notify_letter *letter) {
  const struct http_query query = {.url = target_text(target, "webhook"),
                                   .ca_file = target_text(target, "ca_file"),
                                   .username = target_text(target, "username"),
                                   .password = target_text(target, "password"),
                                   .bearer = target_text(target, "token"),
                                   .json = letter->json,
                                   .timeout_ms = letter->timeout_ms};
  sending->http = http_send(io, &query, on_hook, sending);
}

/* ---- by a program */

static void on_child(void *arg, const struct child_result *result, const struct err *err) {
  struct err failed;
  if (!err && result->exit_code != 0) {
    if (result->signal)
      err_set(&failed, ERR_IO, "the program was ended by signal %d", result->signal);
    else
      err_set(&failed, ERR_IO, "the program ended with status %d: %.*s", result->exit_code,
              SAID_MAX, result->output);
    err = &failed;
  }
  end(arg, err);
}

static void send_program(struct notify_sending_way *sending, struct io *io,
                         const struct target *target, const struct notify_letter *letter) {
  const struct option_value *words = target_option(target, "run");
  char **argv = mem_new((words->item_count + 1) * sizeof *argv);
  for (size_t i = 0; i < words->item_count; i++)
    argv[i] = words->items[i];
  char **environment = environment_shared(NULL, 0);
  const struct child_query query = {.argv = argv,
                                    .environment = environment,
                                    .input = letter->json,
                                    .input_len = strlen(letter->json),
                                    .timeout_ms = letter->timeout_ms};
  sending->child = child_start(io, &query, on_child, sending);
  free(environment);
  free(argv);
}

/* ---- to syslog: it may wait for the logger, so that it has a thread of its own */

struct log_task {
  struct worker_task task; /* first */
  int priority;
  char *lines;
};

static void task_free(struct worker_task *task) {
  struct log_task *log = (struct log_task *)task;
  free(log->lines);
  free(log);
}

static void task_work(struct worker_task *task) {
  struct log_task *log = (struct log_task *)task;
  char *at = log->lines;
  while (*at) {
    const size_t length = strcspn(at, "\n");
    if (length > 0)
      syslog(LOG_DAEMON | log->priority, "%.*s", (int)(length < SYSLOG_MAX ? length : SYSLOG_MAX),
             at);
    at += length + (at[length] == '\n');
  }
}

static void on_pool_closed(void *arg) {
  (void)arg;
}

static void task_done(struct worker_task *task) {
  struct notify_sending_way *sending = task->owner;
  task_free(task);
  worker_pool_close(sending->pool, on_pool_closed, NULL);
  end(sending, NULL);
}

static bool send_syslog(struct notify_sending_way *sending, struct io *io,
                        const struct notify_letter *letter, struct err *err) {
  struct log_task *log = mem_new(sizeof *log);
  *log = (struct log_task){
      .task = {.work = task_work, .done = task_done, .drop = task_free, .owner = sending},
      .priority = letter->syslog_priority,
      .lines = mem_printf("%s\n%s", letter->subject, letter->body)};
  sending->pool = worker_pool_new(io, 1);
  if (worker_start(sending->pool, &log->task, err))
    return true;
  task_free(&log->task);
  worker_pool_close(sending->pool, on_pool_closed, NULL);
  return false;
}

struct notify_sending_way *notify_send(struct io *io, const struct target *target,
                                       enum notify_way way, const struct notify_letter *letter,
                                       notify_sent done, void *arg, struct err *err) {
  struct notify_sending_way *sending = mem_new(sizeof *sending);
  *sending = (struct notify_sending_way){.way = way, .done = done, .arg = arg};
  switch (way) {
  case NOTIFY_SMTP:
    send_mail(sending, io, target, letter);
    break;
  case NOTIFY_WEBHOOK:
    send_hook(sending, io, target, letter);
    break;
  case NOTIFY_PROGRAM:
    send_program(sending, io, target, letter);
    break;
  case NOTIFY_SYSLOG:
    if (!send_syslog(sending, io, letter, err)) {
      free(sending);
      return NULL;
    }
    break;
  }
  return sending;
}

void notify_cancel(struct notify_sending_way *sending) {
  switch (sending->way) {
  case NOTIFY_SMTP:
    mail_cancel(sending->mail);
    break;
  case NOTIFY_WEBHOOK:
    http_cancel(sending->http);
    break;
  case NOTIFY_PROGRAM:
    child_cancel(sending->child);
    break;
  case NOTIFY_SYSLOG:
    worker_pool_close(sending->pool, on_pool_closed, NULL);
    break;
  }
  free(sending);
}
