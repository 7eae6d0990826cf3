#!/bin/bash
# The quick health check that the platform's guide prescribes, with its own tools: what a person ran
# before there was stacktop. Addresses come from the environment, that is all that is changed.
set -u
for port in "$API_PORT" "$DASHBOARD_PORT" "$POSTGRES_PORT" "$KAFKA_PORT" "$REDIS_PORT"; do
  nc -z 127.0.0.1 "$port" && echo "UP $port" || echo "DOWN $port"
done
curl -s -o /dev/null -w '%{http_code}\n' "http://127.0.0.1:$API_PORT/health"
pg_isready -h 127.0.0.1 -p "$POSTGRES_PORT"
psql -h 127.0.0.1 -p "$POSTGRES_PORT" -U ecap_user -d ecap -t -c 'SELECT count(*) FROM pg_stat_activity;'
"$KAFKA_TOOL" --state "$STATE" topics --list
"$KAFKA_TOOL" --state "$STATE" consumer-groups --describe --group ecap-consumer-group
redis-cli -h 127.0.0.1 -p "$REDIS_PORT" ping
redis-cli -h 127.0.0.1 -p "$REDIS_PORT" info memory
df -h
