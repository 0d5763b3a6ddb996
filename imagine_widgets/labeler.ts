// The labeler in the browser: one state for each widget, a view for each place where it is shown.
import { LabelerState } from "./labeler_state.ts";
import { LabelerView } from "./labeler_view.ts";
import type { Model } from "./labeler_wire.ts";

export default () => {
  let state: LabelerState;
  return {
    initialize({ model }: { model: Model }) {
      state = new LabelerState(model);
      return () => state.dispose();
    },
    render({ el }: { el: HTMLElement }) {
      const view = new LabelerView(state, el);
      return () => view.dispose();
    },
  };
};
