"""subscribe.py EXCHANGE KIND BINDING_KEY...: prints what the exchange sends to a queue of its own, until Ctrl+C."""
import os
import sys

import pika

exchange, kind, *keys = sys.argv[1:]
connection = pika.BlockingConnection(pika.URLParameters(os.environ["BROKER_URI"]))
channel = connection.channel()
channel.exchange_declare(exchange, kind, durable=True)
queue = channel.queue_declare("", exclusive=True).method.queue
for key in keys:
    channel.queue_bind(queue, exchange, key)


def on_message(_channel, method, _properties, body):
    print(f"[py] received {method.routing_key}: {body.decode()}", flush=True)


channel.basic_consume(queue, on_message, auto_ack=True)
print("[py] waiting", flush=True)
try:
    channel.start_consuming()
except KeyboardInterrupt:
    channel.stop_consuming()
connection.close()
