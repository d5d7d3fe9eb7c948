// Comfort only: every page works without it.
for (const master of document.querySelectorAll("input[data-selects]")) {
  const boxes = () => document.querySelectorAll(`input[name="${master.dataset.selects}"]`);
  master.hidden = false;
  master.addEventListener("change", () => {
    for (const box of boxes()) box.checked = master.checked;
  });
}

// After a refused form the summary of what is wrong comes first.
document.querySelector(".summary")?.focus();

// A reference's box offers what the typed text may mean.
for (const box of document.querySelectorAll("input[data-suggest]")) {
  let asked = "";
  box.addEventListener("input", async () => {
    const text = box.value.trim();
    asked = text;
    if (text === "") return;
    const response = await fetch(`${box.dataset.suggest}?${new URLSearchParams({ text })}`).catch(
      () => undefined,
    );
    if (!response?.ok || asked !== text) return;
    const options = (await response.json()).map((value) =>
      Object.assign(document.createElement("option"), { value }),
    );
    if (asked === text) box.list.replaceChildren(...options);
  });
}

// A page that is left with changes in its form asks first, and says that there are some.
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  const note = document.createElement("p");
  note.className = "unsaved";
  note.setAttribute("aria-live", "polite");
  form.append(note);
  let changed = false;
  form.addEventListener("input", () => {
    changed = true;
    note.textContent = form.dataset.unsaved;
  });
  form.addEventListener("submit", () => {
    changed = false;
  });
  addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
}
