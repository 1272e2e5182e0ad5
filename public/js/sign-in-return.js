/** What came of a sign-in with the provider, by the code with which the server sends the browser back. */
const SENTENCES = {
  OIDC_DENIED: 'You did not finish signing in there, so nothing has changed here.',
  OIDC_REFUSED: 'The sign-in was refused there. Please try again.',
  OIDC_PROVIDER_DOWN: 'The sign-in service does not answer at the moment. Please try again in a few minutes.',
  OIDC_CLIENT_REFUSED: 'The sign-in service does not accept this server. Its operator must check the settings.',
  OIDC_CODE_REFUSED: 'The sign-in service did not accept its own confirmation. Please try again.',
  OIDC_ANSWER_INVALID: 'The answer of the sign-in service is not valid for this sign-in. Please try again.',
  OIDC_STATE_INVALID: 'This sign-in is not known here. Please start again.',
  OIDC_EXPIRED: 'Signing in took longer than ten minutes. Please start again.',
  OIDC_WRONG_BROWSER: 'The sign-in began in another browser. Please start and finish in the same one.',
  OIDC_ALREADY_USED: 'This sign-in was already finished. Please start again.',
  OIDC_OTHER_PERSON: 'You signed in there as somebody else than you are here, so nothing has changed.',
  OIDC_NOT_ASKED: 'The sign-in service did not ask who you are, so this does not count as a new sign-in.',
  OIDC_SESSION_ENDED: 'You have signed out meanwhile. Sign in, and begin again.',
  IDENTITY_TAKEN: 'This identity belongs to another account here.',
  IDENTITY_REMOVED: 'You took this identity away from your account. Come in another way, and add it again.',
  TOO_MANY_IDENTITIES: 'You have as many identities as you can have. Take one away first.',
  INVITATION_INVALID:
    'To come in here for the first time you need an invitation that was not used yet and is not older than an hour.',
  ACCOUNT_LOCKED:
    'Your account is locked, and nothing in it is deleted. Whoever runs this server can unlock it: please ask them.',
  SIGN_UP_OFF: 'Nobody new can come in on this server.',
  ERASURE_RUNNING: 'Your account is still being deleted. Please try again when that has ended.',
};

const DONE = {
  again: 'You have signed in again. You can go on now.',
  linked: 'From now on you can sign in here with this identity too.',
};

/** The sentence for a page's query, and the code of what is wrong; null where nothing came of nothing. */
export function signInReturn(query) {
  const code = query.get('signInError');
  if (code !== null) return { sentence: SENTENCES[code] ?? 'You could not be signed in.', code };
  const sentence = DONE[query.get('signedIn')];
  return sentence ? { sentence, code: null } : null;
}
