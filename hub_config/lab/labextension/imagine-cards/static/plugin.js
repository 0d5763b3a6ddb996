// Looks how things stand with graphics cards while it matters, and shows it above each notebook and in the status bar.
import { makeBanner } from "./banner.js";
import { moment, OUT_OF_MEMORY } from "./words.js";

const SOON = 2000, LATER = 3000;
const SETTLED = ["idle", "busy", "dead"];

/** The plugin as JupyterLab wants it; `theirs(name)` is a module that JupyterLab shares. */
export async function plugin(theirs, here) {
  const { INotebookTracker } = await theirs("@jupyterlab/notebook");
  const { IConsoleTracker } = await theirs("@jupyterlab/console");
  const { IStatusBar } = await theirs("@jupyterlab/statusbar");
  const { Notification } = await theirs("@jupyterlab/apputils");
  const { ServerConnection } = await theirs("@jupyterlab/services");
  const { Widget } = await theirs("@lumino/widgets");
  return {
    id: "imagine-cards:plugin",
    description: "Graphics cards: who waits, who holds, who has lost one.",
    autoStart: true,
    requires: [INotebookTracker],
    optional: [IConsoleTracker, IStatusBar],
    activate(app, notebooks, consoles, statusBar) {
      addStyle(new URL("cards.css", here));
      const warn = (words) => Notification.warning(words, { autoClose: false });
      const cards = new Cards(app.serviceManager.serverSettings, { ServerConnection, Widget, warn });
      for (const tracker of [notebooks, consoles].filter(Boolean)) {
        tracker.forEach((panel) => cards.follow(panel));
        tracker.widgetAdded.connect((_, panel) => cards.follow(panel));
        tracker.currentChanged.connect(() => cards.showStatus(tracker.currentWidget));
      }
      if (statusBar) statusBar.registerStatusItem("imagine-cards:status", { item: cards.status, align: "left", rank: 50 });
    },
  };
}

function addStyle(address) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = address;
  document.head.append(link);
}

/** What is known of the person's kernels, asked again and again while one of them waits or holds a card. */
class Cards {
  constructor(settings, { ServerConnection, Widget, warn }) {
    Object.assign(this, { settings, ServerConnection, Widget, warn });
    this.panels = new Map();
    this.picture = { lends: false, kernels: {}, holders: [] };
    this.seen = Date.now();
    this.timer = 0;
    this.current = null;
    this.ended = undefined;
    this.status = new Widget();
    this.status.addClass("imagine-status");
    this.status.hide();
    document.addEventListener("visibilitychange", () => document.hidden || this.look());
    setInterval(() => this.show(), 1000);
  }

  /** Puts a banner above the cells of `panel`, for as long as it is open. */
  follow(panel) {
    if (this.panels.has(panel)) return;
    const context = panel.sessionContext;
    const kernel = () => context.session?.kernel;
    const banner = makeBanner({
      startOnCpu: () => this.ask(`/${kernel().id}/cpu`, "POST"),
      stop: () => context.shutdown(),
      keep: () => kernel().requestExecute({ code: "", store_history: false }).done,
      restart: () => this.restart(context),
    });
    this.place(banner.node, panel);
    this.panels.set(panel, banner);
    context.statusChanged.connect(() => this.lookSoon());
    context.connectionStatusChanged.connect(() => this.lookSoon());
    context.kernelChanged.connect(() => this.lookSoon());
    panel.disposed.connect(() => this.panels.delete(panel));
    this.current ??= panel;
    this.look();
  }

  /** Above the cells, as high as its words need: JupyterLab's layout only knows heights that it is told. */
  place(node, panel) {
    const widget = new this.Widget();
    widget.addClass("imagine-place");
    widget.node.append(node);
    panel.contentHeader.addWidget(widget);
    const observer = new ResizeObserver(() => {
      widget.node.style.minHeight = `${node.offsetHeight}px`;
      widget.parent?.fit();
    });
    observer.observe(node);
    panel.disposed.connect(() => observer.disconnect());
  }

  /** Starts the kernel anew, also where the browser has given it up. */
  async restart(context) {
    const kernel = context.session?.kernel;
    const name = kernel?.name ?? context.kernelPreference.name;
    if (kernel && kernel.status !== "dead") await context.restartKernel();
    else {
      await context.shutdown().catch(() => {});
      await context.changeKernel({ name });
    }
  }

  lookSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), 300);
  }

  /** Asks the person's server once, and plans when to ask again. */
  async look() {
    clearTimeout(this.timer);
    const asked = (this.asked = Symbol("the latest question"));
    try {
      const picture = await this.ask("", "GET");
      if (asked !== this.asked) return;
      this.hearOfMemory(picture.ended_for_memory ?? 0);
      this.picture = picture;
      this.seen = Date.now();
      this.show();
    } catch (error) {
      console.debug(`Graphics cards: ${error.message}`); // the server is restarting, or gone
    }
    const kernels = Object.values(this.picture.kernels);
    const matters = kernels.some((kernel) => kernel.is !== "holding" || kernel.left !== null) || this.beginning;
    clearTimeout(this.timer);
    if ((this.picture.lends || kernels.length) && !document.hidden) {
      this.timer = setTimeout(() => this.look(), matters ? SOON : LATER);
    }
  }

  /** Says so when one more program ended for want of memory; not of those that ended before this page was there. */
  hearOfMemory(ended) {
    if (ended > (this.ended ?? ended)) this.warn(OUT_OF_MEMORY);
    this.ended = ended;
  }

  /** Whether a kernel of an open notebook is not there yet. */
  get beginning() {
    return [...this.panels.keys()].some(({ sessionContext: { session } }) => {
      const kernel = session?.kernel;
      return kernel && (kernel.connectionStatus !== "connected" || !SETTLED.includes(kernel.status));
    });
  }

  async ask(path, method) {
    const address = `${this.settings.baseUrl}imagine/cards${path}`;
    const answer = await this.ServerConnection.makeRequest(address, { method }, this.settings);
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.message ?? answer.statusText);
    if (method === "POST") this.lookSoon();
    return said;
  }

  /** Times run on between two answers of the server. */
  now(kernel) {
    const passed = (Date.now() - this.seen) / 1000;
    return kernel?.left == null ? kernel : { ...kernel, left: kernel.left - passed };
  }

  show() {
    for (const [panel, banner] of this.panels) {
      const kernel = this.now(this.picture.kernels[panel.sessionContext.session?.kernel?.id]);
      banner.show(kernel, this.picture.holders);
    }
    this.showStatus(this.current);
  }

  /** The card that the kernel of the notebook in front holds, in the status bar. */
  showStatus(panel) {
    this.current = panel ?? this.current;
    const kernel = this.picture.kernels[this.current?.sessionContext?.session?.kernel?.id];
    const holds = kernel?.is === "holding";
    this.status.setHidden(!holds);
    if (!holds) return;
    this.status.node.textContent = `Graphics card: ${kernel.cards.join(", ")}`;
    this.status.node.title = `This kernel has had the graphics card since ${moment(kernel.held)}.`;
  }
}
