/* Where findings are reported: one target a channel. It asks no server: it looks at the findings,
 * and sends what is new, worse or resolved. Only `stacktop watch` sends: a dashboard that several
 * people have open would report everything several times. */
#include "collectors/frame.h"
#include "collectors/notify/notify_kept.h"
#include "collectors/notify/notify_send.h"
#include "collectors/notify/notify_text.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "io/clock.h"
#include "io/file/keep.h"
#include "io/http/http.h"
#include "io/http/mail.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum {
  TIMEOUT_MS = 5000,
  SEND_MS = 30000,
  RETRY_MIN_MS = 5000,
  RETRY_MAX_MS = 600000,
  LATE_MS = 900000, /* not delivered for this long is critical */
  HOST_SHOWN = 256,
  ID_SIZE = 96,
};

static const char *const severities[] = {"unknown", "warning", "critical", NULL};

static const struct option options[] = {
    {.name = "severity",
     .type = OPTION_CHOICE,
     .choices = severities,
     .fallback = "warning",
     .help = "least severity of a finding that is reported"},
    {.name = "only",
     .type = OPTION_TEXT,
     .help = "only findings of this KIND or KIND:NAME, with * for any text; default: all",
     .example = "alert"},
    {.name = "wait",
     .type = OPTION_DURATION,
     .min = 0,
     .max = 3600000,
     .fallback = "10s",
     .help = "time to collect findings for one message"},
    {.name = "repeat",
     .type = OPTION_DURATION,
     .max = 366LL * 86400000,
     .fallback = "4h",
     .help = "time after which a finding that lasts is reported again; 0s: never"},
    {.name = "per_hour",
     .type = OPTION_INT,
     .min = 1,
     .max = NOTIFY_HOUR_MAX,
     .fallback = "20",
     .help = "messages an hour; what is beyond waits for the next one"},
    {.name = "recovery",
     .type = OPTION_BOOL,
     .fallback = "true",
     .help = "report what is resolved too"},
    {.name = "smtp",
     .type = OPTION_TEXT,
     .help = "mail relay: smtp or smtps URL",
     .example = "\"smtp://relay.example.com:587\"",
     .check = mail_url_check},
    {.name = "starttls",
     .type = OPTION_BOOL,
     .fallback = "true",
     .help = "of an smtp URL: refuse a relay that offers no TLS"},
    {.name = "from",
     .type = OPTION_TEXT,
     .help = "sender of the mail",
     .example = "stacktop@example.com",
     .check = mail_address_check},
    {.name = "to",
     .type = OPTION_LIST,
     .help = "recipients of the mail",
     .example = "[ops@example.com]",
     .check = mail_address_check},
    {.name = "webhook",
     .type = OPTION_SECRET,
     .help = "URL that gets each message as JSON by POST; never shown",
     .example = "\"${WEBHOOK_URL}\"",
     .check = http_url_check,
     .hidden = true},
    {.name = "run",
     .type = OPTION_LIST,
     .help = "program and its arguments; it gets each message as JSON on its standard input",
     .example = "[/usr/local/bin/page-me, --team, ops]"},
    {.name = "syslog",
     .type = OPTION_BOOL,
     .fallback = "false",
     .help = "to syslog, facility daemon"},
    {.name = "username", .type = OPTION_TEXT, .help = "login of the relay or the web hook"},
    {.name = "password",
     .type = OPTION_SECRET,
     .help = "password of that login; never shown",
     .example = "\"${SMTP_PASSWORD}\"",
     .hidden = true},
    {.name = "token",
     .type = OPTION_SECRET,
     .help = "bearer token of the web hook; never shown",
     .example = "\"${WEBHOOK_TOKEN}\"",
     .check = http_bearer_check,
     .hidden = true},
    {.name = "ca_file",
     .type = OPTION_TEXT,
     .help = "PEM file to verify the certificate by; default: the system's"},
};

enum channel_column { NAME, STATE, WAITING, SENT, LAST, ERROR, COLUMN_COUNT };
static const struct column_spec columns[COLUMN_COUNT] = {
    [NAME] = {.id = "name", .title = "CHANNEL", .help = "name in the configuration"},
    [STATE] = {.id = "state",
               .title = "STATE",
               .width = 7,
               .help = "idle, waiting, limited (messages of this hour), sending, retrying, or "
                       "standby (another stacktop watch notifies)"},
    [WAITING] = {.id = "waiting",
                 .title = "WAITING",
                 .unit = UNIT_COUNT,
                 .priority = 1,
                 .help = "findings that wait to be reported"},
    [SENT] = {.id = "sent",
              .title = "SENT",
              .unit = UNIT_COUNT,
              .priority = 2,
              .help = "messages delivered since the start"},
    [LAST] = {.id = "last",
              .title = "LAST",
              .unit = UNIT_SECONDS,
              .priority = 3,
              .help = "time since the last message was delivered"},
    [ERROR] = {.id = "error",
               .title = "ERROR",
               .flags = COLUMN_FLEX | COLUMN_TELLS,
               .priority = 4,
               .help = "why the last message was not delivered"},
};
static const struct table_spec channel_table = {
    .id = "channels", .title = "Channels", .columns = columns, .column_count = COLUMN_COUNT};
static const struct table_spec *const tables[] = {&channel_table};

struct watcher {
  struct watch watch; /* first */
  struct notify_rule rule;
  enum notify_way way;
  struct notify_memory memory;
  struct notify_sending_way *sending; /* NULL: none */
  struct notify_told *told;           /* what is being sent */
  size_t told_count;
  uint64_t kept;             /* of the changes of its memory: what was kept last */
  bool has_kept;             /* what was kept before a restart has been taken */
  int64_t last_ms;           /* of the last delivery; 0: none */
  int64_t failing_ms;        /* since when; 0: the last one was delivered */
  int64_t retry_ms, next_ms; /* the pause, and when it is over */
  struct err err;
};

static bool check(const struct target *target, struct err *err) {
  enum notify_way way;
  return notify_way_read(target, &way, err);
}

static bool init(void *self, struct err *err) {
  struct watcher *watcher = self;
  const struct target *target = watcher->watch.target;
  static const enum severity least[] = {SEVERITY_UNKNOWN, SEVERITY_WARN, SEVERITY_CRIT};
  const char *severity = target_text(target, "severity");
  size_t choice = 0;
  assert(severity); /* it has a default, and is one of these */
  while (choice + 1 < sizeof least / sizeof *least && strcmp(severities[choice], severity) != 0)
    choice++;
  watcher->rule = (struct notify_rule){.least = least[choice],
                                       .only = target_text(target, "only"),
                                       .wait_ms = target_number(target, "wait"),
                                       .repeat_ms = target_number(target, "repeat"),
                                       .per_hour = (size_t)target_number(target, "per_hour"),
                                       .recovery = target_number(target, "recovery")};
  return notify_way_read(target, &watcher->way, err);
}

static void told_free(struct watcher *watcher) {
  for (size_t i = 0; i < watcher->told_count; i++)
    free(watcher->told[i].id);
  free(watcher->told);
  watcher->told = NULL;
  watcher->told_count = 0;
}

static void fini(void *self) {
  struct watcher *watcher = self;
  told_free(watcher);
  notify_memory_fini(&watcher->memory);
}

static void end_watcher(void *self) {
  struct watcher *watcher = self;
  if (watcher->sending)
    notify_cancel(watcher->sending);
  watcher->sending = NULL;
}

/* ---- over a restart */

static void keep_take(struct watcher *watcher, int64_t now_ms) {
  const struct target *target = watcher->watch.target;
  struct keep *keep = watcher->watch.io->keep;
  int64_t paused_ms;
  size_t gone = 0;
  struct err err;
  char *name = mem_printf("%s/%s", target->kind->kind, target->name);
  const char *text = keep_get(keep, name, &paused_ms);
  if (text && !notify_kept_take(&watcher->memory, watcher->watch.job->model, text, now_ms,
                                clock_wall_offset_ms(), &gone, &err))
    keep_tell(keep, "what %s has reported before is not known: %s", target->name, err.text);
  if (gone > 0)
    keep_tell(keep,
              "%s: %zu reported findings are of targets that are no longer watched: forgotten",
              target->name, gone);
  free(name);
}

static void keep_give(struct watcher *watcher) {
  const struct target *target = watcher->watch.target;
  char *name = mem_printf("%s/%s", target->kind->kind, target->name);
  char *text = notify_kept_make(&watcher->memory, clock_now_ms(), clock_wall_offset_ms());
  keep_put(watcher->watch.io->keep, name, text);
  free(text);
  free(name);
  watcher->kept = watcher->memory.changes;
}

/* False: it is not this program that notifies, or that is not known yet. */
static bool keep_look(struct watcher *watcher, int64_t now_ms) {
  const enum keep_state state = keep_state(watcher->watch.io->keep);
  if (state == KEEP_OPENING || state == KEEP_OTHERS)
    return false;
  if (state == KEEP_OURS && !watcher->has_kept) {
    keep_take(watcher, now_ms);
    watcher->has_kept = true;
    keep_give(watcher);
  }
  return true;
}

/* ---- sending */

static void on_failed(struct watcher *watcher, const struct err *err, int64_t now_ms) {
  notify_sending(&watcher->memory, watcher->told, watcher->told_count, false);
  watcher->err = *err;
  if (watcher->failing_ms == 0)
    watcher->failing_ms = now_ms;
  watcher->retry_ms = watcher->retry_ms == 0                 ? RETRY_MIN_MS
                      : watcher->retry_ms < RETRY_MAX_MS / 2 ? 2 * watcher->retry_ms
                                                             : RETRY_MAX_MS;
  watcher->next_ms = now_ms + watcher->retry_ms;
}

static void on_sent(void *arg, const struct err *err) {
  struct watcher *watcher = arg;
  const int64_t now_ms = clock_now_ms();
  watcher->sending = NULL;
  if (err) {
    on_failed(watcher, err, now_ms);
  } else {
    notify_delivered(&watcher->memory, watcher->told, watcher->told_count, now_ms);
    watcher->last_ms = now_ms;
    watcher->failing_ms = watcher->retry_ms = watcher->next_ms = 0;
    watcher->err = (struct err){0};
    if (watcher->has_kept)
      keep_give(watcher); /* at once: what is not kept is reported twice after a restart */
  }
  told_free(watcher);
}

static void remember(struct watcher *watcher, const struct notify_message *message) {
  told_free(watcher);
  watcher->told = mem_new((message->count + 1) * sizeof *watcher->told);
  watcher->told_count = message->count;
  for (size_t i = 0; i < message->count; i++)
    watcher->told[i] = (struct notify_told){.id = mem_dup(message->items[i].id),
                                            .change = message->items[i].change,
                                            .severity = message->items[i].severity};
  notify_sending(&watcher->memory, watcher->told, watcher->told_count, true);
}

static void send_message(struct watcher *watcher, int64_t now_ms) {
  const struct target *target = watcher->watch.target;
  struct notify_message *message = mem_new(sizeof *message);
  char host[HOST_SHOWN] = "", id[ID_SIZE];
  struct err err;
  notify_compose(&watcher->memory, message);
  gethostname(host, sizeof host - 1);
  snprintf(id, sizeof id, "stacktop-%lld-%d-%zu", (long long)clock_wall_ms(), (int)getpid(),
           message->number);
  const struct notify_place place = {.channel = target->name,
                                     .platform = target->config->name,
                                     .environment = target->config->environment,
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
                                       .syslog_priority = message->worst == SEVERITY_CRIT ? LOG_CRIT
                                                          : message->worst == SEVERITY_WARN
                                                              ? LOG_WARNING
                                                              : LOG_NOTICE,
                                       .timeout_ms = SEND_MS};
  remember(watcher, message);
  watcher->sending =
      notify_send(watcher->watch.io, target, watcher->way, &letter, on_sent, watcher, &err);
  if (!watcher->sending) {
    on_failed(watcher, &err, now_ms);
    told_free(watcher);
  }
  free(subject);
  free(body);
  free(json);
  free(message);
}

/* ---- the row */

static const char *state_of(const struct watcher *watcher, size_t waiting, bool limited) {
  const enum keep_state keep = keep_state(watcher->watch.io->keep);
  return watcher->sending      ? "sending"
         : keep == KEEP_OTHERS ? "standby"
         : watcher->failing_ms ? "retrying"
         : limited             ? "limited"
         : waiting > 0         ? "waiting"
                               : "idle";
}

static void judge(const struct watcher *watcher, struct sample *sample, struct row *row,
                  size_t waiting, int64_t now_ms) {
  char lasted[FORMAT_MAX], count[FORMAT_MAX];
  if (watcher->failing_ms == 0)
    return;
  const int64_t failing_ms = now_ms - watcher->failing_ms;
  row->severity = failing_ms >= LATE_MS ? SEVERITY_CRIT : SEVERITY_WARN;
  row->lasted_ms = failing_ms;
  row->reason = sample_printf(
      sample, "not delivered for %s: %s; %s reported",
      format_duration(lasted, sizeof lasted, (double)failing_ms / 1000), watcher->err.text,
      format_counted(count, sizeof count, (int64_t)waiting, "finding is not", "findings are not"));
}

static struct sample *sample_make(const struct watcher *watcher, bool limited, int64_t now_ms) {
  struct sample *sample = sample_new(tables, 1);
  struct row *row = sample_row(sample, &sample->tables[0], watcher->watch.target->name, NULL);
  const size_t waiting = notify_waiting(&watcher->memory);
  if (!row)
    return sample;
  row->cells[NAME] = value_text(row->key);
  row->cells[STATE] = value_text(state_of(watcher, waiting, limited));
  row->cells[WAITING] = value_int((int64_t)waiting);
  row->cells[SENT] = value_int((int64_t)(watcher->memory.sent - watcher->memory.sent_before));
  if (watcher->last_ms)
    row->cells[LAST] = value_real((double)(now_ms - watcher->last_ms) / 1000);
  if (watcher->failing_ms)
    row->cells[ERROR] = value_text(sample_copy(sample, watcher->err.text));
  judge(watcher, sample, row, waiting, now_ms);
  if (watcher->memory.dropped > 0)
    sample_fault(sample, channel_table.id, SEVERITY_WARN,
                 "%zu findings are not reported: at most %d are remembered",
                 watcher->memory.dropped, NOTIFY_ITEMS_MAX);
  return sample;
}

static void ask(void *self) {
  struct watcher *watcher = self;
  const int64_t now_ms = clock_now_ms();
  bool limited = false;
  if (!keep_look(watcher, now_ms)) {
    watch_done(&watcher->watch, sample_make(watcher, limited, now_ms));
    return;
  }
  notify_look(&watcher->memory, &watcher->rule, watcher->watch.job->model, now_ms);
  if (!watcher->sending && now_ms >= watcher->next_ms &&
      notify_is_due(&watcher->memory, &watcher->rule, now_ms, &limited))
    send_message(watcher, now_ms);
  if (watcher->has_kept && watcher->kept != watcher->memory.changes)
    keep_give(watcher);
  watch_done(&watcher->watch, sample_make(watcher, limited, now_ms));
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {
      .size = sizeof(struct watcher), .init = init, .ask = ask, .end = end_watcher, .fini = fini};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_notifier = {
    .kind = {.kind = "notifier",
             .key = "notify",
             .title = "Notifications",
             .options = options,
             .option_count = sizeof options / sizeof *options,
             .is_rule = true,
             .check = check},
    .tables = tables,
    .table_count = 1,
    .timeout_ms = TIMEOUT_MS,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
