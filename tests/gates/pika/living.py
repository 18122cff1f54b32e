"""Long-lived connections: heartbeats, alarms, threads, forced closes."""
import functools
import threading
import time

import pika

import gate
from gate import Inbox, channel, closes_connection, connection, eventually, parameters, queue, ready, send, take


def needs_alarm(test):
    test.runs = lambda: gate.broker.has_alarm
    return test


def needs_a_hand_in_the_broker(test):
    test.runs = lambda: gate.broker.is_test_broker
    return test


def test_an_idle_connection_lives_on_heartbeats():
    with channel(heartbeat=2) as ch:
        q = queue(ch)
        ch.connection.sleep(7)
        send(ch, q, "a")
        assert take(ch, q)[2] == "a"


def test_a_client_that_does_not_answer_is_cut():
    with connection(heartbeat=1) as opened:
        opened.channel()
        time.sleep(5)
        try:
            opened.process_data_events(time_limit=1)
            opened.channel()
        except pika.exceptions.AMQPConnectionError:
            return
        raise AssertionError("it still lives")


@needs_alarm
def test_a_blocked_connection_waits():
    with connection(blocked_connection_timeout=None) as opened:
        ch = opened.channel()
        q = queue(ch)
        told = []
        opened.add_on_connection_blocked_callback(lambda _c, frame: told.append(frame.method.reason))
        opened.add_on_connection_unblocked_callback(lambda _c, _frame: told.append("unblocked"))
        send(ch, q, "before")
        ready(ch, q)
        with gate.broker.alarm():
            opened.sleep(1)
            assert not told, "it is told when it publishes"
            send(ch, q, "during")
            eventually(ch, lambda: told)
            assert told == ["low on memory"], told
            with channel() as other:
                # Who does not publish is served.
                other.queue_declare("", exclusive=True)
        eventually(ch, lambda: told[1:] == ["unblocked"])
        assert [take(ch, q)[2] for _ in range(2)] == ["before", "during"]


@needs_alarm
def test_a_consumer_goes_on_while_publishers_are_blocked():
    with channel() as publisher, channel() as consumer:
        q = queue(publisher, exclusive=False, auto_delete=True)
        send(publisher, q, "a", "b")
        ready(publisher, q)
        with gate.broker.alarm():
            inbox = Inbox(consumer, q)
            inbox.wait(2)
            consumer.basic_ack(2, multiple=True)


@needs_alarm
def test_blocked_for_too_long():
    with connection(blocked_connection_timeout=0.5) as opened:
        ch = opened.channel()
        q = queue(ch)
        with gate.broker.alarm():
            opened.sleep(1)
            send(ch, q, "a")
            try:
                opened.sleep(10)
            except pika.exceptions.ConnectionBlockedTimeout:
                return
            raise AssertionError("no timeout")


@needs_a_hand_in_the_broker
def test_a_forced_close_is_320():
    with connection() as opened:
        gate.broker.tell("close")
        closes_connection(320, "CONNECTION_FORCED", lambda: opened.process_data_events(time_limit=5))


def test_threads_with_a_connection_each():
    with channel() as ch:
        q = queue(ch, exclusive=False, auto_delete=True)
        failures = []

        def publish(thread):
            try:
                with channel(confirms=True) as own:
                    for number in range(250):
                        send(own, q, "%d.%d" % (thread, number))
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=publish, args=(thread,)) for thread in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures, failures
        inbox = Inbox(ch, q, auto_ack=True)
        inbox.wait(1000)
        for thread in range(4):
            of_it = [body for body in inbox.bodies if body.startswith("%d." % thread)]
            assert of_it == ["%d.%d" % (thread, number) for number in range(250)]


def test_a_worker_thread_acks_through_the_connections_own():
    with channel() as ch:
        q = queue(ch)
        ch.basic_qos(prefetch_count=1)
        workers, done = [], []

        def work(tag, body):
            done.append(body)
            ch.connection.add_callback_threadsafe(functools.partial(ch.basic_ack, tag))

        def receive(_ch, method, _properties, body):
            workers.append(threading.Thread(target=work, args=(method.delivery_tag, body)))
            workers[-1].start()

        ch.basic_consume(q, receive)
        send(ch, q, *"abcdef")
        eventually(ch, lambda: len(done) == 6)
        for worker in workers:
            worker.join()
        assert b"".join(done) == b"abcdef"


def test_a_select_connection():
    seen = []

    def opened(conn):
        conn.channel(on_open_callback=channel_opened)

    def channel_opened(ch):
        ch.confirm_delivery(ack_nack_callback=lambda frame: confirmed(ch, frame))
        ch.queue_declare("", exclusive=True, callback=lambda frame: declared(ch, frame.method.queue))

    def declared(ch, q):
        ch.basic_consume(q, lambda _ch, method, _properties, body: received(ch, body), auto_ack=True)
        for number in range(100):
            ch.basic_publish("", q, b"%d" % number)

    def confirmed(ch, frame):
        assert isinstance(frame.method, pika.spec.Basic.Ack)
        seen.append(("ack", frame.method.delivery_tag))
        finish(ch)

    def received(ch, body):
        seen.append(("got", int(body)))
        finish(ch)

    def finish(ch):
        if ("ack", 100) in seen and ("got", 99) in seen and ch.is_open:
            ch.connection.close()

    conn = pika.SelectConnection(
        parameters(), on_open_callback=opened, on_close_callback=lambda c, _reason: c.ioloop.stop())
    conn.ioloop.start()
    assert [number for kind, number in seen if kind == "got"] == list(range(100))
