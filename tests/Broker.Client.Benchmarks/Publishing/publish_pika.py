"""pika's blocking channel with confirms. Prints "messages messages_per_second cpu_us_per_message p50_us p99_us"."""
import sys
import time
import pika

uri, queue, size, seconds, per_second = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
connection = pika.BlockingConnection(pika.URLParameters(uri))
channel = connection.channel()
channel.confirm_delivery()
body = b'\0' * size
persistent = pika.BasicProperties(delivery_mode=2)


def run(for_seconds):
    took = []
    cpu, began = time.process_time(), time.perf_counter()
    while True:
        if per_second:
            time.sleep(max(0.0, began + len(took) / per_second - time.perf_counter()))
        now = time.perf_counter()
        if now - began >= for_seconds:
            break
        channel.basic_publish(exchange='', routing_key=queue, body=body, properties=persistent)
        took.append(time.perf_counter() - now)
    return took, time.perf_counter() - began, time.process_time() - cpu


run(seconds / 10)
took, elapsed, cpu = run(seconds)
took.sort()
print(len(took), len(took) / elapsed, cpu / len(took) * 1e6, took[len(took) // 2] * 1e6, took[int(len(took) * 0.99)] * 1e6)
connection.close()
