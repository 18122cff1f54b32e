"""Publishing: confirms, returns, properties."""
import datetime
import decimal

import pika
from pika.exceptions import NackError, UnroutableError

import gate
from gate import (channel, closes_channel, connection, eventually, holds, is_empty, parameters, queue, ready, send,
                  take, version)


def test_confirmed_publishes():
    with channel(confirms=True) as ch:
        q = queue(ch)
        for number in range(300):
            ch.basic_publish("", q, str(number).encode(), mandatory=True)
        assert [take(ch, q)[2] for _ in range(300)] == [str(number) for number in range(300)]


def test_unroutable_and_mandatory_with_confirms():
    with channel(confirms=True) as ch:
        try:
            ch.basic_publish("amq.direct", "nowhere", b"m", pika.BasicProperties(message_id="7"), mandatory=True)
        except UnroutableError as error:
            returned, = error.messages
            assert (returned.method.reply_code, returned.method.reply_text) == (312, "NO_ROUTE")
            assert (returned.method.exchange, returned.method.routing_key) == ("amq.direct", "nowhere")
            assert returned.properties.message_id == "7" and returned.body == b"m"
        else:
            raise AssertionError("no UnroutableError")


def test_unroutable_and_not_mandatory_is_confirmed():
    with channel(confirms=True) as ch:
        ch.basic_publish("amq.direct", "nowhere", b"m")


def test_mandatory_return_without_confirms():
    with channel() as ch:
        returns = []
        ch.add_on_return_callback(lambda _ch, *got: returns.append(got))
        ch.basic_publish("", "gate.nowhere", b"gone", mandatory=True)
        eventually(ch, lambda: returns)
        method, _, body = returns[0]
        assert (method.reply_code, method.routing_key, body) == (312, "gate.nowhere", b"gone")


def test_full_queue_nacks():
    with channel(confirms=True) as ch:
        q = queue(ch, {"x-max-length": 2, "x-overflow": "reject-publish"})
        send(ch, q, "a", "b")
        try:
            send(ch, q, "c")
        except NackError as error:
            assert len(error.messages) <= 1
        else:
            raise AssertionError("no NackError")
        holds(ch, q, 2)


def test_publish_to_a_missing_exchange_closes_the_channel():
    with channel(confirms=True) as ch:
        closes_channel(404, "NOT_FOUND - no exchange 'gate.none' in vhost '/'",
                       lambda: ch.basic_publish("gate.none", "k", b"m"))


def test_every_property_survives():
    with channel(confirms=True) as ch:
        q = queue(ch)
        headers = {
            "text": "grüße", "number": 7, "long": 5_000_000_000, "negative": -3, "yes": True, "no": False,
            "nothing": None, "list": [1, "two", {"three": 3}], "table": {"inner": {"x": 1}},
            "decimal": decimal.Decimal("1.25"), "time": datetime.datetime(2024, 5, 6, 7, 8, 9),
        }
        sent = pika.BasicProperties(
            content_type="text/plain", content_encoding="utf-8", headers=headers, delivery_mode=2, priority=3,
            correlation_id="c", reply_to="r", expiration="100000", message_id="m", timestamp=1_700_000_000, type="t",
            user_id=parameters().credentials.username, app_id="a", cluster_id="k")
        ch.basic_publish("", q, b"body", sent)
        _, got, _ = take(ch, q)
        if version(ch) >= (4, 0) and got.cluster_id is None:
            sent.cluster_id = None
        assert got == sent, (got, sent)


def test_a_foreign_user_id_is_406():
    with channel() as ch:
        user = parameters().credentials.username
        closes_channel(406, "user_id property set to 'someone' but authenticated user was '%s'" % user,
                       lambda: (send(ch, "gate.nowhere", "m", user_id="someone"), ready(ch, "gate.nowhere")))


def test_a_bad_expiration_is_406():
    with channel() as ch:
        q = queue(ch)
        closes_channel(406, "invalid expiration 'soon'",
                       lambda: (send(ch, q, "m", expiration="soon"), ready(ch, q)))


def test_carbon_copies():
    with channel(confirms=True) as ch:
        a, b, c = queue(ch), queue(ch), queue(ch)
        send(ch, a, "m", headers={"CC": [b], "BCC": [c]})
        for q in (a, b, c):
            _, properties, _ = take(ch, q)
            assert properties.headers == {"CC": [b]}, properties.headers


def test_transactions_are_refused_or_work():
    with channel() as ch:
        try:
            ch.tx_select()
        except pika.exceptions.AMQPError as error:
            assert gate.broker.is_test_broker and "NOT_IMPLEMENTED" in str(error), error
            return
        assert not gate.broker.is_test_broker, "a TestBroker refuses them"
        q = queue(ch)
        send(ch, q, "a")
        ch.tx_rollback()
        assert ready(ch, q) == 0


def test_an_open_confirm_channel_reports_after_a_close():
    with connection() as opened:
        ch = opened.channel()
        ch.confirm_delivery()
        q = queue(ch)
        send(ch, q, "a")
        ch.close()
        again = opened.channel()
        assert take(again, q)[2] == "a"
        assert is_empty(again, q)
