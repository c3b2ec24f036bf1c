// What every page does beyond HTML: focus on what needs correcting, and words for htmx's
// failures. Nothing here decides anything; without it every page still works.

const notices = document.getElementById("notices");

function focusOnErrors(root) {
  root.querySelector("[data-focus]")?.focus();
}

function tell(sentence) {
  const box = document.createElement("div");
  box.className = "notice notice--problem";
  const body = document.createElement("p");
  body.className = "notice__body";
  body.textContent = sentence;
  box.append(body);
  notices.replaceChildren(box);
  notices.scrollIntoView({ block: "nearest" });
}

focusOnErrors(document);
// Without a network the person gets a page of ours. It is no loss where it cannot be had.
navigator.serviceWorker?.register("/worker.js").catch(() => {});
document.body.addEventListener("htmx:load", (event) => focusOnErrors(event.target));
document.body.addEventListener("htmx:sendError", () => tell(notices.dataset.cut));
document.body.addEventListener("htmx:responseError", () => tell(notices.dataset.refused));
