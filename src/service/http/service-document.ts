import { pino } from 'pino';
import { defaultLimits } from '../options.ts';
import type { Services } from '../services.ts';
import { createGate } from './admission.ts';
import { createApp } from './app.ts';

/** The OpenAPI document of the service, which is the same for every model: no route is asked. */
export const serviceDocument = () => {
  const services = { limits: defaultLimits, stores: new Map() } as unknown as Services;
  return createApp(services, { log: pino({ enabled: false }), imageGate: createGate(0) }).document;
};
