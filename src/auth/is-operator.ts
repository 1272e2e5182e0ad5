import { LASTS } from './sessions/sessions.js';

/**
 * SQL for whether somebody is an operator for good: by their account, or by the invitation with which they came from the
 * provider.
 * @param userId an expression
 */
export function isOperatorForGood(userId: string): string {
  return `(EXISTS (SELECT FROM accounts WHERE user_id = ${userId} AND admin)
    OR EXISTS (SELECT FROM identities WHERE user_id = ${userId} AND admin))`;
}

/** The same, or by what the provider said at a sign-in that still lasts. */
export function isOperator(userId: string): string {
  return `(${isOperatorForGood(userId)}
    OR EXISTS (SELECT FROM sessions WHERE user_id = ${userId} AND admin AND identity_id IS NOT NULL
      AND ended_at IS NULL AND ${LASTS}))`;
}
