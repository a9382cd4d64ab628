// Tickets that somebody chose to keep on this phone. Phones are shared: nothing of them is shown before a tap.
const KEPT = "bon-tickets";
const now = Date.now() / 1000;
export const kept = () => {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]").filter((each) => each.until > now);
  } catch {
    return [];
  }
};
export const keepOnly = (list) => {
  try {
    if (list.length) localStorage.setItem(KEPT, JSON.stringify(list));
    else localStorage.removeItem(KEPT);
    return true;
  } catch {
    return false; // no room, or not allowed: the page works without
  }
};
export const drop = (key) => keepOnly(kept().filter((each) => each.key !== key));

const here = kept();
keepOnly(here); // what is over goes
const show = (part) => part && (part.hidden = false);
if (here.length) document.querySelectorAll("[data-tickets-kept]").forEach(show);
document.querySelectorAll("[data-own-event]").forEach((part) => {
  const own = here.filter((each) => each.event === part.dataset.ownEvent).pop(); // the newest link
  if (own) {
    part.querySelector("a").href = own.path;
    show(part);
  }
});

// the page of what is kept: a list, each opened or removed by one tap
const list = document.querySelector("[data-kept-list]");
const draw = () => {
  const row = document.querySelector("#kept-row").content;
  const all = kept();
  list.replaceChildren(
    ...all.map((each) => {
      const made = row.cloneNode(true);
      const link = made.querySelector("a");
      link.href = each.path;
      link.textContent = each.label;
      const remove = made.querySelector("button");
      remove.setAttribute("aria-label", `${remove.textContent} · ${each.label}`);
      remove.addEventListener("click", () => {
        drop(each.key);
        draw();
        document.querySelector("h1").focus();
      });
      return made;
    }),
  );
  document.querySelector("[data-none-kept]").hidden = all.length > 0;
};
if (list) draw();

// our own word that a party is gone (erased, or under another link now) ends what is kept of it
const party = location.pathname.match(/^\/[a-z-]+\/r\/([\w-]+)(\/erase)?\/?$/); // not one of its tickets
if (party && document.querySelector("[data-gone]")) drop(party[1]);
