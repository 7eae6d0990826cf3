/* A simulated rough week: single faults, flapping values, a crash loop, hosts that take their
 * services with them, floods of load warnings, deployments under a silence, and restarts. The
 * events of the real evaluation are what an operator sees; the simulation knows the truth.
 *
 * Limits of ISA-18.2 and EEMUA 191: at most 2 alarms in 10 minutes on average, 10 at the peak. And
 * no fault is missed: while it lasts, there is an event of it, of its cause, or of its flood.
 *
 * A program records the week in a history on disk; the report on alarms has the same figures. */
#include "model/alarm/alarm_mark.h"
#include "model/alarm/flood.h"

#include "events/event_over.h"
#include "events/event_report.h"
#include "model/model_fixture.h"
#include "store_fixture.h"

enum {
  STEP_MS = 10000,
  WEEK_MS = 7 * 86400000,
  WINDOW_MS = 600000,
  MISSED_MS = 60000 + FLOOD_GRACE_MS, /* a shorter one may have no event */
  HOSTS = 60,
  SERVICES = 12,
  GROUPS = 8,
  CACHES = 3,
  FAULTS_MAX = 1024,
  SUBJECTS_MAX = 256,
};

enum { FLEET, KAFKA, FIRST_CACHE, FIRST_SERVICE = FIRST_CACHE + CACHES };

static const struct target_kind fleet_kind = {.kind = "fleet", .key = "fleets", .title = "Fleet"};
static const struct target_kind cache_kind = {.kind = "redis", .key = "redis", .title = "Redis"};
static const struct target_kind service_kind = {
    .kind = "service", .key = "services", .title = "Services"};

enum what { HOST_DOWN, HOST_LOAD, GROUP_LAG, CACHE_DOWN, SERVICE_DOWN };

/* Something that is wrong for a while. */
struct fault {
  enum what what;
  size_t index;                      /* of the host, group, cache or service */
  int64_t from_ms, to_ms, period_ms; /* period: it comes and goes; 0: it stays */
  bool planned;                      /* silenced: it must not be an alarm */
  bool brief;                        /* a restart: it may be an alarm */
  bool told;
};

struct week {
  struct config *config;
  struct model model;
  struct fault faults[FAULTS_MAX];
  size_t fault_count;
  const struct fault *on[FAULTS_MAX]; /* of this moment */
  size_t on_count;
  struct {
    char *subject;
    int64_t at_ms; /* of its last alarm */
  } told[SUBJECTS_MAX];
  size_t told_count;
  int64_t flood_ms; /* of the last event of a flood */
  uint64_t seed, seen;
  struct fixture *disk;
  struct event_store *store;
  size_t windows[WEEK_MS / WINDOW_MS], alarms;
  struct alarm_mark mark;
  struct alarm_marks marks;
  int64_t silence_ms; /* until when a deployment lasts */
  int64_t now_ms;
};

static uint64_t random_next(struct week *w, uint64_t below) {
  w->seed ^= w->seed << 13;
  w->seed ^= w->seed >> 7;
  w->seed ^= w->seed << 17;
  return w->seed % below;
}

static int64_t moment(struct week *w) {
  return (int64_t)random_next(w, (uint64_t)(WEEK_MS - 4 * 3600000)) / STEP_MS * STEP_MS;
}

static struct fault *fault_add(struct week *w, enum what what, size_t index, int64_t from_ms,
                               int64_t lasts_ms) {
  assert_true(w->fault_count < FAULTS_MAX);
  struct fault *fault = &w->faults[w->fault_count++];
  *fault =
      (struct fault){.what = what, .index = index, .from_ms = from_ms, .to_ms = from_ms + lasts_ms};
  return fault;
}

static bool is_on(const struct fault *fault, int64_t now_ms) {
  return now_ms >= fault->from_ms && now_ms < fault->to_ms &&
         (fault->period_ms == 0 ||
          (now_ms - fault->from_ms) % fault->period_ms < fault->period_ms / 2);
}

static bool is_wrong(const struct week *w, enum what what, size_t index) {
  for (size_t i = 0; i < w->on_count; i++)
    if (w->on[i]->what == what && w->on[i]->index == index)
      return true;
  return false;
}

static void look_what_is_on(struct week *w) {
  w->on_count = 0;
  for (size_t i = 0; i < w->fault_count; i++)
    if (is_on(&w->faults[i], w->now_ms))
      w->on[w->on_count++] = &w->faults[i];
}

/* ---- the plan of the week */

static void plan_week(struct week *w) {
  for (int i = 0; i < 60; i++) { /* real faults, of 3 to 60 minutes */
    static const enum what whats[] = {HOST_LOAD, GROUP_LAG, CACHE_DOWN, SERVICE_DOWN};
    static const size_t counts[] = {HOSTS, GROUPS, CACHES, SERVICES};
    const size_t kind = random_next(w, 4);
    fault_add(w, whats[kind], random_next(w, counts[kind]), moment(w),
              180000 + (int64_t)random_next(w, 57 * 60000));
  }
  for (int i = 0; i < 12; i++) /* values that flap for 1 to 3 hours */
    fault_add(w, i % 2 ? GROUP_LAG : HOST_LOAD, random_next(w, GROUPS), moment(w),
              3600000 + (int64_t)random_next(w, 7200000))
        ->period_ms = 40000 + 20000 * (int64_t)random_next(w, 2);
  for (int i = 0; i < 6; i++) /* crash loops, and a server that comes and goes */
    fault_add(w, i % 2 ? CACHE_DOWN : SERVICE_DOWN, random_next(w, CACHES), moment(w), 3600000)
        ->period_ms = 60000;
  for (int i = 0; i < 10; i++) { /* a host is lost, and what runs there with it */
    const size_t host = random_next(w, 4);
    const int64_t at_ms = moment(w), lasts_ms = 600000 + (int64_t)random_next(w, 1800000);
    fault_add(w, HOST_DOWN, host, at_ms, lasts_ms);
    for (size_t s = host; s < SERVICES; s += 4)
      fault_add(w, SERVICE_DOWN, s, at_ms + (int64_t)random_next(w, 7) * STEP_MS, lasts_ms);
    if (host < CACHES)
      fault_add(w, CACHE_DOWN, host, at_ms + STEP_MS, lasts_ms);
  }
  /* Once, a service stays away although its host is back: that is a fault of its own. */
  fault_add(w, HOST_DOWN, 1, WEEK_MS / 2, 600000);
  fault_add(w, SERVICE_DOWN, 1, WEEK_MS / 2 + STEP_MS, 600000 - STEP_MS);
  fault_add(w, SERVICE_DOWN, 1, WEEK_MS / 2 + 600000, 3000000);
  for (int i = 0; i < 6; i++) { /* a flood: most hosts are busy for 20 minutes */
    const int64_t at_ms = moment(w);
    for (size_t h = 0; h < HOSTS - 8; h++)
      fault_add(w, HOST_LOAD, h, at_ms + (int64_t)random_next(w, 18) * STEP_MS, 1200000);
  }
  for (int i = 0; i < 10; i++) { /* a deployment restarts each service, under a silence */
    const int64_t at_ms = moment(w);
    for (size_t s = 0; s < SERVICES; s++)
      fault_add(w, SERVICE_DOWN, s, at_ms + 60000 + (int64_t)s * 30000, 20000)->planned = true;
  }
  for (int i = 0; i < 30; i++) /* a restart that was not planned */
    fault_add(w, SERVICE_DOWN, random_next(w, SERVICES), moment(w), 20000)->brief = true;
}

/* ---- a step */

static void publish(struct week *w, size_t target, struct sample *sample) {
  sample->taken_ms = w->now_ms;
  model_publish(&w->model, target, sample, w->now_ms);
}

static void play(struct week *w) {
  char name[32];
  struct sample *fleet = sample_new(model_specs, COUNT(model_specs));
  for (size_t h = 0; h < HOSTS; h++) {
    snprintf(name, sizeof name, "host%zu", h);
    struct row *row = lag_row(fleet, 0, name, NULL, value_none("no lag"));
    const bool down = is_wrong(w, HOST_DOWN, h);
    row->cells[LAG_LOAD] = value_real(!down && is_wrong(w, HOST_LOAD, h) ? 0.95 : 0.3);
    row->severity = down ? SEVERITY_CRIT : SEVERITY_OK;
    row->reason = down ? "does not answer" : NULL;
  }
  publish(w, FLEET, fleet);
  struct sample *kafka = sample_new(model_specs, COUNT(model_specs));
  for (size_t g = 0; g < GROUPS; g++) {
    snprintf(name, sizeof name, "group%zu", g);
    lag_row(kafka, 0, name, NULL, value_int(is_wrong(w, GROUP_LAG, g) ? 500 : 20));
  }
  publish(w, KAFKA, kafka);
  for (size_t c = 0; c < CACHES; c++) {
    struct err err;
    if (is_wrong(w, CACHE_DOWN, c)) {
      err_set(&err, ERR_REFUSED, "refused");
      model_fail(&w->model, FIRST_CACHE + c, &err, w->now_ms);
    } else {
      publish(w, FIRST_CACHE + c, sample_new(model_specs, COUNT(model_specs)));
    }
  }
  for (size_t s = 0; s < SERVICES; s++) {
    struct sample *sample = sample_new(model_specs, COUNT(model_specs));
    struct row *row =
        lag_row(sample, 0, w->config->targets[FIRST_SERVICE + s]->name, NULL, value_int(0));
    if (is_wrong(w, SERVICE_DOWN, s)) {
      row->severity = SEVERITY_CRIT;
      row->reason = "refused";
    }
    publish(w, FIRST_SERVICE + s, sample);
  }
}

/* A deployment is announced a minute before it begins, as its script does. */
static void silence(struct week *w) {
  for (size_t i = 0; i < w->fault_count; i++)
    if (w->faults[i].planned && w->faults[i].from_ms - 60000 <= w->now_ms &&
        w->now_ms < w->faults[i].to_ms && w->silence_ms < w->faults[i].to_ms + 120000)
      w->silence_ms = w->faults[i].to_ms + 120000;
  w->mark.until_ms = w->silence_ms;
}

/* ---- the alarms */

static size_t target_of(const struct fault *fault) {
  return fault->what == HOST_DOWN || fault->what == HOST_LOAD ? (size_t)FLEET
         : fault->what == GROUP_LAG                           ? (size_t)KAFKA
         : fault->what == CACHE_DOWN                          ? FIRST_CACHE + fault->index
                                                              : FIRST_SERVICE + fault->index;
}

static bool is_about(const struct finding *finding, const struct fault *fault) {
  char row[32];
  if (finding->target_index != target_of(fault) || finding->pending)
    return false;
  if (fault->what == CACHE_DOWN || fault->what == SERVICE_DOWN)
    return fault->what == SERVICE_DOWN || finding_is_outage(finding);
  snprintf(row, sizeof row, "%s%zu", fault->what == GROUP_LAG ? "group" : "host", fault->index);
  return finding->row && strcmp(finding->row, row) == 0 &&
         (fault->what != HOST_DOWN) == (finding->column != NULL);
}

static int64_t *told_at(struct week *w, const char *subject) {
  for (size_t i = 0; i < w->told_count; i++)
    if (strcmp(w->told[i].subject, subject) == 0)
      return &w->told[i].at_ms;
  assert_true(w->told_count < SUBJECTS_MAX);
  w->told[w->told_count].subject = mem_dup(subject);
  w->told[w->told_count].at_ms = -1;
  return &w->told[w->told_count++].at_ms;
}

/* There was an alarm since it began. */
static bool is_told(struct week *w, const struct finding *finding) {
  return *told_at(w, finding->subject) >= finding->since_ms;
}

static bool is_told_of(struct week *w, const struct findings *findings,
                       const struct finding *finding) {
  if (is_told(w, finding))
    return true;
  const struct finding *above = finding->under ? &findings->items[finding->under - 1] : NULL;
  return above && (is_told(w, above) || w->flood_ms >= above->since_ms);
}

static void note_told(struct week *w) {
  const struct findings *findings = w->model.findings;
  for (size_t f = 0; f < w->fault_count; f++) {
    struct fault *fault = &w->faults[f];
    if (fault->told || w->now_ms < fault->from_ms || w->now_ms > fault->to_ms)
      continue;
    for (size_t i = 0; i < findings->count && !fault->told; i++)
      fault->told =
          is_about(&findings->items[i], fault) && is_told_of(w, findings, &findings->items[i]);
  }
}

static void count_alarms(struct week *w) {
  const struct events *events = &w->model.events;
  for (size_t age = events->total - w->seen; age-- > 0;) {
    const struct event *event = events_get(events, age);
    if (event->change && strncmp(event->text, "flood: ", 7) == 0)
      w->flood_ms = w->now_ms;
    if (event->change || event->severity == SEVERITY_OK)
      continue;
    *told_at(w, event->subject) = w->now_ms;
    w->alarms++;
    w->windows[w->now_ms / WINDOW_MS]++;
  }
  w->seen = events->total;
}

/* ---- the history */

static void record(struct week *w, uint64_t since) {
  struct event_batch batch = {0};
  struct event_orphans orphans = {0};
  struct err err = {0};
  bool good = true;
  for (size_t age = w->model.events.total - since; age-- > 0;)
    event_batch_add_event(&batch, events_get(&w->model.events, age), NULL, noon);
  if (w->now_ms % MINUTE == 0 || batch.count > 0)
    good = event_store_beat(w->store, &w->disk->a, noon + w->now_ms, &err);
  if (good && w->now_ms % MINUTE == 0)
    good = event_store_orphans(w->store, noon + w->now_ms, &orphans, &err);
  for (size_t i = 0; i < orphans.count; i++)
    if (event_orphan_is_over(&w->model, &orphans.items[i], w->now_ms))
      event_batch_add(&batch, EVENT_OP_GONE, &(struct event_record){.id = orphans.items[i].id},
                      NULL);
  event_orphans_fini(&orphans);
  if (!good || !event_store_write(w->store, &batch, noon + w->now_ms, &err))
    fail_msg("%s", err.text);
  event_batch_fini(&batch);
}

static void check_report(struct week *w, size_t peak) {
  struct alarm_report report;
  struct err err = {0};
  if (!event_report_read(w->store, noon, noon + WEEK_MS, &report, &err))
    fail_msg("%s", err.text);
  print_message(
      "report: %lld alarms, %.2f on average, %lld at the peak, %zu flapping, %lld floods\n",
      (long long)report.alarms, alarm_report_average(&report), (long long)report.peak,
      report.flapping.count, (long long)report.floods.total);
  assert_int_equal(report.alarms, w->alarms);
  assert_int_equal(report.peak, peak);
  assert_in_range(report.observed_ms, WEEK_MS - MINUTE, WEEK_MS);
  assert_int_equal(alarm_report_verdict(&report), ALARM_WITHIN);
  assert_int_equal(report.standing.total, 0); /* also those that ended while they were folded */
  assert_true(report.flapping.total > 0 && report.floods.total > 0);
  alarm_report_fini(&report);
}

static void target_add(struct week *w, const struct target_kind *kind, const char *name,
                       const char *depends_on) {
  struct target *target = target_new(kind, name);
  target->interval_ms = STEP_MS;
  target->timeout_ms = 1000;
  if (depends_on) {
    target->depends_on = mem_new(sizeof *target->depends_on);
    target->depends_on[target->depends_count++] = mem_dup(depends_on);
  }
  config_add(w->config, target);
}

static void test_a_rough_week(void **state) {
  struct week *w = mem_new(sizeof *w);
  char name[32], host[32];
  w->disk = *state;
  w->store = joined(w->disk, &w->disk->a, noon);
  w->seed = 88172645463325252ULL;
  w->config = config_new();
  target_add(w, &fleet_kind, "web", NULL);
  target_add(w, &model_kind, "main", NULL);
  for (size_t c = 0; c < CACHES; c++) {
    snprintf(name, sizeof name, "cache%zu", c);
    snprintf(host, sizeof host, "fleet:web/host%zu", c);
    target_add(w, &cache_kind, name, host);
  }
  for (size_t s = 0; s < SERVICES; s++) {
    snprintf(name, sizeof name, "api%zu", s);
    snprintf(host, sizeof host, "fleet:web/host%zu", s % 4);
    target_add(w, &service_kind, name, host);
  }
  model_init(&w->model, w->config);
  w->mark = (struct alarm_mark){.kind = ALARM_SILENCED,
                                .key = "service/*",
                                .pattern = true,
                                .most = SEVERITY_CRIT,
                                .who = "deploy@ci",
                                .reason = "deployment"};
  w->marks = (struct alarm_marks){&w->mark, 1};
  w->model.alarm_marks = &w->marks;
  plan_week(w);
  for (w->now_ms = STEP_MS; w->now_ms < WEEK_MS; w->now_ms += STEP_MS) {
    look_what_is_on(w);
    silence(w);
    play(w);
    model_evaluate(&w->model, w->now_ms, false);
    record(w, w->seen);
    count_alarms(w);
    note_told(w);
  }
  size_t peak = 0, missed = 0, faults = 0;
  for (size_t i = 0; i < COUNT(w->windows); i++)
    peak = w->windows[i] > peak ? w->windows[i] : peak;
  for (size_t i = 0; i < w->fault_count; i++) {
    const struct fault *fault = &w->faults[i];
    if (fault->planned || fault->brief || fault->to_ms - fault->from_ms < MISSED_MS)
      continue;
    faults++;
    if (!fault->told) {
      missed++;
      print_message("missed: kind %d, %zu, from %lld s for %lld s\n", (int)fault->what,
                    fault->index, (long long)fault->from_ms / 1000,
                    (long long)(fault->to_ms - fault->from_ms) / 1000);
    }
  }
  print_message("%zu faults (%zu in all), %zu alarms: %.2f in 10 min on average, %zu at the peak, "
                "%zu missed\n",
                faults, w->fault_count, w->alarms, (double)w->alarms / COUNT(w->windows), peak,
                missed);
  assert_true((double)w->alarms / COUNT(w->windows) <= 2);
  assert_true(peak <= 10);
  assert_int_equal(missed, 0);
  check_report(w, peak);
  event_store_close(w->store);
  w->model.alarm_marks = NULL;
  model_fini(&w->model);
  config_free(w->config);
  for (size_t i = 0; i < w->told_count; i++)
    free(w->told[i].subject);
  free(w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_rough_week, begin, end)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
