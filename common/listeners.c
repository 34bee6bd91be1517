/* SPDX-License-Identifier: MIT */
/* listeners.c - which listening sockets are nginx's; see listeners.h. First the network namespace
 * that nginx lives in, then the sockets there, then whose they are. */
#include "listeners.h"

#include <stdarg.h>

#include "listeners_search.h"

static void explain(struct nginx_host *ret, const char *format, ...) PRINTF_LIKE(2, 3);
static void explain(struct nginx_host *ret, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(ret->reason, sizeof(ret->reason), format, args);
	va_end(args);
	for (char *c = ret->reason; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
}

/* "127.0.0.1:80", "unix:/run/nginx.sock": where the page came from, as far as it is known. */
static void print_target(const struct listeners_search *search, struct buf *out)
{
	if (search->question->path != NULL)
		buf_addf(out, "unix:%s", search->question->path);
	else if (search->has_at)
		endpoint_print(&search->at, out);
	else
		buf_add_text(out, "the named ports");
}

/* ---- where nginx lives ----------------------------------------------------------------------- */

/* Takes the end that talks to our end for nginx's. What nobody has accepted has no user. */
static bool take_peer(struct listeners_search *search, const struct socket *peer)
{
	search->at = peer->local;
	search->has_uid = peer->inode != 0;
	search->uid = peer->uid;
	return true;
}

/* Finds that end whatever it calls itself: addresses may be translated on the way. */
static bool find_peer(struct listeners_search *search, struct sockets_reader *reader,
		      struct err *err)
{
	const struct endpoint *ours = &search->question->ours;
	struct sockets_filter filter = {.remote_port = {ours->port}, .remote_port_len = 1};
	struct sockets sockets = {.tcp_len = 0};
	bool found = false;

	if (sockets_dump(reader, &filter, &sockets, err)) {
		for (size_t i = 0; i < sockets.tcp_len && !found; i++)
			found = endpoint_equal(&sockets.tcp[i].remote, ours) &&
				take_peer(search, &sockets.tcp[i]);
	}
	sockets_free(&sockets);
	return found;
}

static bool has_path(const struct listeners *all, const char *path)
{
	for (size_t i = 0; i < all->len; i++) {
		if (all->item[i].kind == LISTENER_UNIX && strcmp(all->item[i].path, path) == 0)
			return true;
	}
	return false;
}

static bool has_listener(const struct listeners *all, const struct endpoint *at)
{
	for (size_t i = 0; i < all->len; i++) {
		if (all->item[i].kind == LISTENER_TCP && endpoint_covers(&all->item[i].at, at))
			return true;
	}
	return false;
}

/* Whether our connection still has this end: if not, it says nothing of the other one. */
static bool is_open(struct sockets_reader *reader, const struct endpoint *ours,
		    const struct endpoint *theirs)
{
	struct err err = {0};
	struct socket own;

	return sockets_find(reader, ours, theirs, &own, &err) && own.state == SOCKET_ESTABLISHED;
}

/* Whether nginx is in the network that `reader` reads, ours. */
static bool is_here(struct listeners_search *search, struct sockets_reader *reader, struct err *err)
{
	const struct listeners_question *question = search->question;
	struct socket found;

	if (question->path != NULL)
		return has_path(&search->all, question->path);
	if (!question->has_connection)
		return true;
	if (!sockets_find(reader, &question->theirs, &question->ours, &found, err))
		return false;
	if (found.state != 0)
		return take_peer(search, &found);
	if (find_peer(search, reader, err))
		return true;
	return !is_open(reader, &question->ours, &question->theirs) &&
	       has_listener(&search->all, &question->theirs);
}

/* The same for the network of process `pid`, which becomes the reader's if so. */
static bool is_there(struct listeners_search *search, struct sockets_reader *reader, uint32_t pid)
{
	const struct listeners_question *question = search->question;
	struct sockets_reader other;
	struct err err = {0};

	if (sockets_open_proc(&other, search->proc, pid, &err) &&
	    sockets_listening(&other, &search->all, &err) &&
	    (question->path != NULL ? has_path(&search->all, question->path)
				    : find_peer(search, &other, &err))) {
		sockets_close(reader);
		*reader = other;
		return true;
	}
	sockets_close(&other);
	return false;
}

/* Looks through the networks of all masters that are not in ours. */
static bool find_elsewhere(struct listeners_search *search, struct sockets_reader *reader,
			   struct nginx_host *ret)
{
	uint64_t ours = search->network;
	struct err err = {0};

	processes_free(&search->nginx);
	if (!processes_find(&search->nginx, search->proc, PROCESS_EVERYWHERE, 0, &err) || ours == 0)
		return false;
	for (size_t i = 0; i < search->nginx.len; i++) {
		const struct process *one = &search->nginx.item[i];
		uint64_t network;

		if (one->role != PROCESS_MASTER)
			continue;
		network = process_network(search->proc, one->pid);
		if (network == 0 || network == ours || network == search->network)
			continue;
		search->network = network;
		if (is_there(search, reader, one->pid)) {
			ret->net_pid = one->pid;
			return true;
		}
	}
	search->network = ours;
	return false;
}

/* Finds nginx's network and everybody who listens there. */
static bool locate(struct listeners_search *search, struct sockets_reader *reader,
		   struct nginx_host *ret)
{
	struct err err = {0};

	if (!sockets_listening(reader, &search->all, &err)) {
		explain(ret, "cannot ask the kernel: %s", err.text);
		return false;
	}
	if (is_here(search, reader, &err) || find_elsewhere(search, reader, ret))
		return true;
	if (err.kind != ERR_NONE)
		explain(ret, "cannot ask the kernel: %s", err.text);
	else if (search->question->path != NULL)
		explain(ret,
			"nobody on this host listens at unix:%s: in nginx's own container it has "
			"another name",
			search->question->path);
	else
		explain(ret, "the status page's connection ends outside of this host's network "
			     "namespace: nginx runs on another host, or in a container");
	return false;
}

static bool has_names(const struct listeners_question *question)
{
	return question->port_len + question->listen_path_len > 0;
}

/* ---- whose they are -------------------------------------------------------------------------- */

static bool look_in(struct listeners_search *search, enum process_scope scope,
		    struct nginx_host *ret)
{
	struct err err = {0};
	const char *suspect;

	processes_free(&search->nginx);
	if (!processes_find(&search->nginx, search->proc, scope, search->question->known_pid, &err))
		processes_free(&search->nginx);
	if (search_by_fds(search)) {
		ret->source = LISTENERS_FDS;
		ret->is_nginx = true;
		ret->complete = true;
		return true;
	}
	if (!search_by_cgroup(search, &suspect))
		return false;
	ret->source = LISTENERS_CGROUP;
	ret->is_nginx = true;
	ret->complete = suspect == NULL || has_names(search->question);
	if (!ret->complete)
		explain(ret,
			"unix:%.80s may be nginx's too, which only root can see: name the ports "
			"and "
			"unix sockets of nginx to say that they are all",
			suspect);
	return true;
}

static bool has_standing(const struct listeners_search *search, enum standing standing)
{
	for (size_t i = 0; i < search->nginx.len; i++) {
		if (search->standing[i] == standing)
			return true;
	}
	return false;
}

/* Whether the master that was found before is there still, and as little to be looked into. */
static bool is_known_hidden(const struct listeners_search *search)
{
	for (size_t i = 0; i < search->nginx.len; i++) {
		if (search->nginx.item[i].pid == search->question->known_pid)
			return search->standing[i] == STANDING_HIDDEN;
	}
	return false;
}

/* Neither files nor cgroups say whose the targets are. */
static void settle_for_ports(struct listeners_search *search, struct nginx_host *ret,
			     struct buf *target)
{
	bool is_named = has_names(search->question);

	print_target(search, target);
	if (!has_standing(search, STANDING_HIDDEN) &&
	    (has_standing(search, STANDING_NOT) || has_standing(search, STANDING_AWAY))) {
		explain(ret,
			"the status page comes from %.70s, which no nginx on this host holds: a "
			"proxy "
			"stands in front of it, ask nginx at its own address",
			buf_text(target));
		return;
	}
	ret->is_nginx = has_standing(search, STANDING_HIDDEN);
	search_by_ports(search);
	search_guess_owner(search);
	ret->source = is_named ? LISTENERS_PORTS : LISTENERS_TARGET;
	ret->complete = is_named;
	if (!is_named)
		explain(ret,
			"only %.100s, where the status page is, is known: name the other ports "
			"and unix sockets of nginx, or run as root",
			buf_text(target));
}

/* ---- other pages ----------------------------------------------------------------------------- */

/* A connection that both ends have in this network: none that goes through a translation, or one
 * that is closed already, of which the address is all that is known. */
static bool is_mate(const struct listeners_search *search, struct sockets_reader *reader,
		    const struct listeners_mate *mate)
{
	struct socket found;
	struct err err = {0};

	if (mate->path != NULL)
		return search_has_taken(search, mate->path, NULL);
	if (!mate->has_connection ||
	    !sockets_find(reader, &mate->theirs, &mate->ours, &found, &err) ||
	    (found.state == 0 && is_open(reader, &mate->ours, &mate->theirs)))
		return false;
	return search_has_taken(search, NULL, &mate->theirs);
}

/* Only whose listeners are known by more than a guess has any, and only if it is one nginx. */
static void find_mates(const struct listeners_search *search, struct sockets_reader *reader,
		       const struct nginx_host *host)
{
	const struct listeners_question *question = search->question;
	bool is_sure = (host->source == LISTENERS_FDS || host->source == LISTENERS_CGROUP) &&
		       host->net_pid == 0;

	for (size_t i = 0; i < question->mate_len; i++)
		question->mate[i].is_same = is_sure && is_mate(search, reader, &question->mate[i]);
}

static void leave_mates(const struct listeners_question *question)
{
	for (size_t i = 0; i < question->mate_len; i++)
		question->mate[i].is_same = false;
}

/* Leaves those that are nginx's. */
static void keep_taken(struct listeners_search *search, struct nginx_host *ret)
{
	size_t kept = 0;

	for (size_t i = 0; i < search->all.len; i++) {
		if (!search->is_taken[i])
			continue;
		search->all.item[kept] = search->all.item[i];
		ret->has_udp = ret->has_udp || search->all.item[kept].kind == LISTENER_UDP;
		kept++;
	}
	search->all.len = kept;
	ret->listeners = search->all;
	search->all = (struct listeners){0};
}

static bool find(struct listeners_search *search, struct sockets_reader *reader,
		 struct nginx_host *ret, struct err *err)
{
	enum { TARGET_BYTES_MAX = 256 };
	struct buf target;

	if (!locate(search, reader, ret))
		return true;
	search->is_target = calloc(search->all.len + 1, sizeof(*search->is_target));
	search->is_taken = calloc(search->all.len + 1, sizeof(*search->is_taken));
	search->inode = malloc(SOCKET_INODES_MAX * sizeof(*search->inode));
	if (search->is_target == NULL || search->is_taken == NULL || search->inode == NULL)
		return err_set(err, ERR_MEMORY, "out of memory");
	buf_init(&target, TARGET_BYTES_MAX);
	if (!search_mark_targets(search)) {
		print_target(search, &target);
		explain(ret, "nobody listens at %.150s any more", buf_text(&target));
	} else {
		if (!look_in(search, PROCESS_KNOWN, ret) &&
		    (is_known_hidden(search) || (!look_in(search, PROCESS_DAEMONS, ret) &&
						 !look_in(search, PROCESS_EVERYWHERE, ret))))
			settle_for_ports(search, ret, &target);
		if (ret->source != LISTENERS_NONE) {
			find_mates(search, reader, ret);
			keep_taken(search, ret);
			search_count_processes(search, ret);
		}
		if (ret->masters != 1)
			leave_mates(search->question);
	}
	buf_free(&target);
	return true;
}

bool listeners_find(struct nginx_host *ret, struct sockets_reader *reader, const char *proc,
		    const struct listeners_question *question, struct err *err)
{
	struct listeners_search search = {
		.proc = proc,
		.question = question,
		.has_at = question->has_connection,
		.at = question->theirs,
		.network = process_network(proc, 0),
	};
	bool ok;

	*ret = (struct nginx_host){.source = LISTENERS_NONE};
	leave_mates(question);
	ok = find(&search, reader, ret, err);
	processes_free(&search.nginx);
	listeners_free(&search.all);
	free(search.is_target);
	free(search.is_taken);
	free(search.inode);
	return ok;
}

void nginx_host_free(struct nginx_host *host)
{
	listeners_free(&host->listeners);
	processes_free(&host->serving);
	*host = (struct nginx_host){.source = LISTENERS_NONE};
}
