import { fromBinary } from '@bufbuild/protobuf';
import { type GraphProto, ModelProtoSchema } from '../onnx/onnx_pb.ts';
import type { Device } from './backend.ts';
import type { Ort, Pointer } from './ort-api.ts';

type Gpu = Exclude<Device, 'cpu'>;

/** Names of the execution providers, as ONNX Runtime's function for appending one takes them. */
const names: Readonly<Record<Exclude<Gpu, 'cuda'>, string>> = { webgpu: 'WebGPU', coreml: 'CoreML', directml: 'DML' };

/** Options of the providers whose defaults do not fit. */
const providerOptions = (): Readonly<Record<Gpu, Readonly<Record<string, string>>>> => ({
  webgpu: {},
  cuda: { use_tf32: process.env.DIDE_TF32 === '1' ? '1' : '0' },
  coreml: { ModelFormat: 'MLProgram' },
  directml: {},
});

/** Advice for each device whose provider is not available. */
const advice: Readonly<Record<Gpu, string>> = {
  webgpu: 'a GPU with a driver for Vulkan, Metal or Direct3D 12 is needed: install its driver, or compute on the CPU',
  cuda: 'a build of ONNX Runtime with CUDA and its libraries are needed (docs/devices.md): name it with --runtime or DIDE_ORT, or compute on the CPU',
  coreml: 'it is there on macOS alone: compute on the CPU elsewhere',
  directml: 'it is there on Windows alone: compute on the CPU elsewhere',
};

/** Gives a session's nodes to a device. @throws Error where the build or the machine lacks it. */
export const appendProvider = (ort: Ort, options: Pointer, device: Gpu): void => {
  const given = providerOptions()[device];
  const [keys, values] = [Object.keys(given), Object.values(given)];
  if (device !== 'cuda') {
    ort.call('AppendExecutionProvider', options, names[device], keys, values, keys.length);
    return;
  }
  const cuda = ort.make('CreateCUDAProviderOptions');
  try {
    ort.call('UpdateCUDAProviderOptions', cuda, keys, values, keys.length);
    ort.call('AppendCUDA', options, cuda);
  } finally {
    ort.release('CUDAProviderOptions', cuda);
  }
};

/** Does what needs a device; what fails says which, and what to do. */
export const namingDevice = async <T>(device: Device, action: () => Promise<T>): Promise<T> => {
  try {
    return await action();
  } catch (error) {
    if (device === 'cpu' || !(error instanceof Error)) throw error;
    throw new Error(`runtime: ${device}: ${withoutSource(error.message)}: ${advice[device]}`, { cause: error });
  }
};

/** A message of ONNX Runtime without the place in its source that it begins with. */
const withoutSource = (message: string): string =>
  message
    .replace(/^.*?\bwas false\. /s, '')
    .replace(/^\S*onnxruntime\S*:\d+ .*?\) /s, '')
    .replace(/^\[ONNXRuntimeError\] : \d+ : \w+ : /, '')
    .trim()
    .replace(/\.$/, '');

/** The CPU's provider, which gets what the device has no kernel for. */
const CPU = 'CPUExecutionProvider';

/**
 * Refuses a session of which the CPU would compute a part, but for the arithmetic of sizes, which ONNX Runtime always gives
 * to it. The session's options must have `session.record_ep_graph_assignment_info`.
 *
 * @throws Error that lists the operators without a kernel.
 */
export const refuseUnsupported = (ort: Ort, session: Pointer, device: Gpu, model: Uint8Array): void => {
  const ofSizes = sizeNodes(fromBinary(ModelProtoSchema, model).graph!);
  const counts = new Map<string, number>();
  for (const { name, op, provider } of assignedNodes(ort, session))
    if (provider === CPU && !ofSizes.has(name)) counts.set(op, (counts.get(op) ?? 0) + 1);
  if (counts.size === 0) return;
  const listed = [...counts].map(([op, count]) => (count === 1 ? op : `${op} (${count} times)`)).join(', ');
  throw new Error(
    `runtime: ${device} has no kernel for ${listed}: compute on the CPU, or let it compute these, with copies to and fro: unsupported: 'on-cpu', or --unsupported on-cpu`,
  );
};

interface AssignedNode {
  readonly name: string;
  readonly op: string;
  readonly provider: string;
}

const assignedNodes = (ort: Ort, session: Pointer): AssignedNode[] =>
  ort.list('GetEpGraphAssignmentInfo', session).flatMap((subgraph) => {
    const provider = ort.textAt(ort.make('EpAssignedSubgraphGetEpName', subgraph));
    return ort.list('EpAssignedSubgraphGetNodes', subgraph).map((node) => ({
      name: ort.textAt(ort.make('EpAssignedNodeGetName', node)),
      op: ort.textAt(ort.make('EpAssignedNodeGetOperatorType', node)),
      provider,
    }));
  });

/** Names of the nodes that depend on nothing but constants and the sizes of inputs. */
const sizeNodes = ({ node, initializer }: GraphProto): Set<string> => {
  const known = new Set(initializer.map(({ name }) => name));
  const found = new Set<string>();
  for (const { name, opType, input, output } of node) {
    if (opType !== 'Shape' && !input.every((from) => known.has(from))) continue;
    found.add(name);
    for (const to of output) known.add(to);
  }
  return found;
};
