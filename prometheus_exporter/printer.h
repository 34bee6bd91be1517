/* SPDX-License-Identifier: MIT */
/*
 * printer.h - what an exposition format is made of: families.c walks over everything that is to be
 * shown and calls one of these, so that each format has the same series in the same order.
 */
#ifndef CONNLEDGER_EXPORTER_PRINTER_H
#define CONNLEDGER_EXPORTER_PRINTER_H

#include "metric.h"

enum prom_type { PROM_COUNTER, PROM_GAUGE };

/* The series that share a name. */
struct prom_family {
	const char *name; /* of its series: a counter of our own ends in "_total" */
	struct str base;  /* the same without "_total" if it is a counter that has it */
	enum prom_type type;
	const char *unit; /* the word that `base` ends in; NULL: none */
	const char *help; /* one line */
};

struct prom_sample {
	struct str labels; /* of the object, made by the printer's own `label` */
	const char *label; /* one label more, the last; NULL: none. A name and a word of ours */
	const char *word;
	struct value value; /* in base units */
	double since;       /* Unix seconds when the object's counters began; 0: not known */
};

struct prom_printer {
	/* Adds a label to those of an object, which begin at `start` of `labels`. Two objects are
	 * the same when their labels have the same bytes. */
	void (*label)(struct buf *labels, size_t start, const char *name, struct str value);
	/* A family begins: called once there is a sample for it. */
	void (*begin)(void *ctx, const struct prom_family *family);
	void (*sample)(void *ctx, const struct prom_family *family,
		       const struct prom_sample *sample);
	/* The family that began last ends. NULL: nothing to do. */
	void (*end)(void *ctx, const struct prom_family *family);
};

#endif
