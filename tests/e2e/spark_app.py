"""A driver of Spark for the tests: PORT NAME KIND [SECONDS]. KIND is dstream (one that takes SECONDS for a batch of 1 s),
query, or none. Orders come on stdin, a line each: fail (a job), slow SECONDS, end (the application). It writes "ready" and
what it has done."""

import sys
import time

from pyspark.sql import SparkSession
from pyspark.streaming import StreamingContext

PORT, NAME, KIND = sys.argv[1:4]
pace = {"seconds": float(sys.argv[4]) if len(sys.argv) > 4 else 0}
events = sys.argv[5] if len(sys.argv) > 5 else ""


def fail(_):
    raise ValueError("bad record 7 \x1b[31m")


def main():
    builder = (SparkSession.builder.master("local[2]").appName(NAME).config("spark.ui.port", PORT)
               .config("spark.ui.showConsoleProgress", "false").config("spark.sql.streaming.metricsEnabled", "true")
               .config("spark.driver.memory", "512m").config("spark.driver.host", "127.0.0.1"))
    if events:
        builder = builder.config("spark.eventLog.enabled", "true").config("spark.eventLog.dir", events)
    spark = builder.getOrCreate()
    context = spark.sparkContext
    context.setLogLevel("OFF")
    if KIND == "dstream":
        streaming = StreamingContext(context, 1)
        streaming.queueStream([], default=context.parallelize([1])).foreachRDD(lambda rdd: time.sleep(pace["seconds"]))
        streaming.start()
    elif KIND == "query":
        (spark.readStream.format("rate").option("rowsPerSecond", 50).load().writeStream.format("noop").queryName("rates.main")
         .trigger(processingTime="1 second").start())
    print("ready", flush=True)
    for line in sys.stdin:
        order, _, value = line.strip().partition(" ")
        if order == "fail":
            try:
                context.parallelize(range(4), 2).map(fail).count()
            except Exception:  # noqa: BLE001: it is meant to fail
                pass
        elif order == "slow":
            pace["seconds"] = float(value)
        elif order == "end":
            spark.stop()
        print(order, flush=True)


main()
