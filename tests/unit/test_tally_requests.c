/* SPDX-License-Identifier: MIT */
/* test_tally_requests.c - how many requests are at the applications, in random sites whose truth is
 * known, and while they change under the eyes of who counts. */
#include "unit.h"

#include <stdlib.h>

#include "nginx_conf.h"
#include "tally.h"

enum { LINKS_MAX = 40, ROOM_MAX = 4 * LINKS_MAX, NGINX_UID = 33, OTHER_UID = 1000 };

/* A connection to an application. */
enum link {
	CONNECTING, /* nginx's, as all up to IDLE_OUR_WORD */
	BEYOND,     /* a full queue: the application's kernel has not answered */
	QUEUED,
	TAKEN,
	BEGUN,
	UNREAD,
	AGAIN,         /* taken, on a connection that has had an answer */
	IDLE,          /* idle */
	IDLE_OUR_WORD, /* idle, and nginx has spoken last, as it may over HTTP/2 */
	THEIR_QUEUED,  /* another user's of this host */
	THEIR_TAKEN,
	FAR_QUEUED, /* another host's */
	FAR_TAKEN,
	LINK_MAX,
};

/* Where the application is, and what it speaks. */
enum place { HERE, FAR, UNIX };
struct world {
	uint64_t seed;
	enum place place;
	bool is_uwsgi, no_info, has_grpc;
	struct {
		enum link link;
		unsigned port; /* nginx's end; the connection's name */
	} link[LINKS_MAX];
	size_t len;
	unsigned next_port;
};

static unsigned next(uint64_t *seed, unsigned below)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(*seed >> 33) % below;
}

static bool is_possible(const struct world *world, enum link link)
{
	if (world->is_uwsgi && (link == AGAIN || link == IDLE || link == IDLE_OUR_WORD))
		return false;
	if (link == IDLE_OUR_WORD)
		return world->has_grpc && world->place != UNIX;
	if (world->place == UNIX)
		return link != CONNECTING && link != BEYOND && link < FAR_QUEUED;
	return world->place == HERE || link <= IDLE_OUR_WORD;
}

static void add_link(struct world *world)
{
	enum link link = (enum link)next(&world->seed, LINK_MAX);

	while (!is_possible(world, link))
		link = (enum link)next(&world->seed, LINK_MAX);
	world->link[world->len].link = link;
	world->link[world->len++].port = world->next_port++;
}

/* One connection is made, ends, or is taken. */
static void change(struct world *world)
{
	size_t at = world->len > 0 ? next(&world->seed, (unsigned)world->len) : 0;

	if (world->len == 0 || (world->len < LINKS_MAX && next(&world->seed, 2) == 0))
		add_link(world);
	else if (world->link[at].link == QUEUED)
		world->link[at].link = TAKEN;
	else
		world->link[at] = world->link[--world->len];
}

static uint64_t count(const struct world *world, enum link first, enum link last)
{
	uint64_t len = 0;

	for (size_t i = 0; i < world->len; i++)
		len += world->link[i].link >= first && world->link[i].link <= last;
	return len;
}

/* ---- what the kernel shows ------------------------------------------------------------------- */

struct room {
	struct socket tcp[ROOM_MAX];
	struct unix_socket local[ROOM_MAX];
	struct sockets sockets;
	struct listener listener;
	struct upstream upstream;
};

static struct endpoint at(unsigned port)
{
	return (struct endpoint){{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}, (uint16_t)port};
}

static struct endpoint far_away(unsigned port)
{
	return (struct endpoint){{[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 9},
				 (uint16_t)port};
}

static void add_tcp(struct room *room, struct socket socket)
{
	socket.has_info = room->sockets.has_info;
	room->tcp[room->sockets.tcp_len++] = socket;
}

static void add_our_end(struct room *room, enum link link, unsigned port)
{
	struct socket socket = {.state = SOCKET_ESTABLISHED,
				.local = at(port),
				.remote = room->upstream.at,
				.inode = port,
				.uid = link < THEIR_QUEUED ? NGINX_UID : OTHER_UID,
				.sent_any = true,
				.last_sent_ms = 500,
				.last_received_ms = 500};

	if (link >= FAR_QUEUED)
		return;
	if (link == CONNECTING)
		socket.state = SOCKET_SYN_SENT;
	socket.received_any = link >= BEGUN && link <= IDLE_OUR_WORD;
	if (link == BEYOND) {
		socket.wqueue = 300;
		socket.timer = SOCKET_TIMER_RETRANSMIT;
		socket.retransmits = 2;
	}
	if (link == AGAIN || link == IDLE_OUR_WORD)
		socket.last_received_ms = 900;
	if (link == BEGUN || link == IDLE)
		socket.last_sent_ms = 900;
	socket.rqueue = link == UNREAD ? 4096 : 0;
	add_tcp(room, socket);
}

static void add_their_end(struct room *room, enum link link, unsigned port)
{
	bool is_queued = link == QUEUED || link == THEIR_QUEUED || link == FAR_QUEUED;

	if (link == CONNECTING || link == BEYOND)
		return;
	add_tcp(room, (struct socket){.state = SOCKET_ESTABLISHED,
				      .local = room->upstream.at,
				      .remote = link < FAR_QUEUED ? at(port) : far_away(port),
				      .inode = is_queued ? 0 : port + 1});
}

static void add_unix(struct room *room, enum link link)
{
	bool is_queued = link == QUEUED || link == THEIR_QUEUED;
	struct unix_socket *socket = &room->local[room->sockets.local_len++];

	*socket = room->local[0];
	socket->state = is_queued ? SOCKET_SYN_RECV : SOCKET_ESTABLISHED;
	socket->peer = 7;
	socket->peer_uid = link < THEIR_QUEUED ? NGINX_UID : OTHER_UID;
	socket->rqueue = 0;
	socket->wqueue = link == UNREAD ? 4096 : 0;
	room->local[0].rqueue += is_queued;
}

static void open_room(struct room *room, const struct world *world)
{
	*room = (struct room){
		.sockets = {.tcp = room->tcp, .local = room->local, .has_info = !world->no_info},
		.listener = {.kind = LISTENER_TCP, .at = at(80), .ways = NGINX_HTTP1},
		.upstream = {.is_uwsgi = world->is_uwsgi}};
	add_tcp(room, (struct socket){.state = SOCKET_ESTABLISHED,
				      .local = at(80),
				      .inode = 1,
				      .uid = NGINX_UID});
	if (world->place == UNIX)
		(void)memcpy(room->upstream.path, "/app", sizeof("/app"));
	else
		room->upstream.at = at(3031);
}

/* First the one side of the connections, then, after `changes`, the other one. */
static void fill_room(struct room *room, struct world *world, unsigned changes)
{
	struct unix_socket listening = {.state = SOCKET_LISTEN,
					.path = "/app",
					.has_peer = true,
					.has_uid = true,
					.has_peer_uid = true};

	open_room(room, world);
	if (world->place == HERE)
		add_tcp(room, (struct socket){.state = SOCKET_LISTEN,
					      .local = room->upstream.at,
					      .inode = 1,
					      .rqueue = (uint32_t)count(world, QUEUED, QUEUED)});
	for (size_t i = 0; i < world->len && world->place != UNIX; i++)
		add_our_end(room, world->link[i].link, world->link[i].port);
	for (unsigned i = 0; i < changes; i++)
		change(world);
	for (size_t i = 0; i < world->len && world->place == HERE; i++)
		add_their_end(room, world->link[i].link, world->link[i].port);
	if (world->place != UNIX)
		return;
	room->local[room->sockets.local_len++] = listening;
	for (size_t i = 0; i < world->len; i++)
		add_unix(room, world->link[i].link);
}

static struct tally_requests count_requests(const struct room *room,
					    const struct upstream *upstream, size_t len)
{
	const struct tally_question question = {.listener = &room->listener,
						.listener_len = 1,
						.upstream = upstream,
						.upstream_len = len};
	struct tally tally;

	tally_make(&tally, &room->sockets, &question);
	assert_false(tally.apps_are_shared);
	return tally.requests;
}

static struct tally_requests look(struct room *room, struct world *world, unsigned changes)
{
	fill_room(room, world, changes);
	return count_requests(room, &room->upstream, 1);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static struct world world_of(uint64_t seed)
{
	struct world world = {.seed = seed, .next_port = 20000};

	world.place = (enum place)next(&world.seed, 3);
	world.is_uwsgi = next(&world.seed, 3) > 0;
	world.no_info = world.place != UNIX && next(&world.seed, 8) == 0;
	world.has_grpc = next(&world.seed, 4) == 0;
	for (unsigned n = next(&world.seed, LINKS_MAX); n > 0; n--)
		add_link(&world);
	return world;
}

/* Whether it was so before or after, or `slack` less or more. */
static void within(const char *what, uint64_t least, uint64_t most, uint64_t before, uint64_t after,
		   unsigned slack, uint64_t seed)
{
	uint64_t low = before < after ? before : after;
	uint64_t high = before < after ? after : before;

	if (least > high + slack || most + slack < low || least > most)
		fail_msg("world %lu: %lu to %lu %s, not %lu to %lu", (unsigned long)seed,
			 (unsigned long)low, (unsigned long)high, what, (unsigned long)least,
			 (unsigned long)most);
}

static bool is_exact(const struct tally_requests *found)
{
	return found->queued_least == found->queued_most &&
	       found->active_least == found->active_most;
}

static bool is_plain(const struct world *world)
{
	return world->is_uwsgi &&
	       (world->place == UNIX || (world->place == HERE && !world->no_info &&
					 count(world, THEIR_QUEUED, THEIR_TAKEN) == 0));
}

static void the_truth_is_within(void **state)
{
	struct room *room = calloc(1, sizeof(*room));
	size_t exact = 0;

	(void)state;
	assert_non_null(room);
	for (uint64_t seed = 0; seed < 20000; seed++) {
		struct world world = world_of(seed);
		struct tally_requests found = look(room, &world, 0);
		uint64_t queued = count(&world, CONNECTING, QUEUED);
		uint64_t active = count(&world, TAKEN, AGAIN);

		within("queued", found.queued_least, found.queued_most, queued, queued, 0, seed);
		within("active", found.active_least, found.active_most, active, active, 0, seed);
		if (!world.has_grpc)
			within("active over HTTP/1", found.active_http1, found.active_most, active,
			       active, 0, seed);
		if (is_plain(&world) && !is_exact(&found))
			fail_msg("world %lu is not exact", (unsigned long)seed);
		exact += is_exact(&found);
		assert_true(found.are_hidden == false);
		assert_true(found.is_uwsgi_far == (world.place == FAR && world.is_uwsgi));
	}
	assert_in_range(exact, 5000, 15000);
	free(room);
}

/* A single change may be seen or not; of several some. */
static void the_truth_is_within_while_it_changes(void **state)
{
	struct room *room = calloc(1, sizeof(*room));

	(void)state;
	assert_non_null(room);
	for (uint64_t seed = 0; seed < 40000; seed++) {
		unsigned changes = 1 + (unsigned)(seed % 3);
		unsigned slack = changes > 1 ? changes : 0;
		struct world world = world_of(seed);
		uint64_t queued = count(&world, CONNECTING, QUEUED);
		uint64_t active = count(&world, TAKEN, AGAIN);
		struct tally_requests found = look(room, &world, changes);

		within("queued", found.queued_least, found.queued_most, queued,
		       count(&world, CONNECTING, QUEUED), slack, seed);
		within("active", found.active_least, found.active_most, active,
		       count(&world, TAKEN, AGAIN), slack, seed);
	}
	free(room);
}

/* The kernel may be told to lead a connection to another port: then the application has one whose
 * other end went elsewhere. */
static void the_other_end_may_be_under_another_address(void **state)
{
	struct room *room = calloc(1, sizeof(*room));
	struct world world = {.is_uwsgi = true};
	struct tally_requests found;

	(void)state;
	assert_non_null(room);
	open_room(room, &world);
	add_tcp(room, (struct socket){.state = SOCKET_LISTEN, .local = at(3031), .inode = 1});
	for (unsigned i = 0; i < 3; i++)
		add_their_end(room, i < 2 ? TAKEN : QUEUED, 40000 + i);
	found = count_requests(room, &room->upstream, 1);
	assert_int_equal(found.queued_least, 0);
	assert_int_equal(found.queued_most, 1);
	assert_int_equal(found.active_least, 0);
	assert_int_equal(found.active_most, 2);
	free(room);
}

static void several_applications_are_added_up(void **state)
{
	struct room *room = calloc(1, sizeof(*room));
	struct upstream upstream[TALLY_UPSTREAMS_MAX + 1] = {{.is_uwsgi = true}};
	struct world world = {.is_uwsgi = true};
	struct tally_requests found;

	(void)state;
	assert_non_null(room);
	open_room(room, &world);
	for (unsigned i = 0; i < 3; i++) {
		upstream[i] = (struct upstream){.at = at(3031 + i), .is_uwsgi = i == 0};
		room->upstream.at = upstream[i].at;
		add_our_end(room, TAKEN, 40000 + i);
		add_our_end(room, IDLE, 41000 + i);
	}
	room->upstream.at = upstream[0].at;
	add_tcp(room, (struct socket){.state = SOCKET_LISTEN, .local = at(3031), .inode = 1});
	add_their_end(room, TAKEN, 40000);
	add_their_end(room, TAKEN, 41000);
	found = count_requests(room, upstream, 3);
	assert_int_equal(found.queued_least, 0);
	assert_int_equal(found.queued_most, 2); /* of the two that are far away */
	assert_int_equal(found.active_least, 2);
	assert_int_equal(found.active_most, 2 + 4);
	assert_int_equal(found.asked, 2 + 2);
	assert_true(found.may_idle && found.are_far);
	assert_false(found.is_uwsgi_far || found.are_hidden);
	assert_true(count_requests(room, upstream, ARRAY_LEN(upstream)).are_hidden);
	/* A unix socket that nobody listens on may be another network namespace's. */
	upstream[1] = (struct upstream){.path = "/gone"};
	assert_true(count_requests(room, upstream, 2).are_hidden);
	free(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_truth_is_within),
		cmocka_unit_test(the_truth_is_within_while_it_changes),
		cmocka_unit_test(the_other_end_may_be_under_another_address),
		cmocka_unit_test(several_applications_are_added_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
