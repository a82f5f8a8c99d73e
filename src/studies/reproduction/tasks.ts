import { nlvr2, snliVe, type Task, vqa } from '../../index.ts';
import type { View } from '../scenes/views.ts';

/** The understanding tasks of the paper, each a view of one world. */
export const understanding = { vqa, nlvr2, ve: snliVe } as const satisfies Partial<Record<View, Task>>;

export type TaskName = keyof typeof understanding;

export const taskNames = Object.keys(understanding) as TaskName[];

/** The task on which learning rates are searched, and amounts of data and depths compared. */
export const SEARCHED: TaskName = 'vqa';
