# Serin: the canary judge for services whose output is a label. `make help` lists the targets.
SHELL := /bin/sh
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

VERSION := 0.1.0
VARIANT ?= release
CC = cc
PREFIX ?= /usr/local

# ---- variants: one line of flags and one folder each -------------------------------------------
cflags.debug    := -O0 -g3
cflags.release  := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
cflags.asan     := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
cflags.tsan     := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
cflags.coverage := -O0 -g --coverage -fprofile-update=atomic
cflags.fuzz     := -O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
ldflags.release := -Wl,-z,relro,-z,now
ldflags.asan    := -fsanitize=address,undefined
ldflags.tsan    := -fsanitize=thread
ldflags.coverage := --coverage
ldflags.fuzz    := -fsanitize=address,undefined
VARIANTS := debug release asan tsan coverage fuzz

ifeq ($(filter $(VARIANT),$(VARIANTS)),)
$(error unknown VARIANT "$(VARIANT)"; known: $(VARIANTS))
endif
compiler := $(notdir $(firstword $(CC)))
B := build/$(VARIANT)$(if $(filter-out cc gcc,$(compiler)),-$(compiler))

# ---- discovery: a folder under src is a layer --------------------------------------------------
LAYERS   := $(shell sed -n 's/^\([a-z][a-z]*\):.*/\1/p' src/layers)
SOURCES  := $(sort $(wildcard src/*/*.c))
COMMANDS := $(sort $(wildcard cmd/serin/*.c))
HEADERS  := $(sort $(wildcard include/serin/*.h src/*/*.h cmd/serin/*.h))
TESTS    := $(sort $(wildcard tests/*/test_*.c))
FUZZERS  := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
BENCHES  := $(patsubst tests/bench/bench_%.c,%,$(sort $(wildcard tests/bench/bench_*.c)))
RACES    := $(patsubst tests/race/race_%.c,%,$(sort $(wildcard tests/race/race_*.c)))
STYLED   := $(SOURCES) $(COMMANDS) $(HEADERS) $(TESTS) $(sort $(wildcard src/*/generate/*.c)) \
            $(sort $(wildcard tests/fuzz/*.c tests/bench/*.c tests/race/*.c tests/check/*.c tests/support/*.[ch])) \
            $(filter-out $(TESTS),$(sort $(wildcard tests/study/*.[ch])))

below = $(strip $(shell sed -n 's/^$(1):[ ]*//p' src/layers))
objects = $(patsubst %.c,$(B)/%.o,$(filter src/$(1)/%.c,$(SOURCES))) $(generated.$(1))

# ---- flags -------------------------------------------------------------------------------------
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
PACKAGES := libmicrohttpd jansson libcurl sqlite3 yaml-0.1 yajl zlib gnutls
PACKAGE_CFLAGS = $(shell pkg-config --cflags $(PACKAGES))
CPPFLAGS := -Iinclude -Isrc -D_GNU_SOURCE -DSERIN_VERSION='"$(VERSION)"'
CFLAGS   = -std=gnu17 $(WARNINGS) -fPIC -fvisibility=hidden -ffile-prefix-map=$(CURDIR)=. \
           -ffp-contract=off $(cflags.$(VARIANT)) $(PACKAGE_CFLAGS) $(EXTRA_CFLAGS)
LDFLAGS  = $(ldflags.$(VARIANT))

# Libraries that a layer needs by itself; a program links those of every layer below it.
libs.base      := -lm
libs.agreement := -lm
libs.platform  := -lcurl -lsqlite3 -lyaml -ljansson -lz -lgnutls -lpthread
libs.source    := -lyajl -lsqlite3 -ljansson -lz -lpthread
libs.tap       := -lmicrohttpd -lpthread
libs.http      := -lmicrohttpd -lgnutls -ljansson -lz -lpthread

# What a layer's tests need on top.
testlibs.agreement := -ljansson

# Objects of a layer whose source the build writes.
generated.agreement = $(B)/generated/ln_table.o

archive = $(B)/lib$(1).a
archives = $(foreach layer,$(1),$(call archive,$(layer)))
link = $(CC) $(LDFLAGS) -o $@ $(1) -Wl,--start-group $(call archives,$(2)) -Wl,--end-group \
       $(sort $(foreach layer,$(2),$(libs.$(layer)))) $(3)

.PHONY: all
all: build/serin ## build build/serin (release unless VARIANT says otherwise)

# A missing library is told in one line instead of a page of compiler errors.
ifeq ($(filter deps demo bench test study study-ci help clean format,$(MAKECMDGOALS)),)
ifneq ($(shell pkg-config --exists $(PACKAGES) 2>/dev/null && echo yes),yes)
$(error a library is missing ($(PACKAGES)); run "make deps" first)
endif
endif

build/serin: $(B)/serin
	@mkdir -p build && ln -sfn $(VARIANT)$(if $(filter-out cc gcc,$(compiler)),-$(compiler))/serin $@

# V=1 shows whole commands.
quiet = $(if $(V),,@printf '  %-4s %s\n' $(1) $@;)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# ---- the table of logarithms, written by a program of this machine -------------------------------
HOSTCC ?= cc
$(B)/generated/ln_table: src/agreement/generate/ln_table.c
	@mkdir -p $(@D)
	$(HOSTCC) -std=gnu17 -O1 $(WARNINGS) -o $@ $<
$(B)/generated/ln_table.c: $(B)/generated/ln_table
	$< > $@
$(B)/generated/ln_table.o: $(B)/generated/ln_table.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# ---- layers: an archive and, where tests exist, a test program each ----------------------------
define layer_rules
$(call archive,$(1)): $(call objects,$(1))
	@rm -f $$@
	$$(call quiet,AR)ar crs $$@ $$^
ifneq ($(filter tests/$(1)/test_%.c,$(TESTS)),)
UNIT_TESTS += $(B)/unit/$(1)
$(B)/unit/$(1): $(patsubst %.c,$(B)/%.o,$(filter tests/$(1)/test_%.c,$(TESTS))) \
                 $(SUPPORT_ARCHIVE) $(call archives,$(1) $(call below,$(1)))
	@mkdir -p $$(@D)
	$$(call quiet,LD)$$(call link,$$(filter %.o,$$^) $(SUPPORT_ARCHIVE),$(1) $(call below,$(1)),-lcriterion -ljansson)
endif
endef
# An archive, so that a layer's tests take only the helpers whose layers they link.
SUPPORT_OBJECTS := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard tests/support/*.c)))
SUPPORT_ARCHIVE := $(B)/libsupport.a
$(SUPPORT_ARCHIVE): $(SUPPORT_OBJECTS)
	@mkdir -p $(@D)
	@rm -f $@
	$(call quiet,AR)ar crs $@ $^
$(foreach layer,$(filter-out cmd,$(LAYERS)),$(eval $(call layer_rules,$(layer))))

# Criterion's macros trip over the conversion warnings; product code never gets this.
$(B)/tests/%.o: WARNINGS += -Wno-conversion -Wno-sign-conversion
$(B)/tests/%.o: CPPFLAGS += -Itests

$(B)/serin: $(patsubst %.c,$(B)/%.o,$(COMMANDS)) $(call archives,$(call below,cmd))
	$(call quiet,LD)$(call link,$(filter %.o,$^),$(call below,cmd))

# ---- files made part of the program (base/embed.h) ---------------------------------------------
$(B)/cmd/serin/demo_streams.o: cmd/serin/demo/streams.csv.gz
$(B)/src/http/routes_streams.o: src/http/openapi.json

# ---- libserin: the statistics, tables and verdicts for other programs --------------------------
LIBRARY_LAYERS := base agreement labels verdict
$(B)/libserin.so.0: $(foreach layer,$(LIBRARY_LAYERS),$(call objects,$(layer)))
	$(call quiet,LD)$(CC) -shared -Wl,-soname,libserin.so.0 $(LDFLAGS) -o $@ $^ -lm
$(B)/libserin.a: $(foreach layer,$(LIBRARY_LAYERS),$(call objects,$(layer)))
	@rm -f $@
	$(call quiet,AR)ar crs $@ $^

.PHONY: library
library: $(B)/libserin.so.0 $(B)/libserin.a ## build libserin

.PHONY: install
install: $(B)/serin library ## install the binary, libserin, its headers and serin.pc under PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include/serin
	install -m 755 $(B)/serin $(DESTDIR)$(PREFIX)/bin/serin
	install -m 755 $(B)/libserin.so.0 $(DESTDIR)$(PREFIX)/lib/libserin.so.0
	ln -sfn libserin.so.0 $(DESTDIR)$(PREFIX)/lib/libserin.so
	install -m 644 $(B)/libserin.a $(DESTDIR)$(PREFIX)/lib/libserin.a
	install -m 644 include/serin/*.h $(DESTDIR)$(PREFIX)/include/serin
	printf 'prefix=%s\nlibdir=$${prefix}/lib\nincludedir=$${prefix}/include\n\nName: serin\nDescription: Agreement statistics and canary verdicts for label streams\nVersion: %s\nLibs: -L$${libdir} -lserin\nLibs.private: -lm\nCflags: -I$${includedir}\n' \
		'$(PREFIX)' '$(VERSION)' > $(DESTDIR)$(PREFIX)/lib/pkgconfig/serin.pc

# ---- tests -------------------------------------------------------------------------------------
.PHONY: unit
unit: $(UNIT_TESTS) ## unit tests of every layer
	@sh tests/support/run_unit.sh $(UNIT_TESTS)

.PHONY: deps
deps: ## install what building, testing and checking need (root or sudo; does nothing when all is there)
	@sh tests/support/deps.sh build test

.PHONY: test
test: deps ## install what is missing, build, run every test that needs no Go
	@$(MAKE) --no-print-directory -j$(JOBS) test-programs
	@$(MAKE) --no-print-directory unit fuzz-replay system

# Building in parallel, running one after the other.
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
.PHONY: test-programs
test-programs: all $(UNIT_TESTS) $(FUZZERS:%=$(B)/replay/%)

.PHONY: system
system: $(B)/serin ## the binary against real servers, crash drills, the demo
	@python3 tests/support/run_system.py $(B)/serin $(SYSTEM_TESTS)

# What the sanitizers and the coverage watch from outside; the others need other servers.
OUTSIDE_TESTS  := test_api test_answers test_bad_input test_cloud_events test_command_line \
                  test_description test_files test_otlp test_peers test_secrets test_signals \
                  test_source_faults test_tap test_tls
THREADED_TESTS := test_api test_answers test_bad_input test_otlp test_signals test_source_faults \
                  test_tap test_tls

.PHONY: test-asan
test-asan: ## unit and system tests under the address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory -j$(JOBS) VARIANT=asan test-programs
	@$(MAKE) --no-print-directory VARIANT=asan SYSTEM_TESTS="$(OUTSIDE_TESTS)" unit fuzz-replay system

.PHONY: test-tsan
test-tsan: ## race tests, and system tests where threads meet, under the thread sanitizer
	@$(MAKE) --no-print-directory -j$(JOBS) VARIANT=tsan race-programs
	@$(MAKE) --no-print-directory VARIANT=tsan SYSTEM_TESTS="$(THREADED_TESTS)" races system

.PHONY: races race-programs
race-programs: $(RACES:%=$(B)/race/%) $(B)/serin
races: race-programs
	@sh tests/support/run_races.sh $(B) $(RACES:%=$(B)/race/%)

$(B)/race/%: $(B)/tests/race/race_%.o $(call archives,$(call below,cmd))
	@mkdir -p $(@D)
	$(call quiet,LD)$(call link,$(filter %.o,$^),$(call below,cmd))

# Kept outside the tree: building them takes minutes, and they change with their module files only.
SERVERS := $(sort $(notdir $(patsubst %/go.mod,%,$(wildcard tests/servers/*/go.mod))))
.PHONY: servers
servers: ## build the servers that tests run against where the system has none (needs Go)
	@set -e; $(foreach server,$(SERVERS),sh tests/support/go_server.sh $(server);)

.PHONY: test-argo
test-argo: $(B)/serin ## the real Argo Rollouts provider and controller against a live serin (needs Go)
	@sh tests/argo/run.sh $(B)/serin

# ---- fuzzing -----------------------------------------------------------------------------------
$(B)/replay/%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(call archives,$(call below,cmd))
	@mkdir -p $(@D)
	$(call quiet,LD)$(call link,$(filter %.o,$^),$(call below,cmd))

$(B)/fuzz/%: $(B)/tests/fuzz/fuzz_%.o $(call archives,$(call below,cmd))
	@mkdir -p $(@D)
	$(call quiet,LD)$(call link,$(filter %.o,$^),$(call below,cmd),-fsanitize=fuzzer)

.PHONY: fuzz-replay
fuzz-replay: $(FUZZERS:%=$(B)/replay/%) ## feed the stored corpus to every parser
	@sh tests/support/run_replay.sh $(FUZZERS:%=$(B)/replay/%)

FUZZ_SECONDS ?= 60
.PHONY: fuzz
fuzz: ## fuzz every parser for FUZZ_SECONDS each (clang)
	@$(MAKE) --no-print-directory VARIANT=fuzz CC=$(CLANG) fuzzers
.PHONY: fuzzers
fuzzers: $(FUZZERS:%=$(B)/fuzz/%)
	@sh tests/support/run_fuzz.sh $(FUZZ_SECONDS) $^

# ---- checks ------------------------------------------------------------------------------------
CLANG        ?= clang-19
CLANG_FORMAT ?= clang-format-19
CLANG_TIDY   ?= clang-tidy-19

.PHONY: check
check: check-layers check-headers check-banned check-docs check-format check-tidy check-cppcheck ## every static check

# ---- reference pages, from the tables that the program reads by ---------------------------------
$(B)/check/reference: $(B)/tests/check/reference.o \
                      $(patsubst %.c,$(B)/%.o,$(filter-out cmd/serin/main.c,$(COMMANDS))) \
                      $(call archives,$(call below,cmd))
	@mkdir -p $(@D)
	$(call quiet,LD)$(call link,$(filter %.o,$^),$(call below,cmd))

PAGES := configuration cli reasons
reference_page = { cat docs/$(1).intro.md && $(B)/check/reference $(1); }

.PHONY: docs
docs: $(B)/check/reference ## write docs/configuration.md, docs/cli.md and docs/reasons.md
	@set -e; $(foreach page,$(PAGES),$(call reference_page,$(page)) > docs/$(page).md;)

.PHONY: check-docs
check-docs: $(B)/check/reference ## the reference pages say what the program does
	@$(foreach page,$(PAGES),$(call reference_page,$(page)) | cmp -s - docs/$(page).md || \
		{ echo "docs/$(page).md is stale; run make docs" >&2; exit 1; };)

.PHONY: check-layers
check-layers: ## includes point one way
	@awk -f tests/check/layers.awk src/layers $(SOURCES) $(COMMANDS) $(HEADERS)

.PHONY: check-headers
check-headers: ## each header compiles alone
	@for header in $(HEADERS); do \
		$(CC) $(CPPFLAGS) $(CFLAGS) -fsyntax-only -x c $$header || exit 1; done

.PHONY: check-banned
check-banned: ## functions that the style rules out
	@awk -f tests/check/banned.awk $(SOURCES) $(COMMANDS) $(HEADERS)

.PHONY: check-format
check-format: ## layout as .clang-format says
	@$(CLANG_FORMAT) --dry-run --Werror $(STYLED)

.PHONY: format
format: ## rewrite the layout
	@$(CLANG_FORMAT) -i $(STYLED)

.PHONY: check-tidy
check-tidy: ## clang-tidy
	@mkdir -p build
	@printf '%s\n' -I$(CURDIR)/include -I$(CURDIR)/src -D_GNU_SOURCE '-DSERIN_VERSION="$(VERSION)"' \
		-I$(CURDIR)/tests -std=gnu17 $(PACKAGE_CFLAGS) $(STUDY_CFLAGS) > build/compile_flags.txt
	@printf '%s\n' $(SOURCES) $(COMMANDS) $(STUDY_SOURCES) | xargs -P 2 -n 6 $(CLANG_TIDY) --quiet -p build

.PHONY: check-cppcheck
check-cppcheck: ## cppcheck
	@cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
		--inline-suppr --suppress=missingIncludeSystem $(CPPFLAGS) -Itests -j 2 src cmd $(STUDY_SOURCES)

.PHONY: coverage
coverage: ## line and branch coverage of the unit tests and the system tests that need no other server
	@$(MAKE) --no-print-directory -j$(JOBS) VARIANT=coverage test-programs
	@$(MAKE) --no-print-directory VARIANT=coverage SYSTEM_TESTS="$(OUTSIDE_TESTS) test_demo" unit fuzz-replay system
	@gcovr --root . --filter src/ --filter cmd/ --exclude-unreachable-branches --print-summary \
		--object-directory build/coverage 2>/dev/null | tail -n 40

# ---- the calibration study: libserin's judge on simulated rollouts --------------------------------
STUDY_LAYERS  := base agreement labels verdict report plan platform
STUDY_SOURCES := $(filter-out tests/study/test_%.c,$(sort $(wildcard tests/study/*.c)))
STUDY_TESTS   := $(sort $(wildcard tests/study/test_*.c))
STUDY_CFLAGS  = $(shell pkg-config --cflags gsl)
STUDY_LIBS    = $(shell pkg-config --libs gsl)
# Held to the product's warnings; GSL's headers are the system's.
$(B)/tests/study/%.o: CPPFLAGS += $(STUDY_CFLAGS)
$(STUDY_SOURCES:%.c=$(B)/%.o): WARNINGS += -Wconversion -Wsign-conversion

$(B)/study/study: $(STUDY_SOURCES:%.c=$(B)/%.o) $(call archives,$(STUDY_LAYERS))
	@mkdir -p $(@D)
	$(call quiet,LD)$(call link,$(filter %.o,$^),$(STUDY_LAYERS),$(STUDY_LIBS))

$(B)/unit/study: $(patsubst %.c,$(B)/%.o,$(STUDY_TESTS) $(filter-out tests/study/main.c,$(STUDY_SOURCES))) \
                 $(SUPPORT_ARCHIVE) $(call archives,$(STUDY_LAYERS))
	@mkdir -p $(@D)
	$(call quiet,LD)$(call link,$(filter %.o,$^) $(SUPPORT_ARCHIVE),$(STUDY_LAYERS),$(STUDY_LIBS) -lcriterion)

.PHONY: study-program
study-program: $(B)/study/study

# STUDY="--study coverage --fresh" and the like.
.PHONY: study
study: ## the full calibration study, writing docs/statistics (up to two hours on two cores; resumes)
	@sh tests/support/deps.sh build study
	@$(MAKE) --no-print-directory -j$(JOBS) $(B)/study/study
	@$(B)/study/study --profile full --out docs/statistics --state $(B)/study/state $(STUDY)

.PHONY: study-ci
study-ci: ## the small calibration study: fails when a promise is broken
	@sh tests/support/deps.sh build test study
	@$(MAKE) --no-print-directory -j$(JOBS) $(B)/unit/study $(B)/study/study
	@sh tests/support/run_unit.sh $(B)/unit/study
	@$(B)/study/study --profile ci --out $(B)/study/ci --state $(B)/study/state $(STUDY)

# ---- the rest ----------------------------------------------------------------------------------
.PHONY: demo
demo: ## install what is missing, build, run the demonstration on real label streams
	@sh tests/support/deps.sh build
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@build/serin demo

.PHONY: picture
picture: all ## draw docs/demo.svg, the README's picture, from a run of the demo
	@script -qec "sh -c 'echo \$$ serin demo good broken biased; build/serin demo --pace 0s good broken biased'" /dev/null | \
		sed 's/127.0.0.1:[0-9]*/127.0.0.1:8080/' | python3 tests/support/terminal_picture.py \
		"serin demo: a good canary is promoted, a broken one rolled back, biased sampling pauses" > docs/demo.svg

.PHONY: bench
bench: ## speed beside the peers' in one run; ratios, nothing asserted
	@sh tests/support/deps.sh build bench
	@$(MAKE) --no-print-directory VARIANT=release bench-run
.PHONY: bench-run
bench-run: $(B)/serin $(BENCHES:%=$(B)/bench/%) $(B)/libserin.so.0
	@sh tests/bench/run.sh $(B)
$(B)/bench/%: $(B)/tests/bench/bench_%.o $(B)/tests/bench/measure.o $(call archives,$(call below,cmd))
	@mkdir -p $(@D)
	$(call quiet,LD)$(call link,$(filter %.o,$^),$(call below,cmd))

.PHONY: clean
clean: ## remove build/
	rm -rf build

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile

-include $(patsubst %.c,$(B)/%.d,$(SOURCES) $(COMMANDS) $(TESTS))
-include $(wildcard $(B)/tests/fuzz/*.d $(B)/tests/bench/*.d $(B)/tests/race/*.d $(B)/tests/check/*.d $(B)/tests/support/*.d $(B)/tests/study/*.d)
# Objects made on the way to a program are kept.
.PRECIOUS: $(B)/%.o
