(function () {
  "use strict";
  function valueOf(row, column) {
    const data = row.cells[column].querySelector("data");
    return data ? Number(data.value) : row.cells[column].textContent.trim();
  }
  function compare(a, b, direction) {
    if (typeof a !== typeof b) {
      return typeof a === "number" ? -1 : 1;
    }
    return direction * (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
  }
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", function () {
        const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
        const body = table.tBodies[0];
        const rows = Array.from(body.rows);
        rows.sort(function (a, b) { return compare(valueOf(a, column), valueOf(b, column), direction); });
        body.append(...rows);
      });
    });
  }
}());
