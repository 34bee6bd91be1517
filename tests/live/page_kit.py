# SPDX-License-Identifier: MIT
"""The status page as a person sees it: reads what is drawn out of a browser's document."""

# What a person sees of a site: the text of what is not hidden, the widths that are drawn.
SEEN = """(() => {
    const seen = (element) => element.offsetParent !== null || element.getClientRects().length > 0;
    const text = (selector, root = document) => [...root.querySelectorAll(selector)]
        .filter(seen).map((element) => element.textContent.trim());
    const bar = document.querySelector("[data-ledger] [data-bar]");
    const whole = bar.getBoundingClientRect().width;
    return {
        verdict: document.querySelector("#verdict").textContent.trim(),
        targets: text(".targets li"),
        total: text("[data-ledger] .total strong")[0],
        sure: text("[data-sure] b")[0],
        lines: Object.fromEntries([...document.querySelectorAll("[data-line]")].filter(seen)
            .map((row) => [row.dataset.line, Number(row.querySelector(".n").textContent)])),
        bar: Object.fromEntries([...bar.children]
            .map((rect) => [rect.getAttribute("class").slice(2),
                            rect.getBoundingClientRect().width / whole])
            .filter(([, width]) => width > 0)),
        findings: [...document.querySelectorAll("[data-finding]")].filter(seen)
            .map((one) => [one.dataset.finding, one.classList[1]]),
        advice: text(".advice span"),
        queues: Object.fromEntries([...document.querySelectorAll("[data-queues] tr")].filter(seen)
            .map((row) => [row.querySelector("code").textContent,
                           row.querySelector(".n").textContent])),
        cells: [...document.querySelectorAll("[data-cells] i")].filter(seen)
            .map((cell) => cell.className),
        areas: [...document.querySelectorAll("[data-course] path:not(.grid)")]
            .filter((path) => path.getAttribute("d")).map((path) => path.getAttribute("class")),
    };
})()"""

# All text of the page but what changes by itself: the time, how long an answer took, ages, rates.
STEADY = """(() => {
    const copy = document.querySelector("main").cloneNode(true);
    for (const one of copy.querySelectorAll(
        ".targets span, .rate, .finding > p:first-of-type, .course, [data-table], " +
        "[data-u=seconds], [data-v^='nginx.counters'], [data-v^='totals.queue'], " +
        "[data-v='totals.load']"))
        one.remove();
    return document.querySelector("#verdict").textContent + copy.innerHTML;
})()"""

LIVE = 'document.querySelector("#live").classList.contains("on")'


def see(browser):
    return browser.run(SEEN)


def drawn_of(site):
    """What is to be drawn of a site's ledger, out of the JSON: its lines, and their shares."""
    lines = {line["held_by"]: line["connections"] for line in site["ledger"]["lines"]
             if line["connections"]}
    above = {name: number for name, number in lines.items() if number > 0}
    return lines, {name: number / sum(above.values()) for name, number in above.items()}
