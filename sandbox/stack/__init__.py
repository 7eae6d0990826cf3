"""A real stack in a directory: PostgreSQL, Redis, Memcached, Kafka, two web services and a workload.

    process   starts processes, identifies them reliably, and ends them
    state     the directory: state.json, mode.json, the lock
    part      what all parts have in common
    postgres, redis, memcached, kafka, jars, web, workload      the parts
    postgres_lab, pgbouncer, redis_lab, kafka_secured, web_lab, certificates    the parts of the lab
    layouts   the parts of a sandbox and of a lab
    configure writes stacktop.yaml and addresses.txt;  configure_lab  those of the lab
    stack     starts and stops all parts
    scenes    puts the running stack into a scene, and waits until the servers show it
    clients   connections to the servers;  rdkafka  to Kafka, with librdkafka
    service_* separate processes: the API, the dashboard, the workload
"""
