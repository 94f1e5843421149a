--- The page's script: it only shows, hides and lights what the document has.
-- @module wolfssl.trace.render.html.script
return [[

"use strict";
(function () {
  var root = document.documentElement;
  var steps = all(document, ".step"), links = all(document, ".ladder a");
  var current = -1;

  function all(where, what) { return Array.prototype.slice.call(where.querySelectorAll(what)); }
  function make(name, className, text) {
    var element = document.createElement(name);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  }

  // One message at a time.

  function show(index) {
    if (index < 0 || index >= steps.length) return;
    current = index;
    steps.forEach(function (step, i) { step.classList.toggle("current", i === index); });
    links.forEach(function (link, i) {
      if (i === index) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    });
    all(steps[index], ".bytes").forEach(enliven);
    document.getElementById("previous").disabled = index === 0;
    document.getElementById("next").disabled = index === steps.length - 1;
    document.getElementById("place").textContent = (index + 1) + " of " + steps.length;
  }
  function go(index) {
    if (index < 0 || index >= steps.length) return;
    show(index);
    history.replaceState(null, "", "#" + steps[index].id);
    keepInside(document.getElementById("ladder"), links[index]);
    if (document.activeElement && document.activeElement.closest(".ladder")) links[index].focus();
    else if (steps[index].getBoundingClientRect().top < 0) steps[index].scrollIntoView();
  }
  // Scrolls the box and never the page.
  function keepInside(box, item) {
    var a = item.getBoundingClientRect(), b = box.getBoundingClientRect();
    if (box.scrollHeight <= box.clientHeight) return;
    if (a.top < b.top) box.scrollTop -= b.top - a.top + 8;
    if (a.bottom > b.bottom) box.scrollTop += a.bottom - b.bottom + 8;
  }
  function open(event, index) {
    event.preventDefault();
    show(index);
    history.replaceState(null, "", "#" + steps[index].id);
    var heading = steps[index].querySelector("h3");
    if (event.detail === 0) heading.focus();
    else if (steps[index].getBoundingClientRect().top > innerHeight * 0.8) {
      steps[index].parentNode.scrollIntoView();
    }
  }
  function follow() {
    var target = location.hash && document.getElementById(location.hash.slice(1));
    var step = target && target.closest(".step");
    if (step) {
      show(steps.indexOf(step));
      step.scrollIntoView();
    } else if (current < 0) show(0);
  }

  // Bytes and fields.

  function enliven(view) {
    if (view.fields) return;
    var pre = view.querySelector(".hex"), table = view.querySelector(".fields");
    if (table) table.setAttribute("role", "table");
    view.cells = [];
    view.fields = table ? all(table, "tbody tr").map(fieldOf) : [];
    build(view, pre);
    if (view.cells[pre.dataset.x]) view.cells[pre.dataset.x].className = "changed";
    if (!view.fields.length) return;
    view.readout = make("p", "readout");
    view.readout.setAttribute("aria-live", "polite");
    pre.after(view.readout);
    pre.setAttribute("aria-label",
      pre.getAttribute("aria-label") + "; arrow keys go from byte to byte");
    view.fields[0].head.tabIndex = 0;
    listen(view, pre, table);
  }
  function fieldOf(row) {
    var data = row.dataset, head = row.querySelector("th");
    var words = head.textContent.split(/(?<=_)/);
    head.textContent = "";
    words.forEach(function (word) { head.append(word, make("wbr")); });
    head.tabIndex = -1;
    row.setAttribute("role", "row");
    head.setAttribute("role", "rowheader");
    row.querySelector("td").setAttribute("role", "cell");
    return { row: row, head: head, from: +data.o, to: +data.o + +data.n, front: +(data.p || 0) };
  }
  function build(view, pre) {
    var lines = pre.textContent.split("\n");
    pre.textContent = "";
    lines.forEach(function (line) {
      var words = line.trim().split(/ +/), row = make("div", "row"), half;
      if (words.length < 2) return;
      row.append(make("i", "", words[0]));
      words.slice(1).forEach(function (word, i) {
        if (i % 8 === 0) row.append(half = make("span", "half"));
        var cell = make("b", "", word);
        cell.index = view.cells.length;
        view.cells.push(cell);
        half.append(cell);
      });
      pre.append(row);
    });
  }
  // An outer field stands before the inner ones: the last that covers the byte is the closest.
  function fieldAt(view, index) {
    var found = null;
    view.fields.forEach(function (field) {
      if (index >= field.from && index < field.to) found = field;
    });
    return found;
  }
  function light(view, field, index) {
    view.cells.forEach(function (cell, i) {
      var lit = !!field && i >= field.from && i < field.to;
      cell.classList.toggle("lit", lit);
      cell.classList.toggle("front", lit && i < field.from + field.front);
      cell.classList.toggle("at", i === index);
    });
    view.fields.forEach(function (other) {
      other.row.classList.toggle("lit", other === field);
    });
  }
  function tell(view, field, index) {
    var value = field && field.row.querySelector("b");
    view.readout.textContent = index === undefined ? "" : "Byte " + index + ": " +
      (field ? field.head.textContent + (value ? " = " + value.textContent : "") : "no field");
  }
  function pin(view, field, index) {
    view.pinned = field;
    light(view, field, index);
    var cell = view.cells[index === undefined && field ? field.from : index];
    if (cell) keepInside(cell.closest(".hex"), cell);
  }
  function point(view, cell) {
    var field = fieldAt(view, cell.index);
    light(view, field, cell.index);
    tell(view, field, cell.index);
  }
  function listen(view, pre, table) {
    pre.addEventListener("pointerover", function (event) {
      if (event.target.index !== undefined) point(view, event.target);
    });
    pre.addEventListener("click", function (event) {
      var field = event.target.index !== undefined && fieldAt(view, event.target.index);
      if (!field) return;
      view.cursor = event.target.index;
      pin(view, field, view.cursor);
      field.row.scrollIntoView({ block: "nearest" });
    });
    pre.addEventListener("keydown", function (event) { walkBytes(view, event); });
    pre.addEventListener("blur", function () { pin(view, null); tell(view); });
    table.addEventListener("pointerover", function (event) {
      var row = event.target.closest("tbody tr");
      if (row) { var field = ofRow(view, row); light(view, field); tell(view); }
    });
    [pre, table].forEach(function (part) {
      part.addEventListener("pointerleave", function () { light(view, view.pinned); tell(view); });
    });
    table.addEventListener("click", function (event) {
      var row = event.target.closest("tbody tr");
      if (row) ofRow(view, row).head.focus({ preventScroll: true });
    });
    table.addEventListener("focusin", function (event) {
      var row = event.target.closest("tbody tr");
      if (!row) return;
      view.fields.forEach(function (field) { field.head.tabIndex = field.row === row ? 0 : -1; });
      pin(view, ofRow(view, row));
    });
    table.addEventListener("focusout", function () { pin(view, null); });
    table.addEventListener("keydown", function (event) { walkFields(view, event); });
  }
  function ofRow(view, row) {
    return view.fields.filter(function (field) { return field.row === row; })[0];
  }
  var MOVES = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -16, ArrowDown: 16 };
  function walkBytes(view, event) {
    var move = MOVES[event.key], last = view.cells.length - 1, cursor = view.cursor;
    if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    cursor = cursor === undefined ? 0 : cursor + move;
    view.cursor = Math.max(0, Math.min(last, cursor));
    pin(view, fieldAt(view, view.cursor), view.cursor);
    tell(view, view.pinned, view.cursor);
  }
  function walkFields(view, event) {
    var move = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    var at = view.fields.indexOf(ofRow(view, event.target.closest("tbody tr")));
    var next = move && view.fields[at + move];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    if (next) next.head.focus();
  }

  // What the eavesdropper sees.

  var outside = document.getElementById("outside");
  outside.addEventListener("click", function () {
    var on = root.classList.toggle("outside");
    outside.setAttribute("aria-checked", String(on));
    all(document, ".sealed").forEach(function (details) {
      if (on) details.before = details.open;
      details.open = on || details.before;
    });
  });

  // Secrets: what goes in, what comes out.

  function relate(key, on) {
    all(key, "dd .chips a").forEach(function (link) {
      var other = document.getElementById(link.hash.slice(1));
      var term = link.closest("dd").previousElementSibling.textContent;
      if (other) other.classList.toggle(term === "From" ? "input" : "user", on);
    });
  }
  all(document, ".key").forEach(function (key) {
    ["pointerenter", "focusin"].forEach(function (name) {
      key.addEventListener(name, function () { relate(key, true); });
    });
    ["pointerleave", "focusout"].forEach(function (name) {
      key.addEventListener(name, function () { relate(key, false); });
    });
  });

  // Keys work on the messages only while nothing else has the focus.

  var KEYS = { j: 1, k: -1, ArrowRight: 1, ArrowLeft: -1 }, LADDER = { ArrowDown: 1, ArrowUp: -1 };
  document.addEventListener("keydown", function (event) {
    var at = document.activeElement, move = KEYS[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (at && at !== document.body && !at.closest("#handshake")) return;
    if (at && at.closest(".wide, .text")) return;
    if (at && at.closest(".ladder")) {
      move = move || LADDER[event.key];
      if (event.key === "Home") move = -current;
      if (event.key === "End") move = steps.length - 1 - current;
    }
    if (event.key === "Escape" && at && at.closest(".panels")) { links[current].focus(); return; }
    if (move === undefined) return;
    event.preventDefault();
    go(current + move);
  });
  links.forEach(function (link, i) {
    link.addEventListener("click", function (event) { open(event, i); });
  });
  document.getElementById("previous").addEventListener("click", function () { go(current - 1); });
  document.getElementById("next").addEventListener("click", function () { go(current + 1); });
  addEventListener("hashchange", follow);

  if (!steps.length) return;
  root.classList.add("live");
  follow();
}());
]]
