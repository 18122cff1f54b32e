"""rpc_server.py QUEUE: answers each number with its square, until Ctrl+C."""
import os
import sys

import pika

queue = sys.argv[1]
connection = pika.BlockingConnection(pika.URLParameters(os.environ["BROKER_URI"]))
channel = connection.channel()
channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
channel.basic_qos(prefetch_count=1)


def on_request(channel, method, properties, body):
    answer = pika.BasicProperties(correlation_id=properties.correlation_id)
    channel.basic_publish("", properties.reply_to, str(int(body) ** 2), answer)
    channel.basic_ack(method.delivery_tag)
    print(f"[py] answered {body.decode()}", flush=True)


channel.basic_consume(queue, on_request)
print("[py] waiting", flush=True)
try:
    channel.start_consuming()
except KeyboardInterrupt:
    channel.stop_consuming()
connection.close()
