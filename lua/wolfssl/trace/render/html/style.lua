--- The page's style. Colours have one meaning each: blue the client, brown the server, violet what
-- is encrypted, green and red how a check came out, yellow the bytes that are pointed at.
-- @module wolfssl.trace.render.html.style
return [[

:root {
  --paper: #faf9f6; --card: #fff; --ink: #1f2328; --soft: #59636e; --line: #e3e0d8;
  --client: #1d5bb0; --server: #8f4d0b; --sealed: #6a45b0; --veil: #f3effa;
  --good: #17713a; --bad: #b3261e; --warn: #8a5a00; --good-bg: #e9f5ec; --bad-bg: #fdecea;
  --warn-bg: #fdf3dc; --lit: #ffe08a; --lit2: #fff3cd; --lit-ink: #1f2328; --focus: #1d5bb0;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --card: #1c2026; --ink: #e4e2dc; --soft: #a0a9b4; --line: #30363e;
    --client: #8db8f7; --server: #e9b06c; --sealed: #bfa3f5; --veil: #231f30;
    --good: #74cf95; --bad: #ff8f85; --warn: #f0c36a; --good-bg: #18291f; --bad-bg: #331d1c;
    --warn-bg: #302714; --lit: #735a10; --lit2: #403717; --lit-ink: #fff6da; --focus: #8db8f7;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 4.5rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 var(--sans);
  overflow-wrap: anywhere; }
h1, h2, h3, h4, h5, p, ul, ol, dl, dd, pre, figure { margin: 0; padding: 0; }
h1 { font-size: clamp(1.5rem, 1.1rem + 1.6vw, 2.2rem); line-height: 1.2; font-weight: 650;
  letter-spacing: -.015em; text-wrap: balance; }
h2 { font-size: 1.35rem; line-height: 1.3; font-weight: 650; letter-spacing: -.01em; }
h3 { font-size: 1.15rem; line-height: 1.35; font-weight: 650; }
h4 { font-size: .95rem; font-weight: 650; }
h5 { font-size: .8rem; font-weight: 650; color: var(--soft); }
h2 ~ h2 { margin-top: 2.5rem; }
ul, ol { list-style: none; }
a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: .2em; }
a:hover { text-decoration-color: currentColor; }
code, kbd, pre { font-family: var(--mono); font-size: .86em; }
kbd { border: 1px solid var(--line); border-radius: .25rem; padding: 0 .3em; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: .2rem; }
.muted { color: var(--soft); }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
.icon { width: 1em; height: 1em; fill: currentColor; flex: none; vertical-align: -.12em; }
.skip { position: absolute; left: -100vw; top: 0; z-index: 3; padding: .75rem 1rem;
  background: var(--card); }
.skip:focus { left: 0; }
:root:not(.outside) .out, .outside .in { display: none; }
:root:not(.live) .hex { word-spacing: -.3em; }
:root:not(.live) button, :root:not(.live) .hint, :root:not(.live) .pager { display: none; }

.bar { position: sticky; top: 0; z-index: 2; display: flex; gap: 1rem; align-items: center;
  justify-content: space-between; padding: .5rem max(1rem, calc(50vw - 44rem));
  background: var(--paper); border-bottom: 1px solid var(--line); }
.bar nav { overflow-x: auto; }
.bar ul { display: flex; gap: .25rem; }
.bar a { display: block; padding: .35rem .6rem; text-decoration: none; font-size: .9rem; }
.bar a:hover { text-decoration: underline; }
button { font: inherit; font-size: .9rem; color: inherit; background: var(--card); cursor: pointer;
  border: 1px solid var(--line); border-radius: .5rem; padding: .35rem .7rem; min-height: 2.25rem; }
button:hover:not(:disabled) { border-color: var(--soft); }
button:disabled { color: var(--soft); opacity: .6; cursor: default; }
#outside { display: flex; gap: .5rem; align-items: center; flex: none; }
#outside[aria-checked="true"] { background: var(--sealed); border-color: var(--sealed);
  color: var(--paper); }

.top, main, footer { padding: 0 max(1rem, calc(50vw - 44rem)); }
.top { padding-top: 2.25rem; }
.lead { max-width: 70ch; margin-top: .5rem; color: var(--soft); }
main > section { margin-top: 3.5rem; scroll-margin-top: 1rem; }
footer { padding-top: 3rem; padding-bottom: 2.5rem; font-size: .85rem; }
.judged { display: flex; gap: 1.1rem; margin: 1.5rem 0; padding: 1.1rem 1.25rem;
  border-radius: .75rem; background: var(--warn-bg); }
.seal { display: grid; place-items: center; width: 2.75rem; height: 2.75rem; flex: none;
  border-radius: 50%; font-size: 1.5rem; background: var(--warn); color: var(--card); }
.judged.closed { background: var(--good-bg); }
.closed .seal { background: var(--good); }
.judged.broken { background: var(--bad-bg); }
.broken .seal { background: var(--bad); }
.judgement { font-weight: 600; max-width: 65ch; }
.judged .checks { margin-top: .5rem; font-size: .92rem; }
.checks { display: grid; gap: .3rem; }
.mark { display: flex; gap: .5rem; align-items: baseline; }
.mark::before { content: "?"; font-weight: 700; flex: none; width: 1em; text-align: center;
  color: var(--warn); }
.mark.ok::before { content: "✓"; content: "✓" / ""; color: var(--good); }
.mark.bad::before { content: "✗"; content: "✗" / ""; color: var(--bad); }
.mark > div { min-width: 0; }
.mark.bad > div { color: var(--bad); }
.checks span { color: var(--soft); }
.facts { display: grid; margin-top: 1.5rem;
  grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr));
  gap: 1rem 2rem; }
.facts dt { font-size: .8rem; color: var(--soft); }
.facts .value { display: block; font-weight: 600; }
.facts .meaning { display: block; font-size: .85rem; line-height: 1.45; color: var(--soft); }
.panel, .overheard { margin-top: 1.5rem; padding: 1.1rem 1.25rem; border-radius: .75rem; }
.failed, .tampered { background: var(--bad-bg); }
.overheard { background: var(--veil); }
.panel h2, .overheard h2 { margin: 0 0 .5rem; font-size: 1.15rem; }
.panel h3 { margin: 1rem 0 .35rem; font-size: 1rem; }
.panel p, .overheard p { max-width: 75ch; }
.panel ul, .overheard ul { list-style: disc; padding-left: 1.2rem; }
.panel li, .overheard li { margin-bottom: .2rem; max-width: 75ch; }
.panel dl { margin-top: .75rem; }
dl:not(.facts) { display: grid; grid-template-columns: max-content minmax(0, 1fr);
  gap: .2rem 1rem; font-size: .92rem; }
dl:not(.facts) dt { color: var(--soft); }

.two { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.5rem; margin-top: 1.25rem; }
.ladder { font-size: .9rem; }
.ends, .ladder a { display: grid; grid-template-columns: 4.2rem minmax(0, 1fr); }
.ends { grid-template-columns: 4.2rem 1fr 1fr; font-weight: 650; padding-bottom: .25rem; }
.ends .client { color: var(--client); }
.ends .server { color: var(--server); text-align: right; }
.ladder a { text-decoration: none; border-radius: .3rem; }
.ladder a:focus-visible { outline-offset: -2px; }
.time { font-size: .72rem; color: var(--soft); text-align: right; padding: .95rem .6rem 0 0;
  font-variant-numeric: tabular-nums; }
.lane { display: block; position: relative; padding: .3rem .6rem .55rem; text-align: center;
  border-left: 2px solid var(--client); border-right: 2px solid var(--server); }
.turn .lane { padding-top: 1rem; }
.turn .time { padding-top: 1.6rem; }
.label { display: inline-flex; gap: .35em; align-items: center; max-width: 100%;
  line-height: 1.3; }
.label .icon { color: var(--sealed); font-size: .85em; }
.arrow { display: block; position: relative; height: 0; margin: .25rem -.6rem 0;
  border-top: 2px solid var(--client); }
.from-server .arrow { border-color: var(--server); }
.encrypted .arrow { border-top-style: dashed; }
.arrow::after { content: ""; position: absolute; top: -6px; right: 0; border: 5px solid transparent;
  border-right-width: 0; border-left: 8px solid var(--client); }
.from-server .arrow::after { right: auto; left: 0; border: 5px solid transparent;
  border-left-width: 0; border-right: 8px solid var(--server); }
.alarm .label { color: var(--bad); font-weight: 650; }
.ladder .encrypted .lane { background: var(--veil); }
.ladder a:hover .label { text-decoration: underline; text-underline-offset: .2em; }
.ladder [aria-current] .lane { background: var(--lit2); }
.legend { margin-top: .6rem; font-size: .8rem; }

.pager { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin-bottom: 1rem; }
.pager .up { margin-left: auto; font-size: .9rem; }
.step { background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
  padding: 1.25rem; border-top: 3px solid var(--client); }
.step.from-server { border-top-color: var(--server); }
.step + .step { margin-top: 1.25rem; }
.route { display: flex; flex-wrap: wrap; gap: .15rem .5rem; align-items: center;
  font-size: .85rem; color: var(--soft); }
.route .from { color: var(--client); font-weight: 650; }
.from-server .route .from { color: var(--server); }
.route .icon { color: var(--sealed); }
.step h3 { margin: .2rem 0 .6rem; font-size: 1.3rem; }
.why { max-width: 70ch; }
.remark { max-width: 70ch; margin-top: .75rem; }
.problem { margin-top: .75rem; color: var(--bad); }
.block { margin-top: 1.5rem; }
.block > h4 { margin-bottom: .5rem; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr));
  gap: .75rem 1.75rem; }
.side h5 { text-transform: capitalize; }
.side.client h5 { color: var(--client); } .side.server h5 { color: var(--server); }
.side.eavesdropper h5 { color: var(--sealed); }
.side li { font-size: .92rem; line-height: 1.45; }
.side li + li { margin-top: .3rem; }
.chips { display: flex; flex-wrap: wrap; gap: .35rem; }
.chips a, .chips .plain { display: block; padding: .05rem .55rem; border-radius: 1rem;
  font-size: .85rem; border: 1px solid var(--line); text-decoration: none; }
.chips a { background: var(--paper); }
.chips a:hover { border-color: var(--soft); }
.chips .plain { border-style: dashed; color: var(--soft); }
summary { cursor: pointer; font-weight: 650; font-size: .95rem; }
.wide { overflow-x: auto; margin-top: .6rem; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; line-height: 1.45; }
th, td { text-align: left; vertical-align: top; padding: .3rem .5rem;
  border-top: 1px solid var(--line); }
thead th { border-top: 0; font-size: .8rem; color: var(--soft); font-weight: 500; }
.suites { min-width: 60rem; }
.suites .chosen { background: var(--good-bg); }
.suites th[scope=row] { font-weight: 400; }
.text { white-space: pre-wrap; padding: .75rem 1rem; border-radius: .5rem;
  background: var(--paper); }

.bytes { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; margin-top: .5rem; }
.dump { min-width: 0; }
.hex { font-size: .75rem; line-height: 1.75; overflow: auto; max-height: 60vh; padding: .5rem .6rem;
  border-radius: .5rem; background: var(--paper); border: 1px solid var(--line);
    overflow-wrap: normal; }
.hex .row { display: flex; flex-wrap: wrap; padding-left: 5ch; }
.hex i { font-style: normal; color: var(--soft); width: 5ch; margin-left: -5ch; flex: none; }
.hex b { font-weight: 400; padding: .1em .2em; cursor: default; }
.hex .half { display: flex; }
.hex .lit { background: var(--lit); color: var(--lit-ink); }
.hex .lit.front { background: var(--lit2); }
.hex .changed { color: var(--bad); font-weight: 700; text-decoration: underline; }
.hex .at { outline: 2px solid var(--focus); outline-offset: -2px; }
.readout { min-height: 3em; margin-top: .35rem; font-size: .82rem; line-height: 1.5;
  color: var(--soft); }
.fields { table-layout: fixed; }
.fields th { width: 34%; font: .8rem/1.5 var(--mono); }
.fields b { font-weight: 600; }
.fields span { color: var(--soft); }
.fields p { margin-top: .15rem; line-height: 1.45; max-width: 68ch; }
.fields tr.lit { background: var(--lit2); }
.fields th:focus-visible { outline: none; }
.fields tr:has(:focus-visible) { outline: 2px solid var(--focus); outline-offset: -1px; }
.fields .d1 { padding-left: 1.1rem; } .fields .d2 { padding-left: 1.7rem; }
.fields .d3 { padding-left: 2.3rem; } .fields .d4 { padding-left: 2.9rem; }
.fields .d5 { padding-left: 3.5rem; } .fields .d6, .fields .d7 { padding-left: 4.1rem; }
.record { margin-top: .9rem; }
.record .muted { font-size: .88rem; }

.schedule h3 { margin: 1.5rem 0 .75rem; }
.keys { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr));
  gap: .9rem; }
.key { padding: .9rem 1.1rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .6rem; transition: background-color .15s; }
.key .name { display: flex; flex-wrap: wrap; gap: 0 .75rem; align-items: baseline;
  margin-bottom: .15rem; }
.key .name code { color: var(--soft); font-size: .76rem; }
.key p { font-size: .92rem; }
.key dl:not(.facts) { grid-template-columns: 4.2rem minmax(0, 1fr); margin-top: .5rem;
  font-size: .86rem; gap: .3rem 1rem; align-items: baseline; }
.key:target { border-color: var(--focus); box-shadow: 0 0 0 1px var(--focus); }
.key.input { background: var(--lit2); }
.key.user { background: var(--veil); }
.secret { font-size: .8rem; }
.cut { margin: .75rem 0 1.25rem; font-size: .85rem; }
.cut svg { width: 100%; height: 1.5rem; border-radius: .3rem; }
.p1 { fill: var(--client); } .p0 { fill: var(--server); }
.cut ol { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; }
.chains { display: grid; gap: 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%,
  30rem), 1fr));
  margin-top: 1rem; }
.chain .verdict { margin: .6rem 0 .3rem; font-weight: 650; }
.tree { margin-top: .75rem; }
.tree .tree { margin-left: .55rem; padding-left: 1.1rem; border-left: 2px solid var(--line); }
.certificate { padding: .7rem 1rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .6rem; }
.certificate summary .mark { display: inline-flex; max-width: calc(100% - 1.5rem);
  vertical-align: top; }
.kind { font-weight: 400; font-size: .85rem; color: var(--soft); }
.certificate .checks { margin: .7rem 0; font-size: .92rem; }
.certificate dl { font-size: .86rem; }
.parties { display: grid; gap: 1rem 2rem; margin-top: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); }
.parties h3 { font-size: 1rem; text-transform: capitalize; }
.parties .client h3 { color: var(--client); } .parties .server h3 { color: var(--server); }
.parties .eavesdropper h3 { color: var(--sealed); }
.parties p { font-size: .92rem; }
.parties .value { font-weight: 600; }
.stack { margin-top: 1rem; display: grid; gap: .4rem; font-size: .92rem; }
.stack ul { display: grid; gap: .4rem;
  grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); }
.stack li:not(.types) { padding: .6rem 1rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .5rem; }

@media screen { .live .step:not(.current) { display: none; } }
@media (min-width: 56rem) {
  .two { grid-template-columns: minmax(17rem, 20.5rem) minmax(0, 1fr); gap: 2.25rem; }
  .live .ladder { position: sticky; top: 4rem; align-self: start; max-height: calc(100vh - 5rem);
    overflow-y: auto; }
  .pager .up { display: none; }
}
@media (min-width: 74rem) {
  .both { grid-template-columns: minmax(0, 1fr) auto; align-items: start; }
  .both .dump { order: 2; position: sticky; top: 4rem; width: 24rem; }
}
@media (max-width: 73.99rem) { .live .both .hex { max-height: 34vh; }
  .live .both .dump { position: sticky; top: 3.4rem; z-index: 1; background: var(--card); } }
@media (max-width: 40rem) {
  .bar nav { display: none; }
  .bar { justify-content: flex-end; }
  .step { padding: 1rem .9rem; }
}
@media (max-width: 40rem), (min-width: 74rem) and (max-width: 93.99rem) {
  .fields, .fields tbody, .fields tr, .fields th, .fields td { display: block; width: auto; }
  .fields th { padding-bottom: 0; }
  .fields td { border-top: 0; padding-top: 0; }
  .fields .d1, .d1 + td { padding-left: 1.3rem; } .fields .d2, .d2 + td { padding-left: 2.1rem; }
  .fields .d3, .d3 + td { padding-left: 2.9rem; } .fields .d4, .d4 + td { padding-left: 3.7rem; }
  .fields .d5, .d5 + td, .fields .d6, .d6 + td, .fields .d7, .d7 + td { padding-left: 4.5rem; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none; } }
@media (forced-colors: active) { .hex .lit, .fields tr.lit, .key.input { outline: 2px solid
  Highlight; } }
@media print { .bar, .pager, .hint { display: none; } .hex { max-height: none; } }
]]
