"""rpc_client.py QUEUE REQUEST [direct]: prints the reply, which comes to a queue of its own or to RabbitMQ's direct reply-to."""
import os
import sys

import pika

queue, request, *how = sys.argv[1:]
with pika.BlockingConnection(pika.URLParameters(os.environ["BROKER_URI"])) as connection:
    channel = connection.channel()
    direct = "direct" in how
    reply_to = "amq.rabbitmq.reply-to" if direct else channel.queue_declare("", exclusive=True).method.queue

    def on_reply(channel, _method, properties, body):
        if properties.correlation_id == "the-call":
            print(f"[py] got {body.decode()}")
            channel.stop_consuming()

    channel.basic_consume(reply_to, on_reply, auto_ack=True)
    channel.basic_publish("", queue, request, pika.BasicProperties(reply_to=reply_to, correlation_id="the-call"))
    channel.start_consuming()
