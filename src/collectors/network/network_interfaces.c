#include "collectors/network/network_table.h"

#include "core/mem.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct filling {
  struct sample *sample;
  struct table *table;
  const struct network_reading *reading;
  struct network_past *past;
  char *const *wanted;
  size_t wanted_count;
  int64_t now_ms;
};

/* ---- which */

static struct link_past *past_of(const struct network_past *past, int index) {
  for (size_t i = 0; index > 0 && i < past->link_count; i++)
    if (past->links[i].index == index)
      return &past->links[i];
  return NULL;
}

static bool is_named(const struct filling *filling, const char *name) {
  for (size_t i = 0; i < filling->wanted_count; i++)
    if (fnmatch(filling->wanted[i], name, 0) == 0)
      return true;
  return false;
}

/* The host's end of the network of a container: it has no address, and its other end is elsewhere.
 */
static bool is_container_end(const struct network_link *link) {
  return strcmp(link->kind, "veth") == 0 && link->far_end && !*link->address;
}

static bool is_wanted(const struct filling *filling, const struct network_link *link) {
  if (filling->wanted_count > 0)
    return is_named(filling, link->name);
  return !link->loopback && !is_container_end(link) &&
         (link->up || past_of(filling->past, link->index));
}

/* A bridge has a link while one of its ports has; the others of these come and go with containers.
 */
static bool is_judged(const struct filling *filling, const struct network_link *link) {
  static const char *const lasting[] = {"", "bond", "vlan", "team", "macvlan"};
  if (filling->wanted_count > 0)
    return true;
  for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++)
    if (strcmp(link->kind, lasting[i]) == 0)
      return true;
  return false;
}

/* ---- cells */

static struct value count_of(int64_t number) {
  return number >= 0 ? value_int(number) : value_none(UNREPORTED);
}

static int64_t sum_of(int64_t a, int64_t b) {
  return a < 0 || b < 0 ? -1 : a + b;
}

/* By the index, which a renamed interface keeps and a new one of the same name has not. */
static struct value rate_of(const struct filling *filling, const struct network_link *link,
                            const char *column, int64_t counter) {
  const char *key =
      sample_printf(filling->sample, "%d/%s", link->index, link->index > 0 ? "" : link->name);
  return counter < 0 ? value_none(UNREPORTED)
                     : row_past_rate(&filling->past->rows, link_table.id, column, key,
                                     (double)counter, filling->reading->at_us);
}

static const char *speed_text(struct sample *sample, int64_t bits) {
  if (bits >= 1000000000)
    return sample_printf(sample, "%g Gb/s", (double)bits / 1e9);
  return sample_printf(sample, "%g Mb/s", (double)bits / 1e6);
}

static void fill_speed(const struct filling *filling, const struct network_link *link,
                       struct value *cells) {
  double in = 0, out = 0;
  if (link->speed_bits <= 0) {
    const char *none = link->loopback || *link->kind ? NULL : "its driver reports no speed";
    cells[LINK_SPEED] = cells[LINK_USED] = value_none(none);
    return;
  }
  cells[LINK_SPEED] = value_text(speed_text(filling->sample, link->speed_bits));
  if (!value_number(cells[LINK_RECEIVED], &in) || !value_number(cells[LINK_SENT], &out)) {
    cells[LINK_USED] = cells[LINK_RECEIVED];
    return;
  }
  const double share = (in > out ? in : out) * 8 / (double)link->speed_bits;
  cells[LINK_USED] = value_real(share < 1 ? share : 1);
}

static void fill_drops(const struct network_link *link, struct value *cells) {
  double drops = 0, in = 0, out = 0;
  const int64_t total = sum_of(link->drops_in, link->drops_out);
  cells[LINK_DROPS_TOTAL] =
      count_of(total < 0 ? -1 : total + (link->queue_drops > 0 ? link->queue_drops : 0));
  cells[LINK_LOST] =
      value_none(cells[LINK_DROPS].type == VALUE_NONE ? cells[LINK_DROPS].text : NULL);
  if (value_number(cells[LINK_DROPS], &drops) && value_number(cells[LINK_PACKETS_IN], &in) &&
      value_number(cells[LINK_PACKETS_OUT], &out) && drops + in + out > 0)
    cells[LINK_LOST] = value_real(drops / (drops + in + out));
}

static const char *state_of(const struct network_link *link) {
  return !link->up ? "down" : link->carrier ? "up" : "no carrier";
}

static void fill(const struct filling *filling, const struct network_link *link, struct row *row) {
  struct value *cells = row->cells;
  const int64_t errors = sum_of(link->errors_in, link->errors_out);
  cells[LINK_NAME] = value_text(row->key);
  cells[LINK_STATE] =
      filling->reading->links.from_proc ? value_none("needs netlink") : value_text(state_of(link));
  cells[LINK_RECEIVED] = rate_of(filling, link, "receive", link->received);
  cells[LINK_SENT] = rate_of(filling, link, "send", link->sent);
  cells[LINK_PACKETS_IN] = rate_of(filling, link, "packets_in", link->packets_in);
  cells[LINK_PACKETS_OUT] = rate_of(filling, link, "packets_out", link->packets_out);
  cells[LINK_ERRORS] = rate_of(filling, link, "errors", errors);
  const int64_t drops = sum_of(link->drops_in, link->drops_out);
  cells[LINK_DROPS] =
      rate_of(filling, link, "drops",
              drops < 0 ? -1 : drops + (link->queue_drops > 0 ? link->queue_drops : 0));
  fill_drops(link, cells);
  fill_speed(filling, link, cells);
  cells[LINK_ADDRESS] =
      *link->address ? value_text(sample_copy(filling->sample, link->address)) : value_none(NULL);
  cells[LINK_KIND] =
      *link->kind ? value_text(sample_copy(filling->sample, link->kind)) : value_none(NULL);
  cells[LINK_MTU] = count_of(link->mtu);
  cells[LINK_CHANGES] = count_of(link->carrier_changes);
  cells[LINK_ERRORS_TOTAL] = count_of(errors);
  cells[LINK_RECEIVED_TOTAL] = count_of(link->received);
  cells[LINK_SENT_TOTAL] = count_of(link->sent);
}

/* ---- links that were lost */

static struct link_past *past_add(struct network_past *past, const struct network_link *link) {
  past->links = mem_resize(past->links, (past->link_count + 1) * sizeof *past->links);
  struct link_past *added = &past->links[past->link_count++];
  *added = (struct link_past){.index = link->index};
  return added;
}

/* One that has had a link since it was first seen has lost it; one that never had is at rest. */
static void judge(const struct filling *filling, const struct network_link *link, struct row *row) {
  struct link_past *past = past_of(filling->past, link->index);
  const bool well = link->up && link->carrier;
  if (link->index <= 0 || (!past && !well))
    return;
  if (!past)
    past = past_add(filling->past, link);
  past->seen = true;
  snprintf(past->name, sizeof past->name, "%s", link->name);
  if (well)
    past->lost_ms = 0;
  else if (past->lost_ms == 0)
    past->lost_ms = filling->now_ms;
  if (well || !is_judged(filling, link))
    return;
  row->severity = SEVERITY_WARN;
  row->reason = link->up ? "no carrier: the link was lost" : "down: it was up before";
  row->lasted_ms = filling->now_ms - past->lost_ms;
}

static void add(const struct filling *filling, const struct network_link *link) {
  struct row *row = sample_row(filling->sample, filling->table, link->name, NULL);
  if (!row)
    return;
  fill(filling, link, row);
  judge(filling, link, row);
}

/* A configured name, not a pattern, that no interface has. */
static void add_missing(const struct filling *filling, const char *name) {
  const struct network_links *links = &filling->reading->links;
  if (strpbrk(name, "*?[") || table_find(filling->table, name))
    return;
  for (size_t i = 0; i < links->count; i++)
    if (strcmp(links->items[i].name, name) == 0)
      return;
  struct row *row = sample_row(filling->sample, filling->table, name, NULL);
  if (!row)
    return;
  row->cells[LINK_NAME] = value_text(row->key);
  row->cells[LINK_STATE] = value_text("gone");
  row->severity = SEVERITY_CRIT;
  row->reason = "there is no interface of this name";
}

/* Those that were deleted. */
static void forget_the_gone(struct network_past *past) {
  size_t kept = 0;
  for (size_t i = 0; i < past->link_count; i++)
    if (past->links[i].seen)
      past->links[kept++] = past->links[i];
  past->link_count = kept;
}

void network_interfaces_fill(struct sample *sample, struct table *table,
                             const struct network_reading *reading, struct network_past *past,
                             char *const *wanted, size_t count, int64_t now_ms) {
  const struct filling filling = {sample, table, reading, past, wanted, count, now_ms};
  const struct network_links *links = &reading->links;
  if (reading->links_err.kind != ERR_NONE) {
    sample_fault(sample, table->spec->id, SEVERITY_UNKNOWN, "cannot read the interfaces: %s",
                 reading->links_err.text);
    return;
  }
  for (size_t i = 0; i < past->link_count; i++)
    past->links[i].seen = false;
  for (size_t i = 0; i < links->count; i++)
    if (is_wanted(&filling, &links->items[i]))
      add(&filling, &links->items[i]);
  for (size_t i = 0; i < count; i++)
    add_missing(&filling, wanted[i]);
  forget_the_gone(past);
  if (links->cut)
    sample_note(sample, table->spec->id, NULL, "more than %d interfaces; not all are shown",
                NETWORK_LINKS_MAX);
}
