"""pika's RPC client of the tutorial, with so many requests in flight. Prints "rate p50_us"."""
import sys
import time
import pika

uri, queue, in_flight, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
connection = pika.BlockingConnection(pika.URLParameters(uri))
channel = connection.channel()
callback_queue = channel.queue_declare(queue='', exclusive=True).method.queue
body = b'x' * 64
sent, took = {}, []
number = 0
stop = False


def request():
    global number
    number += 1
    key = str(number)
    sent[key] = time.perf_counter()
    channel.basic_publish(
        exchange='', routing_key=queue, body=body,
        properties=pika.BasicProperties(reply_to=callback_queue, correlation_id=key))


def on_response(ch, method, properties, reply):
    took.append(time.perf_counter() - sent.pop(properties.correlation_id))
    if not stop:
        request()


channel.basic_consume(queue=callback_queue, on_message_callback=on_response, auto_ack=True)
began = time.perf_counter()
for _ in range(in_flight):
    request()
while time.perf_counter() - began < seconds:
    connection.process_data_events(time_limit=0.1)
stop = True
elapsed = time.perf_counter() - began
took.sort()
print(len(took) / elapsed, took[len(took) // 2] * 1e6)
connection.close()
