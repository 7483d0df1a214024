"use strict";
(() => {
  const home = document.getElementById("explorer");
  if (!home || typeof Plotly === "undefined") return;
  const data = JSON.parse(document.getElementById("explorer-data").textContent);
  const targets = Object.keys(data.targets);
  const names = data.crystals.map((crystal) => crystal.name);
  const config = { responsive: true, displaylogo: false };
  const quiet = { ...config, displayModeBar: false };  // of figures in which nothing can be chosen
  const { halides, cycle, named } = JSON.parse(document.getElementById("explorer-colours").textContent);

  // Small tools ------------------------------------------------------------------------------------------------
  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  };
  const choice = (label, options, chosen, changed) => {
    const select = element("select", { onchange: () => changed(select.value) });
    for (const [value, text] of options) {
      const option = element("option", { value }, text);
      option.selected = value === chosen;
      select.append(option);
    }
    return element("label", {}, label, select);
  };
  const short = (value) => (value === null || value === undefined ? "undefined" : Number(value.toPrecision(3)).toString());
  const draw = (place, traces, layout) =>
    Plotly.react(place, traces, {
      margin: { l: 60, r: 15, t: 40, b: 55 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      showlegend: false, ...layout,
    }, place === scatter ? config : quiet).then(() => Plotly.relayout(place, window.perovexLook()));
  const quantity = (key) => {
    if (key in data.targets) return { text: data.targets[key].text, values: data.labels[key] };
    const column = data.descriptors.findIndex((descriptor) => descriptor.key === key);
    const descriptor = data.descriptors[column];
    const unit = descriptor.unit ? ` (${descriptor.unit})` : "";
    return { text: `${descriptor.label}${unit}`, values: data.values.map((row) => row[column]) };
  };
  const categories = data.categories;
  const withUnit = (value, target) => {
    const unit = data.targets[target].unit;
    return value === null || value === undefined ? "not known" : `${short(value)}${unit ? ` ${unit}` : ""}`;
  };
  const known = (matrix) => names.map((_, i) => i).filter((i) => matrix[i][0] !== null);  // crystals with a value to explain

  // What is shown now -------------------------------------------------------------------------------------------
  const state = { target: targets[0], x: data.start.x, y: targets[0], colour: categories[0] || targets[0], crystal: 0, selected: null };

  // Scatter of everything against everything ---------------------------------------------------------------------
  const scatter = element("div", { class: "chart", role: "img", "aria-label": "Scatter of all crystals" });
  const importance = element("div", { class: "chart", role: "img", "aria-label": "Importance among chosen crystals" });
  const chosen = element("output");

  const drawScatter = () => {
    const x = quantity(state.x);
    const y = quantity(state.y);
    const hover = data.crystals.map((c) => [c.name, ...data.facts.slice(0, 5).filter((f) => c[f]).map((f) => `${f}: ${c[f]}`)].join("<br>"));
    let traces;
    if (categories.includes(state.colour)) {
      const values = [...new Set(data.crystals.map((c) => String(c[state.colour])))].sort();
      traces = values.map((value, k) => {
        const rows = names.map((_, i) => i).filter((i) => String(data.crystals[i][state.colour]) === value);
        return {
          type: "scatter", mode: "markers", name: value, customdata: rows, text: rows.map((i) => hover[i]),
          x: rows.map((i) => x.values[i]), y: rows.map((i) => y.values[i]),
          marker: { color: halides[value] || cycle[k % cycle.length], size: 8, opacity: 0.8 },
          hovertemplate: "%{text}<br>%{x:.3g}, %{y:.3g}<extra></extra>",
        };
      });
    } else {
      const colour = quantity(state.colour);
      traces = [{
        type: "scatter", mode: "markers", customdata: names.map((_, i) => i), text: hover, x: x.values, y: y.values,
        marker: { color: colour.values, colorscale: "Cividis", size: 8, colorbar: { title: { text: colour.text, side: "right" } } },
        hovertemplate: "%{text}<br>%{x:.3g}, %{y:.3g}<extra></extra>",
      }];
    }
    draw(scatter, traces, {
      height: 430, dragmode: "select", showlegend: categories.includes(state.colour), legend: { orientation: "h", y: 1.12 },
      xaxis: { title: { text: x.text } }, yaxis: { title: { text: y.text } },
    }).then(() => {
      scatter.removeAllListeners("plotly_selected");
      scatter.removeAllListeners("plotly_click");
      scatter.on("plotly_click", (event) => showCrystal(event.points[0].customdata));
      scatter.on("plotly_selected", (event) => {
        state.selected = event && event.points.length ? event.points.map((point) => point.customdata) : null;
        drawImportance();
      });
      scatter.on("plotly_deselect", () => { state.selected = null; drawImportance(); });
    });
  };

  const meanAbsolute = (matrix, rows) => matrix[0].map((_, k) =>
    rows.reduce((sum, i) => sum + Math.abs(matrix[i][k]), 0) / rows.length);

  const drawImportance = () => {
    const matrix = data.shap[state.target];
    const everyone = known(matrix);
    const picked = state.selected ? state.selected.filter((i) => matrix[i][0] !== null) : [];
    const all = meanAbsolute(matrix, everyone);
    const some = meanAbsolute(matrix, picked.length ? picked : everyone);
    const total = (values) => values.reduce((sum, value) => sum + value, 0) || 1;
    const [sumAll, sumSome] = [total(all), total(some)];
    const order = all.map((_, k) => k).sort((a, b) => Math.max(all[b], some[b]) - Math.max(all[a], some[a])).slice(0, 12).reverse();
    const labels = order.map((k) => data.targets[state.target].contributions[k]);
    const which = picked.length
      ? `${picked.length} chosen crystals beside all ${everyone.length}`
      : "all crystals; draw a box or lasso in the scatter to choose some";
    chosen.textContent = `Importance for ${state.target}: ${which}`;
    const bars = (name, values, sum, color) => ({
      type: "bar", orientation: "h", name, y: labels, x: order.map((k) => (100 * values[k]) / sum), marker: { color },
      hovertemplate: "%{y}: %{x:.1f} %<extra></extra>",
    });
    const traces = [bars("all", all, sumAll, named.grey)];
    if (picked.length) traces.push(bars("chosen", some, sumSome, named.vermillion));
    draw(importance, traces, {
      height: 430, barmode: "group", showlegend: picked.length > 0, legend: { orientation: "h", y: 1.12, traceorder: "reversed" },
      margin: { l: 190, r: 15, t: 40, b: 55 }, yaxis: { automargin: true },
      xaxis: { title: { text: "share of importance (%)" } },
    });
  };

  // One crystal -------------------------------------------------------------------------------------------------
  const view = element("div", { class: "chart", role: "img", "aria-label": "Atoms of the crystal in three dimensions" });
  const waterfall = element("div", { class: "chart", role: "img", "aria-label": "Contributions to the prediction" });
  const strips = element("div", { class: "chart", role: "img", "aria-label": "Descriptors beside all crystals" });
  const facts = element("div", { class: "scroll" });
  const search = element("input", { list: "explorer-names", onchange: () => {
    const found = names.indexOf(search.value);
    if (found >= 0) showCrystal(found);
  } });

  const drawAtoms = (crystal) => {
    const atoms = data.structures[crystal];
    view.hidden = !atoms;
    if (!atoms) { Plotly.purge(view); return; }
    const look = data.elements;
    const lines = { x: [], y: [], z: [] };
    for (let i = 0; i < atoms.symbols.length; i += 1) {
      for (let j = i + 1; j < atoms.symbols.length; j += 1) {
        const [p, q] = [atoms.positions[i], atoms.positions[j]];
        const distance = Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
        if (distance > 1.2 * (look[atoms.symbols[i]].radius + look[atoms.symbols[j]].radius)) continue;
        ["x", "y", "z"].forEach((axis, k) => lines[axis].push(p[k], q[k], null));
      }
    }
    const edges = { x: [], y: [], z: [] };
    const corner = (a, b, c) => [0, 1, 2].map((k) => a * atoms.cell[0][k] + b * atoms.cell[1][k] + c * atoms.cell[2][k]);
    for (const [from, to] of [[0, 1], [0, 2], [0, 4], [1, 3], [1, 5], [2, 3], [2, 6], [4, 5], [4, 6], [3, 7], [5, 7], [6, 7]]) {
      const ends = [from, to].map((bits) => corner(bits & 1, (bits >> 1) & 1, (bits >> 2) & 1));
      ["x", "y", "z"].forEach((axis, k) => edges[axis].push(ends[0][k], ends[1][k], null));
    }
    const axis = { visible: false };
    Plotly.react(view, [
      { type: "scatter3d", mode: "lines", ...edges, line: { color: "#888", width: 2 }, hoverinfo: "skip" },
      { type: "scatter3d", mode: "lines", ...lines, line: { color: "#999", width: 5 }, hoverinfo: "skip" },
      {
        type: "scatter3d", mode: "markers", text: atoms.symbols, hovertemplate: "%{text}<extra></extra>",
        x: atoms.positions.map((p) => p[0]), y: atoms.positions.map((p) => p[1]), z: atoms.positions.map((p) => p[2]),
        marker: {
          size: atoms.symbols.map((s) => 3 + 7 * look[s].radius), color: atoms.symbols.map((s) => look[s].colour), opacity: 1,
          line: { color: "#333", width: 0.5 },
        },
      },
    ], {
      height: 420, margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false, paper_bgcolor: "rgba(0,0,0,0)",
      scene: { aspectmode: "data", xaxis: axis, yaxis: axis, zaxis: axis, camera: { projection: { type: "orthographic" } } },
    }, quiet);
  };

  const drawWaterfall = (crystal) => {
    const values = data.shap[state.target][crystal];
    waterfall.hidden = values[0] === null;
    if (waterfall.hidden) { Plotly.purge(waterfall); return; }
    const order = values.map((_, k) => k).sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]));
    const shown = order.slice(0, 10);
    const others = order.length > 10 ? ["all others"] : [];
    const rest = others.map(() => order.slice(10).reduce((sum, k) => sum + values[k], 0));
    const base = data.base[state.target][crystal];
    const unit = data.targets[state.target].shapUnit;
    draw(waterfall, [{
      type: "waterfall", orientation: "h", base,
      y: [...shown.map((k) => data.targets[state.target].contributions[k]), ...others].reverse(),
      x: [...shown.map((k) => values[k]), ...rest].reverse(),
      increasing: { marker: { color: named.vermillion } }, decreasing: { marker: { color: named.blue } },
      hovertemplate: "%{y}: %{delta:.3g}<extra></extra>",
    }], {
      height: 420, margin: { l: 190, r: 15, t: 40, b: 55 }, yaxis: { automargin: true },
      title: { text: `from the mean to this crystal, ${state.target}`, font: { size: 13 } },
      xaxis: { title: { text: unit } },
    });
  };

  const drawStrips = (crystal) => {
    const matrix = data.shap[state.target];
    const order = meanAbsolute(matrix, known(matrix)).map((value, k) => [value, data.targets[state.target].leaders[k]]).sort((a, b) => b[0] - a[0]).slice(0, 10).map((pair) => pair[1]);
    const rank = (column) => {
      const known = data.values.map((row) => row[column]).filter((value) => value !== null);
      const own = data.values[crystal][column];
      if (own === null || !known.length) return null;
      const below = known.filter((value) => value < own).length;
      const equal = known.filter((value) => value === own).length;
      return (100 * (below + 0.5 * equal)) / known.length;
    };
    const labels = order.map((k) => data.descriptors[k].label).reverse();
    const values = order.map((k) => data.values[crystal][k]).reverse();
    const units = order.map((k) => data.descriptors[k].unit).reverse();
    draw(strips, [{
      type: "scatter", mode: "markers+text", x: order.map(rank).reverse(), y: labels,
      text: values.map((value, k) => `${short(value)} ${units[k]}`), textposition: "top center",
      marker: { size: 11, color: named.green }, hovertemplate: "%{y}: %{text}, above %{x:.0f} % of crystals<extra></extra>",
    }], {
      height: 420, margin: { l: 190, r: 15, t: 40, b: 55 }, yaxis: { automargin: true },
      xaxis: { title: { text: "percentile among all crystals" }, range: [-6, 106] },
    });
  };

  const showFacts = (crystal) => {
    const about = data.crystals[crystal];
    const rows = data.facts.filter((fact) => about[fact]).map((fact) => [fact, about[fact]]);
    const body = element("tbody", {}, ...rows.map(([key, value]) =>
      element("tr", {}, element("td", { class: "t" }, key), element("td", { class: "t" }, String(value)))));
    const head = ["quantity", "known value", "held-out prediction", "interval", "domain"];
    const quantities = targets.map((target) => {
      const own = data.predictions[target];
      const span = own.lower[crystal] === null ? "" : `${short(own.lower[crystal])} to ${short(own.upper[crystal])}`;
      const inside = own.inside[crystal] === null ? "" : (own.inside[crystal] ? "inside" : "outside");
      const held = own.value[crystal] === null ? "" : short(own.value[crystal]);
      return [data.targets[target].text, short(data.labels[target][crystal]), held, span, inside];
    });
    const near = element("p", {}, "Most similar crystals: ", ...data.neighbours[crystal].flatMap((i, k) => [
      k ? ", " : "", element("a", { href: "#explorer-crystal", onclick: () => showCrystal(i) }, names[i]),
      ` (${withUnit(data.labels[state.target][i], state.target)})`,
    ]));
    facts.replaceChildren(
      element("div", { class: "scroll facts" }, element("table", {}, body)),
      element("div", { class: "scroll" }, element("table", {},
        element("thead", {}, element("tr", {}, ...head.map((text, k) => element("th", k ? {} : { class: "t" }, text)))),
        element("tbody", {}, ...quantities.map((row) =>
          element("tr", {}, ...row.map((text, k) => element("td", k ? {} : { class: "t" }, text))))))),
      near,
    );
  };

  const showCrystal = (crystal) => {
    state.crystal = crystal;
    search.value = names[crystal];
    showFacts(crystal);
    drawAtoms(crystal);
    drawWaterfall(crystal);
    drawStrips(crystal);
  };

  // What if: the small model, whose other descriptors follow as they do in the data --------------------------------
  const whatIf = () => {
    const model = data.small && data.small[state.target];
    const place = document.getElementById("explorer-what-if");
    if (!model) {
      place.replaceChildren(element("p", {}, `No formula of a handful of descriptors was found for ${state.target}.`));
      return;
    }
    const scale = model.log ? "the logarithm of the value" : "the value";
    const words = element("p", {}, `By the small model: a handful of descriptors chosen inside the folds, linear in ${scale}. `
      + "Moving one descriptor moves those that go with it in the data. It says what the model expects, not what chemistry allows.");
    const start = model.descriptors.map((_, k) => model.centre[k]);
    const now = [...start];
    const answer = element("output");
    const follow = element("input", { type: "checkbox" });
    follow.checked = true;
    const predict = (z) => {
      const sum = z.reduce((all, value, k) => all + model.coefficients[k] * (value - model.centre[k]) / model.scale[k], model.intercept);
      return model.log ? Math.exp(sum) : sum;
    };
    const sliders = model.descriptors.map((key, k) => {
      const about = data.descriptors.find((descriptor) => descriptor.key === key);
      const value = element("output");
      const slider = element("input", {
        type: "range", min: model.smallest[k], max: model.largest[k], step: "any", value: start[k],
        oninput: () => {
          const moved = (Number(slider.value) - now[k]) / model.scale[k];
          now[k] = Number(slider.value);
          if (follow.checked) {
            model.descriptors.forEach((_, j) => {
              if (j === k) return;
              const shifted = now[j] + model.correlation[k][j] * moved * model.scale[j];
              now[j] = Math.min(Math.max(shifted, model.smallest[j]), model.largest[j]);
            });
          }
          show();
        },
      });
      return { slider, value, label: element("label", {}, `${about.label}${about.unit ? ` (${about.unit})` : ""}`, slider, value) };
    });
    const show = () => {
      sliders.forEach((entry, k) => { entry.slider.value = now[k]; entry.value.textContent = short(now[k]); });
      answer.textContent = `${state.target}: ${withUnit(predict(now), state.target)} (${withUnit(predict(start), state.target)} at the mean of all crystals)`;
    };
    const from = element("button", { type: "button", onclick: () => {
      model.descriptors.forEach((key, k) => {
        const column = data.descriptors.findIndex((descriptor) => descriptor.key === key);
        const value = data.values[state.crystal][column];
        now[k] = value === null ? model.centre[k] : value;
      });
      show();
    } }, "start from the crystal above");
    place.replaceChildren(
      words,
      element("div", { class: "controls" }, ...sliders.map((entry) => entry.label)),
      element("div", { class: "controls" }, element("label", {}, "correlated descriptors follow", follow), from),
      element("p", {}, answer),
    );
    show();
  };

  // The page -----------------------------------------------------------------------------------------------------
  const all = [...targets.map((key) => [key, data.targets[key].text]),
    ...data.descriptors.map((d) => [d.key, d.unit ? `${d.label} (${d.unit})` : d.label])];
  const colours = [...categories.map((fact) => [fact, fact]), ...all];
  const list = element("datalist", { id: "explorer-names" }, ...names.map((name) => element("option", { value: name })));
  home.append(
    element("div", { class: "controls" },
      choice("quantity that is explained", targets.map((key) => [key, data.targets[key].text]), state.target, (value) => {
        state.target = value; drawImportance(); showCrystal(state.crystal); whatIf();
      }),
      choice("horizontal", all, state.x, (value) => { state.x = value; drawScatter(); }),
      choice("vertical", all, state.y, (value) => { state.y = value; drawScatter(); }),
      choice("colour", colours, state.colour, (value) => { state.colour = value; drawScatter(); })),
    element("div", { class: "pair" }, scatter, importance), element("p", {}, chosen),
    element("h3", { id: "explorer-crystal" }, "One crystal"),
    element("p", {}, "Click a point above, or name a crystal: ", search, list),
    facts, element("div", { class: "pair" }, view, waterfall, strips),
    element("h3", {}, "What if"), element("div", { id: "explorer-what-if" }),
  );
  drawScatter();
  drawImportance();
  showCrystal(0);
  whatIf();
})();
