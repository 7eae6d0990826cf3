/* Which runbooks lead from what is selected. */
#include "core/mem.h"
#include "model/model.h"
#include "model/runbook/runbook_offers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns of the table of alerts (collectors/alerts.def). */
static const char alerts_table[] = "alerts";

/* ---- what is selected */

struct selected {
  const struct model *model;
  int64_t now_ms;
  size_t target_index;
  const struct target *target;
  const struct table *table; /* NULL: the whole target */
  const struct row *row;     /* the root of its tree */
  const char *label;
  /* Of the row of an alert rule; otherwise NULL. */
  const char *alert, *alert_subject, *alert_runbook, *alert_condition;
};

static const char *cell_text(const struct table *table, const struct row *row, const char *id) {
  for (size_t i = 0; i < table->spec->column_count; i++)
    if (strcmp(table->spec->columns[i].id, id) == 0)
      return row->cells[i].type == VALUE_TEXT ? row->cells[i].text : NULL;
  return NULL;
}

static const struct row *row_find(const struct table *table, const char *key) {
  for (size_t i = 0; i < table->row_count; i++)
    if (strcmp(table->rows[i].key, key) == 0)
      return &table->rows[i];
  return NULL;
}

/* A partition stands for its group. */
static const struct row *row_root(const struct table *table, const char *key) {
  const struct row *row = row_find(table, key);
  for (int depth = 0; row && row->parent && depth < 8; depth++)
    row = row_find(table, row->parent);
  return row;
}

static void selected_init(struct selected *selected, const struct model *model,
                          const struct runbook_subject *subject, int64_t now_ms) {
  const struct target *target = model->targets[subject->target_index].target;
  *selected = (struct selected){
      .model = model, .now_ms = now_ms, .target_index = subject->target_index, .target = target};
  const struct table *table =
      subject->table ? model_table(model, subject->target_index, subject->table) : NULL;
  const struct row *row = table && subject->key ? row_root(table, subject->key) : NULL;
  if (!row || table->spec->flags & TABLE_SUMMARY)
    return;
  selected->table = table;
  selected->row = row;
  selected->label = row->cells[0].type == VALUE_TEXT ? row->cells[0].text : row->key;
  if (strcmp(table->spec->id, alerts_table) == 0) {
    selected->alert = cell_text(table, row, "alert");
    selected->alert_subject = cell_text(table, row, "subject");
    selected->alert_runbook = cell_text(table, row, "runbook");
    selected->alert_condition = cell_text(table, row, "condition");
  }
}

/* ---- the names that fill parameters */

struct names {
  const char *target; /* NULL: not known */
  const char *row;    /* NULL: it is about a whole target */
};

/* "main ecap-consumer-group": the target whose name is its beginning, the longest one. */
static void names_of_alert(const struct selected *selected, struct names *names) {
  const struct model *model = selected->model;
  const char *subject = selected->alert_subject ? selected->alert_subject : "";
  size_t best = 0;
  *names = (struct names){0};
  for (size_t i = 0; i < model->target_count; i++) {
    const char *name = model->targets[i].target->name;
    const size_t length = strlen(name);
    if (length <= best || strncmp(subject, name, length) != 0 ||
        (subject[length] && subject[length] != ' '))
      continue;
    best = length;
    names->target = name;
    names->row = subject[length] ? subject + length + 1 : NULL;
  }
}

static void names_of(const struct selected *selected, struct names *names) {
  if (selected->alert)
    names_of_alert(selected, names);
  else
    *names = (struct names){.target = selected->target->name, .row = selected->label};
}

/* The value of a parameter; NULL where a name that it needs is not known. */
static char *value_fill(const char *text, const struct names *names) {
  char *filled = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&filled, &size);
  bool good = out;
  if (!out)
    mem_failed();
  for (const char *at = text; *at; at++) {
    const bool target = strncmp(at, "{target}", 8) == 0;
    const bool row = strncmp(at, "{row}", 5) == 0;
    const char *name = target ? names->target : names->row;
    if (target || row) {
      good = good && name;
      fputs(name ? name : "", out);
      at += (target ? 8 : 5) - 1;
    } else {
      fputc(*at, out);
      at += (*at == '{' || *at == '}') && at[1] == *at;
    }
  }
  if (fclose(out) != 0)
    mem_failed();
  if (good && *filled)
    return filled;
  free(filled);
  return NULL;
}

static void words_fill(const struct runbook_match *match, const struct names *names,
                       struct runbook_offer *offer) {
  for (size_t i = 0; i < match->with_count && offer->word_count < RUNBOOK_PARAMS_MAX; i++) {
    char *value = value_fill(match->with[i].value, names);
    if (value)
      offer->words[offer->word_count++] = mem_printf("%s=%s", match->with[i].name, value);
    free(value);
  }
}

/* ---- metrics */

/* "kafka.lag", or KIND.TABLE.COLUMN. */
static bool column_has_metric(const struct selected *selected, const struct table_spec *spec,
                              const struct column_spec *column, const char *metric) {
  char full[256];
  if (column->metric && strcmp(column->metric, metric) == 0)
    return true;
  snprintf(full, sizeof full, "%s.%s.%s", selected->target->kind->kind, spec->id, column->id);
  return strcmp(full, metric) == 0;
}

static const struct column_spec *column_find(const struct selected *selected,
                                             const struct table *table, const char *metric) {
  for (size_t i = 0; i < table->spec->column_count; i++)
    if (column_has_metric(selected, table->spec, &table->spec->columns[i], metric))
      return &table->spec->columns[i];
  return NULL;
}

/* The metric of the condition of an alert rule: "kafka.lag above 10,000". */
static bool alert_has_metric(const struct selected *selected, const char *metric) {
  const char *condition = selected->alert_condition ? selected->alert_condition : "";
  const size_t length = strlen(metric);
  return strncmp(condition, metric, length) == 0 && condition[length] == ' ';
}

/* A finding of a figure of one of the target's rows: the worst first, as they are kept. */
static const struct finding *finding_of(const struct selected *selected, const char *metric,
                                        const struct table **table) {
  const struct findings *findings = selected->model->findings;
  for (size_t i = 0; i < findings->count; i++) {
    const struct finding *finding = &findings->items[i];
    if (finding->target_index != selected->target_index || !finding->table || !finding->column)
      continue;
    *table = model_table(selected->model, selected->target_index, finding->table);
    const struct column_spec *column = *table ? column_find(selected, *table, metric) : NULL;
    if (column && strcmp(column->id, finding->column) == 0)
      return finding;
  }
  return NULL;
}

static bool says(struct runbook_offer *offer, enum runbook_fit fit, const char *before,
                 const char *text, const char *after) {
  offer->fit = fit;
  snprintf(offer->why, sizeof offer->why, "%s%s%s", before, text, after);
  return true;
}

/* A metric of the selected row, or of the target itself; of a whole target also of its row with the
 * worst finding. */
static bool metric_fits(const struct selected *selected, const char *metric, struct names *names,
                        struct runbook_offer *offer) {
  const struct target_state *state = &selected->model->targets[selected->target_index];
  const struct column_spec *column =
      selected->table ? column_find(selected, selected->table, metric) : NULL;
  if (column) {
    const struct finding *finding =
        findings_find(selected->model->findings, selected->target_index, selected->table->spec->id,
                      selected->row->key, column->id);
    return finding ? says(offer, RUNBOOK_FITS_FINDING, "", finding->sentence, "")
                   : says(offer, RUNBOOK_FITS_METRIC, "for ", metric, "");
  }
  const struct table *table;
  const struct finding *finding = finding_of(selected, metric, &table);
  const bool own = finding && table->spec->flags & TABLE_SUMMARY;
  if (finding && (own || !selected->row)) {
    const struct row *row = !own && finding->row ? row_root(table, finding->row) : NULL;
    if (row)
      names->row = row->cells[0].type == VALUE_TEXT ? row->cells[0].text : row->key;
    else if (!own)
      names->row = NULL;
    return says(offer, RUNBOOK_FITS_FINDING, "", finding->sentence, "");
  }
  for (size_t i = 0; state->sample && i < state->sample->table_count; i++) {
    table = &state->sample->tables[i];
    if ((table->spec->flags & TABLE_SUMMARY || !selected->row) &&
        column_find(selected, table, metric))
      return says(offer, RUNBOOK_FITS_METRIC, "for ", metric, "");
  }
  return false;
}

/* ---- an entry */

static enum severity severity_of(const struct selected *selected) {
  if (selected->alert)
    return selected->row->severity;
  return selected->row
             ? findings_row(selected->model->findings, selected->target_index,
                            selected->table->spec->id, selected->row->key)
             : model_target_severity(selected->model, selected->target_index, selected->now_ms);
}

static bool is_bad_enough(const struct selected *selected, const char *is) {
  static const enum severity least[] = {SEVERITY_UNKNOWN, SEVERITY_WARN, SEVERITY_CRIT};
  for (size_t i = 0; is && condition_is_choices[i] && i < sizeof least / sizeof *least; i++)
    if (strcmp(condition_is_choices[i], is) == 0)
      return severity_of(selected) >= least[i];
  return !is;
}

/* That the target does not answer. */
static const struct finding *outage_of(const struct selected *selected) {
  const struct findings *findings = selected->model->findings;
  for (size_t i = 0; i < findings->count; i++)
    if (findings->items[i].target_index == selected->target_index &&
        finding_is_outage(&findings->items[i]))
      return &findings->items[i];
  return NULL;
}

static bool kind_fits(const struct selected *selected, const struct runbook_match *match,
                      struct runbook_offer *offer) {
  static const char *const states[] = {[SEVERITY_OK] = "",
                                       [SEVERITY_UNKNOWN] = " that is unknown",
                                       [SEVERITY_WARN] = " with a warning",
                                       [SEVERITY_CRIT] = " that is critical"};
  if (strcmp(match->kind, selected->target->kind->kind) != 0)
    return false;
  const enum severity severity = match->is ? severity_of(selected) : SEVERITY_OK;
  const struct finding *outage = match->is ? outage_of(selected) : NULL;
  if (outage)
    return says(offer, RUNBOOK_FITS_FINDING, "", outage->sentence, "");
  return says(offer, severity != SEVERITY_OK ? RUNBOOK_FITS_STATE : RUNBOOK_FITS_KIND, "for ",
              match->kind, states[severity]);
}

static bool fits(const struct selected *selected, const struct runbook_match *match,
                 struct names *names, struct runbook_offer *offer) {
  bool fit = false;
  names_of(selected, names);
  if (selected->alert) {
    if (match->alert && condition_matches(match->alert, selected->alert))
      fit = says(offer, RUNBOOK_FITS_ALERT, "alert rule ", selected->alert, "");
    else if (match->metric && alert_has_metric(selected, match->metric))
      fit = says(offer, RUNBOOK_FITS_METRIC, "for ", match->metric, "");
  } else if (match->metric) {
    fit = metric_fits(selected, match->metric, names, offer);
  } else if (match->kind) {
    fit = kind_fits(selected, match, offer);
  }
  return fit && is_bad_enough(selected, match->is) &&
         condition_matches(match->target, names->target ? names->target : "") &&
         condition_matches(match->row, names->row ? names->row : "");
}

bool runbook_match(const struct runbook *runbook, const struct model *model,
                   const struct runbook_subject *subject, int64_t now_ms,
                   struct runbook_offer *offer) {
  struct selected selected;
  struct names names;
  *offer = (struct runbook_offer){0};
  selected_init(&selected, model, subject, now_ms);
  const struct runbook_match *best = NULL;
  struct names best_names = {0};
  for (size_t i = 0; i < runbook->match_count; i++) {
    struct runbook_offer each = {0};
    if (!fits(&selected, &runbook->matches[i], &names, &each) || each.fit <= offer->fit)
      continue;
    *offer = each;
    best = &runbook->matches[i];
    best_names = names;
  }
  if (strcmp(selected.target->kind->kind, "runbook") == 0 &&
      strcmp(selected.target->name, runbook->name) == 0)
    says(offer, RUNBOOK_FITS_ALERT, "",
         selected.row && selected.row->reason ? selected.row->reason : "it has a schedule", "");
  if (selected.alert_runbook && strcmp(selected.alert_runbook, runbook->name) == 0)
    says(offer, RUNBOOK_FITS_ALERT, "named by the alert rule ", selected.alert, "");
  if (offer->fit == RUNBOOK_FITS_NOT)
    return false;
  if (best)
    words_fill(best, &best_names, offer);
  offer->name = mem_dup(runbook->name);
  offer->title = mem_dup(runbook->title);
  offer->help = runbook->help ? mem_dup(runbook->help) : NULL;
  return true;
}

void runbook_offer_fini(struct runbook_offer *offer) {
  for (size_t i = 0; i < offer->word_count; i++)
    free(offer->words[i]);
  free(offer->name);
  free(offer->title);
  free(offer->help);
  free(offer->run);
  free(offer->run_state);
}

void runbook_offers_fini(struct runbook_offers *offers) {
  for (size_t i = 0; i < offers->count; i++)
    runbook_offer_fini(&offers->items[i]);
  free(offers->items);
  free(offers->subject);
  free(offers->text);
  *offers = (struct runbook_offers){0};
}

/* Runs of what fits, then runbooks, then other runs. */
static int rank_of(const struct runbook_offer *offer) {
  return !offer->run ? 1 : offer->fit == RUNBOOK_FITS_NOT ? 2 : 0;
}

static int compare(const void *a, const void *b) {
  const struct runbook_offer *one = a, *other = b;
  const int ranks[] = {rank_of(one), rank_of(other)};
  if (ranks[0] != ranks[1])
    return ranks[0] < ranks[1] ? -1 : 1;
  if (one->fit != other->fit)
    return one->fit > other->fit ? -1 : 1;
  return strcmp(one->name, other->name);
}

void runbook_offers_sort(struct runbook_offers *offers) {
  if (offers->count > 1)
    qsort(offers->items, offers->count, sizeof *offers->items, compare);
}
