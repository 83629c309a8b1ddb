/** The report's style sheet: system fonts, light and dark by the reader's setting, fit for paper. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--fg:#1c2024;--dim:#566069;--line:#dfe3e6;--soft:#f1f3f4;
--fault:#c62828;--fault-bg:#fdecea;--warn:#8a5200;--warn-bg:#fff4e0;--good:#2e7d32;--good-bg:#e9f5ea;--info:#1f5fa8;
--idle:#e3e7ea;--starting:#cfe0f3;--waiting:#b5d0ee;--working:#7fb3e6;--aborted:#e6c07f;--done:#9fd3a3;--failed:#e79a94}
@media (prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1b1f23;--fg:#e4e7ea;--dim:#98a2ab;--line:#31373d;--soft:#23282d;
--fault:#ff7b72;--fault-bg:#3a1d1c;--warn:#e3b341;--warn-bg:#372b12;--good:#6fcf79;--good-bg:#17301b;--info:#79b8ff;
--idle:#2b3137;--starting:#24384d;--waiting:#2a4a6b;--working:#2f6ca8;--aborted:#7a5a1e;--done:#2f6b36;--failed:#8c3a35}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1120px;margin:0 auto;padding:28px 20px 60px}
.eyebrow{color:var(--dim);font-size:13px;letter-spacing:.02em}
h1{font-size:27px;line-height:1.28;margin:.25em 0 .5em;font-weight:650;text-wrap:balance}
h2{font-size:18px;margin:2.2em 0 .6em;font-weight:650}
h3{font-size:15px;margin:1.3em 0 .4em}
p{margin:.4em 0}
.verdict{border-left:6px solid var(--fault);padding:2px 0 2px 18px}
.verdict.good{border-color:var(--good)}.verdict.running{border-color:var(--info)}
.verdict ul{margin:.3em 0;padding-left:1.1em}.verdict li{margin:.25em 0}
.facts{display:flex;flex-wrap:wrap;gap:8px 26px;margin:18px 0 0;padding:12px 16px;background:var(--card);border:1px solid var(--line);border-radius:8px}
.facts div{min-width:90px}.facts dt{color:var(--dim);font-size:12px}.facts dd{margin:0;font-weight:600}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 16px;margin:10px 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:5px 12px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--dim);font-weight:500;font-size:13px;white-space:nowrap}
td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
tr:last-child td{border-bottom:0}
.t{font-variant-numeric:tabular-nums;white-space:nowrap;color:var(--dim)}
code,pre,.log{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12.5px}
.log{display:block;background:var(--soft);border-radius:6px;padding:8px 10px;overflow-x:auto;margin:6px 0}
.log div{white-space:pre-wrap;overflow-wrap:anywhere;padding:0 6px 0 calc(19.5ch + 6px);text-indent:-19.5ch;border-left:3px solid transparent}
.log time{display:inline-block;width:19.5ch;text-indent:0;color:var(--dim)}
.log .warn{color:var(--warn)}.log .error{color:var(--fault)}
.log .cause,.log .symptom{background:var(--fault-bg);border-left-color:var(--fault)}
.log .consequence{background:var(--warn-bg);border-left-color:var(--warn)}
.log .recovery{background:var(--good-bg);border-left-color:var(--good)}
.log .more{color:var(--dim);font-style:italic}
.log .now{color:var(--fault);border-left-color:var(--fault);font-family:system-ui,sans-serif}
.badge{display:inline-block;padding:0 8px;border-radius:10px;font-size:12.5px;font-weight:600;background:var(--soft);color:var(--dim);white-space:nowrap}
.badge.failed,.badge.fault,.badge.critical{background:var(--fault-bg);color:var(--fault)}
.badge.affected,.badge.consequence,.badge.warning{background:var(--warn-bg);color:var(--warn)}
.badge.good,.badge.recovery{background:var(--good-bg);color:var(--good)}
.dim{color:var(--dim)}.strong{font-weight:600}.wrap{overflow-wrap:anywhere}
.two{display:grid;grid-template-columns:1fr;gap:4px}
details{margin:8px 0}summary{cursor:pointer;font-weight:500;padding:4px 0}
.matrix td,.matrix th{text-align:center;padding:4px 10px}.matrix th:first-child{text-align:right}
.matrix .hit{background:var(--fault-bg);color:var(--fault);font-weight:650;border-radius:4px}
svg{display:block;width:100%;height:auto;font:12px system-ui,sans-serif}
svg text{fill:var(--fg)}svg .narrow{font-size:9.5px}svg .axis{fill:var(--dim);font-size:11px;paint-order:stroke;stroke:var(--card);stroke-width:5px;stroke-linejoin:round}svg .grid{stroke:var(--line)}
.ph-idle{fill:var(--idle)}.ph-starting{fill:var(--starting)}.ph-waiting{fill:var(--waiting)}.ph-working{fill:var(--working)}
.ph-aborted{fill:var(--aborted)}.ph-done{fill:var(--done)}.ph-failed{fill:var(--failed)}
.outage{fill:url(#hatch);stroke:var(--fault);stroke-width:1.2}.act{fill:var(--fg);opacity:.55}
.silence{stroke:var(--dim);stroke-width:1;stroke-dasharray:2 3}
.m-cause,.m-symptom{fill:var(--fault)}.m-consequence{fill:var(--warn)}.m-recovery{fill:var(--good)}
.moment{stroke:var(--fault);stroke-width:1.2;stroke-dasharray:4 3}.edge{stroke:var(--dim);stroke-width:1}.edge-text{fill:var(--dim)!important;font-size:11px}.moment-text{fill:var(--fault)!important;font-weight:600}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:12.5px;color:var(--dim);margin-top:8px}
.legend i{display:inline-block;width:14px;height:10px;border-radius:2px;margin-right:5px;vertical-align:0}
footer{margin-top:44px;color:var(--dim);font-size:13px;border-top:1px solid var(--line);padding-top:10px}
@media print{:root{color-scheme:light}body{background:#fff;font-size:12px}main{max-width:none;padding:0}
h2{break-after:avoid}.card,table,svg,.log{break-inside:avoid}details:not([open]){display:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`;
