/** The program's API as one person. */
export class Api {
  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  /** The answer as it came. */
  send(method, path, body) {
    const isForm = body instanceof FormData; // Its type has a boundary, which fetch adds.
    return fetch(`${this.url}/api${path}`, {
      method,
      headers: {
        ...(this.token && { authorization: `Bearer ${this.token}` }),
        ...(body && !isForm && { 'content-type': 'application/json' }),
      },
      ...(body && { body: isForm ? body : JSON.stringify(body) }),
    });
  }

  /** The answer's data; throws the server's error. */
  async call(method, path, body) {
    const { success, data, error } = await (await this.send(method, path, body)).json();
    if (!success) throw new Error(`${error.code}: ${error.message}`);
    return data;
  }
}
