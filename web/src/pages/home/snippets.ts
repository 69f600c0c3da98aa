// What an application needs to send its spans here, per language or tool.

export interface Snippet {
  readonly label: 'environment' | 'run' | 'send' | 'configure';
  readonly code: string;
}

export interface Recipe {
  readonly id: string;
  readonly name: string;
  readonly snippets: readonly Snippet[];
}

function environment(address: string): Snippet {
  return {
    label: 'environment',
    code: [
      `export OTEL_EXPORTER_OTLP_ENDPOINT=http://${address}`,
      'export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
      'export OTEL_SERVICE_NAME=my-app',
    ].join('\n'),
  };
}

function curl(address: string): string {
  return [
    `curl -i http://${address}/v1/traces -H 'Content-Type: application/json' -d '{`,
    '  "resourceSpans": [{',
    '    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "curl"}}]},',
    '    "scopeSpans": [{"spans": [{',
    `      "traceId": "'$(openssl rand -hex 16)'", "spanId": "'$(openssl rand -hex 8)'",`,
    '      "name": "hello", "kind": 2,',
    `      "startTimeUnixNano": "'$(date +%s)'000000000", "endTimeUnixNano": "'$(date +%s)'250000000"`,
    '    }]}]',
    '  }]',
    "}'",
  ].join('\n');
}

function collector(grpcAddress: string): string {
  return [
    'exporters:',
    '  otlp/vivace:',
    `    endpoint: ${grpcAddress}`,
    '    tls:',
    '      insecure: true',
    'service:',
    '  pipelines:',
    '    traces:',
    '      exporters: [otlp/vivace]',
  ].join('\n');
}

/** Returns the recipes for listeners at these addresses (host:port). */
export function recipes(http: string, grpc: string): Recipe[] {
  return [
    {
      id: 'python',
      name: 'Python',
      snippets: [
        environment(http),
        {
          label: 'run',
          code: [
            'pip install opentelemetry-distro opentelemetry-exporter-otlp',
            'opentelemetry-bootstrap -a install',
            'opentelemetry-instrument python app.py',
          ].join('\n'),
        },
      ],
    },
    {
      id: 'node',
      name: 'Node.js',
      snippets: [
        environment(http),
        {
          label: 'run',
          code: [
            'npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node',
            'node --require @opentelemetry/auto-instrumentations-node/register app.js',
          ].join('\n'),
        },
      ],
    },
    {
      id: 'java',
      name: 'Java',
      snippets: [
        environment(http),
        { label: 'run', code: 'java -javaagent:opentelemetry-javaagent.jar -jar app.jar' },
      ],
    },
    {
      id: 'dotnet',
      name: '.NET',
      snippets: [
        environment(http),
        {
          label: 'run',
          code: [
            'dotnet add package OpenTelemetry.AutoInstrumentation',
            'dotnet build',
            './instrument.sh dotnet MyApp.dll',
          ].join('\n'),
        },
      ],
    },
    {
      id: 'collector',
      name: 'Collector',
      snippets: [{ label: 'configure', code: collector(grpc) }],
    },
    { id: 'curl', name: 'curl', snippets: [{ label: 'send', code: curl(http) }] },
  ];
}
