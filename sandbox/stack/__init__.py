"""A real stack in a folder: PostgreSQL, Redis, Kafka, two web services and what keeps them busy.

    process   starts processes that can be told from others, and ends them
    state     the folder: state.json, mode.json, the lock
    part      what all parts have in common
    postgres, redis, memcached, kafka, jars, web, workload      the parts
    postgres_lab, pgbouncer, redis_lab, kafka_secured, web_lab, certificates    those of the lab
    layouts   which parts a sandbox and a lab have
    configure stacktop.yaml and addresses.txt; configure_lab the lab's
    stack     all parts together: up and down
    scenes    puts the running stack into a state, and waits until it is there
    clients   connections to the servers;  rdkafka  Kafka's, by librdkafka
    service_* what runs as a process of its own: the API, the dashboard, the workload
"""
