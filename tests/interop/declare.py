"""declare.py QUEUE [durable]: declares a queue as pika does when it is told nothing else: classic."""
import os
import sys

import pika

with pika.BlockingConnection(pika.URLParameters(os.environ["BROKER_URI"])) as connection:
    connection.channel().queue_declare(sys.argv[1], durable="durable" in sys.argv[2:])
