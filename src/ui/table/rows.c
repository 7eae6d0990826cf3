#include "ui/table/rows.h"

#include "core/map.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "core/text/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const size_t none = SIZE_MAX;

struct node {
  size_t parent, first_child, last_child, next;
  size_t children, descendants;
  enum severity severity; /* the worst of the descendants */
  bool keep, match, first;
};

/* The rows as a tree of indexes; roots are children of an imaginary node at `count`. */
struct tree {
  const struct table *table;
  const struct rows_query *query;
  struct node *nodes;
  size_t count;
};

static bool is_ascii(const char *text) {
  for (; *text; text++)
    if ((unsigned char)*text >= 0x80)
      return false;
  return true;
}

bool row_matches(const struct table_spec *spec, const struct row *row, const char *filter) {
  bool fast = is_ascii(filter);
  for (size_t i = 0; i < spec->column_count; i++) {
    struct value value = row->cells[i];
    char number[FORMAT_MAX];
    const char *text = NULL;
    if (value.type == VALUE_TEXT)
      text = value.text;
    else if (value.type == VALUE_INT && spec->columns[i].unit == UNIT_NONE)
      text = format_value(number, sizeof number, value, UNIT_NONE, false);
    if (text && (fast ? strcasestr(text, filter) != NULL : text_contains(text, filter)))
      return true;
  }
  return false;
}

static bool has_parents(const struct table *table) {
  for (size_t i = 0; i < table->row_count; i++)
    if (table->rows[i].parent)
      return true;
  return false;
}

static void find_parents(struct tree *tree) {
  const struct table *table = tree->table;
  for (size_t i = 0; i < tree->count; i++)
    tree->nodes[i].parent = tree->count;
  if (!has_parents(table))
    return;
  struct map rows = {0};
  for (size_t i = 0; i < tree->count; i++) {
    const char *parent = table->rows[i].parent;
    const struct map_slot *found = parent ? map_find(&rows, parent) : NULL;
    if (found)
      tree->nodes[i].parent = found->value;
    map_add(&rows, table->rows[i].key, i);
  }
  map_fini(&rows);
}

/* What a row passes to its ancestors: whether to stay, how many it hides and how severe they are.
 * Children come after their parents, so one backward pass is enough. */
static void sum_up(struct tree *tree) {
  const char *filter = tree->query->filter;
  bool filtered = filter && *filter;
  for (size_t i = tree->count; i-- > 0;) {
    struct node *node = &tree->nodes[i];
    node->match = !filtered || row_matches(tree->table->spec, &tree->table->rows[i], filter);
    node->keep = node->keep || node->match;
    if (!node->keep)
      continue;
    struct node *parent = &tree->nodes[node->parent];
    parent->keep = true;
    parent->children++;
    parent->descendants += node->descendants + 1;
    parent->severity = severity_worse(
        parent->severity, severity_worse(node->severity, tree->table->rows[i].severity));
  }
}

/* Children come after their parents. */
static void find_first(struct tree *tree) {
  const struct rows_first *first = &tree->query->first;
  for (size_t i = tree->count; i-- > 0 && first->is_first;) {
    struct node *node = &tree->nodes[i];
    size_t root = i;
    while (tree->nodes[root].parent != tree->count)
      root = tree->nodes[root].parent;
    node->first = node->first ||
                  first->is_first(first->context, &tree->table->rows[root], &tree->table->rows[i]);
    if (node->first && node->parent != tree->count)
      tree->nodes[node->parent].first = true;
  }
}

static int compare(const void *a, const void *b, void *context) {
  const struct tree *tree = context;
  size_t x = *(const size_t *)a, y = *(const size_t *)b;
  size_t column = (size_t)tree->query->sort_column;
  struct value left = tree->table->rows[x].cells[column];
  struct value right = tree->table->rows[y].cells[column];
  bool left_none = left.type == VALUE_NONE, right_none = right.type == VALUE_NONE;
  int order;
  if (left_none || right_none)
    order = left_none - right_none; /* unknown values stay at the end */
  else
    order = value_compare(left, right) * (left.type == VALUE_TEXT ? 1 : -1) *
            (tree->query->inverted ? -1 : 1);
  return order != 0 ? order : (x > y) - (x < y);
}

/* Those that come first, then the others, each in the order of the collector; roots stay where they
 * are. */
static void order_first(const struct tree *tree, size_t *order) {
  size_t count = 0;
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < tree->count; i++) {
      const struct node *node = &tree->nodes[i];
      if ((node->first || node->parent == tree->count) == (pass == 0))
        order[count++] = i;
    }
}

static void link_children(struct tree *tree) {
  size_t *order = mem_new((tree->count + 1) * sizeof *order);
  for (size_t i = 0; i < tree->count; i++)
    order[i] = i;
  int column = tree->query->sort_column;
  if (column >= 0 && (size_t)column < tree->table->spec->column_count)
    qsort_r(order, tree->count, sizeof *order, compare, tree);
  else
    order_first(tree, order);
  for (size_t i = 0; i < tree->count; i++) {
    struct node *node = &tree->nodes[order[i]];
    if (!node->keep)
      continue;
    struct node *parent = &tree->nodes[node->parent];
    if (parent->first_child == none)
      parent->first_child = order[i];
    else
      tree->nodes[parent->last_child].next = order[i];
    parent->last_child = order[i];
  }
  free(order);
}

static bool node_is_open(const struct tree *tree, size_t index, int depth) {
  const struct node *node = &tree->nodes[index];
  const struct rows_open *open = &tree->query->open;
  if (node->children == 0)
    return false;
  bool filtered = tree->query->filter && *tree->query->filter;
  return filtered || !open->is_open ||
         open->is_open(open->context, &tree->table->rows[index], depth, node->children);
}

static size_t walk(const struct tree *tree, struct ordered_row *out) {
  size_t count = 0, at = tree->nodes[tree->count].first_child, root = at;
  int depth = 0;
  while (at != none) {
    const struct node *node = &tree->nodes[at];
    if (depth == 0)
      root = at;
    bool open = node_is_open(tree, at, depth);
    out[count++] = (struct ordered_row){.row = &tree->table->rows[at],
                                        .root = &tree->table->rows[root],
                                        .depth = depth,
                                        .children = node->children,
                                        .hidden = open ? 0 : node->descendants,
                                        .hidden_severity = open ? SEVERITY_OK : node->severity,
                                        .open = open,
                                        .match = node->match};
    if (open) {
      at = node->first_child;
      depth++;
      continue;
    }
    while (at != tree->count && tree->nodes[at].next == none) {
      at = tree->nodes[at].parent;
      depth--;
    }
    at = at == tree->count ? none : tree->nodes[at].next;
  }
  return count;
}

size_t rows_order(const struct table *table, const struct rows_query *query,
                  struct ordered_row **out) {
  struct tree tree = {.table = table, .query = query, .count = table->row_count};
  tree.nodes = mem_new((tree.count + 1) * sizeof *tree.nodes);
  for (size_t i = 0; i <= tree.count; i++)
    tree.nodes[i].first_child = tree.nodes[i].next = tree.nodes[i].parent = none;
  find_parents(&tree);
  sum_up(&tree);
  find_first(&tree);
  link_children(&tree);
  *out = mem_new((tree.count + 1) * sizeof **out);
  size_t count = walk(&tree, *out);
  free(tree.nodes);
  return count;
}
