// The review grid in the browser: one state for each widget, a view for each place where it is shown.
import { GridState } from "./grid_state.js";
import { GridView } from "./grid_view.js";

export default () => {
  let state;
  return {
    initialize({ model }) {
      state = new GridState(model);
      return () => state.dispose();
    },
    render({ el }) {
      const view = new GridView(state, el);
      return () => view.dispose();
    },
  };
};
