// Keeps what is being written as a draft of its writer, a moment after the last key. Without
// it the form has a button that does the same.

const PAUSE = 1500; // milliseconds after the last key

function keep(form, signal) {
  const body = new FormData(form);
  return fetch(form.dataset.draft, { method: "POST", body, credentials: "same-origin", signal });
}

for (const form of document.querySelectorAll("form[data-draft]")) {
  const state = form.querySelector("[data-draft-state]");
  let waiting;
  let isSent = false;
  const underWay = new AbortController();
  form.addEventListener("submit", () => {
    isSent = true; // what is being saved is no draft any more
    clearTimeout(waiting);
    underWay.abort();
  });
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const kept = await keep(form, underWay.signal).then((answer) => answer.ok, () => false);
      if (!isSent) state.textContent = kept ? form.dataset.draftKept : form.dataset.draftLost;
    }, PAUSE);
  });
}
