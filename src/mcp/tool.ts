import type { z } from 'zod';
import type { Scope } from '../auth/scopes.js';

/** What a tool answers: for people and models that read, and for programs. */
export interface ToolAnswer<Data> {
  readonly text: string;
  readonly data: Data;
}

/** Whether the program that asks may do what a scope stands for. */
export type MayUse = (scope: Scope) => boolean;

/** Something that an assistant can ask. Tools read, and never change anything. */
export interface Tool<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title: string;
  /** For the model. Never with anything that comes from a platform. */
  readonly description: string;
  /** The scope that it takes. */
  readonly scope: Scope;
  /** With this one it answers more. */
  readonly moreWith?: Scope;
  readonly input: Input;
  readonly output: Output;
  /** @throws ApiError with what is wrong and the way out */
  answer(userId: string, input: z.output<Input>, mayUse: MayUse): Promise<ToolAnswer<z.input<Output>>>;
}
