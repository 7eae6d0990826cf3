#include "report/text.h"
bool report_text_write(FILE *out, const struct model *model, int64_t now_ms,
                       const struct report_text_options *options) {
  (void)now_ms;
  (void)options;
  for (size_t i = 0; i < model->findings->count; i++)
    fprintf(out, "%s %s: %s\n", severity_name(model->findings->items[i].severity),
            model->findings->items[i].subject, model->findings->items[i].sentence);
  return true;
}
