/* Sets one setting of one topic, or resets it to its default. All others stay. */
#include "actions/kafka/kafka_found.h"
#include "actions/kafka/kafka_planned.h"
#include "actions/kafka/kafka_words.h"
#include "core/mem.h"
#include "core/secret.h"

#include <stdlib.h>
#include <string.h>

/* old: "" where it is not set for the topic itself, else "=VALUE"; new likewise. others: the
 * topic's other own settings, to verify that they stay. */
static const char *const identities[] = {"topic",  "name",    "old",     "new",
                                         "others", "cluster", "topic_id"};
static const struct plan_column columns[] = {
    {"SETTING", false}, {"OLD", false}, {"SET BY", false}, {"NEW", false}};

enum { NAME, VALUE };

static const struct option params[] = {
    [NAME] = {.name = "name",
              .type = OPTION_TEXT,
              .required = true,
              .help = "the setting: retention.ms, cleanup.policy, max.message.bytes, ...",
              .example = "retention.ms"},
    [VALUE] = {.name = "value",
               .type = OPTION_TEXT,
               .fallback = "",
               .help = "new value; empty resets it to the default"},
};

/* ---- survey */

static bool is_known(const struct kafka_admin *topics) {
  for (size_t i = 0; i < topics->setting_count; i++)
    if (strcmp(topics->settings[i].name, topics->name) == 0)
      return true;
  return topics->topic_count == 0;
}

static bool survey(struct step *step) {
  const char *name = step->call->request->texts[NAME];
  if (!name || !*name)
    return step_fail(step, ERR_INVALID, "name a setting, such as name=retention.ms");
  struct kafka_admin *topics = kafka_question(step, kafka_run_look_topics);
  topics->name = name;
  if (!kafka_ask(step, topics))
    return false;
  for (size_t i = 0; !is_known(topics) && i < topics->topic_count; i++)
    if (topics->topics[i].error)
      return step_fail(step, ERR_DENIED, "cannot read the settings: %.180s",
                       topics->topics[i].error);
  if (!is_known(topics))
    return step_fail(step, ERR_INVALID, "unknown topic setting \"%.100s\"", name);
  step->found = kafka_found_topics(topics);
  return true;
}

/* ---- plan */

/* Names whose values may be secret and are not written out. */
static const char *shown(const char *name, const char *value) {
  return !value ? "(secret)" : name_is_secret(name) ? "(hidden)" : value;
}

/* others: the topic's other own settings, as in "cleanup.policy=compact, max.message.bytes=2000".
 */
static bool find(const struct action_request *request, struct plan *plan,
                 const struct kafka_topic_facts *topic, struct kafka_setting *found,
                 const char **others, struct err *err) {
  struct kafka_setting each;
  *found = (struct kafka_setting){0};
  *others = "";
  for (size_t i = 0; kafka_setting_read(request->found, i, &each); i++) {
    if (strcmp(each.topic, topic->name) != 0)
      continue;
    if (strcmp(each.name, request->texts[NAME]) == 0)
      *found = each;
    else if (each.own)
      *others = plan_printf(plan, "%s%s%s=%s", *others, **others ? ", " : "", each.name,
                            shown(each.name, each.value));
  }
  return found->name ||
         err_set(err, ERR_INVALID, "%.100s: cannot read its %.80s%s%.60s", topic->name,
                 request->texts[NAME], topic->error ? ": " : "", topic->error ? topic->error : "");
}

static bool may_set(const struct kafka_setting *setting, const char *old, const char *wanted,
                    struct err *err) {
  const char *name = setting->name;
  if (setting->fixed)
    return err_set(err, ERR_INVALID, "%.150s cannot be changed", name);
  if (setting->secret || name_is_secret(name))
    return err_set(err, ERR_INVALID, "%.150s is a secret; stacktop does not set secrets", name);
  if (!wanted && !old)
    return err_set(err, ERR_INVALID, "nothing to do: %.100s is at its default already", name);
  if (wanted && old && strcmp(wanted, old) == 0)
    return err_set(err, ERR_INVALID, "nothing to do: %.100s is %.100s already", name, old);
  return true;
}

/* Settings that make a broker delete messages soon afterwards. */
static bool may_delete(const char *name) {
  static const char *const names[] = {"retention.ms",       "retention.bytes",
                                      "cleanup.policy",     "delete.retention.ms",
                                      "local.retention.ms", "local.retention.bytes"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0)
      return true;
  return false;
}

/* Whether the new value keeps less: -1 means no limit. A value that is not a number, or a default
 * that the broker does not report, counts as less. */
static bool keeps_less(const char *now, const char *wanted) {
  char *now_end, *wanted_end;
  if (!wanted)
    return true;
  long long before = strtoll(now, &now_end, 10), after = strtoll(wanted, &wanted_end, 10);
  if (now_end == now || *now_end || wanted_end == wanted || *wanted_end)
    return true;
  return after != -1 && (before == -1 || after < before);
}

/* The value that is set for the topic itself; "" for the default. */
static const char *old_value(const struct plan *plan) {
  const char *old = action_identity(plan, 0, "old");
  return *old ? old + 1 : "";
}

static void say_all(const struct action_request *request, struct plan *plan, const char *now,
                    const char *source, const char *wanted) {
  const char *name = request->texts[NAME], *others = action_identity(plan, 0, "others");
  const char *value = wanted && strchr(wanted, ',')
                          ? plan_printf(plan, "%s=[%s]", name, wanted)
                          : plan_printf(plan, "%s=%s", name, wanted ? wanted : "");
  const char *topic = shown_word(&plan->arena, plan->name);
  plan_say(plan, PLAN_EFFECT,
           "kafka-configs.sh %s --alter --entity-type topics --entity-name %s %s %s",
           kafka_server(plan, request), topic, wanted ? "--add-config" : "--delete-config",
           shown_word(&plan->arena, wanted ? value : name));
  plan_say(plan, PLAN_BLAST, "%s is %s now, set by: %s", name, *now ? now : "empty", source);
  if (may_delete(name) && keeps_less(now, wanted)) {
    plan_say(plan, PLAN_WARNING,
             "the broker deletes what the new value no longer keeps, within minutes");
    plan_say(plan, PLAN_LOSS, "messages deleted in the meantime");
  }
  plan_say(plan, PLAN_PRECONDITION, "%s still has its current value (checked just before)", name);
  plan_say(plan, PLAN_PRECONDITION, "its other topic settings are kept: %s",
           *others ? others : "it has none");
  plan_say(plan, PLAN_UNDO, "kafka.set-topic-config %s %s name=%s value=%s",
           shown_word(&plan->arena, plan->target), topic, name,
           shown_word(&plan->arena, old_value(plan)));
}

static bool make_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  struct kafka_topic_facts topic;
  struct kafka_setting setting;
  const char *others;
  if (!kafka_topic_take(&topic, request, err) ||
      !find(request, plan, &topic, &setting, &others, err))
    return false;
  const char *now = setting.value ? setting.value : "";
  const char *old = setting.own ? now : NULL;
  const char *typed = request->texts[VALUE];
  const char *wanted = typed && *typed ? typed : NULL;
  if (!may_set(&setting, old, wanted, err))
    return false;
  ACTION_OBJECTS(plan, columns, identities);
  if (!kafka_plan_topic(request, plan, &topic, "its settings", err))
    return false;
  const char *name = plan_copy(plan, request->texts[NAME]);
  ACTION_CELLS(plan, name, plan_copy(plan, now), plan_copy(plan, setting.source),
               wanted ? plan_copy(plan, wanted) : "the default");
  action_bind(plan, "name", name);
  action_bind(plan, "old", old ? plan_printf(plan, "=%s", old) : "");
  action_bind(plan, "new", wanted ? plan_printf(plan, "=%s", wanted) : "");
  action_bind(plan, "others", others);
  plan->title = wanted ? plan_printf(plan, "Set %s of topic %s to %s", name, plan->name, wanted)
                       : plan_printf(plan, "Reset %s of topic %s to its default", name, plan->name);
  say_all(request, plan, now, setting.source, wanted);
  return true;
}

/* ---- execute */

static bool execute(struct step *step) {
  const struct plan *plan = step->call->plan;
  struct outcome *outcome = step->call->outcome;
  struct arena *arena = &step->arena;
  bool good = kafka_change(step, kafka_run_set_config);
  if (!good && outcome_count(outcome, OBJECT_UNKNOWN) == 0)
    return false;
  outcome_undo(outcome, "kafka.set-topic-config %s %s name=%s %s", shown_word(arena, plan->target),
               shown_word(arena, action_identity(plan, 0, "topic")),
               action_identity(plan, 0, "name"),
               shown_word(arena, arena_printf(arena, "value=%s", old_value(plan))));
  return good;
}

/* ---- verify: the new value is there, and the others are as they were */

/* The topic's other own settings, as the identity has them. */
static char *others_of(const struct kafka_admin *admin) {
  char *text = mem_dup("");
  for (size_t i = 0; i < admin->setting_count; i++) {
    const struct kafka_setting *setting = &admin->settings[i];
    if (!setting->own || strcmp(setting->name, admin->name) == 0)
      continue;
    char *longer = mem_printf("%s%s%s=%s", text, *text ? ", " : "", setting->name,
                              shown(setting->name, setting->value));
    free(text);
    text = longer;
  }
  return text;
}

static bool is_set(const struct plan *plan, const struct kafka_admin *now) {
  (void)plan;
  for (size_t i = 0; i < now->setting_count; i++) {
    const struct kafka_setting *setting = &now->settings[i];
    if (strcmp(setting->name, now->name) == 0)
      return now->value ? setting->own && setting->value && strcmp(setting->value, now->value) == 0
                        : !setting->own;
  }
  return false;
}

static bool verify(struct step *step) {
  const struct kafka_admin *now = kafka_look_until(step, kafka_run_look_topics, 5000, is_set);
  if (!now)
    return false;
  if (!is_set(NULL, now))
    return step_prove(step, OBJECT_UNKNOWN, "accepted, but reading it again shows another value");
  char *others = others_of(now);
  if (strcmp(others, action_identity(step->call->plan, 0, "others")) != 0)
    step_prove(step, OBJECT_DONE,
               "set, but other settings of the topic changed in the meantime: %s",
               *others ? others : "none is left");
  else
    step_prove(step, OBJECT_DONE, "read again: set; the topic's other settings are unchanged");
  free(others);
  return true;
}

KAFKA_STEPS

const struct action action_kafka_set_topic_config = {
    .spec = {.id = "kafka.set-topic-config",
             .kind = "kafka",
             .title = "set a topic's setting",
             .past = "set",
             .what = "sets one setting of a topic and keeps its other settings; a shorter "
                     "retention deletes messages",
             .runs = "kafka-configs.sh --alter --entity-type topics",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_ONE,
             ACTION_PARAMS(params)},
    STEPS,
};
