// SPDX-License-Identifier: MIT
// A site of the status page: puts what the JSON says where it stands on the page.

import {decimal, number, percent, perSecond, seconds} from "./page_number.js";

const WIDTH = 900, HEIGHT = 200;  // of the course, in units
const MINUTES = [3, 6, 15];       // that it may show
const GAP = 330;                  // seconds between two samples that are not joined
const QUEUES = 64, CELLS = 1024, ROWS = 256;  // at most so many are shown

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => root.querySelectorAll(selector);

export function text(element, value) {
	if (element && element.textContent !== value)
		element.textContent = value;
}
export function attribute(element, name, value) {
	if (element && element.getAttribute(name) !== value)
		element.setAttribute(name, value);
}
export function shown(element, is) {
	if (element)
		element.hidden = !is;
}
function make(tag, attributes = {}, ...children) {
	const element = document.createElementNS(
		/^(svg|rect|use)$/.test(tag) ? "http://www.w3.org/2000/svg"
			: "http://www.w3.org/1999/xhtml", tag);
	for (const [name, value] of Object.entries(attributes))
		element.setAttribute(name, value);
	element.append(...children);
	return element;
}
// A list with as many children as there are items; the ones that are there are changed.
function list(parent, items, create, update) {
	while (parent.children.length > items.length)
		parent.lastElementChild.remove();
	items.forEach((item, i) => {
		if (!parent.children[i])
			parent.append(create(item));
		update(parent.children[i], item);
	});
}
const at = (site, path) => path.split(".").reduce((value, key) => value?.[key], site) ?? null;

export const words = (parts, none) => parts.length ? parts.join(", ") : none;
const level = (name) => name ?? "good";

export function setLevel(element, name) {
	element.classList.remove("good", "info", "warning", "critical");
	element.classList.add(level(name));
	attribute($("[data-icon] use", element), "href", `#i-${level(name)}`);
}

// ---- a site's parts ----

function probe(item, target, version) {
	item.className = target.up ? "up" : "down";
	text($("span", item),
	     target.up
		     ? `answers in ${seconds(target.seconds)}${version ? `, ${version}` : ""}`
								       : `${target.up === null ? "could not be asked" : "is down"                                                  }: ${target.error}`);
}

function newFinding() {
	return make("article", {},
		make("h3", {}, make("svg", {class: "icon", "aria-hidden": "true", "data-icon": ""},
			make("use")), make("span", {class: "sr"}), make("span")),
		make("p"), make("p", {class: "advice"}, make("b", {}, "What to do"), " ", make("span")),
		make("code"));
}
function finding(element, item) {
	element.className = "finding";
	setLevel(element, item.severity);
	attribute(element, "data-finding", item.finding);
	text($("h3 .sr", element), `${item.severity}: `);
	text($("h3 span:last-child", element), item.what);
	text($("p", element), item.evidence);
	text($(".advice span", element), item.advice);
	text($(":scope > code", element), item.finding);
}

function bar(svg, lines) {
	const drawn = lines.map((line) => Math.max(0, line.connections ?? 0));
	const whole = drawn.reduce((sum, value) => sum + value, 0);
	let x = 0;
	lines.forEach((line, i) => {
		let rect = $(`.l-${line.held_by}`, svg);
		if (drawn[i] === 0) {
			rect?.remove();
			return;
		}
		if (!rect) {
			rect = make("rect", {class: `l-${line.held_by}`, height: "100%"});
			svg.append(rect);
		}
		attribute(rect, "x", percent(x, whole));
		attribute(rect, "width", percent(drawn[i], whole));
		x += drawn[i];
	});
	attribute(svg, "aria-label", words(lines.filter((line, i) => drawn[i] > 0)
		.map((line) => `${line.held_by} ${number(line.connections)}`), "no connections"));
}

function others(element, before, lines) {
	shown(element, lines.length > 0);
	if (lines.length)
		text(element, `${before}: ${lines.map((line) => line.held_by).join(", ")}.`);
}

const clients = (total) => total === 1 ? "client connection" : "client connections";

function ledger(section, site) {
	const lines = site.ledger?.lines;
	shown(section, Boolean(lines));
	if (!lines)
		return;
	const sure = $("[data-sure]", section);
	attribute(sure, "data-sure", site.ledger.confidence);
	text($("b", sure), site.ledger.confidence);
	text($("[data-reason]", section), site.ledger.reason ?? "");
	text($("[data-clients]", section), clients(site.ledger.total));
	bar($("[data-bar]", section), lines);
	$$("[data-line]", section).forEach((row, i) => {
		const count = lines[i].connections, total = site.ledger.total;
		shown(row, Boolean(count));
		text($(".n", row), number(count ?? 0));
		text($(".share", row), number(total > 0 ? (count ?? 0) / total * 100 : 0, "percent"));
	});
	others($("[data-lines=empty]", section), "Nothing on the other lines",
		lines.filter((line) => line.connections === 0));
	others($("[data-lines=unknown]", section), "Not known",
		lines.filter((line) => line.connections === null));
	shown($("[data-requests]", section), Boolean(site.ledger.requests));
	if (site.course)
		course($("[data-course]", section), site);
}

function roundUp(most) {
	let factor = 1;
	while (most > 10 * factor)
		factor *= 10;
	return [2, 4, 6, 8, 10, 20].find((step) => most <= step * factor) * factor;
}
function course(figure, site) {
	const all = site.course.samples;
	const age = site.time - all[0][0];
	const minutes = MINUTES.find((long) => age <= long * 60) ?? MINUTES.at(-1);
	const span = minutes * 60;
	let first = 0;
	while (first + 1 < all.length && all[first + 1][0] < site.time - span)
		first++;
	const samples = all.slice(first);
	// The upper edges of the lines, from the foot up.
	const edges = samples.map((sample) => sample.slice(1).reduce(
		(sums, value) => [...sums, sums.at(-1) + Math.max(0, value ?? 0)], [0]));
	const heights = edges.map((sums) => sums.at(-1));
	const most = Math.max(...heights), top = roundUp(most);
	const point = (i, edge) => `${decimal(WIDTH - (site.time - samples[i][0]) / span * WIDTH, 1)} ` +
		decimal(HEIGHT - edges[i][edge] / top * HEIGHT, 1);
	const runs = samples.reduce((found, sample, i) => {
		if (i === 0 || sample[0] - samples[i - 1][0] > GAP)
			found.push([]);
		found.at(-1).push(i);
		return found;
	}, []).filter((run) => run.length > 1);
	$$("path:not(.grid)", figure).forEach((path, line) => {
		const used = samples.some((sample) => sample[line + 1] > 0);
		attribute(path, "d", used ? runs.map((run) => "M" + [
			...run.map((i) => point(i, line + 1)),
			...run.map((i) => point(i, line)).reverse()].join("L") + "Z").join("") : "");
	});
	text($("[data-top]", figure), number(top));
	text($("[data-half]", figure), number(top / 2));
	[...$(".time", figure).children].slice(0, 3).forEach((label, i) =>
		text(label, `${minutes / 3 * (3 - i)} min${i ? "" : " ago"}`));
	const least = Math.min(...heights);
	text($("figcaption", figure), samples.length < 2
		? "The course begins now: it grows with every scrape."
		: "Connections in the last " +
			`${seconds(Math.min(span, Math.round(site.time - samples[0][0])))}: ` +
			(least === most ? `${number(most)} throughout.`
				: `between ${number(least)} and ${number(most)}, now ${number(heights.at(-1))}.`));
}

function states(server) {
	const count = {idle: 0, busy: 0, cheap: server.server.unstarted ?? 0, pause: 0, sig: 0};
	for (const worker of server.workers)
		count[worker.status]++;
	return words(Object.keys(count).filter((name) => count[name])
		.map((name) => `${count[name]} ${name}`), "no workers");
}
function cell(element, worker) {
	const fill = Math.min(4, Math.ceil(worker.busy_cores * 4 / (worker.core_count || 1)));
	element.className = `w-${worker.status} f${fill}`;
	element.title = `worker ${worker.id}: ${worker.status}` + (worker.core_count > 1
		? `, ${worker.busy_cores} of ${worker.core_count} cores busy` : "");
}
const hasWorkers = (server) => server.up && server.server.worker_count !== null;

function workers(element, server) {
	shown(element, hasWorkers(server));
	if (!server.up)
		return;
	if ($("[data-cells]", element)) {
		const said = states(server);
		list($("[data-cells]", element), server.workers.slice(0, CELLS), () => make("i"), cell);
		attribute($("[data-cells]", element), "aria-label", said);
		text($("[data-states]", element), said);
		return;
	}
	const columns = [...$$("[data-key]", element)];
	list($("[data-table] tbody", element), server.workers.slice(0, ROWS),
		() => make("tr", {}, make("th", {scope: "row"}), make("td"), make("td", {class: "n"}),
			...columns.map(() => make("td", {class: "n"}))),
		(row, worker) => [worker.id, worker.status, `${worker.busy_cores} of ${worker.core_count}`,
			...columns.map((head) => worker[head.dataset.key] === null ? ""
				: number(worker[head.dataset.key], head.dataset.u))]
			.forEach((value, i) => text(row.children[i], String(value))));
}

function queues(body, items) {
	list(body, items.slice(0, QUEUES), () => make("tr", {},
		make("th", {scope: "row"}, make("code")),
		make("td", {}, make("svg", {"aria-hidden": "true"}, make("rect", {height: "100%"}))),
		make("td", {class: "n"})), (row, item) => {
		const full = item.limit > 0 ? item.queue / item.limit * 100 : 0;
		text($("code", row), item.name || "(no name)");
		attribute($("svg", row), "class",
			`gauge ${full >= 80 ? "full" : full >= 40 ? "busy" : "calm"}`);
		attribute($("rect", row), "width", percent(full, 100));
		text($(".n", row), number(item.queue) + (item.limit > 0 ? ` of ${number(item.limit)}` : ""));
	});
}
// What uWSGI says itself, where the kernel could not be asked.
function ownSockets(site) {
	return site.uwsgi.flatMap((server) => server.sockets ?? [])
		.filter((own) => own.max_queue > 0 && !site.sockets.some((one) => one.name === own.name))
		.map((own) => ({name: own.name, queue: own.queue, limit: own.max_queue}));
}

export function update(element, site, before) {
	setLevel(element, site.severity);
	text($("[data-names]", element), words(site.findings.map((item) => item.finding), ""));
	text($("[data-count]", element), number(site.ledger?.lines ? site.ledger.total : null));
	const small = $(".headline [data-bar]", element);
	if (small) {
		small.toggleAttribute("hidden", !site.ledger?.lines);
		bar(small, site.ledger?.lines ?? []);
	}
	if (!$("[data-findings]", element))
		return;
	for (const item of $$("[data-probe]", element)) {
		const target = at(site, item.dataset.probe);
		probe(item, target, target.server instanceof Object ? target.version
			: target.server ?? target.version);
	}
	list($("[data-findings]", element), site.findings, newFinding, finding);
	ledger($("[data-ledger]", element), site);
	shown($("[data-workers]", element), site.uwsgi.some(hasWorkers));
	for (const part of $$("[data-server]", element))
		workers(part, site.uwsgi[part.dataset.server]);
	for (const part of $$("[data-totals]", element))
		shown(part, Boolean(site.totals));
	const sockets = [...site.sockets, ...ownSockets(site)];
	shown($("[data-nginx]", element), site.nginx?.up);
	queues($("[data-queues=listeners]", element), site.listeners);
	queues($("[data-queues=sockets]", element), sockets);
	shown($("[data-noqueue]", element), !site.listeners.length && !sockets.length);
	for (const span of $$("[data-v]", element))
		text(span, number(at(site, span.dataset.v), span.dataset.u));
	for (const entry of $$("[data-maybe]", element))
		shown(entry, at(site, $("[data-v]", entry).dataset.v) !== null);
	for (const span of $$("[data-rate]", element)) {
		const rise = at(site, span.dataset.rate) - (before && at(before, span.dataset.rate));
		const passed = site.time - (before?.time ?? site.time);
		text(span, passed > 0 && rise > 0 ? perSecond(rise / passed, span.dataset.u) : "");
	}
}
