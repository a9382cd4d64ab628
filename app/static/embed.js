// Puts a frame of ours where this script stands: <script src="https://…/embed.js" data-country="korea"></script>, or
// data-event="…"; data-lang="km". It sets no style and no cookie, and loads nothing else, so that strict policies let
// it be: script-src and frame-src with our address are all that it needs.
(() => {
  const me = document.currentScript;
  const { origin } = new URL(me.src);
  const { lang = "km", country = "", event = "", title = "បុណ្យ · Khmer festivals" } = me.dataset;
  const frame = document.createElement("iframe");
  const below = event ? `events/${encodeURIComponent(event)}` : encodeURIComponent(country);
  frame.src = `${origin}/embed/${encodeURIComponent(lang)}/${below}`;
  frame.title = title;
  frame.loading = "lazy";
  frame.referrerPolicy = "no-referrer";
  frame.width = "100%";
  frame.height = event ? "380" : "520";
  frame.setAttribute("frameborder", "0");
  me.after(frame);
  addEventListener("message", (told) => {
    const high = told.data?.bon;
    if (told.origin === origin && told.source === frame.contentWindow && high > 0) frame.height = Math.min(high, 6000);
  });
})();
