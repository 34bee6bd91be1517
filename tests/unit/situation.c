/* SPDX-License-Identifier: MIT */
/* situation.c - sockets out of a situation's groups; see situation.h. */
#include "situation.h"

#include "nginx_conf.h"
#include "unit.h"

enum { NGINX_PORT = 8080, UWSGI_PORT = 3031, OTHER_PORT = 9000, OWN_PORT = 50000, OWN_INODE = 77 };

static const char *const unix_app = "/run/app.sock";
static const char *const unix_nginx = "/run/nginx.sock";

static struct endpoint at(uint16_t port)
{
	struct endpoint endpoint = {{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}, port};

	return endpoint;
}

/* How each look differs from an idle connection, which both sides have spoken on. */
struct shape {
	enum look look;
	uint16_t local;  /* 0: an ephemeral port */
	uint16_t remote; /* 0: an ephemeral port */
	struct socket socket;
};

#define OPEN   .state = SOCKET_ESTABLISHED, .inode = 1, .has_info = true
#define SPOKEN .sent_any = true, .received_any = true
#define ASKED  .received_any = true, .last_sent_ms = 900, .last_received_ms = 500
#define FULL   .rqueue = 4096

static const struct shape shape[] = {
	{CLIENT_IS_SILENT, NGINX_PORT, 0, {OPEN, .last_sent_ms = 9, .last_received_ms = 9}},
	{CLIENT_HAS_ASKED, NGINX_PORT, 0, {OPEN, ASKED}},
	{CLIENT_WAS_ANSWERED,
	 NGINX_PORT,
	 0,
	 {OPEN, SPOKEN, .last_sent_ms = 4, .last_received_ms = 8}},
	{CLIENT_SAME_TICK, NGINX_PORT, 0, {OPEN, SPOKEN, .last_sent_ms = 8, .last_received_ms = 8}},
	{CLIENT_SPOKE_ONCE,
	 NGINX_PORT,
	 0,
	 {OPEN, SPOKEN, .received_once = true, .last_sent_ms = 8, .last_received_ms = 8}},
	{CLIENT_IS_READING, NGINX_PORT, 0, {OPEN, SPOKEN, .wqueue = 9000, .timer = 1}},
	{CLIENT_HAS_STALLED,
	 NGINX_PORT,
	 0,
	 {OPEN, SPOKEN, .wqueue = 90000, .timer = 4, .retransmits = 1}},
	{CLIENT_HAS_VANISHED,
	 NGINX_PORT,
	 0,
	 {OPEN, SPOKEN, .wqueue = 900, .timer = 1, .retransmits = 3}},
	{CLIENT_HAS_CLOSED,
	 NGINX_PORT,
	 0,
	 {.state = SOCKET_CLOSE_WAIT, .inode = 1, .has_info = true, ASKED}},
	{CLIENT_LINGERS, NGINX_PORT, 0, {.state = SOCKET_FIN_WAIT2, .inode = 1, .has_info = true}},
	{CLIENT_NO_INFO, NGINX_PORT, 0, {.state = SOCKET_ESTABLISHED, .inode = 1}},
	{CLIENT_NOT_ACCEPTED, NGINX_PORT, 0, {.state = SOCKET_ESTABLISHED, .has_info = true}},
	{CLIENT_LEFT_QUEUE, NGINX_PORT, 0, {.state = SOCKET_CLOSE_WAIT, .has_info = true}},
	{CLIENT_DISOWNED,
	 NGINX_PORT,
	 0,
	 {.state = SOCKET_FIN_WAIT1, .has_info = true, .wqueue = 5}},
	{CLIENT_IS_SELF, NGINX_PORT, OWN_PORT, {OPEN, SPOKEN}},
	/* nginx asks here: what it sends is a question */
	{NGINX_WAITS, 0, UWSGI_PORT, {OPEN, .sent_any = true}},
	{NGINX_CONNECTS, 0, UWSGI_PORT, {.state = SOCKET_SYN_SENT, .inode = 1, .has_info = true}},
	{NGINX_IS_STREAMED,
	 0,
	 UWSGI_PORT,
	 {OPEN, SPOKEN, .last_sent_ms = 900, .last_received_ms = 20}},
	{NGINX_DOES_NOT_READ, 0, UWSGI_PORT, {OPEN, SPOKEN, FULL}},
	{NGINX_HAS_LEFT, 0, UWSGI_PORT, {.state = SOCKET_FIN_WAIT2, .has_info = true}},
	{OTHER_WAITS, 0, OTHER_PORT, {OPEN, SPOKEN, .last_sent_ms = 20, .last_received_ms = 900}},
	{OTHER_IS_KEPT, 0, OTHER_PORT, {OPEN, SPOKEN, .last_sent_ms = 900, .last_received_ms = 20}},
	{UWSGI_SERVES, UWSGI_PORT, 0, {OPEN, .received_any = true}},
	{UWSGI_QUEUES, UWSGI_PORT, 0, {.state = SOCKET_ESTABLISHED, .has_info = true}},
	{UWSGI_ORPHANED, UWSGI_PORT, 0, {.state = SOCKET_CLOSE_WAIT, .inode = 1, .has_info = true}},
	{UWSGI_ABANDONED, UWSGI_PORT, 0, {.state = SOCKET_CLOSE_WAIT, .has_info = true}},
	{UWSGI_HALF_OPEN, UWSGI_PORT, 0, {.state = SOCKET_SYN_RECV}},
};

static void add_tcp(struct situation_room *room, const struct shape *one)
{
	struct socket *socket = &room->tcp[room->sockets.tcp_len];
	uint16_t ephemeral = (uint16_t)(40000 + room->sockets.tcp_len++);

	*socket = one->socket;
	socket->local = at(one->local == 0 ? ephemeral : one->local);
	socket->remote = at(one->remote == 0 ? ephemeral : one->remote);
}

static void add_unix(struct situation_room *room, enum look look)
{
	struct unix_socket *socket = &room->local[room->sockets.local_len++];
	bool is_nginx = look >= UNIX_CLIENT;

	*socket = (struct unix_socket){.state = SOCKET_ESTABLISHED,
				       .inode = 1,
				       .has_peer = true,
				       .has_uid = true,
				       .has_peer_uid = true};
	memcpy(socket->path, is_nginx ? unix_nginx : unix_app,
	       strlen(is_nginx ? unix_nginx : unix_app));
	if (look != UNIX_ORPHANED && look != UNIX_CLIENT_LEFT)
		socket->peer = look == UNIX_SELF ? OWN_INODE : 1000;
	socket->has_heard_all = look == UNIX_CLIENT_IS_DONE;
	if (look == UNIX_BLOCKED || look == UNIX_CLIENT_READING)
		socket->wqueue = 4096;
}

static void add_listening(struct situation_room *room, enum look look, unsigned queue)
{
	if (look == UNIX_LISTENS) {
		add_unix(room, look);
		room->local[room->sockets.local_len - 1].state = SOCKET_LISTEN;
		room->local[room->sockets.local_len - 1].rqueue = queue;
		for (unsigned i = 0; i < queue; i++) {
			add_unix(room, look);
			room->local[room->sockets.local_len - 1].state = SOCKET_SYN_RECV;
			room->local[room->sockets.local_len - 1].inode = 0;
		}
		return;
	}
	room->tcp[room->sockets.tcp_len++] = (struct socket){
		.local = at(UWSGI_PORT), .state = SOCKET_LISTEN, .inode = 1, .rqueue = queue};
}

static void add_group(struct situation_room *room, const struct group *group)
{
	if (group->look == UWSGI_LISTENS || group->look == UNIX_LISTENS) {
		add_listening(room, group->look, group->n);
		return;
	}
	for (unsigned n = 0; n < group->n; n++) {
		if (group->look > UNIX_LISTENS)
			add_unix(room, group->look);
		for (size_t i = 0; i < ARRAY_LEN(shape); i++) {
			if (shape[i].look == group->look)
				add_tcp(room, &shape[i]);
		}
	}
}

/* Busy cores for the first clients in the list, in the order of their ports. */
static void add_busy(struct situation_room *room, unsigned busy)
{
	for (size_t i = 0; i < room->sockets.tcp_len && room->question.busy_len < busy; i++) {
		if (room->tcp[i].local.port == NGINX_PORT)
			room->busy[room->question.busy_len++] = (struct busy_core){
				.client = room->tcp[i].remote, .request_start = 1000};
	}
}

void situation_build(struct situation_room *room, const struct situation *situation)
{
	*room = (struct situation_room){.own = at(OWN_PORT)};
	room->sockets.tcp = room->tcp;
	room->sockets.local = room->local;
	room->sockets.has_info = !situation->no_info;
	room->listener[0] = (struct listener){
		.kind = LISTENER_TCP, .at = at(NGINX_PORT), .ways = situation->ways};
	room->listener[1] = (struct listener){.kind = LISTENER_UNIX, .ways = situation->ways};
	for (size_t i = 0; i < ARRAY_LEN(room->listener); i++)
		room->listener[i].ways += situation->ways == 0 ? NGINX_HTTP1 : 0;
	memcpy(room->listener[1].path, unix_nginx, strlen(unix_nginx));
	room->upstream[0] = (struct upstream){.at = at(UWSGI_PORT), .is_uwsgi = true};
	room->upstream[1] = (struct upstream){.at = at(OTHER_PORT)};
	room->upstream[2] = (struct upstream){.is_uwsgi = true};
	memcpy(room->upstream[2].path, unix_app, strlen(unix_app));
	room->question = (struct tally_question){
		.listener = room->listener,
		.listener_len = ARRAY_LEN(room->listener),
		.upstream = room->upstream,
		.upstream_len = ARRAY_LEN(room->upstream),
		.own = &room->own,
		.own_peer = &room->listener[0].at,
		.own_inode = OWN_INODE,
		.own_path = unix_nginx,
		.busy = room->busy,
		.now = 1010,
	};
	for (size_t i = 0; i < GROUPS_MAX && situation->group[i].look != LOOK_END; i++)
		add_group(room, &situation->group[i]);
	add_busy(room, situation->busy);
}

struct situation_room *situation_room_new(const struct situation *situation)
{
	struct situation_room *room = calloc(1, sizeof(*room));

	assert_non_null(room);
	situation_build(room, situation);
	return room;
}
