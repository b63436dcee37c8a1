/** Parts of the page, and what they show. */

export interface View {
  readonly element: HTMLElement;
  render(): void;
}

/** What a part of the page shows until something else is opened in it. */
export interface Pane {
  children: HTMLElement[];
  render?(): void;
  dispose?(): void;
}

/** Shows one pane at a time. The function that it returns draws the pane of that key, which is opened if another one is there. */
export function paneIn(element: HTMLElement): (key: string, open: () => Pane) => void {
  let shown: { key: string; pane: Pane } | null = null;
  return (key, open) => {
    if (shown?.key !== key) {
      shown?.pane.dispose?.();
      shown = { key, pane: open() };
      element.replaceChildren(...shown.pane.children);
    }
    shown.pane.render?.();
  };
}
