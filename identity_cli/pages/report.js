"use strict";
// Opens what a link points into, and finds ids by all that their person was ever called. All else works without it.
(() => {
  const reveal = () => {
    const name = decodeURIComponent(location.hash.slice(1));
    const there = name && document.getElementById(name);
    if (!there) return;
    for (let fold = there.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    there.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
  addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("details:not(.data)")) fold.open = true;
  });

  const box = document.querySelector(".search");
  const rows = [...document.querySelectorAll("#index tbody tr")];
  if (!box || !rows.length) return;
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const most = 30;
  box.hidden = false;
  document.getElementById("find").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    const found = wanted ? rows.filter((row, at) => texts[at].includes(wanted)) : [];
    document.getElementById("hits").replaceChildren(...found.slice(0, most).map((row) => {
      const item = document.createElement("li");
      const link = row.cells[0].querySelector("a");
      const id = document.createElement(link ? "a" : "span");
      if (link) id.href = link.hash;
      id.textContent = row.cells[0].textContent;
      item.append(id, " ", row.cells[1].textContent);
      return item;
    }));
    const cut = found.length > most ? `, the first ${most} shown` : "";
    document.getElementById("found").textContent = wanted ? `${found.length} of ${rows.length} ids${cut}` : "";
  });
})();
