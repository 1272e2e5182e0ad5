import { assembler } from 'stream-json/core/assembler.js';
import type { jsonParser, Token } from 'stream-json/core/parser.js';
import { LONGEST_ROW, MOST_LEVELS, TOO_DEEP, TOO_LONG, type Row } from './row.js';

/** What the parser returns for a piece: several tokens in one object, or none. */
export function tokensOf(parsed: ReturnType<ReturnType<typeof jsonParser>>): readonly Token[] {
  return typeof parsed === 'object' && 'values' in parsed ? parsed.values : [];
}

/**
 * Puts rows together from a JSON parser's tokens, and drops those that are too long or too deep while they are read.
 * An element of the outermost array is a row; in an outermost object, each element of the arrays in its fields, and
 * each object in a field.
 */
export class RowAssembler {
  /** What is open around the rows: an array, an object, or an object and the array in one of its fields. */
  private readonly around: ('array' | 'object')[] = [];
  private begun = false;
  private field: string | undefined;
  private row: OpenRow | undefined;

  /** Whether the outermost array or object has ended. */
  get ended(): boolean {
    return this.begun && this.around.length === 0;
  }

  /** Whether a row has begun whose end was not read yet. */
  get inRow(): boolean {
    return this.row !== undefined;
  }

  /** @returns the row that ends with this token, if one does */
  take(token: Token): Row | undefined {
    if (this.row) {
      if (!this.row.take(token)) return undefined;
      const row = this.row.end();
      this.row = undefined;
      return row;
    }
    const innermost = this.around.at(-1);
    const list = this.around[0] === 'object' ? this.field : undefined;
    switch (token.name) {
      case 'startObject':
      case 'startArray':
        if (innermost === 'array' || (innermost === 'object' && token.name === 'startObject')) {
          this.row = new OpenRow(list);
          this.row.take(token);
        } else {
          this.begun = true;
          this.around.push(token.name === 'startArray' ? 'array' : 'object');
        }
        return undefined;
      case 'endObject':
      case 'endArray':
        this.around.pop();
        return undefined;
      case 'keyValue':
        this.field = token.value;
        return undefined;
      default:
        return innermost === 'array' ? scalarRow(token, list) : undefined;
    }
  }
}

function scalarRow(token: Token, list: string | undefined): Row {
  const scalar = exact(token);
  if (!('value' in scalar)) return { value: null, list };
  if (scalar.name === 'numberValue') return { value: Number(scalar.value), list };
  const tooLong = typeof scalar.value === 'string' && scalar.value.length > LONGEST_ROW;
  return tooLong ? TOO_LONG : { value: scalar.value, list };
}

/** A whole number that is too large to be held exactly becomes text: it is an id, and its neighbours are other things. */
function exact(token: Token): Token {
  if (token.name !== 'numberValue' || !/^-?\d{16,}$/.test(token.value)) return token;
  return Number.isSafeInteger(Number(token.value)) ? token : { name: 'stringValue', value: token.value };
}

/** A row whose end has not been read. */
class OpenRow {
  private readonly assembler = assembler();
  private depth = 0;
  /** Of its keys and values, and one for each sign that opens or closes something: about the row as it is written. */
  private characters = 0;
  private refused: Row | undefined;

  constructor(private readonly list: string | undefined) {}

  /** @returns whether the row ends with this token */
  take(token: Token): boolean {
    if (token.name === 'startObject' || token.name === 'startArray') this.depth += 1;
    if (token.name === 'endObject' || token.name === 'endArray') this.depth -= 1;
    this.characters += 'value' in token && typeof token.value === 'string' ? token.value.length + 1 : 1;
    if (this.depth > MOST_LEVELS) this.refused ??= TOO_DEEP;
    if (this.characters > LONGEST_ROW) this.refused ??= TOO_LONG;
    if (!this.refused) this.assembler.consume(exact(token));
    return this.depth === 0;
  }

  end(): Row {
    return this.refused ?? { value: this.assembler.current, list: this.list };
  }
}
