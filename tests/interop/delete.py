"""delete.py NAME...: deletes the queues and exchanges of these names, where there are any."""
import os
import sys

import pika

with pika.BlockingConnection(pika.URLParameters(os.environ["BROKER_URI"])) as connection:
    channel = connection.channel()
    for name in sys.argv[1:]:
        channel.queue_delete(name)
        channel.exchange_delete(name)
