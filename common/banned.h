/* SPDX-License-Identifier: MIT */
/*
 * banned.h - functions that must not be used here become compile errors that name the way out.
 * compiler.h includes it, after the libc headers that declare the functions.
 */
#ifndef CONNLEDGER_BANNED_H
#define CONNLEDGER_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef strcpy
#define strcpy banned_use_buf_add_or_snprintf
#undef strcat
#define strcat banned_use_buf_add_or_snprintf
#undef strncpy
#define strncpy banned_use_buf_add_or_snprintf
#undef strncat
#define strncat banned_use_buf_add_or_snprintf
#undef sprintf
#define sprintf banned_use_snprintf_or_buf_addf
#undef vsprintf
#define vsprintf banned_use_vsnprintf
#undef strtok
#define strtok banned_use_str_h
#undef strtok_r
#define strtok_r banned_use_str_h
#undef sscanf
#define sscanf banned_use_str_h
#undef atoi
#define atoi banned_use_str_to_u64
#undef atol
#define atol banned_use_str_to_u64
#undef atoll
#define atoll banned_use_str_to_u64
#undef atof
#define atof banned_use_str_to_double
#undef gmtime
#define gmtime banned_use_gmtime_r
#undef localtime
#define localtime banned_use_localtime_r
#undef asctime
#define asctime banned_use_strftime
#undef ctime
#define ctime banned_use_strftime

#endif
