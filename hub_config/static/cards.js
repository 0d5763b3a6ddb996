// Fills the panel "Graphics cards" of the start page, and again every few seconds while somebody looks.
(() => {
  const address = document.currentScript.dataset.address;
  const byId = (id) => document.getElementById(id);

  function span(seconds) {
    const minutes = Math.floor(seconds / 60);
    if (minutes < 1) return "";
    return minutes < 60 ? `, ${minutes} min` : `, ${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  }

  function since(seconds) {
    const then = new Date(Date.now() - seconds * 1000);
    const today = then.toDateString() === new Date().toDateString();
    const day = today ? {} : { day: "numeric", month: "short" };
    return then.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" });
  }

  /** A line of text; what people are called is never read as markup. */
  function line(who, what, mine) {
    const item = document.createElement("li");
    const name = document.createElement("b");
    name.textContent = mine ? "you" : who;
    if (mine) item.className = "im-mine";
    item.append(name, ` ${what}`);
    return item;
  }

  function show(now) {
    byId("cards-now").hidden = now.shares === 0;
    const free = byId("cards-free");
    free.textContent = now.free === 0 ? "none free" : `${now.free} of ${now.shares} free`;
    free.classList.toggle("im-full", now.free === 0);
    byId("cards-held").replaceChildren(
      ...now.holders.map((one) => line(one.user, `${one.cards.join(", ")} since ${since(one.seconds)}${span(one.seconds)}`, one.mine)),
    );
    byId("cards-waiting").hidden = now.line.length === 0;
    byId("cards-line").replaceChildren(
      ...now.line.map((one) => line(one.user, `since ${since(one.seconds)}${span(one.seconds)}`, one.mine)),
    );
  }

  async function look() {
    if (!document.hidden) {
      try {
        const answer = await fetch(address, { headers: { Accept: "application/json" } });
        if (answer.status === 403) return; // signed out meanwhile
        if (answer.ok) show(await answer.json());
      } catch {
        // the hub is restarting; the next look tells
      }
    }
    setTimeout(look, 5000);
  }

  look();
})();
