/* SPDX-License-Identifier: MIT */
/* The repair stage as it is built where there is no SSE2: the same tests on the other half of
 * bytes16.h. */
#undef __SSE2__
#include "../../common/uwsgi_repair.c"
#include "test_repair.c"
