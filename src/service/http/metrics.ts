import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { BatchedCall } from '../model/batched-predictor.ts';

/** Measures of a server, for Prometheus. */
export interface Metrics {
  /** Counts a request that was answered, and how long it took. */
  answered(
    request: { readonly method: string; readonly route: string; readonly status: number },
    seconds: number,
  ): void;
  /** Counts a request that was refused for load. */
  refused(reason: 'busy' | 'rate'): void;
  /** Counts a run of the model over so many examples. */
  ran(call: BatchedCall, examples: number): void;
  /** Counts a scan that answers so many questions. */
  scanned(questions: number): void;
  /** The text of all measures, and its media type. */
  text(): Promise<string>;
  readonly mediaType: string;
}

/** Sources of measures that are read when they are asked for. */
export interface Measured {
  readonly inFlight: () => number;
}

/** Measures of one server, in a registry of its own. */
export const createMetrics = ({ inFlight }: Measured): Metrics => {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const seconds = new Histogram({
    ...{ name: 'dide_request_seconds', help: 'Time of a request until its answer began', registers },
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  });
  const refused = new Counter({
    ...{ name: 'dide_refused_total', help: 'Requests refused for load, by reason', registers, labelNames: ['reason'] },
  });
  const runs = new Counter({
    ...{ name: 'dide_model_runs_total', help: 'Runs of the model, by what ran', registers, labelNames: ['call'] },
  });
  const examples = new Counter({
    ...{ name: 'dide_model_examples_total', help: 'Texts or images in those runs', registers, labelNames: ['call'] },
  });
  const scans = new Counter({ name: 'dide_scans_total', help: 'Scans of a cache', registers });
  const questions = new Counter({
    name: 'dide_scanned_questions_total',
    help: 'Questions that they answered',
    registers,
  });
  const gauge = { name: 'dide_requests_in_flight', help: 'Requests that are worked on or wait for it', registers };
  new Gauge({
    ...gauge,
    collect() {
      this.set(inFlight());
    },
  });
  return {
    answered: ({ method, route, status }, time) => seconds.observe({ method, route, status }, time),
    refused: (reason) => refused.inc({ reason }),
    ran: (call, count) => {
      runs.inc({ call });
      examples.inc({ call }, count);
    },
    scanned: (count) => {
      scans.inc();
      questions.inc(count);
    },
    text: () => register.metrics(),
    mediaType: register.contentType,
  };
};
