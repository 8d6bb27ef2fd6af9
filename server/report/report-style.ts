/** How a report looks, on a screen and on paper. */
export const REPORT_STYLE = [
  ':root{color-scheme:light}',
  'body{font:15px/1.45 system-ui,sans-serif;max-width:1000px;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}',
  'h1{font-size:1.5rem}h2{font-size:1.1rem;border-bottom:1px solid #ccc;margin-top:2rem}h3{font-size:1rem}',
  '.verdict{font-size:1.15rem;padding:.8rem 1rem;border-left:6px solid #777;background:#f4f4f4}',
  '.verdict.platform{border-color:#b3261e}.verdict.tenant{border-color:#0b57d0}.doubt{color:#6a4b00}',
  'table{border-collapse:collapse;width:100%;font-size:.85rem}th,td{text-align:left;padding:.2rem .5rem;border-bottom:1px solid #e3e3e3;vertical-align:top}',
  '.n{text-align:right;font-variant-numeric:tabular-nums}td svg{width:260px;height:16px}',
  'svg{width:100%;height:auto;font:12px system-ui,sans-serif}.window{fill:#fde7e5}.gap{fill:#ddd}.bars rect{fill:#555}.mark{stroke:#0b57d0;stroke-dasharray:3 2}',
  'rect.platform{fill:#b3261e}rect.tenant{fill:#0b57d0}rect.nobody{fill:#777}.interval{stroke:#000;stroke-width:1.5}',
  '.p0,.p8{fill:#7a5195}.p1,.p7{fill:#bc5090}.p2{fill:#b3261e}.p3,.p6{fill:#2f7ed8}.p4{fill:#0b57d0}.p5{fill:#1b7f4d}.p9{fill:#999}',
  'footer{margin-top:3rem;color:#555;font-size:.8rem;word-break:break-all}',
  '@media print{body{margin:0;max-width:none}section{break-inside:avoid}}',
].join('');
