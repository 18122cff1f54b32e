"""Getting and consuming; settling; prefetch; cancelling."""
import pika
from pika import spec

from gate import (Inbox, channel, closes_channel, connection, eventually, is_empty, queue, quiet, ready, send, take,
                  version)


def test_get_counts_what_is_left():
    with channel() as ch:
        q = queue(ch)
        send(ch, q, "a", "b", "c")
        ready(ch, q)
        method, _, body = ch.basic_get(q, auto_ack=False)
        assert (method.message_count, method.redelivered, method.exchange, method.routing_key) == (2, False, "", q)
        assert body == b"a"
        ch.basic_ack(method.delivery_tag)
        assert ready(ch, q) == 2
        assert take(ch, q)[2] == "b" and take(ch, q)[2] == "c"
        assert is_empty(ch, q)


def test_consume_and_ack():
    with channel() as ch:
        q = queue(ch)
        inbox = Inbox(ch, q)
        send(ch, q, "a", "b", "c")
        got = inbox.wait(3)
        assert inbox.bodies == ["a", "b", "c"]
        assert [method.delivery_tag for method, _, _ in got] == [1, 2, 3]
        assert {method.consumer_tag for method, _, _ in got} == {inbox.tag}
        for method, _, _ in got:
            ch.basic_ack(method.delivery_tag)
        ch.basic_cancel(inbox.tag)
        ch.basic_recover(requeue=True)
        assert is_empty(ch, q)


def test_what_is_unacked_comes_back_redelivered_in_its_place():
    with connection() as opened:
        ch = opened.channel()
        q = queue(ch)
        send(ch, q, "a", "b", "c")
        other = opened.channel()
        ready(ch, q)
        inbox = Inbox(other, q)
        inbox.wait(3)
        other.basic_ack(2)
        other.close()
        eventually(ch, lambda: ready(ch, q) == 2)
        assert [(m.redelivered, b) for m, _, b in (take(ch, q), take(ch, q))] == [(True, "a"), (True, "c")]


def test_ack_multiple():
    with channel() as ch:
        q = queue(ch)
        inbox = Inbox(ch, q)
        send(ch, q, "a", "b", "c", "d")
        inbox.wait(4)
        ch.basic_ack(3, multiple=True)
        ch.basic_cancel(inbox.tag)
        ch.basic_recover(requeue=True)
        assert take(ch, q)[2] == "d"
        assert is_empty(ch, q)


def test_ack_of_everything():
    with channel() as ch:
        q = queue(ch)
        inbox = Inbox(ch, q)
        send(ch, q, "a", "b")
        inbox.wait(2)
        ch.basic_ack(0, multiple=True)
        ch.basic_cancel(inbox.tag)
        ch.basic_recover(requeue=True)
        assert is_empty(ch, q)


def test_nack_with_requeue_multiple():
    with channel() as ch:
        q = queue(ch)
        inbox = Inbox(ch, q)
        send(ch, q, "a", "b", "c")
        inbox.wait(3)
        ch.basic_cancel(inbox.tag)
        ch.basic_nack(2, multiple=True, requeue=True)
        assert [(m.redelivered, b) for m, _, b in (take(ch, q), take(ch, q))] == [(True, "a"), (True, "b")]
        assert is_empty(ch, q)
        ch.basic_ack(3)


def test_nack_and_reject_without_requeue_drop():
    with channel() as ch:
        q = queue(ch)
        inbox = Inbox(ch, q)
        send(ch, q, "a", "b")
        inbox.wait(2)
        ch.basic_nack(1, requeue=False)
        ch.basic_reject(2, requeue=False)
        ch.basic_cancel(inbox.tag)
        ch.basic_recover(requeue=True)
        assert is_empty(ch, q)


def test_reject_with_requeue_redelivers():
    with channel() as ch:
        q = queue(ch)
        inbox = Inbox(ch, q)
        send(ch, q, "a")
        inbox.wait(1)
        ch.basic_reject(1, requeue=True)
        method, _, _ = inbox.wait(2)[1]
        assert (method.redelivered, method.delivery_tag) == (True, 2)
        ch.basic_ack(2)


def test_an_unknown_tag_is_406():
    for settle in (lambda ch: ch.basic_ack(9), lambda ch: ch.basic_nack(9), lambda ch: ch.basic_reject(9),
                   lambda ch: ch.basic_ack(9, multiple=True)):
        with channel() as ch:
            closes_channel(406, "PRECONDITION_FAILED - unknown delivery tag 9",
                           lambda: (settle(ch), ch.queue_declare("", exclusive=True)))


def test_settling_twice_is_406():
    with channel() as ch:
        q = queue(ch)
        send(ch, q, "a")
        method, _, _ = take(ch, q, auto_ack=False)
        ch.basic_ack(method.delivery_tag)
        closes_channel(406, "unknown delivery tag 1", lambda: (ch.basic_ack(method.delivery_tag), ready(ch, q)))


def test_recover_without_requeue_is_540():
    with channel() as ch:
        try:
            ch.basic_recover(requeue=False)
            ch.queue_declare("", exclusive=True)
        except pika.exceptions.ConnectionClosedByBroker as closed:
            assert (closed.reply_code, closed.reply_text) == (540, "NOT_IMPLEMENTED - requeue=false"), closed
        else:
            raise AssertionError("no 540")


def test_prefetch():
    with channel() as ch:
        q = queue(ch)
        send(ch, q, *"abcdef")
        ch.basic_qos(prefetch_count=2)
        inbox = Inbox(ch, q)
        inbox.wait(2)
        quiet(ch)
        assert inbox.bodies == ["a", "b"]
        ch.basic_ack(1)
        inbox.wait(3)
        quiet(ch)
        assert inbox.bodies == ["a", "b", "c"]
        ch.basic_ack(3, multiple=True)
        inbox.wait(5)
        ch.basic_cancel(inbox.tag)


def test_prefetch_is_each_consumers_own():
    with channel() as ch:
        q = queue(ch)
        send(ch, q, *"abcdef")
        ch.basic_qos(prefetch_count=1)
        first, second = Inbox(ch, q), Inbox(ch, q)
        first.wait(1), second.wait(1)
        quiet(ch)
        assert len(first.got) == len(second.got) == 1


def test_global_prefetch_is_the_channels_or_since_4_3_each_consumers():
    with channel() as ch:
        q = queue(ch)
        most = 3 if version(ch) < (4, 3) else 6
        ch.basic_qos(prefetch_count=3, global_qos=True)
        first, second = Inbox(ch, q), Inbox(ch, q)
        send(ch, q, *"abcdefghij")
        eventually(ch, lambda: len(first.got) + len(second.got) == most)
        quiet(ch)
        assert len(first.got) + len(second.got) == most


def test_prefetch_of_consumers_lifts_the_global_one():
    with channel() as ch:
        q = queue(ch)
        ch.basic_qos(prefetch_count=3, global_qos=True)
        ch.basic_qos(prefetch_count=2)
        first, second = Inbox(ch, q), Inbox(ch, q)
        send(ch, q, *"abcdefghij")
        eventually(ch, lambda: len(first.got) + len(second.got) == 4)
        quiet(ch)
        assert len(first.got) == len(second.got) == 2


def test_auto_ack_has_no_limit():
    with channel() as ch:
        q = queue(ch)
        ch.basic_qos(prefetch_count=1)
        send(ch, q, *"abcdef")
        inbox = Inbox(ch, q, auto_ack=True)
        inbox.wait(6)
        ch.basic_cancel(inbox.tag)
        assert is_empty(ch, q)


def test_consumers_take_turns():
    with channel() as ch:
        q = queue(ch)
        inboxes = [Inbox(ch, q, auto_ack=True) for _ in range(3)]
        send(ch, q, *[str(n) for n in range(30)])
        eventually(ch, lambda: sum(len(inbox.got) for inbox in inboxes) == 30)
        assert [len(inbox.got) for inbox in inboxes] == [10, 10, 10]


def test_cancel_from_the_client():
    with channel() as ch:
        q = queue(ch)
        inbox = Inbox(ch, q)
        send(ch, q, "a")
        inbox.wait(1)
        ch.basic_cancel(inbox.tag)
        send(ch, q, "b")
        quiet(ch)
        assert inbox.bodies == ["a"]
        # What it holds stays with the channel.
        ch.basic_ack(1)
        assert take(ch, q)[2] == "b"


def test_cancel_from_the_broker():
    with channel() as ch:
        q = queue(ch)
        cancelled = []
        ch.add_on_cancel_callback(lambda frame: cancelled.append(frame.method.consumer_tag))
        inbox = Inbox(ch, q)
        ch.queue_delete(q)
        eventually(ch, lambda: cancelled)
        assert cancelled == [inbox.tag]
        assert ch.is_open and not ch.consumer_tags


def test_exclusive_consumer():
    with connection() as opened:
        ch = opened.channel()
        q = queue(ch)
        Inbox(ch, q, exclusive=True)
        other = opened.channel()
        closes_channel(403, "ACCESS_REFUSED - queue '%s' in vhost '/' in exclusive use" % q, lambda: Inbox(other, q))


def test_one_tag_twice_is_530():
    with channel() as ch:
        q = queue(ch)
        ch.basic_consume(q, print, consumer_tag="t")
        try:
            ch._impl._send_method(spec.Basic.Consume(queue=q, consumer_tag="t"))
            ch.queue_declare("", exclusive=True)
        except pika.exceptions.ConnectionClosedByBroker as closed:
            assert closed.reply_code == 530 and "attempt to reuse consumer tag 't'" in closed.reply_text, closed
        else:
            raise AssertionError("no 530")


def test_consume_generator():
    with channel() as ch:
        q = queue(ch)
        send(ch, q, *"abcde")
        got = []
        for method, _, body in ch.consume(q, inactivity_timeout=5):
            assert method is not None, "nothing came"
            got.append(body)
            ch.basic_ack(method.delivery_tag)
            if len(got) == 3:
                break
        assert got == [b"a", b"b", b"c"]
        ch.cancel()
        assert [take(ch, q)[2] for _ in range(2)] == ["d", "e"]


def test_consume_generator_gives_up_when_idle():
    with channel() as ch:
        q = queue(ch)
        assert next(ch.consume(q, inactivity_timeout=0.2)) == (None, None, None)
        ch.cancel()


def test_start_consuming_ends_with_stop():
    with channel() as ch:
        q = queue(ch)
        got = []

        def receive(_ch, method, _properties, body):
            got.append(body)
            ch.basic_ack(method.delivery_tag)
            if body == b"last":
                ch.stop_consuming()

        ch.basic_consume(q, receive)
        send(ch, q, "first", "last")
        ch.start_consuming()
        assert got == [b"first", b"last"]


def test_flow_off_is_refused_or_works():
    with channel() as ch:
        try:
            assert ch.flow(False) is not None
        except pika.exceptions.ConnectionClosedByBroker as closed:
            assert (closed.reply_code, closed.reply_text) == (540, "NOT_IMPLEMENTED - active=false"), closed
