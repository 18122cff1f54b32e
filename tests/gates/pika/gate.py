"""What the programs share: connections, names, waiting, and what a broker's refusal looks like."""
import contextlib
import itertools
import os
import shlex
import subprocess
import time

import pika
from pika.exceptions import ChannelClosedByBroker, ConnectionClosedByBroker

SOON = 10
QUIET = 0.3
_names = itertools.count(1)


class Broker:
    """The broker under test, and the means to raise its alarm where there are any."""

    def __init__(self, uri, host=None):
        self.uri = uri
        self._host = host
        self._ctl = shlex.split(os.environ.get("BROKER_CTL", ""))

    @property
    def is_test_broker(self):
        return self._host is not None

    @property
    def has_alarm(self):
        return bool(self._host or self._ctl)

    def tell(self, command):
        self._host.stdin.write(command + "\n")
        self._host.stdin.flush()
        answer = self._host.stdout.readline().strip()
        assert answer == "ok " + command.split()[0], answer

    @contextlib.contextmanager
    def alarm(self):
        if self._host:
            self.tell("block low on memory")
        else:
            subprocess.run([*self._ctl, "set_vm_memory_high_watermark", "absolute", "1"], check=True,
                           stdout=subprocess.DEVNULL)
        try:
            yield
        finally:
            if self._host:
                self.tell("unblock")
            else:
                subprocess.run([*self._ctl, "set_vm_memory_high_watermark", "0.4"], check=True,
                               stdout=subprocess.DEVNULL)


broker = None


def parameters(**changes):
    result = pika.URLParameters(broker.uri)
    for name, value in changes.items():
        setattr(result, name, value)
    return result


def url(query):
    return pika.URLParameters(broker.uri.rstrip("/") + "/%2F?" + query)


@contextlib.contextmanager
def connection(**changes):
    opened = pika.BlockingConnection(parameters(**changes))
    try:
        yield opened
    finally:
        if opened.is_open:
            opened.close()


@contextlib.contextmanager
def channel(confirms=False, **changes):
    with connection(**changes) as opened:
        result = opened.channel()
        if confirms:
            result.confirm_delivery()
        yield result


def version(ch):
    """(3, 10) or (4, 3)."""
    text = ch.connection._impl.server_properties["version"]
    return tuple(int(part) for part in text.split(".")[:2])


def name(kind="q"):
    return "gate.%s.%d.%d" % (kind, os.getpid(), next(_names))


def queue(ch, arguments=None, **flags):
    """A queue of this connection's own."""
    flags.setdefault("exclusive", True)
    return ch.queue_declare(name(), arguments=arguments, **flags).method.queue


def send(ch, to, *bodies, **properties):
    for body in bodies:
        ch.basic_publish("", to, body.encode(), pika.BasicProperties(**properties))


def take(ch, source, timeout=SOON, auto_ack=True):
    """(method, properties, text) of the next message, which may still be on its way."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        method, properties, body = ch.basic_get(source, auto_ack=auto_ack)
        if method:
            return method, properties, body.decode()
        ch.connection.sleep(0.02)
    raise AssertionError("no message in %s after %s s" % (source, timeout))


def is_empty(ch, source):
    return ch.basic_get(source)[0] is None


def ready(ch, source):
    return ch.queue_declare(source, passive=True).method.message_count


def holds(ch, source, count):
    """A queue counts a message only some time after it was sent."""
    eventually(ch, lambda: ready(ch, source) == count)


def eventually(ch, condition, timeout=SOON):
    """Runs the connection's events until the condition holds."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it did not happen in %s s" % timeout
        ch.connection.process_data_events(time_limit=0.02)


def quiet(ch):
    ch.connection.process_data_events(time_limit=QUIET)
    ch.connection.sleep(QUIET)


class Inbox:
    """A consumer that keeps what it gets."""

    def __init__(self, ch, source, auto_ack=False, **options):
        self.channel = ch
        self.got = []
        self.tag = ch.basic_consume(source, lambda _ch, *got: self.got.append(got), auto_ack=auto_ack, **options)

    def wait(self, count):
        eventually(self.channel, lambda: len(self.got) >= count)
        return self.got[:count]

    @property
    def bodies(self):
        return [body.decode() for _, _, body in self.got]


def closes_channel(code, text, action):
    """The action makes the broker close the channel; the connection stays."""
    try:
        action()
    except ChannelClosedByBroker as closed:
        assert closed.reply_code == code, closed
        assert text in closed.reply_text, closed.reply_text
        return
    raise AssertionError("no %d" % code)


def closes_connection(code, text, action):
    try:
        action()
    except ConnectionClosedByBroker as closed:
        assert closed.reply_code == code, closed
        assert text in closed.reply_text, closed.reply_text
        return
    raise AssertionError("no %d" % code)
