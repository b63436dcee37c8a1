/** Has the page drawn anew, at most once a frame, after something has changed. */
export class Signal {
  readonly #draw: () => void;
  #due = false;

  constructor(draw: () => void) {
    this.#draw = draw;
    // A frame that was asked for just before the page was hidden does not come; and what is seen is told as read.
    document.addEventListener("visibilitychange", this.#run);
  }

  readonly changed = (): void => {
    if (this.#due) return;
    this.#due = true;
    // Frames do not come while the page is hidden, but its title counts unread messages.
    if (document.hidden) setTimeout(this.#run);
    else requestAnimationFrame(this.#run);
  };

  end(): void {
    document.removeEventListener("visibilitychange", this.#run);
    this.#due = true;
  }

  readonly #run = (): void => {
    this.#due = false;
    this.#draw();
  };
}
