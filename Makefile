# connledger: one Makefile, everything under build/.
#   make help     lists the targets
#   SAN=1         builds with ASan and UBSan in a tree of its own (build/san)
#   V=1           shows the commands
#   CC=clang      builds with clang

VERSION := 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=
CC      := $(if $(filter default,$(origin CC)),gcc,$(CC))
PYTHON  := /usr/bin/python3

# Empty: Debian's collectd-dev. The path of a collectd source tree, 5 or 6: that one's headers.
COLLECTD_SRC ?=

B := build$(if $(SAN),/san)$(if $(COLLECTD_SRC),/collectd-src)
Q := $(if $(V),,@)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion \
	-Wfloat-conversion -Wformat=2 -Wundef -Wvla -Wwrite-strings -Wcast-qual -Wcast-align \
	-Wpointer-arith -Wnull-dereference -Wimplicit-fallthrough -Wswitch-enum -Wstrict-prototypes \
	-Wmissing-prototypes -Wmissing-declarations -Wold-style-definition -Wredundant-decls \
	-Wunused-macros
WARN += $(if $(findstring clang,$(CC)),-Wcomma -Wextra-semi-stmt -Wunreachable-code,\
	-Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init)
, := ,
SANITIZE := $(if $(SAN),-fsanitize=address$(,)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
CFLAGS   ?= $(if $(SAN),-O1,-O2) -g
HARDEN   := -fstack-protector-strong $(if $(SAN),,-D_FORTIFY_SOURCE=2)
CPPFLAGS += -D_POSIX_C_SOURCE=200809L -DCONNLEDGER_VERSION='"$(VERSION)"' -I. -Icommon -I$(B)
FLAGS     = -std=c11 $(WARN) $(WERROR) $(CFLAGS) $(HARDEN) -fPIC -fno-common -fvisibility=hidden \
	$(SANITIZE) $(CPPFLAGS) -MMD -MP
LINK      = $(CC) $(CFLAGS) $(SANITIZE) -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
# The search for leaks at a program's end goes through all of UBSan's library, if it is a shared one.
LINK_PROGRAM = $(LINK) $(if $(SAN),$(if $(findstring clang,$(CC)),,-static-libubsan))

CORE_LIBS     := -lyajl -ldl -lpthread -lm
EXPORTER_LIBS := -lmicrohttpd -lgnutls -lcrypt -lprotobuf-c -lyaml -lz -lpthread

src  = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)/*.c))
CORE := $(B)/common/libconnledger.a

# A front end is its main file (or files) and an archive of the rest, which the tests link too.
MUNIN_MAIN    := $(B)/munin/main.o $(B)/munin/marker.o $(B)/munin/marker_wildcard.o
NAGIOS_MAIN   := $(patsubst %.c,$(B)/%.o,$(wildcard nagios/check_*.c))
EXPORTER_MAIN := $(B)/prometheus_exporter/main.o $(patsubst %.c,$(B)/%.o,$(wildcard prometheus_exporter/http*.c))
# What hands values over is the one thing that differs between collectd 5 and 6.
COLLECTD_API  := $(if $(COLLECTD_SRC),$(if $(wildcard $(COLLECTD_SRC)/src/daemon/metric.h),6,5),5)
COLLECTD_MAIN := $(addprefix $(B)/collectd/,plugin.o report.o emit_$(COLLECTD_API).o)
MUNIN_LIB     := $(B)/munin/libmunin.a
NAGIOS_LIB    := $(B)/nagios/libnagios.a
EXPORTER_LIB  := $(B)/prometheus_exporter/libexporter.a
COLLECTD_LIB  := $(B)/collectd/libcollectd.a
FRONT_LIBS    := $(MUNIN_LIB) $(NAGIOS_LIB) $(EXPORTER_LIB) $(COLLECTD_LIB)

MUNIN_BIN    := $(B)/munin/connledger $(B)/munin/connledger_
NAGIOS_BIN   := $(NAGIOS_MAIN:.o=)
NAGIOS_MAN   := $(NAGIOS_BIN:=.1)
EXPORTER_BIN := $(B)/prometheus_exporter/connledger_exporter
COLLECTD_BIN := $(B)/collectd/connledger.so

# Definitions for Nagios, Icinga 2 and NRPE; installed with the path of the checks.
NAGIOS_EXAMPLES := $(wildcard nagios/examples/*)

FRONT_ENDS := munin nagios prometheus_exporter collectd

.DEFAULT_GOAL := all
.PHONY: all $(FRONT_ENDS) check-fresh install $(addprefix install-,$(FRONT_ENDS)) deps deps-build \
	$(addprefix deps-,$(FRONT_ENDS)) demo check unit golden golden-check \
	man-check live live-plugins truth soak-collectd weeks fuzz fuzz-build fuzz-corpus bench \
	bench-tools munin-picture tidy format docs docs-check help clean
.SECONDARY:
.DELETE_ON_ERROR:

all: $(FRONT_ENDS) ## build the four front ends (each alone: its name)
munin: $(MUNIN_BIN)
nagios: $(NAGIOS_BIN) $(NAGIOS_MAN)
prometheus_exporter: $(EXPORTER_BIN)
collectd: $(COLLECTD_BIN)

# ---- objects and archives ------------------------------------------------------------------------

$(B)/%.o: %.c Makefile | $(B)/have/build
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC    $@")
	$(Q)$(CC) $(FLAGS) -c -o $@ $<

$(B)/%.a:
	$(if $(Q),@echo "  AR    $@")
	$(Q)rm -f $@ && ar rcs $@ $^

$(CORE): $(call src,common)
$(MUNIN_LIB): $(filter-out $(MUNIN_MAIN),$(call src,munin))
$(NAGIOS_LIB): $(filter-out $(NAGIOS_MAIN),$(call src,nagios))
$(EXPORTER_LIB): $(filter-out $(EXPORTER_MAIN),$(call src,prometheus_exporter)) \
	$(B)/prometheus_exporter/metrics.pb-c.o $(B)/prometheus_exporter/page_assets.o
$(COLLECTD_LIB): $(filter-out $(COLLECTD_MAIN) $(B)/collectd/emit_%.o,$(call src,collectd))

# protoc-c writes the protobuf messages out of our own .proto; its code is not ours to warn about.
$(B)/prometheus_exporter/metrics.pb-c.c: prometheus_exporter/metrics.proto Makefile
	@mkdir -p $(@D)
	$(Q)protoc-c --proto_path=$(<D) --c_out=$(@D) $<
$(B)/prometheus_exporter/metrics.pb-c.o: $(B)/prometheus_exporter/metrics.pb-c.c
	$(Q)$(CC) $(filter-out $(WARN),$(FLAGS)) -w -c -o $@ $<
$(B)/prometheus_exporter/protobuf.o: $(B)/prometheus_exporter/metrics.pb-c.c

# The files of the status page are compiled in, byte for byte. The folder that they are served in
# changes with them: a browser that keeps one for long never mixes two versions.
PAGE_ASSETS := $(sort $(wildcard prometheus_exporter/page/*))
$(B)/prometheus_exporter/page_assets.c: $(PAGE_ASSETS) Makefile
	@mkdir -p $(@D)
	$(Q)d=/page-$$(cat $(PAGE_ASSETS) | sha256sum | cut -c 1-12); \
	{ echo '#include "prometheus_exporter/page_asset.h"'; \
	echo "const char page_asset_folder[] = \"$$d\";"; \
	for f in $(PAGE_ASSETS); do \
		echo "static const unsigned char $$(basename $$f | tr . _)[] = {"; \
		od -v -An -tx1 $$f | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'; echo '};'; done; \
	echo 'const struct page_asset page_asset_all[] = {'; \
	for f in $(PAGE_ASSETS); do n=$$(basename $$f); v=$$(echo $$n | tr . _); \
		echo "{\"$$d/$$n\", $$v, sizeof($$v)},"; done; \
	echo '};'; echo 'const size_t page_asset_all_len = ARRAY_LEN(page_asset_all);'; } > $@
$(B)/prometheus_exporter/page_assets.o: $(B)/prometheus_exporter/page_assets.c
	$(Q)$(CC) $(FLAGS) -c -o $@ $<

# ---- programs ------------------------------------------------------------------------------------

# Both Munin plugins are one program; they differ in the markers that munin-node-configure reads.
$(B)/munin/marker_wildcard.o: munin/marker.c Makefile
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC    $@")
	$(Q)$(CC) $(FLAGS) -DMARKER_WILDCARD -c -o $@ $<
$(B)/munin/connledger: $(B)/munin/main.o $(B)/munin/marker.o $(MUNIN_LIB) $(CORE)
$(B)/munin/connledger_: $(B)/munin/main.o $(B)/munin/marker_wildcard.o $(MUNIN_LIB) $(CORE)
$(MUNIN_BIN):
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(LINK_PROGRAM) -o $@ $^ $(CORE_LIBS)

$(B)/nagios/check_%: $(B)/nagios/check_%.o $(NAGIOS_LIB) $(CORE)
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(LINK_PROGRAM) -o $@ $^ $(CORE_LIBS)

# The manual pages are printed from the tables of options and metrics.
NAGIOS_MAN_TOOL := $(B)/tests/nagios_man
$(NAGIOS_MAN_TOOL): $(B)/tests/nagios_man.o $(NAGIOS_LIB) $(CORE)
	$(Q)$(LINK_PROGRAM) -o $@ $^ $(CORE_LIBS)
$(NAGIOS_MAN): $(NAGIOS_MAN_TOOL)
	$(if $(Q),@echo "  MAN   $@")
	$(Q)$(NAGIOS_MAN_TOOL) $(basename $(@F)) > $@
man-check: $(NAGIOS_MAN)
	@for page in $(NAGIOS_MAN); do \
		text=$$(groff -ww -man -Tutf8 -z $$page 2>&1; LC_ALL=C.UTF-8 MANROFFSEQ= man --warnings=w -E UTF-8 -l -Z $$page 2>&1 >/dev/null); \
		[ -z "$$text" ] || { echo "$$page: $$text"; exit 1; }; done

$(EXPORTER_BIN): $(EXPORTER_MAIN) $(EXPORTER_LIB) $(CORE)
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(LINK_PROGRAM) -o $@ $^ $(EXPORTER_LIBS) $(CORE_LIBS)

# collectd's headers are not ours to warn about. Only module_register may be visible: the daemon's
# own symbols would otherwise take the place of ours.
COLLECTD_TREE  = -DCOLLECTD_TREE -isystem $(1)/src -isystem $(1)/src/daemon
COLLECTD_FLAGS := $(if $(COLLECTD_SRC),$(call COLLECTD_TREE,$(COLLECTD_SRC)),-isystem /usr/include/collectd)
$(COLLECTD_MAIN): CPPFLAGS += $(COLLECTD_FLAGS)
$(COLLECTD_BIN): $(COLLECTD_MAIN) $(COLLECTD_LIB) $(CORE) collectd/exports.map collectd/symbols.sh
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(LINK) -shared -Wl,--version-script=collectd/exports.map -o $@ \
		$(filter-out %.map %.sh,$^) $(CORE_LIBS)
	$(Q)sh collectd/symbols.sh $@ $(if $(COLLECTD_SRC),,/usr/sbin/collectd)

# ---- install -------------------------------------------------------------------------------------

LIBDIR   := $(DESTDIR)$(PREFIX)/lib
SHAREDIR := $(DESTDIR)$(PREFIX)/share
install: $(addprefix install-,$(FRONT_ENDS)) ## install into DESTDIR and PREFIX (or one: install-munin ...)
install-munin: munin
	install -d $(LIBDIR)/connledger/munin $(SHAREDIR)/munin/plugins
	install -m 755 $(MUNIN_BIN) $(LIBDIR)/connledger/munin
	for name in $(notdir $(MUNIN_BIN)); do \
		ln -sf $(PREFIX)/lib/connledger/munin/$$name $(SHAREDIR)/munin/plugins/$$name; done
install-nagios: nagios
	install -d $(SHAREDIR)/man/man1 $(LIBDIR)/nagios/plugins $(SHAREDIR)/connledger/nagios
	install -m 755 $(NAGIOS_BIN) $(LIBDIR)/nagios/plugins
	for name in $(notdir $(NAGIOS_EXAMPLES)); do \
		sed 's|/usr/lib/nagios/plugins|$(PREFIX)/lib/nagios/plugins|' nagios/examples/$$name \
			> $(SHAREDIR)/connledger/nagios/$$name && \
		chmod 644 $(SHAREDIR)/connledger/nagios/$$name || exit 1; done
	install -m 644 $(NAGIOS_MAN) $(SHAREDIR)/man/man1
install-prometheus_exporter: prometheus_exporter
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(EXPORTER_BIN) $(DESTDIR)$(PREFIX)/bin
install-collectd: collectd
	install -d $(LIBDIR)/collectd
	install -m 644 $(COLLECTD_BIN) $(LIBDIR)/collectd

# ---- packages ------------------------------------------------------------------------------------

# What each part includes or runs to be built, and the Debian package that has it.
NEED_build := stdio.h=libc6-dev curl/curl.h=libcurl4-openssl-dev yajl/yajl_parse.h=libyajl-dev
NEED_prometheus_exporter := microhttpd.h=libmicrohttpd-dev gnutls/gnutls.h=libgnutls28-dev \
	crypt.h=libcrypt-dev protobuf-c/protobuf-c.h=libprotobuf-c-dev \
	protoc-c=protobuf-c-compiler yaml.h=libyaml-dev zlib.h=zlib1g-dev
NEED_collectd := $(if $(COLLECTD_SRC),,collectd/liboconfig/oconfig.h=collectd-dev)

packages_of = $(foreach pair,$(NEED_$(1)),$(lastword $(subst =, ,$(pair))))
CORE_DEPS  := gcc $(call packages_of,build)
DEPS_munin := $(CORE_DEPS)
DEPS_nagios := $(CORE_DEPS)
DEPS_prometheus_exporter := $(CORE_DEPS) $(call packages_of,prometheus_exporter)
DEPS_collectd := $(CORE_DEPS) $(call packages_of,collectd)
BUILD_DEPS := $(sort $(DEPS_munin) $(DEPS_nagios) $(DEPS_prometheus_exporter) $(DEPS_collectd))
TEST_DEPS  := nginx uwsgi-core uwsgi-plugin-python3 munin-node collectd-core nagios4-core \
	monitoring-plugins-basic munin-plugins-core prometheus libcmocka-dev python3-pytest \
	binutils curl openssl perl procps clang libclang-rt-dev iproute2 util-linux uidmap \
	python3-prometheus-client prometheus-nginx-exporter chromium strace munin rrdtool \
	faketime libwww-perl icinga2-bin nagios-nrpe-server nagios-nrpe-plugin \
	groff-base man-db python3-pytest-xdist valgrind libnginx-mod-stream libnginx-mod-mail
DEMO_DEPS  := nginx uwsgi-core uwsgi-plugin-python3 collectd-core python3
BENCH_DEPS := nginx prometheus-nginx-exporter wrk libwww-perl munin-plugins-core \
	monitoring-plugins-basic python3 iproute2 uwsgi-core uwsgi-plugin-python3 nghttp2-client \
	collectd-core

# Says how much it is before it begins.
define install_packages
	@missing=$$(for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | \
		grep -q 'ok installed' || echo $$p; done); \
	[ -n "$$missing" ] || exit 0; sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	[ -z "$$sudo" ] || command -v sudo >/dev/null || \
		{ echo "no root and no sudo. Run as root: apt-get install" $$missing; exit 1; }; \
	apt="env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get --no-install-recommends install"; \
	echo "installing:" $$missing && $$sudo apt-get -qq update && \
	{ $$apt --assume-no $$missing 2>/dev/null | grep -E '^[0-9]+ upgraded|^Need to|^After this' || :; } && \
	$$sudo $$apt -qq -y $$missing >/dev/null
endef

deps: ## install all Debian packages that the tests need: hundreds; not for a production host
	$(call install_packages,$(BUILD_DEPS) $(TEST_DEPS))
deps-build: ## install those that building the four front ends needs (or one: deps-munin ...)
	$(call install_packages,$(BUILD_DEPS))
$(addprefix deps-,$(FRONT_ENDS)): deps-%:
	$(call install_packages,$(DEPS_$*))

# Before the first object is compiled.
$(B)/have/%: Makefile
	@missing=; command -v $(firstword $(CC)) >/dev/null || missing=" $(firstword $(CC))"; \
	for pair in $(NEED_$*); do case $$pair in \
		*.h=*) echo "#include <$${pair%=*}>" | $(CC) $(CPPFLAGS) -E - >/dev/null 2>&1;; \
		*) command -v $${pair%=*} >/dev/null;; esac || missing="$$missing $${pair#*=}"; done; \
	[ -z "$$missing" ] || { echo "missing Debian packages:$$missing (make deps-$* installs them)"; exit 1; }
	@mkdir -p $(@D) && touch $@
$(call src,prometheus_exporter) $(B)/prometheus_exporter/metrics.pb-c.c: | $(B)/have/prometheus_exporter
$(COLLECTD_MAIN): | $(B)/have/collectd

# ---- tests ---------------------------------------------------------------------------------------

# Sources beside the tests that are no tests are linked into each of them.
UNIT_TESTS  := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
UNIT_SHARED := $(filter-out $(addsuffix .o,$(UNIT_TESTS)),$(call src,tests/unit))
$(B)/tests/unit/test_%: $(B)/tests/unit/test_%.o $(UNIT_SHARED) $(FRONT_LIBS) $(CORE)
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(LINK_PROGRAM) -o $@ $^ -lcmocka $(EXPORTER_LIBS) $(CORE_LIBS)
# The plugin in a daemon of the tests' own, once as for collectd 5 and once as for 6, whose few
# declarations are in tests/collectd/six.
COLLECTD_PARTS := plugin report
COLLECTD_MOCKS := $(B)/tests/collectd/test_plugin_5 $(B)/tests/collectd/test_plugin_6
$(B)/tests/collectd/test_plugin_5: CPPFLAGS += -isystem /usr/include/collectd
$(B)/tests/collectd/test_plugin_6: CPPFLAGS += $(call COLLECTD_TREE,tests/collectd/six)
$(COLLECTD_MOCKS): $(B)/tests/collectd/test_plugin_%: $(wildcard tests/collectd/*.[ch]) \
		$(wildcard tests/collectd/six/src/*/*.h collectd/*.[ch]) $(B)/tests/unit/server.o \
		$(COLLECTD_LIB) $(CORE) Makefile
	@mkdir -p $(@D)
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(LINK) $(filter-out -MMD -MP,$(FLAGS)) -Itests/unit -o $@ tests/collectd/test_plugin.c \
		tests/collectd/block.c tests/collectd/mock.c tests/collectd/mock_$*.c $(COLLECTD_PARTS:%=collectd/%.c) \
		collectd/emit_$*.c $(filter %.o %.a,$^) -lcmocka $(CORE_LIBS)
UNIT_TESTS += $(COLLECTD_MOCKS)

UNIT_LOGS := $(UNIT_TESTS:=.log)
.PHONY: $(UNIT_LOGS)
$(UNIT_LOGS): %.log: %
	@echo "  UNIT  $<"; CMOCKA_MESSAGE_OUTPUT=stdout $< > $@ 2>&1 || { cat $@; exit 1; }
unit: $(UNIT_LOGS) ## run the unit tests
	@cat $^ | awk '/PASSED/ {n += $$4} END {print "unit: " n " passed, 0 failed"}'

GOLDEN := $(B)/tests/golden/golden
$(GOLDEN): $(call src,tests/golden) $(FRONT_LIBS) $(CORE)
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(LINK_PROGRAM) -o $@ $^ $(EXPORTER_LIBS) $(CORE_LIBS)
golden: $(GOLDEN) ## write the expected outputs of tests/golden anew (then read the diff)
	$(Q)$(GOLDEN) --write tests/golden
golden-check: $(GOLDEN) ## compare the outputs of every recorded answer in every dialect
	$(Q)$(GOLDEN) tests/golden

# ASan must come first in collectd, which is not built with it: the live tests see to that. They
# have it run the plain plugin too, under valgrind, and one with ThreadSanitizer; and all plain
# programs where memory or the stack is short, which a sanitizer needs more of.
live-plugins:
	$(Q)$(MAKE) -s --no-print-directory SAN= B=build munin nagios prometheus_exporter collectd
	$(Q)$(MAKE) -s --no-print-directory SAN= B=build/tsan CFLAGS="-O1 -g -fsanitize=thread" collectd
# Several processes share the files of tests (tests/live/side_by_side.py); one does with "-n 0".
# Their order is another one each time: no test may need another.
CHECK_SEED := $(or $(CHECK_SEED),$(shell date +%N))
live: all live-plugins ## run the tests against real servers (PYTEST_ARGS="-n 0 -k ..." picks some)
	@echo "the order of the live tests: CHECK_SEED=$(CHECK_SEED)"
	$(Q)CONNLEDGER_BUILD=$(abspath $(B)) CHECK_SEED=$(CHECK_SEED) $(PYTHON) tests/live/isolate.py \
		$(PYTHON) -m pytest -q -p no:cacheprovider -p no:tmpdir -n auto --dist loadfile \
		$(PYTEST_ARGS) tests/live

weeks: all ## a healthy week and weeks of trouble, in minutes (DAYS=7 STORY="healthy")
	$(call install_packages,$(BUILD_DEPS) $(TEST_DEPS))
	$(Q)$(PYTHON) tests/live/isolate.py $(PYTHON) tests/weeks/run.py $(B) \
		--days $(or $(DAYS),7) $(if $(STORY),--story "$(STORY)")

# WHY=1 says of each settled look that is not exact what is open; TRUTH_ARGS are options of run.py.
TRUTH := $(PYTHON) tests/live/isolate.py $(PYTHON) tests/truth/run.py
truth: all ## make random sites and look whether the ledger is right (SECONDS=60 SEED=1 WHY=)
	$(call install_packages,$(BUILD_DEPS) $(TEST_DEPS))
	$(Q)$(TRUTH) $(B) --seconds $(or $(SECONDS),60) --seed $(or $(SEED),1) \
		$(if $(WHY),--why) $(TRUTH_ARGS)
# The same sites each time, as tests/truth/check.args says. The plain programs are quicker.
check-truth:
	$(Q)$(MAKE) -s --no-print-directory SAN= B=build nagios prometheus_exporter
	@$(TRUTH) build @tests/truth/check.args > build/truth.log 2>&1 || { cat build/truth.log; exit 1; }
	@echo; grep -e ' sites, ' -e 'not run: ' build/truth.log

soak-collectd: collectd ## twelve hours of collectd's reads in some minutes (SOAK_READS=n of each site)
	$(PYTHON) tests/soak/collectd.py $(B) $(SOAK_READS)

FUZZERS      := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
FUZZ_SECONDS ?= 60
$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(FRONT_LIBS) $(CORE)
	@mkdir -p $(@D)
	$(Q)$(LINK) -fsanitize=fuzzer -o $@ $^ $(EXPORTER_LIBS) $(CORE_LIBS)
fuzz-build:
	$(Q)$(MAKE) --no-print-directory CC=clang SAN=1 B=build/fuzz CFLAGS="-O1 -g -fsanitize=fuzzer-no-link" \
		$(addprefix build/fuzz/fuzz/,$(FUZZERS))
fuzz: fuzz-build ## run every fuzzer for FUZZ_SECONDS=60 each; finds stay in build/fuzz
	@for f in $(FUZZERS); do mkdir -p build/fuzz/corpus/$$f; echo "  FUZZ  $$f"; \
		build/fuzz/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -max_len=16384 -timeout=10 -verbosity=0 \
			-print_final_stats=1 -artifact_prefix=build/fuzz/$$f- \
			build/fuzz/corpus/$$f tests/fuzz/corpus/$$f || exit 1; done
fuzz-corpus: fuzz-build ## run every fuzzer once over its corpus
	@for f in $(FUZZERS); do build/fuzz/fuzz/$$f -runs=0 tests/fuzz/corpus/$$f > build/fuzz/$$f.log 2>&1 || \
		{ cat build/fuzz/$$f.log; exit 1; }; done; \
		echo "fuzz corpus: $(words $(FUZZERS)) passed, 0 failed"

# Live tests wait more than they work, so the rest of the other two builds is made beside them.
CORES = $(shell nproc)
check: deps ## build with sanitizers and run all tests
	$(Q)$(MAKE) --no-print-directory SAN=1 -j$(CORES) all unit golden-check
	$(Q)$(MAKE) --no-print-directory -j$(CORES) live-plugins
	$(Q)$(MAKE) --no-print-directory -j$(if $(filter 1,$(CORES)),1,3) check-builds check-truth check-live
.PHONY: check-live check-builds check-truth
check-live: # -j1: tests that run make have no part in its jobs
	$(Q)$(MAKE) --no-print-directory SAN=1 -j1 live
check-builds:
	@mkdir -p build
	@nice -n 5 $(MAKE) -s --no-print-directory -j$(CORES) all docs-check man-check fuzz-corpus \
		> build/builds.log 2>&1 || { cat build/builds.log; exit 1; }
	@echo; tail -n 1 build/builds.log

SUITE ?= bookworm
check-fresh: ## walk README's two commands on bare systems (root; SUITE=bookworm|trixie, WALK="chroot user")
	$(call install_packages,debootstrap git)
	$(Q)tests/fresh/walk.sh $(SUITE) $(WALK)

demo: ## show all four front ends on a private site with trouble in it (DEMO_SECONDS=n ends it)
	$(call install_packages,$(BUILD_DEPS) $(DEMO_DEPS))
	$(Q)$(MAKE) -s --no-print-directory -j$(shell nproc) all
	$(Q)$(PYTHON) demo/run.py $(B)

bench: ## measure against the peers and write docs/BENCHMARKS.md
	$(call install_packages,$(BUILD_DEPS) $(BENCH_DEPS))
	$(Q)$(MAKE) --no-print-directory -j$(shell nproc) all bench-tools
	$(Q)$(PYTHON) tests/bench/run.py $(B)
BENCH_TOOLS := $(patsubst %.c,$(B)/%,$(wildcard tests/bench/*.c))
bench-tools: $(BENCH_TOOLS)
# It counts how often memory is asked for.
$(B)/tests/bench/bench_ledger: LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
$(B)/tests/bench/%: $(B)/tests/bench/%.o $(CORE)
	$(Q)$(LINK_PROGRAM) -o $@ $^ $(CORE_LIBS)

munin-picture: ## draw docs/munin-*.png: the Munin plugin on a private site, seen by a private Munin
	$(call install_packages,$(BUILD_DEPS) $(TEST_DEPS))
	$(Q)$(MAKE) -s --no-print-directory -j$(shell nproc) munin
	$(Q)$(PYTHON) tests/munin_picture.py $(B) docs

# ---- house ---------------------------------------------------------------------------------------

C_FILES := $(wildcard common/*.[ch] munin/*.[ch] nagios/*.[ch] prometheus_exporter/*.[ch] \
	collectd/*.[ch] tests/*/*.[ch])
format: ## lay out all C files by .clang-format
	clang-format -i $(C_FILES)
tidy: ## run clang-tidy over the sources
	clang-tidy --quiet $(filter-out tests/%,$(filter %.c,$(C_FILES))) -- -std=c11 $(CPPFLAGS) \
		-isystem /usr/include/collectd

# docs/METRICS.md is printed from the metric tables.
METRICS_TOOL := $(B)/tests/metrics_doc
$(METRICS_TOOL): $(B)/tests/metrics_doc.o $(B)/prometheus_exporter/self_table.o $(CORE)
	$(Q)$(LINK_PROGRAM) -o $@ $^ $(CORE_LIBS)
docs: $(METRICS_TOOL) ## print docs/METRICS.md from the metric tables
	$(Q)$(METRICS_TOOL) > docs/METRICS.md
docs-check: $(METRICS_TOOL)
	$(Q)$(METRICS_TOOL) | diff -u docs/METRICS.md - || \
		{ echo "docs/METRICS.md is not what the table says: run make docs"; exit 1; }

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-22s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

clean: ## remove all that was built
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
