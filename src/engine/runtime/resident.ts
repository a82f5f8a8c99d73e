import { bytesOf, type Numbers } from '../numbers.ts';
import { writeOnnx } from '../onnx/write.ts';
import { input } from '../tensor.ts';
import type { Device } from './backend.ts';
import { dimensionsOf, type Environment, elementTypeOf, loadEnvironment } from './environment.ts';
import { createSession } from './native.ts';
import type { Pointer } from './ort-api.ts';

/** Arrays that have a place in the memory of a device, where sessions read and write them. */
export interface Resident extends AsyncDisposable {
  /** Copies numbers of the host to the device. @throws Error for an array that has no place there. */
  upload(arrays: Iterable<Numbers>): void;
  /** Copies numbers of the device to the arrays of the host. @throws Error for an array that has no place there. */
  download(arrays: Iterable<Numbers>): void;
}

/** Names of the memory of devices that have their own. */
const memories: Readonly<Partial<Record<Device, string>>> = { webgpu: 'WebGPU_Buffer', cuda: 'Cuda', directml: 'DML' };

const DEVICE_ALLOCATOR = 0;
const DEFAULT_MEMORY = 0;

/**
 * Gives arrays a place in a device's memory, with their numbers of now: every session that is bound to one of them from
 * then on reads and writes it there, without copies, and the array of the host changes at `download` alone. Sessions that
 * were bound before stay with the host's. On the CPU the place is other memory of the host.
 *
 * @throws Error where the device is not there or has too little memory.
 */
export const makeResident = async (arrays: Iterable<Numbers>, device: Device): Promise<Resident> => {
  const loaded = await loadEnvironment();
  const allocator = await allocatorOf(loaded, device);
  const places = new Map<Numbers['data'], Pointer>();
  const close = (): void => {
    for (const [data, value] of places) {
      loaded.residents.delete(data);
      loaded.ort.release('Value', value);
    }
    places.clear();
    allocator.close();
  };
  try {
    for (const numbers of arrays) {
      const dims = dimensionsOf(numbers);
      const of = [allocator.pointer, dims, dims.length, elementTypeOf(numbers.data)];
      places.set(numbers.data, loaded.ort.make('CreateTensorAsOrtValue', ...of));
    }
  } catch (error) {
    close();
    throw new Error(`runtime: ${device}: no memory for ${places.size + 1} arrays: train a smaller model`, {
      cause: error,
    });
  }
  const move = device in memories ? throughLibrary(loaded) : withinHost(loaded);
  const placeOf = ({ data }: Numbers): Pointer => {
    const place = places.get(data);
    if (place === undefined) throw new Error('runtime: an array has no place on the device');
    return place;
  };
  const resident: Resident = {
    upload: (some) => move.upload([...some].map((numbers) => [numbers, placeOf(numbers)])),
    download: (some) => move.download([...some].map((numbers) => [numbers, placeOf(numbers)])),
    [Symbol.asyncDispose]: async () => close(),
  };
  resident.upload(arrays);
  for (const [data, value] of places) loaded.residents.set(data, value);
  return resident;
};

/** An allocator of a device's memory, which is that of a session that must live as long. */
const allocatorOf = async (loaded: Environment, device: Device) => {
  const { ort } = loaded;
  const name = memories[device];
  if (name === undefined) {
    const pointer = ort.make('GetAllocatorWithDefaultOptions');
    return { pointer, close: () => {} };
  }
  const nothing = writeOnnx({ out: input('in', ['count']) });
  const session = await createSession(loaded, nothing, { device, threads: 1, spin: false, unsupported: 'refuse' });
  const info = ort.make('CreateMemoryInfo', name, DEVICE_ALLOCATOR, 0, DEFAULT_MEMORY);
  const pointer = ort.make('CreateAllocator', session, info);
  ort.release('MemoryInfo', info);
  return {
    pointer,
    close: () => {
      ort.release('Allocator', pointer);
      ort.release('Session', session);
    },
  };
};

type Pairs = readonly (readonly [Numbers, Pointer])[];

interface Mover {
  readonly upload: (pairs: Pairs) => void;
  readonly download: (pairs: Pairs) => void;
}

/** Copies between host and device. */
const throughLibrary = ({ ort, environment, tensorOver }: Environment): Mover => {
  const copy = (pairs: Pairs, toDevice: boolean): void => {
    const hosts = pairs.map(([numbers]) => tensorOver(numbers));
    const places = pairs.map(([, place]) => place);
    try {
      const [from, to] = toDevice ? [hosts, places] : [places, hosts];
      ort.call('CopyTensors', environment, from, to, null, pairs.length);
    } finally {
      for (const host of hosts) ort.release('Value', host);
    }
  };
  return { upload: (pairs) => copy(pairs, true), download: (pairs) => copy(pairs, false) };
};

/** Copies within the memory of the host, for which ONNX Runtime has no function. */
const withinHost = ({ ort }: Environment): Mover => {
  const bytesAt = ([{ data }, place]: Pairs[number]): Uint8Array =>
    ort.bytesAt(ort.make('GetTensorMutableData', place), data.byteLength);
  return {
    upload: (pairs) => {
      for (const pair of pairs) bytesAt(pair).set(bytesOf(pair[0].data));
    },
    download: (pairs) => {
      for (const pair of pairs) bytesOf(pair[0].data).set(bytesAt(pair));
    },
  };
};
