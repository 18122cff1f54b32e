// Some of amqplib's tests connect to localhost:5672 whatever URL says. This leads port 5672 to the broker under test.
'use strict';
const net = require('node:net');

const broker = new URL(process.env.URL);
const connect = net.connect;
net.connect = function (...args) {
  const [options] = args;
  if (options !== null && typeof options === 'object' && Number(options.port) === 5672)
    args[0] = { ...options, host: broker.hostname, port: Number(broker.port) };
  else if (Number(options) === 5672)
    args.splice(0, typeof args[1] === 'string' ? 2 : 1, Number(broker.port), broker.hostname);
  return connect.apply(this, args);
};

// A wait of amqplib's tests (waitForQueue) resolves at its first look and goes on looking: for ever, where the messages
// were consumed meanwhile. It must not keep the process when the tests are over; one that still runs then has failed.
if (process.env.NODE_TEST_CONTEXT) setTimeout(() => process.exit(), 25_000).unref();
