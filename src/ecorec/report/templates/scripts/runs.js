// The table of runs: sorts by any column, filters by words, downloads as CSV.
function tableOfRuns() {
  const table = document.querySelector("table.runs"), search = document.querySelector("input[type=search]");
  const { columns, rows, text: isText } = data.runs;
  let sorted = { at: null, up: true };
  const written = (value) => {
    if (value === null) return "";
    if (typeof value !== "number" || Number.isInteger(value)) return String(value);
    return Math.abs(value) < 1 ? value.toFixed(4) : String(Number(value.toPrecision(4)));
  };
  // A number matches a whole cell only: 64 is not found in 3.647.
  const matches = (row, word) => row.some((value) => {
    const cell = written(value).toLowerCase();
    return cell === word || (Number.isNaN(Number(word)) && cell.includes(word));
  });
  function shown() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = rows.filter((row) => words.every((word) => matches(row, word)));
    if (sorted.at === null) return kept;
    const filled = kept.filter((row) => row[sorted.at] !== null);
    filled.sort((a, b) => (sorted.up ? d3.ascending : d3.descending)(a[sorted.at], b[sorted.at]));
    return [...filled, ...kept.filter((row) => row[sorted.at] === null)];
  }
  function show() {
    const head = document.createElement("thead"), body = document.createElement("tbody"), titles = head.insertRow();
    columns.forEach((name, at) => {
      const cell = document.createElement("th"), button = document.createElement("button");
      cell.scope = "col";
      cell.className = isText[at] ? "text" : "";
      if (at === sorted.at) cell.setAttribute("aria-sort", sorted.up ? "ascending" : "descending");
      button.type = "button";
      button.textContent = name;
      button.onclick = () => {
        sorted = { at, up: sorted.at === at ? !sorted.up : true };
        show();
        table.querySelectorAll("th button")[at].focus();
      };
      cell.append(button);
      titles.append(cell);
    });
    const kept = shown();
    for (const row of kept) {
      const line = body.insertRow();
      row.forEach((value, at) => {
        const cell = line.insertCell();
        cell.textContent = written(value);
        if (isText[at]) cell.className = "text";
      });
    }
    table.replaceChildren(head, body);
    document.querySelector("[data-count]").textContent = `${kept.length} of ${rows.length} runs`;
  }
  search.oninput = show;
  document.querySelector("[data-download]").onclick = () => {
    const csv = d3.csvFormatRows([columns, ...shown().map((row) => row.map((value) => value ?? ""))]);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
    link.download = "runs.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  show();
}
