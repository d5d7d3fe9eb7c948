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
