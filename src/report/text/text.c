#include "report/text/text.h"

#include "core/text/format.h"
#include "core/text/text.h"
#include "report/text/text_missing.h"
#include "report/text/text_out.h"
#include "report/text/text_status.h"
#include "report/text/text_table.h"

#include <string.h>

enum {
  INDENT = 6,          /* for lines of a target */
  FINDINGS_MAX = 8,    /* per target; check --json has all */
  NAME_WIDTH_MAX = 24, /* names are aligned up to this width */
  AGE_SHOWN_MS = 1000, /* a younger finding has just begun */
};

enum { COST_MAX = 2 * FORMAT_MAX + 16 };

/* "(12ms)" or "(12ms, 14m 03s ago)"; empty without a sample. */
static void cost_text(const struct target_state *state, int64_t now_ms, char text[COST_MAX]) {
  text[0] = '\0';
  if (!state->sample)
    return;
  char cost[FORMAT_MAX], age[FORMAT_MAX];
  int64_t age_ms = target_state_age(state, now_ms);
  format_duration(cost, sizeof cost, (double)state->sample->cost_us / 1e6);
  format_duration(age, sizeof age, (double)age_ms / 1000);
  if (age_ms < AGE_SHOWN_MS)
    snprintf(text, COST_MAX, "(%s)", cost);
  else
    snprintf(text, COST_MAX, "(%s, %s ago)", cost, age);
}

/* "(for 14m 03s)", unless it has just begun; "(for 14m 03s, alarm for 9m 03s)" after a `for`. */
static void put_lasted(struct text_out *out, const struct target_state *state,
                       const struct finding *finding, int64_t now_ms) {
  int64_t lasted_ms = now_ms - finding->since_ms;
  char lasted[FORMAT_MAX], counted[FORMAT_MAX], text[2 * FORMAT_MAX + 32];
  format_duration(lasted, sizeof lasted, (double)lasted_ms / 1000);
  /* A finding of the first collection may have existed for days. */
  bool first = state->samples + state->failures <= 1 && finding->seen_ms <= finding->since_ms;
  bool worth = !first && lasted_ms >= AGE_SHOWN_MS;
  if (finding->pending)
    snprintf(text, sizeof text, "(%s%s%spending)", worth ? "for " : "", worth ? lasted : "",
             worth ? ", " : "");
  else if (finding->alarm_ms - finding->seen_ms >= AGE_SHOWN_MS)
    snprintf(text, sizeof text, "(for %s, alarm for %s)", lasted,
             format_duration(counted, sizeof counted, (double)(now_ms - finding->alarm_ms) / 1000));
  else
    snprintf(text, sizeof text, "(for %s)", lasted);
  if (finding->pending || worth)
    text_out_piece(out, text, 1);
}

static void put_finding(struct text_out *out, const struct target_state *state,
                        const struct finding *finding, int64_t now_ms) {
  text_out_begin(out, INDENT);
  if (finding->pending)
    text_out_label(out, "wait");
  else
    text_out_mark(out, finding->severity);
  text_out_printf(out, 0, "%s:", finding->subject);
  text_out_words(out, finding->sentence, 1);
  put_lasted(out, state, finding, now_ms);
  if (finding->quiet) {
    char who[TEXT_OUT_MAX];
    snprintf(who, sizeof who, "(%s by %s: %s)",
             finding->quiet == FINDING_ACKNOWLEDGED ? "acknowledged" : "silenced",
             finding->quiet_who, finding->quiet_reason);
    text_out_words(out, who, 1);
  }
}

static void put_findings(struct text_out *out, const struct model *model, size_t target_index,
                         int64_t now_ms) {
  size_t count = 0;
  for (size_t i = 0; i < model->findings->count; i++) {
    const struct finding *finding = &model->findings->items[i];
    if (finding->target_index != target_index || count++ >= FINDINGS_MAX)
      continue;
    put_finding(out, &model->targets[target_index], finding, now_ms);
  }
  if (count <= FINDINGS_MAX)
    return;
  text_out_begin(out, INDENT + 6);
  text_out_printf(out, 0, "and %zu more", count - FINDINGS_MAX);
}

static void put_tables(struct text_out *out, const struct model *model, size_t target_index,
                       bool figures_too, int64_t now_ms) {
  const struct sample *sample = model->targets[target_index].sample;
  bool old = target_state_condition(&model->targets[target_index], now_ms) != TARGET_LIVE;
  for (size_t i = 0; i < sample->table_count; i++) {
    struct text_table table = {model, target_index, &sample->tables[i], old};
    if (!text_table_is_figures(&table)) {
      if (!(table.table->spec->flags & TABLE_SUMMARY))
        text_table_rows(out, &table);
    } else if (figures_too && text_table_has_figures(&table)) {
      text_out_begin(out, INDENT);
      text_table_figures(out, &table, 0);
    }
  }
}

static void put_notes(struct text_out *out, const struct sample *sample) {
  for (size_t i = 0; i < sample->note_count; i++) {
    if (sample->notes[i].severity != SEVERITY_OK)
      continue; /* a fault is a finding, too */
    text_out_begin(out, INDENT);
    text_out_label(out, "note");
    text_out_words(out, sample->notes[i].text, 0);
  }
}

/* The text beside the target's name: the server, or why there is no data. */
static void put_state(struct text_out *out, const struct target_state *state, int64_t now_ms) {
  const struct sample *sample = state->sample;
  switch (target_state_condition(state, now_ms)) {
  case TARGET_WAITING:
    text_out_words(out, "no data yet", 2);
    break;
  case TARGET_DOWN:
    if (state->err.kind == ERR_DISABLED) /* the finding says why */
      text_out_words(out, "not watched", 2);
    else
      text_out_words(out, sample ? "no answer; last known:" : "no answer", 2);
    break;
  case TARGET_STALE:
    text_out_words(out, "last known:", 2);
    break;
  case TARGET_LIVE:
    break;
  }
  if (!sample)
    return;
  if (sample->server)
    text_out_words(out, sample->server, 2);
  if (sample->server && sample->address)
    text_out_printf(out, 1, "at %s", sample->address);
}

static void put_target(struct text_out *out, const struct model *model, size_t index,
                       int name_width, int64_t now_ms) {
  const struct target_state *state = &model->targets[index];
  char name[TEXT_OUT_MAX];
  text_out_begin(out, 0);
  text_out_mark(out, model_target_severity(model, index, now_ms));
  text_out_clean(out, state->target->name, out->width / 2, name);
  int column = out->column + name_width;
  text_out_bold(out, name);
  text_out_pad(out, column);
  put_state(out, state, now_ms);
  const struct sample *sample = state->sample;
  /* A single line of figures follows the name directly. */
  struct text_table only = {model, index, sample ? &sample->tables[0] : NULL, false};
  bool one_line = sample && sample->table_count == 1 && text_table_is_figures(&only);
  char cost[COST_MAX];
  cost_text(state, now_ms, cost);
  if (one_line)
    text_table_figures(out, &only, out->width - (int)strlen(cost) - 2);
  if (*cost)
    text_out_piece(out, cost, 2);
  put_findings(out, model, index, now_ms);
  if (!sample)
    return;
  put_tables(out, model, index, !one_line, now_ms);
  put_notes(out, sample);
}

static bool same_kind(const struct model *model, size_t a, size_t b) {
  return strcmp(model->targets[a].target->kind->kind, model->targets[b].target->kind->kind) == 0;
}

/* The consecutive targets of one kind; returns the first of the next kind. */
static size_t put_kind(struct text_out *out, const struct model *model, size_t first,
                       int64_t now_ms) {
  int name_width = 0;
  size_t end = first;
  for (; end < model->target_count && same_kind(model, first, end); end++) {
    char name[TEXT_OUT_MAX];
    text_out_clean(out, model->targets[end].target->name, NAME_WIDTH_MAX, name);
    int width = text_width(name);
    name_width = width > name_width ? width : name_width;
  }
  text_out_end(out);
  putc('\n', out->out);
  text_out_begin(out, 0);
  text_out_bold(out, model->targets[first].target->kind->title);
  for (size_t i = first; i < end; i++)
    put_target(out, model, i, name_width, now_ms);
  text_missing(out, model, first, end);
  return end;
}

bool report_text_write(FILE *file, const struct model *model, int64_t now_ms,
                       const struct report_text_options *options) {
  struct text_out out;
  char time[FORMAT_MAX];
  text_out_init(&out, file, options);
  out.no_pipes = !options->pipes;
  text_status(&out, model, now_ms);
  for (size_t i = 0; i < model->target_count;)
    i = put_kind(&out, model, i, now_ms);
  text_out_end(&out);
  fprintf(file, "\n%s UTC\n",
          format_time(time, sizeof time, now_ms + model->wall_offset_ms, true, true));
  return fflush(file) == 0 && !ferror(file);
}
