// On a paired phone a scanned ticket admits by itself; without script the same form is one big tap.
const form = document.querySelector("form[data-by-itself]");
if (form) form.requestSubmit();
