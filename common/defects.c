/* SPDX-License-Identifier: MIT */
/* defects.c - nginx's known connection leaks; see defects.h. */
#include "defects.h"

#define V(major, minor, patch)                                                                     \
	{                                                                                          \
		true, major, minor, patch                                                          \
	}
#define NO_VERSION                                                                                 \
	{                                                                                          \
		false, 0, 0, 0                                                                     \
	}

/* Rows are laid out by hand. */
/* clang-format off */

/* `first` is where the feature came in when nobody has searched for the commit that broke it. A
 * leaked socket becomes a phantom when its worker exits: what has no timer does not keep it alive. */
const struct defect defect_all[] = {
	{ .first = V(0, 2, 0), .fixed = V(0, 3, 39),
	  .where = "", .needs = "more connections than worker_connections",
	  .effect = "the active counter drifts upwards", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = V(0, 8, 11), .fixed = V(0, 8, 21),
	  .where = "HTTP", .needs = "",
	  .effect = "sockets leak", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = NO_VERSION, .fixed = V(1, 3, 0),
	  .where = "HTTP", .needs = "",
	  .effect = "sockets leak", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = V(1, 3, 15), .fixed = V(1, 5, 6),
	  .where = "SPDY", .needs = "connections that break while nginx waits for a header or body",
	  .effect = "connections leak", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = V(1, 3, 15), .fixed = V(1, 5, 8),
	  .where = "SPDY", .needs = "requests that end while they are delayed",
	  .effect = "connections leak", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = V(1, 3, 15), .fixed = V(1, 9, 5),
	  .where = "SPDY", .needs = "clients that stop opening their flow-control window",
	  .effect = "requests stay in writing, without a timeout, until the client disconnects",
	  .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = V(1, 9, 5), .fixed = V(1, 9, 12),
	  .where = "HTTP/2", .needs = "unfinished headers, bodies that never come, closed windows",
	  .effect = "requests stay in reading or writing without a timeout",
	  .symptoms = DEFECT_LEAK | DEFECT_PHANTOM | DEFECT_READING },
	{ .first = V(1, 9, 5), .fixed = V(1, 11, 3), .stable = V(1, 10, 2),
	  .where = "HTTP/2", .needs = "TLS and streams that clients cancel",
	  .effect = "sockets leak and writing grows", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = V(1, 9, 5), .fixed = V(1, 11, 6), .stable = V(1, 10, 3),
	  .where = "HTTP/2", .needs = "clients that keep opening streams",
	  .effect = "old workers never exit after a reload", .symptoms = DEFECT_DRAINING },
	{ .first = V(1, 7, 11), .fixed = V(1, 11, 9), .stable = V(1, 10, 3),
	  .where = "", .needs = "aio_write",
	  .effect = "sockets leak", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = V(1, 11, 11), .fixed = V(1, 13, 7),
	  .where = "websockets and mail", .needs = "worker_shutdown_timeout",
	  .effect = "the timeout is ignored", .symptoms = DEFECT_DRAINING },
	{ .first = NO_VERSION, .fixed = V(1, 15, 4),
	  .where = "HTTP/1", .needs = "error_page 400 or 497 that leads to return 444",
	  .effect = "sockets leak", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = V(1, 9, 5), .fixed = V(1, 17, 2),
	  .where = "HTTP/2", .needs = "output on a stream that is closed",
	  .effect = "sockets leak", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = V(1, 11, 11), .fixed = V(1, 17, 4),
	  .where = "HTTP/2", .needs = "worker_shutdown_timeout",
	  .effect = "the timeout is ignored", .symptoms = DEFECT_DRAINING },
	{ .first = V(1, 9, 5), .fixed = V(1, 17, 7),
	  .where = "HTTP/2", .needs = "streams that are closed with frames in their queue",
	  .effect = "sockets leak", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = V(1, 9, 5), .fixed = V(1, 17, 9),
	  .where = "HTTP/2", .needs = "headers that are cut between two fields and never go on",
	  .effect = "connections stay without a timeout",
	  .symptoms = DEFECT_LEAK | DEFECT_PHANTOM | DEFECT_READING },
	{ .first = NO_VERSION, .fixed = V(1, 17, 9),
	  .where = "njs", .needs = "aio and subrequests",
	  .effect = "sockets leak", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = NO_VERSION, .fixed = V(1, 19, 3),
	  .where = "HTTP/2 and njs", .needs = "subrequests",
	  .effect = "sockets leak", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = V(1, 9, 13), .fixed = V(1, 21, 4), .stable = V(1, 20, 2),
	  .where = "HTTP/2", .needs = "aio_write",
	  .effect = "requests hang", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = V(1, 9, 5), .fixed = V(1, 21, 5),
	  .where = "HTTP/2 without TLS", .needs = "sendfile and aio",
	  .effect = "connections hang", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = V(1, 17, 5), .fixed = V(1, 23, 0),
	  .where = "", .needs = "a kernel without EPOLLRDHUP (gVisor, WSL 1, emulators)",
	  .effect = "connections hang", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = V(1, 9, 5), .fixed = V(1, 23, 4),
	  .where = "HTTP/2", .needs = "error_page 400 that leads to return 444",
	  .effect = "requests stay in reading without a timeout",
	  .symptoms = DEFECT_LEAK | DEFECT_PHANTOM | DEFECT_READING },
	{ .first = NO_VERSION, .fixed = V(1, 25, 4),
	  .where = "", .needs = "aio in a subrequest and a TLS upstream",
	  .effect = "sockets leak, or a worker crashes", .symptoms = DEFECT_LEAK | DEFECT_PHANTOM },
	{ .first = V(1, 9, 5), .fixed = V(1, 27, 1),
	  .where = "HTTP/2", .needs = "connections that begin during a reload",
	  .effect = "old workers do not exit after a reload", .symptoms = DEFECT_DRAINING },
	{ .first = V(1, 25, 0), .fixed = NO_VERSION,
	  .where = "HTTP/3", .needs = "a reload and no worker_shutdown_timeout",
	  .effect = "old workers stay, and active grows with each reload",
	  .symptoms = DEFECT_DRAINING },
	/* No release differs here, so that it is no hint: phantom_counters says it. */
	{ .first = NO_VERSION, .fixed = NO_VERSION,
	  .where = "", .needs = "a worker that crashes or is killed",
	  .effect = "its connections are counted until nginx is restarted", .symptoms = 0 },
};

/* clang-format on */

const size_t defect_all_len = ARRAY_LEN(defect_all);

static bool is_before(const struct nginx_version *version, const struct nginx_version *than)
{
	return nginx_version_compare(*version, than->major, than->minor, than->patch) < 0;
}

bool defect_applies(const struct defect *defect, const struct nginx_version *version)
{
	const struct nginx_version *stable = &defect->stable;

	if (!version->known || (defect->first.known && is_before(version, &defect->first)) ||
	    (defect->fixed.known && !is_before(version, &defect->fixed)))
		return false;
	return !stable->known || stable->major != version->major ||
	       stable->minor != version->minor || is_before(version, stable);
}

/* One pass over those that have a fix, or have none. */
static size_t find(const struct nginx_version *version, unsigned symptoms, bool is_fixed,
		   const struct defect **ret, size_t max)
{
	size_t found = 0;

	for (size_t i = defect_all_len; i-- > 0;) {
		const struct defect *defect = &defect_all[i];

		if (defect->fixed.known != is_fixed || (defect->symptoms & symptoms) == 0 ||
		    !defect_applies(defect, version))
			continue;
		if (found < max)
			ret[found] = defect;
		found++;
	}
	return found;
}

size_t defect_find(const struct nginx_version *version, unsigned symptoms,
		   const struct defect **ret, size_t max)
{
	size_t fixed = find(version, symptoms, true, ret, max);
	size_t kept = fixed < max ? fixed : max;

	return fixed + find(version, symptoms, false, ret + kept, max - kept);
}
