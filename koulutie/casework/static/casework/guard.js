// Warns while somebody types when the words look like another register's content. All of it
// happens here: the list is fetched, the text goes nowhere. The same patterns are matched on
// the server (core/definitions/word_list.py); without this script the form asks on saving.

const WORD = /[\p{L}\p{N}]+/gu;
const PAUSE = 250; // milliseconds after the last key

export function wordsOf(text) {
  return text.normalize("NFC").match(WORD) ?? [];
}

export function matches(word, pattern) {
  const core = pattern.replaceAll("*", "");
  const open = pattern.startsWith("*");
  const goesOn = pattern.endsWith("*");
  if (open && goesOn) return word.includes(core);
  if (open) return word.endsWith(core);
  return goesOn ? word.startsWith(core) : word === core;
}

function hits(words, pattern) {
  const parts = pattern.split(" ");
  return words
    .map((_, start) => words.slice(start, start + parts.length))
    .filter((run) => run.length === parts.length)
    .filter((run) => run.every((word, at) => matches(word.toLowerCase(), parts[at])))
    .map((run) => run.join(" "));
}

export function find(text, list) {
  const isHarmless = (word) =>
    list.harmless.some((pattern) => matches(word.toLowerCase(), pattern));
  const words = wordsOf(text).filter((word) => !isHarmless(word));
  return list.subjects
    .map((subject) => ({
      subject,
      words: [...new Set(subject.patterns.flatMap((pattern) => hits(words, pattern)))],
    }))
    .filter((found) => found.words.length);
}

function paragraph(text, name) {
  const made = document.createElement("p");
  if (name) made.className = name;
  made.textContent = text;
  return made;
}

function notice(found, label) {
  const body = document.createElement("div");
  body.className = "notice__body";
  body.append(
    paragraph(found.subject.title, "notice__title"),
    paragraph(found.subject.route),
    paragraph(`${label} ${found.words.join(", ")}`, "soft"),
  );
  const box = document.createElement("div");
  box.className = "notice notice--attention notice--plain";
  box.append(body);
  return box;
}

function show(guard, found) {
  const advice = guard.querySelector("[data-guard-advice]");
  const seen = guard.querySelector("[data-guard-seen]");
  const box = seen.querySelector("input");
  const ids = found.map((one) => one.subject.id).join(",");
  const words = JSON.stringify(found.map((one) => one.words));
  if (advice.dataset.words === words) return; // say it once, not at every key
  advice.dataset.words = words;
  advice.replaceChildren(...found.map((one) => notice(one, guard.dataset.guardWords)));
  seen.hidden = found.length === 0;
  if (box.value !== ids) box.checked = false; // a new subject is to be read too
  box.value = ids;
}

async function watch(guard) {
  const text = document.getElementById(guard.dataset.guardFor);
  const answer = await fetch(guard.dataset.guard, { credentials: "same-origin" });
  if (!text || !answer.ok) return; // the server still asks on saving
  const list = await answer.json();
  let waiting;
  const look = () => show(guard, find(text.value, list));
  text.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, PAUSE);
  });
  look();
}

for (const guard of document.querySelectorAll("[data-guard]")) watch(guard).catch(() => {});
