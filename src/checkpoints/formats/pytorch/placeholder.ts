/**
 * Stands for a class, function or object of Python that a pickle names, with its arguments and state. Nothing of Python
 * is ever looked up or run.
 */
export interface Placeholder {
  /** Full name, `module.name`. */
  readonly python: string;
  /** Arguments of the call; absent where the name was not called. */
  readonly args?: readonly unknown[] | undefined;
  /** State that the pickle restores into the object. */
  state?: unknown;
}

/** Whether a value of a pickle stands for something of Python. */
export const isPlaceholder = (value: unknown): value is Placeholder =>
  typeof value === 'object' && value !== null && 'python' in value && !(value instanceof Map);
