"""pika's blocking consumer, an ack for each. Prints "ready", and at the end "messages per_second cpu_us p50_us p99_us"."""
import struct
import sys
import time
import pika

uri, queue, prefetch, seconds, depth, wait = sys.argv[1], sys.argv[2], *map(float, sys.argv[3:7])
connection = pika.BlockingConnection(pika.URLParameters(uri))
channel = connection.channel()
channel.basic_qos(prefetch_count=int(prefetch))
took = []
count = 0
began = cpu = 0.0


def on_message(ch, method, properties, body):
    global count, began, cpu
    if wait:
        time.sleep(wait)
    if not depth:
        took.append(time.clock_gettime_ns(time.CLOCK_MONOTONIC) - struct.unpack_from('<q', body)[0])
    ch.basic_ack(method.delivery_tag)
    if not count:
        began, cpu = time.perf_counter(), time.process_time()
    count += 1
    if count == depth or time.perf_counter() - began >= seconds:
        ch.stop_consuming()


channel.basic_consume(queue, on_message)
print('ready', flush=True)
channel.start_consuming()
elapsed, cpu = time.perf_counter() - began, time.process_time() - cpu
took.sort()
at = [took[int(part * (len(took) - 1))] / 1000 if took else 0 for part in (0.5, 0.99)]
print(count - 1, (count - 1) / elapsed, cpu / max(1, count - 1) * 1e6, *at)
connection.close()
