#!/usr/bin/python3
"""Runs every test_ function of the programs beside it, and prints "ok ...", "not ok ..." or "skip ..." for each.

    run.py LABEL URI                 against a broker that runs
    run.py LABEL -- HOST COMMAND...  against a TestBroker that HOST COMMAND starts, with its alarm

A test may take LIMIT seconds. FILTER in the environment picks tests by a part of their name. BROKER_CTL, a rabbitmqctl
command, gives the alarm of a real broker.
"""
import importlib
import inspect
import logging
import os
import signal
import subprocess
import sys
import traceback

import gate

LIMIT = 60
MODULES = ["connecting", "topology", "publishing", "consuming", "dying", "calling", "living"]




def late(_signal, _frame):
    raise TimeoutError("after %d s" % LIMIT)


def run(label, test):
    title = "gates: pika, %s: %s" % (label, test.__name__[5:].replace("_", " "))
    if not getattr(test, "runs", lambda: True)():
        print("skip " + title)
        return True
    signal.alarm(LIMIT)
    try:
        test()
    except Exception:  # whatever it is, the test has failed
        signal.alarm(0)
        print("".join("# " + line for line in traceback.format_exc().splitlines(True)), end="")
        print("not ok " + title, flush=True)
        return False
    finally:
        signal.alarm(0)
    print("ok " + title, flush=True)
    return True


def main():
    logging.getLogger("pika").setLevel(logging.CRITICAL + 1)
    signal.signal(signal.SIGALRM, late)
    label, rest = sys.argv[1], sys.argv[2:]
    host = None
    if rest[0] == "--":
        host = subprocess.Popen(rest[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        gate.broker = gate.Broker(host.stdout.readline().strip(), host)
    else:
        gate.broker = gate.Broker(rest[0])
    wanted = os.environ.get("FILTER", "")
    good = True
    for module in map(importlib.import_module, MODULES):
        functions = [function for _, function in inspect.getmembers(module, inspect.isfunction)]
        for test in sorted(functions, key=lambda function: function.__code__.co_firstlineno):
            if test.__name__.startswith("test_") and test.__module__ == module.__name__ and wanted in test.__name__:
                good &= run(label, test)
    if host:
        host.stdin.close()
        good &= host.wait(timeout=30) == 0
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
