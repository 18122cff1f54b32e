"""Request and reply."""
import uuid

import pika

from gate import Inbox, channel, closes_channel, queue, take, version

REPLY_TO = "amq.rabbitmq.reply-to"


def test_reply_to_a_queue():
    with channel() as server, channel() as client:
        requests, replies = queue(server, exclusive=False, auto_delete=True), queue(client)

        def answer(ch, method, properties, body):
            ch.basic_publish("", properties.reply_to, body.upper(),
                             pika.BasicProperties(correlation_id=properties.correlation_id))
            ch.basic_ack(method.delivery_tag)

        server.basic_consume(requests, answer)
        asked = str(uuid.uuid4())
        client.basic_publish("", requests, b"hello", pika.BasicProperties(reply_to=replies, correlation_id=asked))
        done = []
        client.basic_consume(replies, lambda _ch, *got: done.append(got), auto_ack=True)
        while not done:
            server.connection.process_data_events(time_limit=0.02)
            client.connection.process_data_events(time_limit=0.02)
        _, properties, body = done[0]
        assert (properties.correlation_id, body) == (asked, b"HELLO")


def test_direct_reply_to():
    with channel() as server, channel() as client:
        requests = queue(server, exclusive=False, auto_delete=True)
        inbox = Inbox(client, REPLY_TO, auto_ack=True)
        for number in range(5):
            client.basic_publish("", requests, b"%d" % number, pika.BasicProperties(reply_to=REPLY_TO))
            method, properties, body = take(server, requests)
            assert properties.reply_to.startswith(REPLY_TO + ".")
            server.queue_declare(properties.reply_to, passive=True)
            server.basic_publish("", properties.reply_to, b"re " + body.encode())
        got = inbox.wait(5)
        assert inbox.bodies == ["re %d" % number for number in range(5)]
        # Before 4.3 a reply has the tag that the next delivery has too.
        tags = [method.delivery_tag for method, _, _ in got]
        assert tags == ([1, 2, 3, 4, 5] if version(client) >= (4, 3) else [1] * 5), tags
        method = got[0][0]
        assert (method.exchange, method.consumer_tag) == ("", inbox.tag)


def test_direct_reply_to_needs_auto_ack():
    with channel() as ch:
        closes_channel(406, "reply consumer cannot acknowledge", lambda: Inbox(ch, REPLY_TO))


def test_direct_reply_to_needs_its_consumer():
    with channel() as ch:
        closes_channel(406, "fast reply consumer does not exist", lambda: (
            ch.basic_publish("", "gate.nowhere", b"", pika.BasicProperties(reply_to=REPLY_TO)),
            ch.queue_declare("", exclusive=True)))


def test_a_reply_to_a_requester_that_is_gone_is_unroutable():
    with channel(confirms=True) as server:
        requests = queue(server, exclusive=False, auto_delete=True)
        with channel() as client:
            Inbox(client, REPLY_TO, auto_ack=True)
            client.basic_publish("", requests, b"x", pika.BasicProperties(reply_to=REPLY_TO))
            _, properties, _ = take(server, requests)
        try:
            server.basic_publish("", properties.reply_to, b"late", mandatory=True)
        except pika.exceptions.UnroutableError:
            assert version(server) < (4, 3)
        else:
            assert version(server) >= (4, 3), "no return"
