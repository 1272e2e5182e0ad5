const KEY = 'soul-signature.token';

/** The bearer token of this tab; it ends with the tab. */
export function token() {
  return sessionStorage.getItem(KEY);
}

export function keepToken(value) {
  sessionStorage.setItem(KEY, value);
}

export function forgetToken() {
  sessionStorage.removeItem(KEY);
}
