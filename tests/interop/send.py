"""send.py QUEUE TEXT...: each text is a message to a quorum queue, confirmed."""
import os
import sys

import pika

queue, *texts = sys.argv[1:]
with pika.BlockingConnection(pika.URLParameters(os.environ["BROKER_URI"])) as connection:
    channel = connection.channel()
    channel.confirm_delivery()
    channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
    for text in texts:
        channel.basic_publish("", queue, text, pika.BasicProperties(delivery_mode=2), mandatory=True)
        print(f"[py] sent {text}")
