"use strict";
(() => {
  const root = document.documentElement;
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  // Figures: drawn from the JSON beside them, in the colours of the page.
  const look = () => ({
    "paper_bgcolor": "rgba(0,0,0,0)", "modebar.bgcolor": "rgba(0,0,0,0)", "modebar.color": colour("--soft"),
    "plot_bgcolor": "rgba(0,0,0,0)", "font.color": colour("--ink"),
    "xaxis.gridcolor": colour("--line"), "yaxis.gridcolor": colour("--line"),
    "xaxis.zerolinecolor": colour("--line"), "yaxis.zerolinecolor": colour("--line"),
  });
  const charts = () => document.querySelectorAll(".chart[data-figure]");
  const draw = () => {
    if (typeof Plotly === "undefined") return;
    for (const chart of charts()) {
      const figure = JSON.parse(document.getElementById(chart.dataset.figure).textContent);
      Plotly.newPlot(chart, figure.data, figure.layout, { responsive: true, displaylogo: false, displayModeBar: "hover" })
        .then(() => Plotly.relayout(chart, look()));
    }
  };
  window.perovexLook = look;

  // On a phone the list of sections waits behind its word, so that the answer stands on the first screen.
  const menu = document.querySelector("details.menu");
  if (menu && innerWidth < 960) menu.open = false;

  // Light or dark: as the reader's system says, until the button is pressed.
  const button = document.querySelector("button.theme");
  const dark = () => root.dataset.theme === "dark" ||
    (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  const repaint = () => {
    if (typeof Plotly === "undefined") return;
    for (const chart of document.querySelectorAll(".js-plotly-plot")) Plotly.relayout(chart, look());
  };
  if (button) {
    const name = () => { button.textContent = dark() ? "light" : "dark"; };
    button.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; name(); repaint(); });
    name();
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

  // On paper everything is dark on white and as wide as the page.
  addEventListener("beforeprint", () => {
    if (typeof Plotly === "undefined") return;
    for (const chart of document.querySelectorAll(".js-plotly-plot")) {
      const height = Math.min(chart.layout.height || 340, 340);
      chart.dataset.height = chart.layout.height || "";
      Plotly.relayout(chart, { ...look(), "font.color": "#000", width: 660, height });
    }
  });
  addEventListener("afterprint", () => {
    if (typeof Plotly === "undefined") return;
    for (const chart of document.querySelectorAll(".js-plotly-plot")) {
      Plotly.relayout(chart, { ...look(), width: null, height: Number(chart.dataset.height) || null, autosize: true });
    }
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", draw);
  else draw();
})();
