// Made-up traces as OTLP JSON documents.

const kSecond = 1_000_000_000n;

function text(key, value) {
  return { key, value: { stringValue: value } };
}

function integer(key, value) {
  return { key, value: { intValue: String(value) } };
}

/** Returns a function that makes 16-digit span ids, the same ones each time. */
function idMaker(prefix) {
  let next = 0;
  return () => {
    next++;
    return prefix + next.toString(16).padStart(16 - prefix.length, '0');
  };
}

/**
 * The order of a small shop that ended at `end` (unix nanoseconds): five services, an error with an
 * exception event, repeated database calls, a link, and one span whose parent never came.
 * One span carries every kind of attribute value, and every optional field of OTLP.
 */
export function shopTrace(traceId, end) {
  const start = end - 2n * kSecond;
  const id = idMaker('5a');
  const at = (milliseconds) => String(start + BigInt(Math.round(milliseconds * 1e6)));
  const services = new Map();
  const add = (service, parent, name, kind, from, to, more = {}) => {
    const span = {
      traceId,
      spanId: id(),
      ...(parent === null ? {} : { parentSpanId: parent }),
      name,
      kind,
      flags: 257,
      startTimeUnixNano: at(from),
      endTimeUnixNano: at(to),
      ...more,
    };
    const list = services.get(service) ?? [];
    list.push(span);
    services.set(service, list);
    return span.spanId;
  };

  const root = add('frontend', null, 'POST /order', 2, 0, 1480, {
    traceState: 'vendor=one,other=two',
    attributes: [
      text('http.request.method', 'POST'),
      text('http.route', '/order'),
      integer('http.response.status_code', 500),
      { key: 'user.is_new', value: { boolValue: true } },
      { key: 'cart.total', value: { doubleValue: 61.25 } },
      {
        key: 'cart.items',
        value: { arrayValue: { values: [{ stringValue: 'kettle' }, { stringValue: 'tea' }] } },
      },
      {
        key: 'session',
        value: {
          kvlistValue: { values: [text('region', 'eu'), integer('age_s', 40)] },
        },
      },
      { key: 'trace.token', value: { bytesValue: 'AAECAwQF' } },
      text('user_agent.original', `Mozilla/5.0 ${'(a long agent string) '.repeat(40)}`),
    ],
    droppedAttributesCount: 2,
    status: { code: 2, message: 'order failed: card declined' },
  });
  const cart = add('frontend', root, 'load cart', 1, 12, 340);
  const cartServer = add('cart', cart, 'GET /cart', 2, 20, 330, {
    attributes: [integer('http.response.status_code', 200)],
  });
  for (let i = 0; i < 24; i++) {
    add('cart', cartServer, 'SELECT item', 3, 28 + i * 12, 37 + i * 12, {
      attributes: [
        text('db.system', 'postgresql'),
        text('db.query.text', 'SELECT name, price FROM item WHERE id = $1'),
        integer('db.rows', 1),
      ],
    });
  }
  const checkout = add('frontend', root, 'checkout', 3, 350, 1470);
  const checkoutServer = add('checkout', checkout, 'PlaceOrder', 2, 362, 1462, {
    links: [
      {
        traceId: `${'f'.repeat(31)}1`,
        spanId: `${'e'.repeat(15)}1`,
        traceState: 'batch=7',
        attributes: [text('link.reason', 'retry of')],
        flags: 1,
      },
    ],
  });
  const slow = add('checkout', checkoutServer, 'reserve stock', 1, 372, 940, {
    events: [
      { timeUnixNano: at(380), name: 'waiting for lock' },
      { timeUnixNano: at(910), name: 'lock taken', attributes: [integer('waited_ms', 530)] },
    ],
  });
  add('checkout', slow, 'UPDATE stock', 3, 400, 930, {
    attributes: [text('db.system', 'postgresql')],
  });
  const charge = add('checkout', checkoutServer, 'charge card', 3, 950, 1450, {
    status: { code: 2, message: 'card declined' },
  });
  const payment = add('payment', charge, 'Charge', 2, 965, 1442, {
    status: { code: 2, message: 'card declined' },
    events: [
      {
        timeUnixNano: at(1430),
        name: 'exception',
        attributes: [
          text('exception.type', 'CardDeclined'),
          text('exception.message', 'card declined by the bank'),
          text(
            'exception.stacktrace',
            'CardDeclined: card declined by the bank\n  at charge (payment.js:41)\n  at handle (server.js:12)',
          ),
        ],
        droppedAttributesCount: 1,
      },
    ],
    droppedEventsCount: 3,
    droppedLinksCount: 1,
  });
  add('payment', payment, 'POST bank', 3, 980, 1425, {
    attributes: [integer('http.response.status_code', 402)],
    status: { code: 1 },
  });
  add('mail', 'abcdefabcdefabcd', 'send receipt', 5, 1500, 1560);

  return {
    resourceSpans: [...services].map(([service, spans]) => ({
      resource: {
        attributes: [
          text('service.name', service),
          text('service.version', '1.4.2'),
          text('deployment.environment.name', 'demo'),
        ],
        droppedAttributesCount: service === 'frontend' ? 1 : 0,
      },
      schemaUrl: 'https://opentelemetry.io/schemas/1.27.0',
      scopeSpans: [
        {
          scope: {
            name: 'shop.instrumentation',
            version: '0.9.1',
            attributes: [text('scope.mode', 'test')],
          },
          schemaUrl: 'https://opentelemetry.io/schemas/1.26.0',
          spans,
        },
      ],
    })),
  };
}

/** A trace of `count` spans in a tree with fan-out five, over twelve services, ended at `end`. */
export function largeTrace(traceId, end, count) {
  const start = end - 10n * kSecond;
  const spans = Array.from({ length: 12 }, () => []);
  const id = idMaker('1a');
  const ids = [];
  const windows = [];
  for (let i = 0; i < count; i++) {
    const parent = i === 0 ? -1 : Math.floor((i - 1) / 5);
    const place = i === 0 ? 0 : (i - 1) % 5;
    const [from, to] =
      parent < 0
        ? [0, 10_000]
        : (() => {
            const [low, high] = windows[parent];
            const width = (high - low) / 5;
            return [low + place * width, low + (place + 0.9) * width];
          })();
    windows.push([from, to]);
    ids.push(id());
    spans[i % 12].push({
      traceId,
      spanId: ids[i],
      ...(parent < 0 ? {} : { parentSpanId: ids[parent] }),
      name: `operation ${i % 97}`,
      kind: (i % 5) + 1,
      startTimeUnixNano: String(start + BigInt(Math.round(from * 1e6))),
      endTimeUnixNano: String(start + BigInt(Math.round(to * 1e6))),
      attributes: [integer('index', i), text('step', `step ${i % 31}`)],
      ...(i % 500 === 499 ? { status: { code: 2, message: 'step failed' } } : {}),
    });
  }
  return {
    resourceSpans: spans.map((list, service) => ({
      resource: { attributes: [text('service.name', `service-${service}`)] },
      scopeSpans: [{ scope: { name: 'generator' }, spans: list }],
    })),
  };
}
