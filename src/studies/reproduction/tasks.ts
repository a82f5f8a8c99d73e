import { nlvr2, snliVe, type Task, vqa } from '../../index.ts';
import type { View } from '../scenes/views.ts';

/** The paper's vision-language understanding tasks, by the view of the scenes that has their texts. */
export const understanding = { vqa, nlvr2, ve: snliVe } as const satisfies Partial<Record<View, Task>>;

export type TaskName = keyof typeof understanding;

export const taskNames = Object.keys(understanding) as TaskName[];

/** The task on which amounts of updates and of data, learning rates and most kinds of knowledge are compared. */
export const STUDIED: TaskName = 'vqa';
