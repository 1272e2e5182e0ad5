import type { z } from 'zod';

/** What a program can be allowed to read. */
type Scope = 'signature:read' | 'evidence:read' | 'items:read';

/** What a tool answers: for people and models that read, and for programs. */
export interface ToolAnswer<Data> {
  readonly text: string;
  readonly data: Data;
}

/** Something that an assistant can ask. Tools read, and never change anything. */
export interface Tool<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title: string;
  /** For the model. Never with anything that comes from a platform. */
  readonly description: string;
  /** What a program must be allowed to read to call it. */
  readonly scopes: readonly Scope[];
  readonly input: Input;
  readonly output: Output;
  /** @throws ApiError with what is wrong and the way out */
  answer(userId: string, input: z.output<Input>): Promise<ToolAnswer<z.input<Output>>>;
}
