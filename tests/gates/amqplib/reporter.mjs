// One line for each of amqplib's tests, "ok ..." or "not ok ...", with its whole name. Where REFUSED names a file, a
// test listed there must fail: one that passes is flagged, and so is one that is not there any more.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const label = process.env.LABEL ?? 'amqplib';
const refused = new Set(
  (process.env.REFUSED ? readFileSync(process.env.REFUSED, 'utf8') : '')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(' | ')[0].trim()),
);

export default async function* (source) {
  const path = new Map();
  const seen = new Set();
  for await (const { type, data } of source) {
    if (type === 'test:start') {
      const names = path.get(data.file) ?? [];
      names.length = data.nesting;
      names.push(data.name);
      path.set(data.file, names);
    }

    if ((type !== 'test:pass' && type !== 'test:fail') || data.details?.type === 'suite') continue;
    const names = (path.get(data.file) ?? []).slice(0, data.nesting);
    const name = [basename(data.file ?? '?', '.test.js'), ...names, data.name].join(' > ');
    seen.add(name);
    const passed = type === 'test:pass';
    if (refused.has(name)) {
      yield passed ? `not ok gates: ${label}: ${name} passes and is listed as refused\n`
        : `ok gates: ${label}: ${name} is refused\n`;
      continue;
    }

    yield `${passed ? 'ok' : 'not ok'} gates: ${label}: ${name}\n`;
    if (!passed) yield `${String(data.details?.error?.cause?.stack ?? data.details?.error).replaceAll(/^/gm, '# ')}\n`;
  }

  for (const name of refused)
    if (!seen.has(name)) yield `not ok gates: ${label}: ${name} is listed as refused and is no test\n`;
  yield `# ${seen.size} tests\n`;
}
