import { LASTS } from './sessions/sessions.js';

/**
 * SQL for whether somebody is an operator now, whatever a session says: by their account, by the invitation with which they
 * came from the provider, or by what the provider said at a sign-in that still lasts.
 * @param userId an expression
 */
export function isOperator(userId: string): string {
  return `(EXISTS (SELECT FROM accounts WHERE user_id = ${userId} AND admin)
    OR EXISTS (SELECT FROM identities WHERE user_id = ${userId} AND admin)
    OR EXISTS (SELECT FROM sessions WHERE user_id = ${userId} AND admin AND identity_id IS NOT NULL
      AND ended_at IS NULL AND ${LASTS}))`;
}
