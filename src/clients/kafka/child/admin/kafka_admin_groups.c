/* The current state of a group, and its changes. */
#include "clients/kafka/child/admin/kafka_admin_run.h"
#include "clients/kafka/child/kafka_error.h"
#include "core/mem.h"

#include <string.h>

/* ---- reading */

static bool list_state(struct kafka_session *session, struct kafka_admin *admin,
                       rd_kafka_consumer_group_state_t *state, struct err *err) {
  rd_kafka_AdminOptions_t *options = kafka_session_options(
      session, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, 0, kafka_session_left(session));
  rd_kafka_ListConsumerGroups(session->rk, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_event_t *event = kafka_admin_answer(session, admin, "the list of groups", err);
  if (!event)
    return false;
  size_t count, errors;
  const rd_kafka_ListConsumerGroups_result_t *result =
      rd_kafka_event_ListConsumerGroups_result(event);
  const rd_kafka_ConsumerGroupListing_t **listings =
      rd_kafka_ListConsumerGroups_result_valid(result, &count);
  const rd_kafka_error_t **error = rd_kafka_ListConsumerGroups_result_errors(result, &errors);
  for (size_t i = 0; i < count; i++)
    if (strcmp(rd_kafka_ConsumerGroupListing_group_id(listings[i]), admin->group) == 0) {
      admin->facts.listed = true;
      *state = rd_kafka_ConsumerGroupListing_state(listings[i]);
    }
  bool good = admin->facts.listed || errors == 0;
  if (!good) /* a silent broker may hide it */
    kafka_session_fail(session, rd_kafka_error_code(error[0]), NULL, err);
  rd_kafka_event_destroy(event);
  return good;
}

static enum kafka_group_state state_of(rd_kafka_consumer_group_state_t state) {
  switch (state) {
  case RD_KAFKA_CONSUMER_GROUP_STATE_STABLE:
    return KAFKA_GROUP_STABLE;
  case RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY:
    return KAFKA_GROUP_EMPTY;
  case RD_KAFKA_CONSUMER_GROUP_STATE_DEAD:
    return KAFKA_GROUP_DEAD;
  case RD_KAFKA_CONSUMER_GROUP_STATE_PREPARING_REBALANCE:
  case RD_KAFKA_CONSUMER_GROUP_STATE_COMPLETING_REBALANCE:
    return KAFKA_GROUP_REBALANCING;
  default:
    return KAFKA_GROUP_UNKNOWN;
  }
}

static bool take_description(struct kafka_admin *admin,
                             const rd_kafka_ConsumerGroupDescription_t *from,
                             rd_kafka_consumer_group_state_t *state, struct err *err) {
  const rd_kafka_error_t *error = rd_kafka_ConsumerGroupDescription_error(from);
  if (error) {
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    return err_set(err, kafka_error_is_denied(code) ? ERR_DENIED : ERR_PROTOCOL,
                   "cannot describe the group: %.180s",
                   kafka_admin_words(admin, code, rd_kafka_error_string(error)));
  }
  *state = rd_kafka_ConsumerGroupDescription_state(from);
  admin->facts.members = rd_kafka_ConsumerGroupDescription_member_count(from);
  return true;
}

static bool described_state(struct kafka_session *session, struct kafka_admin *admin,
                            rd_kafka_consumer_group_state_t *state, struct err *err) {
  const char *names[] = {admin->group};
  rd_kafka_AdminOptions_t *options = kafka_session_options(
      session, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, 0, kafka_session_left(session));
  rd_kafka_DescribeConsumerGroups(session->rk, names, 1, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_event_t *event = kafka_admin_answer(session, admin, "the group", err);
  if (!event)
    return false;
  size_t count;
  const rd_kafka_ConsumerGroupDescription_t **found = rd_kafka_DescribeConsumerGroups_result_groups(
      rd_kafka_event_DescribeConsumerGroups_result(event), &count);
  bool good = count == 1 ? take_description(admin, found[0], state, err)
                         : err_set(err, ERR_PROTOCOL, "no description of the group in the answer");
  rd_kafka_event_destroy(event);
  return good;
}

/* The list only counts if the description says Dead: librdkafka before 2.10 gets this description
 * for any group of the new protocol (KIP-848). */
static bool look_state(struct kafka_session *session, struct kafka_admin *admin, struct err *err) {
  struct kafka_group_facts *facts = &admin->facts;
  rd_kafka_consumer_group_state_t listed = RD_KAFKA_CONSUMER_GROUP_STATE_UNKNOWN;
  rd_kafka_consumer_group_state_t described = RD_KAFKA_CONSUMER_GROUP_STATE_UNKNOWN;
  if (!list_state(session, admin, &listed, err) ||
      !described_state(session, admin, &described, err))
    return false;
  bool dead = described == RD_KAFKA_CONSUMER_GROUP_STATE_DEAD;
  bool hidden = dead && facts->listed && listed != RD_KAFKA_CONSUMER_GROUP_STATE_DEAD;
  facts->classic = !hidden;
  facts->state = state_of(hidden ? listed : described);
  facts->state_text = rd_kafka_consumer_group_state_name(hidden ? listed : described);
  facts->listed |= !dead; /* it was created meanwhile */
  return true;
}

static void take_committed(struct kafka_admin *admin, const rd_kafka_topic_partition_list_t *list) {
  struct kafka_admin before = {.spots = admin->spots, .spot_count = admin->spot_count};
  for (int i = 0; list && i < list->cnt; i++) {
    const rd_kafka_topic_partition_t *from = &list->elems[i];
    before.spots = admin->spots;
    struct kafka_spot *spot = kafka_admin_find(&before, from->topic, from->partition);
    if (!spot && from->offset < 0 && !from->err)
      continue; /* named, but nothing is committed */
    if (!spot)
      spot = kafka_admin_spot(admin, from->topic, from->partition);
    if (!spot)
      return;
    spot->committed = from->offset < 0 ? KAFKA_NO_OFFSET : from->offset;
    if (from->err)
      spot->error = kafka_admin_words(admin, from->err, NULL);
  }
}

/* The admin's spots must be sorted. Those without a committed offset get KAFKA_NO_OFFSET. */
static bool look_committed(struct kafka_session *session, struct kafka_admin *admin,
                           struct err *err) {
  rd_kafka_ListConsumerGroupOffsets_t *question =
      rd_kafka_ListConsumerGroupOffsets_new(admin->group, NULL);
  rd_kafka_AdminOptions_t *options = kafka_session_options(
      session, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, 0, kafka_session_left(session));
  rd_kafka_ListConsumerGroupOffsets(session->rk, &question, 1, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_ListConsumerGroupOffsets_destroy(question);
  rd_kafka_event_t *event = kafka_admin_answer(session, admin, "the committed offsets", err);
  if (!event)
    return false;
  size_t count;
  const rd_kafka_group_result_t **results = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
  const rd_kafka_error_t *error = count == 1 ? rd_kafka_group_result_error(results[0]) : NULL;
  bool good = count == 1 && !error;
  if (good)
    take_committed(admin, rd_kafka_group_result_partitions(results[0]));
  else
    err_set(
        err, error && kafka_error_is_denied(rd_kafka_error_code(error)) ? ERR_DENIED : ERR_PROTOCOL,
        "cannot read the committed offsets: %.160s",
        error ? kafka_admin_words(admin, rd_kafka_error_code(error), rd_kafka_error_string(error))
              : "no answer for the group");
  rd_kafka_event_destroy(event);
  return good;
}

bool kafka_run_look_group(struct kafka_session *session, struct kafka_admin *admin,
                          struct err *err) {
  for (size_t i = 0; i < admin->spot_count; i++) {
    admin->spots[i].asked = true;
    admin->spots[i].committed = KAFKA_NO_OFFSET; /* until an answer says otherwise */
  }
  kafka_admin_sort(admin);
  if (!look_state(session, admin, err) || !look_committed(session, admin, err) ||
      !kafka_admin_check_cluster(session, admin, err))
    return false;
  if (!admin->logs) {
    kafka_admin_sort(admin);
    return true;
  }
  return kafka_admin_logs(session, admin, err);
}

/* ---- changing */

/* A partition with a committed offset that is not in the plan; NULL: none. */
static const struct kafka_spot *new_commit(const struct kafka_admin *admin,
                                           const struct kafka_admin *now) {
  for (size_t i = admin->spot_count; i < now->spot_count; i++)
    if (now->spots[i].committed >= 0 || now->spots[i].error)
      return &now->spots[i];
  return NULL;
}

/* Whether the offset of each spot is that of the plan; sets the error of the others. `all`: and
 * there are no further ones. */
static bool check_committed(struct kafka_session *session, struct kafka_admin *admin, bool all,
                            struct err *err) {
  struct kafka_admin *now = kafka_admin_new();
  now->group = admin->group;
  for (size_t i = 0; i < admin->spot_count; i++)
    kafka_admin_spot(now, admin->spots[i].topic, admin->spots[i].partition);
  bool good = look_committed(session, now, err);
  const struct kafka_spot *moved = NULL;
  for (size_t i = 0; good && i < admin->spot_count; i++) {
    struct kafka_spot *spot = &admin->spots[i];
    int64_t committed = now->spots[i].committed; /* the same order: both are sorted */
    if (committed == spot->committed && !now->spots[i].error)
      continue;
    moved = spot;
    if (committed < 0)
      spot->error = "no longer has a committed offset";
    else
      spot->error =
          arena_printf(&admin->arena, "is now at %lld: another client commits for this group",
                       (long long)committed);
  }
  if (moved)
    good = err_set(err, ERR_INVALID, "%.120s/%d %s", moved->topic, moved->partition, moved->error);
  const struct kafka_spot *fresh = good && all ? new_commit(admin, now) : NULL;
  if (fresh)
    good = err_set(err, ERR_INVALID, "the group has committed to %.120s/%d since the plan",
                   fresh->topic, fresh->partition);
  kafka_admin_free(now);
  return good;
}

static bool check_empty(struct kafka_session *session, struct kafka_admin *admin, bool classic,
                        struct err *err) {
  const struct kafka_group_facts *facts = &admin->facts;
  if (!look_state(session, admin, err))
    return false;
  if (!facts->listed)
    return err_set(err, ERR_INVALID, "the group no longer exists");
  if (facts->state != KAFKA_GROUP_EMPTY)
    return err_set(err, ERR_INVALID, "the group is now %s, with %zu %s", facts->state_text,
                   facts->members, facts->members == 1 ? "member" : "members");
  if (classic && !facts->classic)
    return err_set(err, ERR_UNSUPPORTED, "the group now uses the new consumer protocol");
  return true;
}

static bool take_groups(struct kafka_admin *admin, const rd_kafka_group_result_t **results,
                        size_t count, struct err *err) {
  if (count != 1)
    return err_set(err, ERR_PROTOCOL, "no result for the group in the answer");
  const rd_kafka_error_t *error = rd_kafka_group_result_error(results[0]);
  if (error)
    kafka_admin_doubt(admin, rd_kafka_error_code(error));
  if (error)
    return err_set(
        err, kafka_error_is_denied(rd_kafka_error_code(error)) ? ERR_DENIED : ERR_PROTOCOL,
        "%.240s",
        kafka_admin_words(admin, rd_kafka_error_code(error), rd_kafka_error_string(error)));
  kafka_admin_take_errors(admin, rd_kafka_group_result_partitions(results[0]));
  return true;
}

bool kafka_run_set_offsets(struct kafka_session *session, struct kafka_admin *admin,
                           struct err *err) {
  kafka_admin_sort(admin);
  if (!check_empty(session, admin, true, err) || !check_committed(session, admin, false, err) ||
      !kafka_admin_check_cluster(session, admin, err) || !kafka_admin_save(admin, err) ||
      !kafka_admin_pass(admin, err))
    return false;
  rd_kafka_topic_partition_list_t *list = kafka_admin_list(admin);
  rd_kafka_AlterConsumerGroupOffsets_t *change =
      rd_kafka_AlterConsumerGroupOffsets_new(admin->group, list);
  rd_kafka_AdminOptions_t *options = kafka_session_options(
      session, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, 0, kafka_session_left(session));
  rd_kafka_AlterConsumerGroupOffsets(session->rk, &change, 1, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_AlterConsumerGroupOffsets_destroy(change);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_event_t *event = kafka_admin_answer(session, admin, "the new offsets", err);
  if (!event)
    return false;
  size_t count;
  const rd_kafka_group_result_t **results = rd_kafka_AlterConsumerGroupOffsets_result_groups(
      rd_kafka_event_AlterConsumerGroupOffsets_result(event), &count);
  bool good = take_groups(admin, results, count, err);
  rd_kafka_event_destroy(event);
  return good;
}

bool kafka_run_drop_offsets(struct kafka_session *session, struct kafka_admin *admin,
                            struct err *err) {
  kafka_admin_sort(admin);
  if (!check_committed(session, admin, false, err) ||
      !kafka_admin_check_cluster(session, admin, err) || !kafka_admin_save(admin, err) ||
      !kafka_admin_pass(admin, err))
    return false;
  rd_kafka_topic_partition_list_t *list = kafka_admin_list(admin);
  rd_kafka_DeleteConsumerGroupOffsets_t *change =
      rd_kafka_DeleteConsumerGroupOffsets_new(admin->group, list);
  rd_kafka_AdminOptions_t *options = kafka_session_options(
      session, RD_KAFKA_ADMIN_OP_DELETECONSUMERGROUPOFFSETS, 0, kafka_session_left(session));
  rd_kafka_DeleteConsumerGroupOffsets(session->rk, &change, 1, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_DeleteConsumerGroupOffsets_destroy(change);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_event_t *event = kafka_admin_answer(session, admin, "the deletion", err);
  if (!event)
    return false;
  size_t count;
  const rd_kafka_group_result_t **results = rd_kafka_DeleteConsumerGroupOffsets_result_groups(
      rd_kafka_event_DeleteConsumerGroupOffsets_result(event), &count);
  bool good = take_groups(admin, results, count, err);
  rd_kafka_event_destroy(event);
  return good;
}

bool kafka_run_drop_group(struct kafka_session *session, struct kafka_admin *admin,
                          struct err *err) {
  kafka_admin_sort(admin);
  if (!check_empty(session, admin, false, err) || !check_committed(session, admin, true, err) ||
      !kafka_admin_check_cluster(session, admin, err) || !kafka_admin_save(admin, err) ||
      !kafka_admin_pass(admin, err))
    return false;
  rd_kafka_DeleteGroup_t *change = rd_kafka_DeleteGroup_new(admin->group);
  rd_kafka_AdminOptions_t *options = kafka_session_options(session, RD_KAFKA_ADMIN_OP_DELETEGROUPS,
                                                           0, kafka_session_left(session));
  rd_kafka_DeleteGroups(session->rk, &change, 1, options, session->queue);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_DeleteGroup_destroy(change);
  rd_kafka_event_t *event = kafka_admin_answer(session, admin, "the deletion", err);
  if (!event)
    return false;
  size_t count;
  const rd_kafka_group_result_t **results =
      rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event), &count);
  bool good = take_groups(admin, results, count, err);
  rd_kafka_event_destroy(event);
  return good;
}
