import { cast } from '../ops.ts';
import { constant, input, operation } from '../tensor.ts';
import { type CreateRuntime, compileFor } from './session.ts';

/** Numbers that are added up, an odd multiple of the pairs that instructions add at once. */
const INNER = 64;
/** Largest unsigned and signed numbers of 8 bits: two of their products do not fit into 16 bits. */
const [UNSIGNED, SIGNED] = [255, 127];

/**
 * Whether products of unsigned and signed int8 are exact here. x64 processors without VNNI add them in pairs of 16 bits,
 * which overflow: ONNX Runtime then has another way, which takes twice the time.
 */
export const isInt8Exact = async (createRuntime: CreateRuntime): Promise<boolean> => {
  const x = cast(input('x', [1, INNER]), 'uint8');
  const w = constant({ shape: [INNER, 1], data: new Int8Array(INNER).fill(SIGNED) });
  const sums = operation('MatMulInteger', [x, w], [1, 1], () => [], { kind: 'int32' });
  await using session = await compileFor(createRuntime, { sum: cast(sums, 'float') }, { threads: 1 });
  const { sum } = await session.run<'sum'>({ x: { shape: [1, INNER], data: new Float32Array(INNER).fill(UNSIGNED) } });
  return sum.data[0] === INNER * UNSIGNED * SIGNED;
};
