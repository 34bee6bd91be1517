/* SPDX-License-Identifier: MIT */
/* Which sockets are wanted: the program for the kernel's filter, run here as the kernel runs it. */
#include "unit.h"

#include <linux/inet_diag.h>

#include "sockets_filter.h"

/* The kernel's check of a program before it takes it (inet_diag_bc_audit), and the run of it. */
static const struct inet_diag_bc_op *op_at(const unsigned char *code, size_t at,
					   struct inet_diag_bc_op *ret)
{
	memcpy(ret, code + at, sizeof(*ret));
	return ret;
}

static bool lands_on_an_op(const unsigned char *code, size_t len, size_t target)
{
	struct inet_diag_bc_op op;
	size_t at = 0;

	while (at < target && at < len)
		at += op_at(code, at, &op)->yes;
	return at == target;
}

static void audit(const unsigned char *code, size_t len)
{
	size_t at = 0;

	while (at < len) {
		struct inet_diag_bc_op op;
		size_t least = sizeof(op);
		size_t left = len - at;

		(void)op_at(code, at, &op);
		assert_true(op.code == INET_DIAG_BC_JMP || op.code == INET_DIAG_BC_S_GE ||
			    op.code == INET_DIAG_BC_S_LE || op.code == INET_DIAG_BC_D_GE ||
			    op.code == INET_DIAG_BC_D_LE);
		if (op.code != INET_DIAG_BC_JMP)
			least *= 2;
		assert_true(left >= least);
		assert_true(op.no >= least && op.no <= left + 4 && op.no % 4 == 0);
		assert_true(op.no >= left || lands_on_an_op(code, len, at + op.no));
		assert_true(op.yes >= least && op.yes <= left + 4 && op.yes % 4 == 0);
		at += op.yes;
	}
	assert_int_equal(at, len);
}

static bool takes(const unsigned char *code, size_t len, uint16_t local, uint16_t remote)
{
	size_t at = 0;

	while (at < len) {
		struct inet_diag_bc_op op;
		struct inet_diag_bc_op port = {.no = 0};
		bool yes = false;

		(void)op_at(code, at, &op);
		if (op.code != INET_DIAG_BC_JMP)
			(void)op_at(code, at + sizeof(op), &port);
		if (op.code == INET_DIAG_BC_S_GE)
			yes = local >= port.no;
		else if (op.code == INET_DIAG_BC_S_LE)
			yes = local <= port.no;
		else if (op.code == INET_DIAG_BC_D_GE)
			yes = remote >= port.no;
		else if (op.code == INET_DIAG_BC_D_LE)
			yes = remote <= port.no;
		at += yes ? op.yes : op.no;
	}
	return at == len;
}

static bool is_in(const uint16_t *port, size_t len, uint32_t one)
{
	for (size_t i = 0; i < len; i++) {
		if (port[i] == one)
			return true;
	}
	return false;
}

static void check(const uint16_t *local, size_t local_len, const uint16_t *remote,
		  size_t remote_len)
{
	unsigned char code[BYTECODE_MAX];
	struct port_set locals;
	struct port_set remotes;
	size_t len;

	port_set_make(&locals, local, local_len);
	port_set_make(&remotes, remote, remote_len);
	len = sockets_bytecode(&locals, &remotes, code);
	assert_true(len <= sizeof(code));
	audit(code, len);
	for (uint32_t port = 0; port <= UINT16_MAX; port++) {
		bool is_local = is_in(local, local_len, port);
		bool is_remote = is_in(remote, remote_len, port);

		assert_int_equal(port_set_has(&locals, (uint16_t)port), is_local);
		assert_int_equal(takes(code, len, (uint16_t)port, 0),
				 is_local || is_in(remote, remote_len, 0));
		assert_int_equal(takes(code, len, 0, (uint16_t)port),
				 is_remote || is_in(local, local_len, 0));
	}
}

static void test_programs(void **state)
{
	static const uint16_t one[] = {80};
	static const uint16_t some[] = {443, 80, 8080, 8081, 8082, 80, 65535, 444, 446, 8079, 82};
	static const uint16_t edges[] = {0, 65535};
	uint16_t many[SOCKETS_PORTS_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (uint16_t)(1000 + i * 7);
	check(one, 1, NULL, 0);
	check(NULL, 0, one, 1);
	check(one, 1, one, 1);
	check(some, ARRAY_LEN(some), one, 1);
	check(one, 1, some, ARRAY_LEN(some));
	check(edges, ARRAY_LEN(edges), some, ARRAY_LEN(some));
	check(many, ARRAY_LEN(many), many, ARRAY_LEN(many));
}

static void test_no_program(void **state)
{
	unsigned char code[BYTECODE_MAX];
	struct port_set none;

	(void)state;
	port_set_make(&none, NULL, 0);
	assert_int_equal(sockets_bytecode(&none, &none, code), 0);
	assert_false(port_set_has(&none, 0));
}

static void test_neighbours_are_one_range(void **state)
{
	static const uint16_t port[] = {8083, 8080, 8081, 8082, 8081, 9000};
	struct port_set set;

	(void)state;
	port_set_make(&set, port, ARRAY_LEN(port));
	assert_int_equal(set.len, 2);
	assert_int_equal(set.range[0].first, 8080);
	assert_int_equal(set.range[0].last, 8083);
	assert_int_equal(set.range[1].first, 9000);
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		const char *path;
	} name_case[] = {
		{"/run/app.sock", 14, "/run/app.sock"}, /* with the NUL at its end, as usual */
		{"/run/app.sock", 13, "/run/app.sock"},
		{"\0app", 4, "@app"},
		{"\0app\0", 5, "@app"}, /* as uWSGI does it */
		{"\0app\0\0\0", 7, "@app"},
		{"\0a\0b", 4, "@a@b"},
		{"@app@", 5, "@app"},
		{"\0", 1, "@"},
		{"\0\0\0", 3, "@"},
		{"", 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(name_case); i++) {
		char path[UNIX_PATH_MAX_LEN + 1];

		unix_path_make(path, name_case[i].name, name_case[i].len);
		assert_string_equal(path, name_case[i].path);
	}
}

static void test_long_name(void **state)
{
	char name[4 * UNIX_PATH_MAX_LEN];
	char path[UNIX_PATH_MAX_LEN + 1];

	(void)state;
	memset(name, 'x', sizeof(name));
	unix_path_make(path, name, sizeof(name));
	assert_int_equal(strlen(path), UNIX_PATH_MAX_LEN);
	unix_path_make(path, name, UNIX_PATH_MAX_LEN);
	assert_int_equal(strlen(path), UNIX_PATH_MAX_LEN);
}

static bool takes_unix(const struct sockets_filter *filter, enum socket_state state,
		       const char *path)
{
	struct unix_socket socket = {.state = (uint8_t)state};

	(void)snprintf(socket.path, sizeof(socket.path), "%s", path);
	return sockets_filter_takes_unix(filter, &socket);
}

static void test_wanted_paths(void **state)
{
	static const struct sockets_filter filter = {.path = {"/run/a", "@b", "@c@"},
						     .path_len = 3};
	static const struct sockets_filter none = {.path_len = 0};
	static const struct sockets_filter every = {.every = true};

	(void)state;
	assert_true(takes_unix(&filter, SOCKET_LISTEN, "/run/a"));
	assert_true(takes_unix(&filter, SOCKET_ESTABLISHED, "/run/a"));
	assert_true(takes_unix(&filter, SOCKET_ESTABLISHED, "@b"));
	assert_true(takes_unix(&filter, SOCKET_ESTABLISHED, "@c"));
	assert_false(takes_unix(&filter, SOCKET_CLOSE, "/run/a"));
	assert_false(takes_unix(&filter, SOCKET_ESTABLISHED, "/run/ab"));
	assert_false(takes_unix(&filter, SOCKET_ESTABLISHED, "/run/"));
	assert_false(takes_unix(&filter, SOCKET_ESTABLISHED, "b"));
	assert_false(takes_unix(&filter, SOCKET_ESTABLISHED, ""));
	assert_false(takes_unix(&none, SOCKET_ESTABLISHED, "/run/a"));
	assert_true(takes_unix(&every, 0, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_no_program),
		cmocka_unit_test(test_neighbours_are_one_range),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_wanted_paths),
	};

	return cmocka_run_group_tests_name("sockets_filter", tests, NULL, NULL);
}
