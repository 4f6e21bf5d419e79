// Asks without loading the whole page again. Without this script, the form does the same.
"use strict";
const form = document.getElementById("ask");
const state = document.getElementById("status");
const PARTS = ["answer", "previous"];
let asked = 0;
let shown = location.pathname + location.search;

async function show(address, remember) {
  const number = ++asked;
  state.textContent = "Looking it up…";
  document.getElementById("answer").setAttribute("aria-busy", "true");
  let page;
  try {
    const reply = await fetch(address, { headers: { Accept: "text/html" } });
    page = new DOMParser().parseFromString(await reply.text(), "text/html");
    if (!page.getElementById("answer")) throw new Error("not a page of an answer");
  } catch {
    location.assign(address);
    return;
  }
  if (number !== asked) return;
  for (const id of PARTS) document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
  document.title = page.title;
  document.querySelector("h1").className = page.querySelector("h1").className;
  if (remember) history.pushState(null, "", address);
  shown = location.pathname + location.search;
  state.textContent = "";
  document.getElementById("result")?.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(`/?${new URLSearchParams(new FormData(form))}`, true);
});
addEventListener("popstate", () => {
  const question = location.pathname + location.search;
  if (question === shown) return; // only the part after # changed, as by the link that skips to the content
  form.elements.q.value = new URLSearchParams(location.search).get("q") || "";
  show(location.href, false);
});
