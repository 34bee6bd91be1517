/* SPDX-License-Identifier: MIT */
/* store.c - the memory's file; see store.h. */
#include "store.h"

#include <time.h>

#include "state.h"

enum { KEY_BYTES_MAX = 128 * 1024 };

/* Another target under the same file name is another site. */
static bool open_state(const struct munin_setup *setup, struct state *state, struct err *err)
{
	char program[64];
	struct buf key;
	bool ok;

	(void)snprintf(program, sizeof(program), "munin-%.50s", setup->name);
	buf_init(&key, KEY_BYTES_MAX);
	buf_addf(&key, "%s\n", setup->file);
	if (setup->site.has_nginx)
		buf_addf(&key, "nginx %s\n", setup->site.nginx.name);
	for (size_t i = 0; i < setup->site.uwsgi_len; i++)
		buf_addf(&key, "uwsgi %s\n", setup->site.uwsgi[i].name);
	ok = buf_ok(&key) ? state_open(state, setup->state_dir, program, buf_str(&key),
				       MUNIN_LOCK_WAIT_MS, err)
			  : err_set(err, ERR_MEMORY, "out of memory");
	buf_free(&key);
	return ok;
}

/* A file that is damaged, or of another version, is one that is not there. */
static bool read_memory(struct state *state, struct munin_memory *memory, struct err *err)
{
	struct err ignored = {0};
	struct buf text;
	bool ok;

	munin_memory_init(memory);
	buf_init(&text, STATE_BYTES_MAX);
	ok = state_read(state, &text, err);
	if (ok && text.len > 0)
		(void)!munin_memory_parse(memory, buf_str(&text), &ignored);
	buf_free(&text);
	return ok;
}

static bool write_memory(struct state *state, const struct munin_memory *memory, struct err *err)
{
	struct buf text;
	bool ok;

	buf_init(&text, STATE_BYTES_MAX);
	munin_memory_encode(memory, &text);
	ok = buf_ok(&text) ? state_write(state, buf_str(&text), err)
			   : err_set(err, ERR_MEMORY, "out of memory");
	buf_free(&text);
	return ok;
}

static bool complain(const struct munin_setup *setup, const struct err *err, const char *what,
		     struct buf *log)
{
	if (err->kind != ERR_NONE)
		buf_addf(log, "%s: %s: %s\n", setup->file, what, err->text);
	return !err_is_own(err->kind);
}

bool munin_store_read(const struct munin_setup *setup, struct munin_memory *memory, struct buf *log)
{
	struct err err = {0};
	struct state state;
	double age;

	munin_memory_init(memory);
	if (open_state(setup, &state, &err)) {
		(void)!read_memory(&state, memory, &err);
		state_close(&state);
	}
	age = difftime(time(NULL), (time_t)memory->time);
	if (age > MUNIN_NOTE_SECONDS)
		memory->note[0] = '\0';
	/* A folder that cannot be used is complained of by fetch, each time. */
	return !err_is_own(err.kind) ||
	       complain(setup, &err, "what it remembers cannot be read", log);
}

bool munin_store_take(const struct munin_setup *setup, struct scrape *scrape,
		      struct munin_memory *memory, struct buf *log)
{
	struct err err = {0};
	struct state state;
	bool open = open_state(setup, &state, &err);
	bool known;

	munin_memory_init(memory);
	known = open && read_memory(&state, memory, &err);
	memory->lost = !known;
	if (!scrape_judge(scrape, known ? &memory->history : NULL))
		(void)err_set(&err, ERR_MEMORY, "out of memory");
	munin_memory_take(memory, scrape);
	if (known && !write_memory(&state, memory, &err))
		memory->lost = true;
	if (open)
		state_close(&state);
	return complain(setup, &err,
			memory->lost ? "nothing is remembered" : "what was remembered is lost",
			log);
}
