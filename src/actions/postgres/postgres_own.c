/* Actions of the configuration that run a statement. */
#include "actions/own.h"

void own_postgres_steps(struct own *own) {
  own->action.plan = own_plan;
}
