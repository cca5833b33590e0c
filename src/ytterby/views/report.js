"use strict";
// Draws the figures from the data beside them, and fits the page to paper before printing.
(function () {
  const plots = Array.from(document.querySelectorAll("[data-plot]"));
  const settings = { displayModeBar: false, responsive: true, scrollZoom: false, showTips: false };
  const paper = 690; // pixels between the margins of a printed A4 page

  for (const plot of plots) {
    const content = JSON.parse(document.getElementById(plot.dataset.plot).textContent);
    Plotly.newPlot(plot, content.data, content.layout, settings);
  }

  function reveal() {
    const name = decodeURIComponent(location.hash.slice(1));
    let place = name && document.getElementById(name);
    const target = place;
    for (; place; place = place.parentElement) {
      if (place.tagName === "DETAILS") place.open = true;
    }
    if (target) target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  reveal();

  let opened = [];
  addEventListener("beforeprint", function () {
    opened = Array.from(document.querySelectorAll("details:not([open]):not(.data)"));
    for (const details of opened) details.open = true;
    for (const plot of plots) Plotly.relayout(plot, { width: paper });
  });
  addEventListener("afterprint", function () {
    for (const details of opened) details.open = false;
    for (const plot of plots) Plotly.relayout(plot, { width: null, autosize: true });
  });
})();
