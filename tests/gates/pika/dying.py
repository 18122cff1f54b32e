"""Time to live, length limits, dead letters."""
from gate import channel, connection, eventually, holds, is_empty, name, queue, quiet, ready, send, take, version


def with_dead_letters(ch, arguments=None, **flags):
    dead = queue(ch)
    more = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
    return queue(ch, {**(arguments or {}), **more}, **flags), dead


def test_message_ttl_of_a_queue():
    with channel() as ch:
        q = queue(ch, {"x-message-ttl": 500})
        send(ch, q, "a")
        holds(ch, q, 1)
        holds(ch, q, 0)


def test_expiration_of_a_message():
    with channel() as ch:
        q = queue(ch)
        send(ch, q, "a", expiration="500")
        send(ch, q, "b")
        holds(ch, q, 2)
        holds(ch, q, 1)
        assert take(ch, q)[2] == "b"


def test_an_expired_message_behind_a_living_one_waits():
    with channel() as ch:
        q = queue(ch)
        send(ch, q, "lives")
        send(ch, q, "dies", expiration="1")
        quiet(ch)
        assert ready(ch, q) == 2
        assert take(ch, q)[2] == "lives"
        assert is_empty(ch, q)


def test_an_expired_queue_goes():
    with channel() as ch:
        q = queue(ch, {"x-expires": 300})

        def is_gone():
            other = ch.connection.channel()
            try:
                # A passive declare would be a use: what remains is an error of purging it.
                other.basic_publish("", q, b"", mandatory=True)
                found = []
                other.add_on_return_callback(lambda *_: found.append(1))
                other.connection.process_data_events(time_limit=0.2)
                return bool(found)
            finally:
                other.close()

        eventually(ch, is_gone)


def test_expired_messages_are_dead_lettered_with_their_history():
    with channel() as ch:
        q, dead = with_dead_letters(ch, {"x-message-ttl": 50})
        send(ch, q, "a", headers={"mine": 1})
        method, properties, body = take(ch, dead)
        assert (body, method.exchange, method.routing_key, method.redelivered) == ("a", "", dead, False)
        headers = properties.headers
        assert headers["mine"] == 1
        death, = headers["x-death"]
        assert (death["count"], death["reason"], death["queue"], death["exchange"], death["routing-keys"]) == (
            1, "expired", q, "", [q]), death
        assert death["time"].year >= 2024
        assert headers["x-first-death-reason"] == "expired" and headers["x-first-death-queue"] == q
        assert headers["x-first-death-exchange"] == ""
        if version(ch) >= (4, 0):
            assert headers["x-last-death-queue"] == q


def test_own_expiration_is_kept_in_the_history():
    with channel() as ch:
        q, dead = with_dead_letters(ch)
        send(ch, q, "a", expiration="50")
        _, properties, _ = take(ch, dead)
        assert properties.expiration is None
        assert properties.headers["x-death"][0]["original-expiration"] == "50"


def test_rejected_messages_are_dead_lettered():
    with channel() as ch:
        q, dead = with_dead_letters(ch)
        for settle in (lambda tag: ch.basic_reject(tag, requeue=False), lambda tag: ch.basic_nack(tag, requeue=False)):
            send(ch, q, "a")
            method, _, _ = take(ch, q, auto_ack=False)
            settle(method.delivery_tag)
            _, properties, _ = take(ch, dead)
            assert properties.headers["x-death"][0]["reason"] == "rejected"


def test_messages_over_the_length_are_dead_lettered_from_the_head():
    with channel() as ch:
        q, dead = with_dead_letters(ch, {"x-max-length": 2})
        send(ch, q, "a", "b", "c")
        _, properties, body = take(ch, dead)
        assert (body, properties.headers["x-death"][0]["reason"]) == ("a", "maxlen")
        assert [take(ch, q)[2] for _ in range(2)] == ["b", "c"]


def test_length_limit_drops_the_oldest():
    with channel() as ch:
        q = queue(ch, {"x-max-length": 2})
        send(ch, q, *"abcd")
        assert [take(ch, q)[2] for _ in range(2)] == ["c", "d"]
        assert is_empty(ch, q)


def test_length_limit_in_bytes():
    with channel() as ch:
        q = queue(ch, {"x-max-length-bytes": 10})
        send(ch, q, "aaaa", "bbbb", "cccc")
        assert [take(ch, q)[2] for _ in range(2)] == ["bbbb", "cccc"]
        assert is_empty(ch, q)


def test_a_second_death_counts():
    with channel() as ch:
        q, dead = with_dead_letters(ch)
        send(ch, q, "a")
        for count in (1, 2, 3):
            method, _, _ = take(ch, q, auto_ack=False)
            ch.basic_reject(method.delivery_tag, requeue=False)
            _, properties, body = take(ch, dead)
            assert properties.headers["x-death"][0]["count"] == count
            headers = properties.headers
            if version(ch) < (4, 0):
                ch.basic_publish("", q, body.encode(), properties)
            else:
                # 4.x does not read the history that a client sends.
                break
        assert len(headers["x-death"]) == 1


def test_a_cycle_of_expiry_ends():
    with channel() as ch:
        first, second = name(), name()
        for here, there in ((first, second), (second, first)):
            ch.queue_declare(here, exclusive=True, arguments={
                "x-message-ttl": 20, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": there})
        send(ch, first, "a")
        quiet(ch)
        assert ready(ch, first) == ready(ch, second) == 0


def test_a_missing_dead_letter_exchange_drops():
    with channel() as ch:
        q = queue(ch, {"x-dead-letter-exchange": "gate.none"})
        send(ch, q, "a")
        method, _, _ = take(ch, q, auto_ack=False)
        ch.basic_reject(method.delivery_tag, requeue=False)
        assert is_empty(ch, q)
        assert ch.is_open


def test_quorum_queue_counts_deliveries():
    with connection() as opened:
        ch = opened.channel()
        dead, q = queue(ch), name()
        ch.queue_declare(q, durable=True, arguments={
            "x-queue-type": "quorum", "x-delivery-limit": 2, "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead})
        ch.confirm_delivery()
        send(ch, q, "a")
        for count in (0, 1, 2):
            method, properties, _ = take(ch, q, auto_ack=False)
            shown = (properties.headers or {}).get("x-delivery-count", 0)
            assert shown == count, (shown, count)
            assert method.redelivered == (count > 0)
            ch.basic_reject(method.delivery_tag, requeue=True)
        _, properties, _ = take(ch, dead)
        assert properties.headers["x-death"][0]["reason"] == "delivery_limit"
        ch.queue_delete(q)
