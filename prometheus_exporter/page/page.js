// SPDX-License-Identifier: MIT
// Keeps the status page up to date. The server has written the page whole; this asks for the same
// numbers as JSON every few seconds and changes them where they stand. Nothing is drawn anew: what
// is open stays open, and focus and scrolling stay where they are.

import {$, $$, attribute, setLevel, shown, text, update, words} from "./page_site.js";

const MANY = 20;  // sites from which on it asks less often
const EVERY_MS = 3000, EVERY_MANY_MS = 10000, ANSWER_MS = 20000;
const SEVERITIES = ["critical", "warning", "info"];
const WORDS = {critical: "critical finding", warning: "warning", info: "hint"};

let sites = [];    // of the last answer
let version = "";  // of the exporter that gave it
let timer = 0;
let asking = null;  // aborts the question that is under way
let heard = new Date();
let paused = false;

const clock = (date) => date.toLocaleTimeString([], {hour12: false});

function verdict(all) {
	const findings = all.flatMap((site) => site.findings);
	const troubled = all.filter((site) => site.findings.length).length;
	const worst = SEVERITIES.find((name) => findings.some((item) => item.severity === name));
	const counts = SEVERITIES.map((name) => [name,
		findings.filter((item) => item.severity === name).length]).filter(([, count]) => count);
	const said = words(counts.map(([name, count]) =>
		`${count} ${WORDS[name]}${count > 1 ? "s" : ""}`), "Nothing was found wrong");
	setLevel($("#verdict"), worst);
	text($("#verdict span"), all.length < 2 ? said
		: troubled ? `${said}, on ${troubled} of ${all.length} sites`
			: `${said} on ${all.length} sites`);
	document.title = worst ? `${findings.length} \u26a0 connledger` : "connledger";
	const icon = $("link[rel=icon]");
	attribute(icon, "href", icon.getAttribute("href")
		.replace(/%23[0-9a-f]{6}/, `%23${icon.getAttribute(`data-${worst ?? "good"}`)}`));
}

// Whether the page was written for these sites, and for this exporter.
function fits(answer) {
	const parts = $$("[data-site]");
	return (!version || version === answer.version) && parts.length === answer.sites.length &&
		[...parts].every((part) => {
			const site = answer.sites[part.dataset.site];
			return $("h2", part).textContent === site.name &&
				(!$("[data-findings]", part) ||
				$$("[data-probe]", part).length === site.uwsgi.length + (site.nginx ? 1 : 0));
		});
}

function show(answer) {
	if (!fits(answer)) {  // it is configured anew
		location.reload();
		return;
	}
	for (const part of $$("[data-site]"))
		update(part, answer.sites[part.dataset.site], sites[part.dataset.site]);
	verdict(answer.sites);
	({sites, version} = answer);
	heard = new Date();
	text($("#state"), "live,");
	text($("#time"), clock(heard));
	attribute($("#time"), "datetime", heard.toISOString());
	$("#live").classList.add("on");
	shown($("#lost"), false);
}

function lost() {
	$("#live").classList.remove("on");
	text($("#state"), "as of");
	text($("#lost"), `No answer from the exporter since ${clock(heard)}. What stands here is old; ` +
		"asking again.");
	shown($("#lost"), true);
}

async function ask() {
	const began = performance.now();
	const mine = asking = new AbortController();
	const limit = setTimeout(() => mine.abort(), ANSWER_MS);
	let answer = null;
	try {
		const response = await fetch("./api/v1/sites", {cache: "no-store", signal: mine.signal});
		answer = response.ok ? await response.json() : null;
	} catch {
		// No answer, or no whole one: said below.
	}
	clearTimeout(limit);
	if (asking !== mine)  // stopped on purpose meanwhile
		return;
	asking = null;
	if (answer)
		show(answer);
	else
		lost();
	// A slow answer is not asked for more often than it can be given.
	const every = sites.length > MANY ? EVERY_MANY_MS : EVERY_MS;
	timer = setTimeout(ask, Math.max(every, 5 * (performance.now() - began)));
}

function stop() {
	clearTimeout(timer);
	const mine = asking;
	asking = null;
	mine?.abort();
}

// Begins again, at once, or stops: nobody reads a page that is hidden.
function go() {
	stop();
	if (!paused && !document.hidden)
		ask();
}

$("#pause").addEventListener("click", () => {
	paused = !paused;
	attribute($("#pause"), "aria-pressed", String(paused));
	$("#live").classList.toggle("on", !paused);
	text($("#state"), paused ? "paused, as of" : "live,");
	go();
});
document.addEventListener("visibilitychange", go);
addEventListener("online", go);
shown($("#pause"), true);
go();
