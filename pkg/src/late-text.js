// Encoders that are made when they are first used.

export class TextDecoder {
  #options;
  #decoder;

  constructor(...options) {
    this.#options = options;
  }

  decode(bytes) {
    // The bindings decode nothing once, at import, to warm up.
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
