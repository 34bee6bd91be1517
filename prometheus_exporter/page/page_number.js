// SPDX-License-Identifier: MIT
// Numbers as a person reads them, the same as the server writes (page_part.c).

const NARROW = "\u202f", DASH = "\u2013";  // a space that does not break; not known

export function decimal(number, decimals) {
	const scale = 10 ** decimals;
	const rounded = Math.sign(number) * Math.round(Math.abs(number) * scale) / scale;
	const plain = rounded.toFixed(decimals);
	return decimals ? plain.replace(/\.?0+$/, "") : plain;
}
export function grouped(number, decimals) {
	const [whole, part] = decimal(number, decimals).split(".");
	const spaced = /\d{5}/.test(whole) ? whole.replace(/\B(?=(\d{3})+$)/g, NARROW) : whole;
	return part ? `${spaced}.${part}` : spaced;
}
export function seconds(s) {
	for (const [big, name, small, rest] of [[86400, "d", 3600, "h"], [3600, "h", 60, "min"],
		[60, "min", 1, "s"]]) {
		if (s >= big)
			return `${grouped(Math.floor(s / big), 0)}${NARROW}${name} ` +
				`${Math.floor(s % big / small)}${NARROW}${rest}`;
	}
	return s >= 1 || s === 0 ? `${decimal(s, 1)}${NARROW}s`
		: `${decimal(s * 1e3, s < 1e-2 ? 1 : 0)}${NARROW}ms`;
}
function bytes(number) {
	const units = ["B", "kB", "MB", "GB", "TB"];
	let i = 0;
	for (; number >= 1000 && i + 1 < units.length; i++)
		number /= 1000;
	return `${decimal(number, i > 0 && number < 100 ? 1 : 0)}${NARROW}${units[i]}`;
}
export function number(value, unit = "") {
	if (value === null || value === undefined)
		return DASH;
	value = Number(value);
	if (unit === "seconds" && value >= 0)
		return seconds(value);
	if (unit === "bytes" && value >= 0)
		return bytes(value);
	return grouped(value, 1) + (unit === "percent" ? `${NARROW}%` : "");
}
export const percent = (part, whole) =>
	`${decimal(Math.min(100, Math.max(0, whole > 0 ? part / whole * 100 : 0)), 2)}%`;
export function perSecond(rate, unit) {
	return unit === "seconds" ? `${grouped(rate, 1)}${NARROW}s/s`
		: `${unit === "bytes" ? bytes(rate) : grouped(rate, 1)}/s`;
}
