"""count.py QUEUE: prints how many messages are ready in it."""
import os
import sys

import pika

with pika.BlockingConnection(pika.URLParameters(os.environ["BROKER_URI"])) as connection:
    print(connection.channel().queue_declare(sys.argv[1], passive=True).method.message_count)
