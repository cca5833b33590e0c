"use strict";
// Draws the figures from the data beside them, and fits the page to paper before printing.
(function () {
  const plots = Array.from(document.querySelectorAll("[data-plot]"));
  const settings = { displayModeBar: false, responsive: true, scrollZoom: false, showTips: false };
  const paper = 660; // pixels; a little less than the width between the margins of a printed A4 page

  function draw(plot, width) {
    const content = JSON.parse(document.getElementById(plot.dataset.plot).textContent);
    const ratio = (content.layout.meta || {}).ratio; // of maps, whose height follows their width
    if (ratio) content.layout.height = Math.round((width || plot.clientWidth) / ratio);
    if (width) content.layout.width = width;
    plot.style.minHeight = content.layout.height + "px";
    Plotly.purge(plot);
    Plotly.newPlot(plot, content.data, content.layout, settings);
  }
  for (const plot of plots) draw(plot);

  // A link into a closed part of the page opens it.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let place = target; place; place = place.parentElement) {
      if (place.tagName === "DETAILS") place.open = true;
    }
    target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  reveal();

  // Figures are drawn anew for paper: a second drawing in place would fade in, and print half faded.
  let opened = [];
  addEventListener("beforeprint", function () {
    opened = Array.from(document.querySelectorAll("details:not([open]):not(.data):not(.listing)"));
    for (const details of opened) details.open = true;
    for (const plot of plots) draw(plot, paper);
  });
  addEventListener("afterprint", function () {
    for (const details of opened) details.open = false;
    for (const plot of plots) draw(plot);
  });
})();
