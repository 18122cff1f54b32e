"""Connecting, and being refused."""
import pika
from pika.exceptions import AMQPConnectionError, ProbableAuthenticationError

from gate import channel, closes_channel, connection, parameters, queue, send, take, url


def refused(kind, code, text, **changes):
    try:
        pika.BlockingConnection(parameters(**changes))
    except kind as error:
        assert str(code) in str(error) and text in str(error), error
    else:
        raise AssertionError("it connected")


def test_url_parameters():
    opened = pika.BlockingConnection(url("heartbeat=7&frame_max=8192&channel_max=5&client_properties={'a':'b'}"))
    params = opened._impl.params
    assert (params.heartbeat, params.frame_max, params.channel_max) == (7, 8192, 5)
    assert opened.channel().is_open
    opened.close()
    assert opened.is_closed


def test_server_properties_tell_capabilities():
    with connection() as opened:
        assert opened.basic_nack_supported and opened.consumer_cancel_notify_supported
        assert opened.exchange_exchange_bindings_supported and opened.publisher_confirms_supported


def test_wrong_password_is_403():
    refused(ProbableAuthenticationError, 403, "ACCESS_REFUSED - Login was refused using authentication mechanism "
            "PLAIN. For details see the broker logfile.",
            credentials=pika.PlainCredentials(parameters().credentials.username, "wrong"))


def test_unknown_user_is_403():
    refused(ProbableAuthenticationError, 403, "ACCESS_REFUSED - Login was refused",
            credentials=pika.PlainCredentials("nobody", "guest"))


def test_missing_virtual_host_is_530():
    refused(AMQPConnectionError, 530, "NOT_ALLOWED - vhost nowhere not found", virtual_host="nowhere")


def test_close_from_the_client_ends_all_channels():
    opened = pika.BlockingConnection(parameters())
    first, second = opened.channel(), opened.channel()
    assert first.channel_number != second.channel_number
    opened.close(200, "done")
    assert first.is_closed and second.is_closed


def test_a_channel_number_is_free_after_its_close():
    with connection() as opened:
        first = opened.channel(5)
        first.close()
        assert opened.channel(5).is_open


def test_a_channel_number_is_free_after_the_broker_closed_it():
    with connection() as opened:
        first = opened.channel(5)
        closes_channel(404, "no queue", lambda: first.queue_declare("gate.none", passive=True))
        assert opened.channel(5).is_open


def test_many_channels():
    with connection() as opened:
        channels = [opened.channel() for _ in range(200)]
        q = queue(channels[0])
        for number, ch in enumerate(channels):
            send(ch, q, str(number))
        got = {take(channels[0], q)[2] for _ in channels}
        assert got == {str(number) for number in range(200)}


def test_bodies_larger_than_a_frame():
    with channel(confirms=True, frame_max=8192) as ch:
        q = queue(ch)
        for size in (0, 1, 8184, 8185, 100_000, 1_000_000):
            send(ch, q, "x" * size)
            assert take(ch, q)[2] == "x" * size
