// The review grid in the browser: one state for each widget, a view for each place where it is shown.
import type { Model } from "../link.ts";
import { GridState } from "./state.ts";
import { GridView } from "./view.ts";
import type { FromKernel } from "./wire.ts";

export default () => {
  let state: GridState;
  return {
    initialize({ model }: { model: Model<FromKernel> }) {
      state = new GridState(model);
      return () => state.dispose();
    },
    render({ el }: { el: HTMLElement }) {
      const view = new GridView(state, el);
      return () => view.dispose();
    },
  };
};
