// A decoder and an encoder that are created on first use.

export class TextDecoder {
  #options;
  #decoder;

  constructor(...options) {
    this.#options = options;
  }

  decode(bytes) {
    // At import, the bindings call `decode()` without bytes to warm up.
    return bytes ? (this.#decoder ??= new globalThis.TextDecoder(...this.#options)).decode(bytes) : "";
  }
}

export class TextEncoder {
  #encoder;

  encode(text) {
    return (this.#encoder ??= new globalThis.TextEncoder()).encode(text);
  }

  encodeInto(text, bytes) {
    return (this.#encoder ??= new globalThis.TextEncoder()).encodeInto(text, bytes);
  }
}
