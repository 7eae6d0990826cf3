/* Outcomes that could not be written: the result is known, only the disk has failed. */
#include "audit/audit.h"
#include "audit/audit_own.h"

static void tell(struct audit *audit, const struct append *append, enum audit_kept_state state,
                 const struct err *err) {
  if (audit->told)
    audit->told(audit->told_arg, &(struct audit_kept){.state = state,
                                                      .attempts = append->attempts,
                                                      .id = append->id,
                                                      .target = append->target,
                                                      .title = append->title,
                                                      .err = err});
}

void audit_on_kept(struct audit *audit, audit_kept_told told, void *arg) {
  audit->told = told;
  audit->told_arg = arg;
}

void audit_kept_queue(struct audit *audit) {
  if (!audit->kept)
    return;
  uv_timer_stop(&audit->retry);
  *audit->kept_link = audit->appends;
  if (!audit->appends)
    audit->append_link = audit->kept_link;
  audit->appends = audit->kept;
  audit->kept = NULL;
  audit->kept_link = &audit->kept;
}

static void on_retry(uv_timer_t *timer) {
  struct audit *audit = timer->data;
  audit_kept_queue(audit);
  audit_go(audit);
}

/* Several that fail together lengthen the pause only once. */
void audit_keep(struct audit *audit, struct append *append, const struct err *err) {
  if (append->attempts++ == 0)
    audit->kept_count++;
  append->next = NULL;
  *audit->kept_link = append;
  audit->kept_link = &append->next;
  if (!uv_is_active((uv_handle_t *)&audit->retry)) {
    uv_update_time(audit->io->loop);
    uv_timer_start(&audit->retry, on_retry, (uint64_t)audit->retry_ms, 0);
    audit->retry_ms *= 2;
    if (audit->retry_ms > AUDIT_RETRY_MAX_MS)
      audit->retry_ms = AUDIT_RETRY_MAX_MS;
  }
  tell(audit, append, AUDIT_KEPT, err);
}

void audit_kept_tell(struct audit *audit, const struct append *append, const struct err *err) {
  audit->kept_count--;
  if (!err)
    audit->retry_ms = AUDIT_RETRY_MS;
  tell(audit, append, err ? AUDIT_KEPT_LOST : AUDIT_KEPT_WRITTEN, err);
}
