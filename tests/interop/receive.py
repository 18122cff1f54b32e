"""receive.py QUEUE: prints what comes and acknowledges it, until Ctrl+C."""
import os
import sys

import pika

queue = sys.argv[1]
connection = pika.BlockingConnection(pika.URLParameters(os.environ["BROKER_URI"]))
channel = connection.channel()
channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
channel.basic_qos(prefetch_count=1)


def on_message(channel, method, properties, body):
    kind = "persistent" if properties.delivery_mode == 2 else "transient"
    print(f"[py] received {body.decode()} ({kind}, {properties.content_type})", flush=True)
    channel.basic_ack(method.delivery_tag)


channel.basic_consume(queue, on_message)
print("[py] waiting", flush=True)
try:
    channel.start_consuming()
except KeyboardInterrupt:
    channel.stop_consuming()
connection.close()
