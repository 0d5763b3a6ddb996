// The door JupyterLab enters by: a container of module federation, written by hand because it holds one plain module.
(() => {
  const here = new URL(".", document.currentScript.src);
  let shared = {};

  /** A module that JupyterLab itself has loaded, so that its tokens are the very same objects. */
  async function theirs(name) {
    const [offered] = Object.values(shared[name] ?? {});
    if (!offered) throw new Error(`JupyterLab does not share ${name}.`);
    return (await offered.get())();
  }

  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB["imagine-cards"] = {
    init(scope) {
      shared = scope;
    },
    async get() {
      const { plugin } = await import(new URL("plugin.js", here));
      const exported = { __esModule: true, default: await plugin(theirs, here) };
      return () => exported;
    },
  };
})();
