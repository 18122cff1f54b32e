"""emit.py EXCHANGE KIND ROUTING_KEY TEXT: one message to an exchange, confirmed."""
import os
import sys

import pika

exchange, kind, routing_key, text = sys.argv[1:]
with pika.BlockingConnection(pika.URLParameters(os.environ["BROKER_URI"])) as connection:
    channel = connection.channel()
    channel.confirm_delivery()
    channel.exchange_declare(exchange, kind, durable=True)
    channel.basic_publish(exchange, routing_key, text)
    print(f"[py] sent {routing_key}: {text}")
