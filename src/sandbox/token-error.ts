/** What can be wrong with a token request. */
export type TokenFault =
  'invalid_request' | 'invalid_client' | 'invalid_grant' | 'redirect_uri_mismatch' | 'unsupported_grant_type';

/** A refused token request; each provider has its own form of the answer. */
export class TokenError extends Error {
  override readonly name = 'TokenError';

  constructor(
    readonly fault: TokenFault,
    description: string,
  ) {
    super(description);
  }
}

/** How a provider answers a refused token request. */
export interface TokenRefusal {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

/** The answer by RFC 6749 section 5.2. */
export function standardRefusal(fault: TokenFault, description: string): TokenRefusal {
  const error = fault === 'redirect_uri_mismatch' ? 'invalid_grant' : fault;
  return { status: 400, body: { error, error_description: description } };
}
