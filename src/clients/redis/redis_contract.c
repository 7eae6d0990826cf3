#include "clients/redis/redis_contract.h"

#include "clients/redis/redis_info.h"

int redis_database_of_key(const char *key) {
  return redis_info_index(key, "db");
}
