"""Exchanges, queues and bindings."""
import pika

from gate import (channel, closes_channel, closes_connection, connection, holds, is_empty, name, queue, ready, send,
                  take, version)


def exchange(ch, kind="fanout", arguments=None, **flags):
    result = name("x")
    flags.setdefault("auto_delete", False)
    flags.setdefault("durable", True)
    ch.exchange_declare(result, kind, arguments=arguments, **flags)
    return result


def fate(ch, to, key, *queues, headers=None):
    """Which of the queues got what went to the exchange; its confirm comes when all have it."""
    if not ch._delivery_confirmation:
        ch.confirm_delivery()
    ch.basic_publish(to, key, b"m", pika.BasicProperties(headers=headers))
    return [not is_empty(ch, q) for q in queues]


def test_declare_and_passive_declare():
    with channel() as ch:
        q = name()
        ok = ch.queue_declare(q, durable=True).method
        assert (ok.queue, ok.message_count, ok.consumer_count) == (q, 0, 0)
        send(ch, q, "a", "b")
        holds(ch, q, 2)
        assert ch.queue_declare(q, durable=True).method.message_count == 2
        assert ch.queue_purge(q).method.message_count == 2
        assert ch.queue_delete(q).method.message_count == 0
        assert ch.queue_delete(q).method.message_count == 0


def test_server_named_queue():
    with channel() as ch:
        ok = ch.queue_declare("", exclusive=True).method
        assert ok.queue.startswith("amq.gen-")
        ch.basic_publish("", ok.queue, b"x")
        assert take(ch, ok.queue)[2] == "x"


def test_passive_declare_of_a_missing_queue_is_404():
    with channel() as ch:
        closes_channel(404, "NOT_FOUND - no queue 'gate.none' in vhost '/'",
                       lambda: ch.queue_declare("gate.none", passive=True))
        assert ch.connection.is_open


def test_passive_declare_of_a_missing_exchange_is_404():
    with channel() as ch:
        closes_channel(404, "NOT_FOUND - no exchange 'gate.none' in vhost '/'",
                       lambda: ch.exchange_declare("gate.none", passive=True))


def test_other_durability_is_406():
    with connection() as opened:
        ch = opened.channel()
        q = name()
        ch.queue_declare(q, durable=True)
        closes_channel(406, "inequivalent arg 'durable' for queue '%s' in vhost '/': received 'false' but current is "
                       "'true'" % q, lambda: ch.queue_declare(q, durable=False, exclusive=False))
        opened.channel().queue_delete(q)


def test_other_arguments_are_406():
    with connection() as opened:
        ch = opened.channel()
        q = queue(ch, {"x-max-length": 5})
        closes_channel(406, "inequivalent arg 'x-max-length' for queue '%s' in vhost '/': received '6' but current" % q,
                       lambda: ch.queue_declare(q, exclusive=True, arguments={"x-max-length": 6}))


def test_other_exchange_type_is_406():
    with connection() as opened:
        ch = opened.channel()
        x = exchange(ch, "direct")
        closes_channel(406, "inequivalent arg 'type' for exchange '%s' in vhost '/': received 'topic' but current is "
                       "'direct'" % x, lambda: ch.exchange_declare(x, "topic", durable=True))
        opened.channel().exchange_delete(x)


def test_exclusive_queue_of_another_connection_is_405():
    with channel() as mine, channel() as theirs:
        q = queue(mine)
        closes_channel(405, "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '%s' in vhost '/'" % q,
                       lambda: theirs.queue_declare(q, passive=True))


def test_exclusive_queue_goes_with_its_connection():
    with channel() as mine:
        q = queue(mine)
    with channel() as ch:
        closes_channel(404, "no queue", lambda: ch.queue_declare(q, passive=True))


def test_auto_delete_queue_goes_with_its_last_consumer():
    with channel() as ch:
        q = queue(ch, auto_delete=True)
        tags = [ch.basic_consume(q, print) for _ in range(2)]
        ch.basic_cancel(tags[0])
        ready(ch, q)
        ch.basic_cancel(tags[1])
        closes_channel(404, "no queue", lambda: ch.queue_declare(q, passive=True))


def test_reserved_names_are_403():
    for action in (lambda ch: ch.queue_declare("amq.mine"), lambda ch: ch.exchange_declare("amq.mine", "direct"),
                   lambda ch: ch.exchange_delete("amq.direct"), lambda ch: ch.exchange_delete("")):
        with channel() as ch:
            closes_channel(403, "ACCESS_REFUSED - ", lambda: action(ch))


def test_a_server_named_queue_is_looked_up_and_not_declared_again():
    with channel() as ch:
        q = ch.queue_declare("", exclusive=True).method.queue
        assert ch.queue_declare(q, passive=True).method.queue == q
        closes_channel(403, "queue name '%s' contains reserved prefix 'amq.*'" % q,
                       lambda: ch.queue_declare(q, exclusive=True))


def test_unknown_exchange_type_is_refused():
    with channel() as ch:
        if version(ch) < (4, 0):
            closes_connection(503, "unknown exchange type 'x-none'", lambda: ch.exchange_declare(name(), "x-none"))
        else:
            closes_channel(406, "unknown exchange type 'x-none'", lambda: ch.exchange_declare(name(), "x-none"))


def test_queue_arguments_are_checked():
    for arguments, text in (({"x-message-ttl": -1}, "invalid arg 'x-message-ttl'"),
                            ({"x-message-ttl": "1"}, "invalid arg 'x-message-ttl'"),
                            ({"x-expires": 0}, "invalid arg 'x-expires'"),
                            ({"x-max-length": -1}, "invalid arg 'x-max-length'"),
                            ({"x-overflow": "spill"}, "invalid arg 'x-overflow'"),
                            ({"x-queue-type": "heap"}, "x-queue-type"),
                            ({"x-dead-letter-routing-key": "k"}, "routing_key_but_no_dlx_defined")):
        with channel() as ch:
            closes_channel(406, text, lambda: ch.queue_declare(name(), durable=True, arguments=arguments))


def test_delete_if_unused_and_if_empty():
    with connection() as opened:
        ch = opened.channel()
        q = queue(ch)
        send(ch, q, "a")
        closes_channel(406, "queue '%s' in vhost '/' not empty" % q, lambda: ch.queue_delete(q, if_empty=True))
        ch = opened.channel()
        ch.basic_consume(q, print)
        closes_channel(406, "queue '%s' in vhost '/' in use" % q, lambda: ch.queue_delete(q, if_unused=True))
        ch = opened.channel()
        x = exchange(ch)
        ch.queue_bind(q, x)
        closes_channel(406, "exchange '%s' in vhost '/' in use" % x, lambda: ch.exchange_delete(x, if_unused=True))
        opened.channel().exchange_delete(x)


def test_default_exchange_routes_by_queue_name_and_takes_no_binding():
    with channel() as ch:
        q = queue(ch)
        send(ch, q, "a")
        assert take(ch, q)[2] == "a"
        closes_channel(403, "operation not permitted on the default exchange", lambda: ch.queue_bind(q, ""))


def test_direct_exchange():
    with channel() as ch:
        x, a, b = exchange(ch, "direct"), queue(ch), queue(ch)
        ch.queue_bind(a, x, "k")
        ch.queue_bind(b, x, "k")
        ch.queue_bind(b, x, "l")
        assert fate(ch, x, "k", a, b) == [True, True]
        assert fate(ch, x, "l", a, b) == [False, True]
        assert fate(ch, x, "m", a, b) == [False, False]
        ch.queue_unbind(b, x, "k")
        assert fate(ch, x, "k", a, b) == [True, False]
        ch.exchange_delete(x)


def test_fanout_exchange_gives_each_queue_one():
    with channel() as ch:
        x, a, b = exchange(ch), queue(ch), queue(ch)
        for key in ("k", "l"):
            ch.queue_bind(a, x, key)
        ch.queue_bind(b, x)
        ch.basic_publish(x, "whatever", b"m")
        holds(ch, b, 1)
        assert take(ch, a) and is_empty(ch, a)
        ch.exchange_delete(x)


def test_topic_exchange():
    with channel() as ch:
        x = exchange(ch, "topic")
        patterns = {"a.*.c": "a.b.c", "a.#": "a a.b a.b.c", "#": None, "*": "a b", "*.b": "a.b", "#.c": "c a.b.c",
                    "a.b": "a.b", "": ""}
        queues = {}
        for pattern in patterns:
            queues[pattern] = queue(ch)
            ch.queue_bind(queues[pattern], x, pattern)
        for key in ("a", "b", "c", "a.b", "a.b.c", "a..c", "", "b.c"):
            got = dict(zip(queues, fate(ch, x, key, *queues.values())))
            assert got["#"], key
            assert got["a.*.c"] == (key in ("a.b.c", "a..c")), key
            assert got["a.#"] == (key in ("a", "a.b", "a.b.c", "a..c")), key
            assert got["*"] == (key in ("a", "b", "c")), (key, got)
            assert got["*.b"] == (key == "a.b"), key
            assert got["#.c"] == (key in ("c", "a.b.c", "a..c", "b.c")), key
            assert got["a.b"] == (key == "a.b"), key
            assert got[""] == (key == ""), key
        ch.exchange_delete(x)


def test_headers_exchange():
    with channel() as ch:
        x = exchange(ch, "headers")
        rules = {
            "all": {"x-match": "all", "a": 1, "b": "t"},
            "any": {"x-match": "any", "a": 1, "b": "t"},
            "default": {"a": 1, "b": "t"},
            "void": {"x-match": "any", "c": None},
            "x": {"x-match": "all", "x-a": 1},
        }
        queues = {}
        for rule, arguments in rules.items():
            queues[rule] = queue(ch)
            ch.queue_bind(queues[rule], x, "", arguments)

        def matches(headers):
            found = fate(ch, x, "", *queues.values(), headers=headers)
            return {rule for rule, hit in zip(queues, found) if hit}

        assert matches({"a": 1, "b": "t", "z": 0}) == {"all", "any", "default", "x"}
        assert matches({"a": 1, "b": "u"}) == {"any", "x"}
        assert matches({"a": "1"}) == {"x"}
        assert matches({"c": 7}) == {"void", "x"}
        assert matches({"b": "t"}) == {"any", "x"}
        assert matches(None) == {"x"}
        ch.exchange_delete(x)


def test_exchange_to_exchange_bindings():
    with channel() as ch:
        source, middle, q = exchange(ch, "topic"), exchange(ch, "direct"), queue(ch)
        ch.exchange_bind(middle, source, "#.k")
        ch.queue_bind(q, middle, "a.k")
        assert fate(ch, source, "a.k", q) == [True]
        assert fate(ch, source, "b.k", q) == [False]
        ch.exchange_unbind(middle, source, "#.k")
        assert fate(ch, source, "a.k", q) == [False]
        # A circle ends.
        ch.exchange_bind(source, middle, "a.k")
        ch.exchange_bind(middle, source, "a.k")
        assert fate(ch, middle, "a.k", q) == [True]
        assert is_empty(ch, q)
        ch.exchange_delete(source)
        ch.exchange_delete(middle)


def test_alternate_exchange():
    with channel(confirms=True) as ch:
        other, q = exchange(ch), queue(ch)
        x = exchange(ch, "direct", {"alternate-exchange": other})
        ch.queue_bind(q, other)
        ch.basic_publish(x, "nowhere", b"m", mandatory=True)
        method, _, _ = take(ch, q)
        assert (method.exchange, method.routing_key) == (x, "nowhere")
        ch.exchange_delete(x)
        ch.exchange_delete(other)


def test_internal_exchange_takes_no_publish():
    with connection() as opened:
        ch = opened.channel()
        x = exchange(ch, internal=True)
        closes_channel(403, "cannot publish to internal exchange '%s' in vhost '/'" % x,
                       lambda: (ch.basic_publish(x, "", b"m"), ch.queue_declare("", exclusive=True)))
        opened.channel().exchange_delete(x)


def test_auto_delete_exchange_goes_with_its_last_binding():
    with channel() as ch:
        x, q = exchange(ch, auto_delete=True), queue(ch)
        ch.queue_bind(q, x)
        ch.queue_unbind(q, x)
        closes_channel(404, "no exchange", lambda: ch.exchange_declare(x, passive=True))


def test_bindings_to_what_is_not_there_are_404():
    for action in (lambda ch: ch.queue_bind("gate.none", "amq.direct", "k"),
                   lambda ch: ch.queue_bind(queue(ch), "gate.none", "k"),
                   lambda ch: ch.exchange_bind("gate.none", "amq.direct", "k"),
                   lambda ch: ch.queue_purge("gate.none"), lambda ch: ch.basic_get("gate.none"),
                   lambda ch: ch.basic_consume("gate.none", print)):
        with channel() as ch:
            closes_channel(404, "NOT_FOUND - no ", lambda: action(ch))
