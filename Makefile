# Makefile -- builds the generator and the runtime into build/, runs the tests, installs.
#
# Loops over tests live in tests/run.sh, what must be installed in tests/deps.sh.
# SPDX-License-Identifier: MIT

VERSION   := 0.1.0
SONAME    := liborm.so.0
BUILD     ?= build
CFLAGS    ?= $(if $(SANITIZE),-O1,-O2) -g
INSTALL   ?= install
CLANG_FORMAT ?= clang-format

prefix      ?= /usr/local
exec_prefix ?= $(prefix)
bindir      ?= $(exec_prefix)/bin
libdir      ?= $(exec_prefix)/lib
includedir  ?= $(prefix)/include
pkgconfigdir ?= $(libdir)/pkgconfig

# What a variant is made of: `make BUILD=build/asan SANITIZE=address,undefined WERROR=yes SUITES="unit errors" check`.
SANITIZE ?=
WERROR   ?= no
SUITES   ?= unit golden errors commands fuzz compile exports readme reference editor scale database random faults replicas \
             threads migrations introspect schemas counts
# Whether missing packages may be installed: these goals do, the others name the command. V=1 shows whole commands.
DEPS     ?= $(if $(filter deps demo check asan tsan valgrind coverage bench fuzz soak,$(MAKECMDGOALS)),yes,no)
NEEDS    := build $(if $(filter deps check asan tsan valgrind coverage bench fuzz soak headers golden-update,$(MAKECMDGOALS)),check) \
            $(if $(filter deps format format-check,$(MAKECMDGOALS)),format) $(if $(filter deps fuzz,$(MAKECMDGOALS)),fuzz)

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
SANITIZER := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
COMPILE = $(CC) -std=c11 -pthread $(WARNINGS) $(if $(filter yes,$(WERROR)),-Werror) -D_POSIX_C_SOURCE=200809L \
          $(INCLUDES) $(CPPFLAGS) $(SANITIZER) $(CFLAGS) -MMD -MP
LINK    = $(CC) -pthread $(SANITIZER) $(CFLAGS) $(LDFLAGS)
say     = $(if $(V),,@printf '  %-8s %s\n' $(1) $(2);)

# pkg-config is asked once, and only when a command needs the answer: by then `deps` has run.
DRIVER_CFLAGS = $(eval DRIVER_CFLAGS := $(shell pkg-config --cflags libpq sqlite3))$(DRIVER_CFLAGS)
DRIVER_LIBS   = $(eval DRIVER_LIBS := $(shell pkg-config --libs libpq sqlite3) -lm)$(DRIVER_LIBS)
YAML_CFLAGS   = $(eval YAML_CFLAGS := $(shell pkg-config --cflags yaml-0.1))$(YAML_CFLAGS)
YAML_LIBS     = $(eval YAML_LIBS := $(shell pkg-config --libs yaml-0.1))$(YAML_LIBS)
CHECK_CFLAGS  = $(eval CHECK_CFLAGS := $(shell pkg-config --cflags check))$(CHECK_CFLAGS)
CHECK_LIBS    = $(eval CHECK_LIBS := $(shell pkg-config --libs check))$(CHECK_LIBS)
UV_CFLAGS     = $(eval UV_CFLAGS := $(shell pkg-config --cflags libuv))$(UV_CFLAGS)
UV_LIBS       = $(eval UV_LIBS := $(shell pkg-config --libs libuv))$(UV_LIBS)

OBJ       := $(BUILD)/obj
TEMPLATES := $(sort $(wildcard templates/*.mustache))
HEADERS   := $(patsubst runtime/include/%,%,$(wildcard runtime/include/*.h runtime/include/orm/*.h))
RUNTIME   := $(patsubst %.c,$(OBJ)/%.o,$(wildcard runtime/*/*.c))
GENERATOR := $(patsubst %.c,$(OBJ)/%.o,$(filter-out generator/main.c,$(wildcard generator/*.c))) $(OBJ)/generator/templates.o
UNIT      := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
FUZZERS   := schema values url template
DATABASE  := $(patsubst %.c,$(OBJ)/%.o,$(wildcard tests/database/*.c))
RANDOM    := $(patsubst %.c,$(OBJ)/%.o,$(wildcard tests/random/*.c))
FAULTS    := $(patsubst tests/faults/%.c,$(BUILD)/tests/faults/%,$(wildcard tests/faults/*.c))
# schemas/NAME/NAME.yaml, and tests/database/NAME.yaml for models that only tests have: code in build/schemas/NAME/
YAMLS     := $(wildcard $(foreach name,$(notdir $(wildcard schemas/*)),schemas/$(name)/$(name).yaml) tests/database/*.yaml \
             tests/random/*.yaml)
NAMES     := $(basename $(notdir $(YAMLS)))
PROGRAMS  := $(foreach name,$(NAMES),$(if $(wildcard schemas/$(name)/main.c),$(BUILD)/schemas/$(name)/$(name))) \
             $(BUILD)/schemas/blog/server
GENERATED := $(foreach name,$(NAMES),$(OBJ)/schemas/$(name)/$(name).o)
SUITE_NEEDS = $(if $(filter unit valgrind,$(SUITES)),$(UNIT)) $(if $(filter fuzz,$(SUITES)),$(FUZZERS:%=$(BUILD)/tests/fuzz/replay-%)) \
              $(if $(filter compile readme schemas,$(SUITES)),$(GENERATED) $(PROGRAMS)) \
              $(if $(filter database valgrind streams,$(SUITES)),$(BUILD)/tests/database/database) \
              $(if $(filter random,$(SUITES)),$(BUILD)/tests/random/random) $(if $(filter faults,$(SUITES)),$(FAULTS)) \
              $(foreach name,$(filter replicas threads,$(SUITES)),$(BUILD)/tests/faults/$(name))
STAMPS    := $(foreach name,$(NAMES),$(BUILD)/schemas/$(name)/generated)

.PHONY: all demo check golden-update asan tsan valgrind format format-check headers coverage bench fuzz soak kill-test deps \
        install uninstall clean help FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/ormc $(BUILD)/liborm.a $(BUILD)/liborm.so ## build the generator and the runtime (the default)

demo: $(BUILD)/schemas/blog/blog ## generate the blog models, build schemas/blog/main.c, run it on SQLite
	@rm -f $(BUILD)/demo.db*
	$(BUILD)/schemas/blog/blog sqlite:///$(BUILD)/demo.db

check: WERROR = yes
check: all $(SUITE_NEEDS) ## build all and run every test, on SQLite and on a PostgreSQL of its own
	@SANITIZE='$(SANITIZE)' tests/run.sh $(BUILD) $(SUITES)

golden-update: $(BUILD)/ormc ## rewrite the expectations under tests/golden, and schemas/ormc.schema.json
	tests/golden/run.sh $(BUILD)/ormc --update
	tests/editor.py $(BUILD) --update
	tests/postgresql.sh tests/introspect/run.sh $(BUILD) --update

asan: ## the tests under AddressSanitizer, LeakSanitizer and UBSan
	+@$(MAKE) --no-print-directory BUILD=build/asan SANITIZE=address,undefined \
	    SUITES="unit golden errors commands fuzz database random schemas" check

tsan: ## the tests under ThreadSanitizer
	+@$(MAKE) --no-print-directory BUILD=build/tsan SANITIZE=thread SUITES="unit database threads" check

valgrind: ## the unit tests, and what sessions do on each database, under valgrind's memcheck
	+@$(MAKE) --no-print-directory SUITES=valgrind check

coverage: ## the tests, then the share of lines they run, per file
	@[ ! -d build/coverage ] || find build/coverage -name '*.gcda' -delete
	+@$(MAKE) --no-print-directory BUILD=build/coverage CFLAGS="-O0 -g --coverage" SUITES="unit golden errors commands database schemas" check
	@tests/coverage.sh build/coverage

headers: deps ## compile each header alone, public ones as C11 and C++17 with gcc and clang
	tests/compile/headers.sh

kill-test: all ## kill migrations at 200 random moments on each database
	@tests/postgresql.sh tests/migrations/kill.sh $(BUILD)/ormc 200

BENCH ?=
bench: all ## measure against hand-written C; BENCH=generator: ormc and the C compilers by the number of models
	$(if $(filter generator,$(BENCH)),tests/bench/generator.py $(BUILD),tests/bench/run.sh $(BUILD))

FUZZ_SECONDS ?= 60
fuzz: all ## let libFuzzer look for bad input for FUZZ_SECONDS a target; FUZZ="schema url" chooses targets
	+@$(MAKE) --no-print-directory BUILD=build/fuzz CC=clang SANITIZE=address,undefined WERROR=yes \
	    CFLAGS="-O1 -g -fsanitize=fuzzer-no-link" $(FUZZERS:%=build/fuzz/tests/fuzz/fuzz-%)
	@FUZZ_SECONDS='$(FUZZ_SECONDS)' tests/fuzz/run.sh build/fuzz $(or $(FUZZ),$(FUZZERS))
	@tests/fuzz/compile.sh $(BUILD)/ormc tests/fuzz/corpus/schema
	@tests/fuzz/packages.py $(BUILD) --seconds $(FUZZ_SECONDS) --seed $$$$

soak: SUITES = random faults threads aarch64 streams
soak: WERROR = yes
soak: all $(BUILD)/tests/random/random $(FAULTS) $(BUILD)/tests/database/database ## the randomized and the fault tests, much longer (ORM_TEST_SEED repeats); long streams
	@ORM_TEST_SOAK=yes SANITIZE='$(SANITIZE)' tests/run.sh $(BUILD) $(SUITES)

SOURCES = $(shell find generator runtime schemas tests -name '*.[ch]' -not -path 'tests/golden/*')
format: deps ## rewrite all sources in our format
	$(CLANG_FORMAT) -i $(SOURCES)

format-check: deps ## fail when a source is not in our format
	$(CLANG_FORMAT) --dry-run --Werror $(SOURCES)

deps: ## install the packages that are missing (DEPS=no: only name the command)
	@CC='$(CC)' CLANG_FORMAT='$(CLANG_FORMAT)' DEPS='$(DEPS)' tests/deps.sh $(NEEDS)

install: all $(BUILD)/liborm.pc ## install below prefix (DESTDIR, bindir, libdir, includedir are respected)
	$(INSTALL) -d $(DESTDIR)$(bindir) $(DESTDIR)$(libdir) $(DESTDIR)$(pkgconfigdir) $(DESTDIR)$(includedir)/orm
	$(INSTALL) $(BUILD)/ormc $(DESTDIR)$(bindir)/ormc
	$(INSTALL) -m 644 $(BUILD)/liborm.a $(DESTDIR)$(libdir)/liborm.a
	$(INSTALL) -m 755 $(BUILD)/liborm.so $(DESTDIR)$(libdir)/liborm.so.$(VERSION)
	ln -sf liborm.so.$(VERSION) $(DESTDIR)$(libdir)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(libdir)/liborm.so
	$(INSTALL) -m 644 runtime/include/*.h $(DESTDIR)$(includedir)
	$(INSTALL) -m 644 runtime/include/orm/*.h $(DESTDIR)$(includedir)/orm
	$(INSTALL) -m 644 $(BUILD)/liborm.pc $(DESTDIR)$(pkgconfigdir)/liborm.pc

uninstall: ## remove what install installed
	rm -f $(DESTDIR)$(bindir)/ormc $(DESTDIR)$(pkgconfigdir)/liborm.pc $(DESTDIR)$(libdir)/liborm.a
	rm -f $(DESTDIR)$(libdir)/liborm.so $(DESTDIR)$(libdir)/$(SONAME) $(DESTDIR)$(libdir)/liborm.so.$(VERSION)
	rm -f $(addprefix $(DESTDIR)$(includedir)/,$(HEADERS))
	-rmdir $(DESTDIR)$(includedir)/orm

clean: ## remove everything built
	rm -rf $(BUILD)

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# --- objects ---------------------------------------------------------------------------------------------------------
INTERNAL := -Iruntime -Iruntime/include
PUBLIC   := -Iruntime/include $(foreach name,$(NAMES),-I$(BUILD)/schemas/$(name))
$(OBJ)/runtime/%.o:        INCLUDES = $(INTERNAL) -fPIC -fvisibility=hidden $(DRIVER_CFLAGS)
$(OBJ)/generator/%.o:      INCLUDES = $(INTERNAL) -iquote generator $(YAML_CFLAGS)
$(OBJ)/tests/unit/%.o:     INCLUDES = $(INTERNAL) -iquote generator $(CHECK_CFLAGS) $(DRIVER_CFLAGS)
$(OBJ)/tests/fuzz/%.o:     INCLUDES = $(INTERNAL) -iquote generator
$(OBJ)/tests/database/%.o: INCLUDES = $(PUBLIC) $(CHECK_CFLAGS) $(UV_CFLAGS)
$(OBJ)/tests/random/%.o:   INCLUDES = $(PUBLIC)
$(OBJ)/tests/faults/%.o:   INCLUDES = $(PUBLIC) $(DRIVER_CFLAGS)
$(OBJ)/schemas/%.o:        INCLUDES = $(PUBLIC)

$(OBJ)/%.o: %.c $(BUILD)/flags | deps
	$(call say,CC,$<)mkdir -p $(@D) && $(COMPILE) -c $< -o $@

$(OBJ)/%.o: $(BUILD)/%.c $(BUILD)/flags | deps
	$(call say,CC,$<)mkdir -p $(@D) && $(COMPILE) -c $< -o $@

# Changes only when the flags do, and everything compiled depends on it.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(SANITIZER) $(CFLAGS) $(LDFLAGS)' | cmp -s - $@ || \
	    echo '$(CC) $(CPPFLAGS) $(SANITIZER) $(CFLAGS) $(LDFLAGS)' > $@

# --- libraries and the generator -------------------------------------------------------------------------------------
$(BUILD)/liborm.a: $(RUNTIME)
$(BUILD)/libormc.a: $(GENERATOR)
$(BUILD)/lib%.a:
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/liborm.so: $(RUNTIME)
	$(call say,LINK,$@)$(LINK) -shared -Wl,-soname,$(SONAME) $(if $(SANITIZE),,-Wl,-z,defs) $^ $(DRIVER_LIBS) -o $@

$(BUILD)/ormc: $(OBJ)/generator/main.o $(BUILD)/libormc.a $(BUILD)/liborm.a
	$(call say,LINK,$@)$(LINK) $^ $(YAML_LIBS) $(DRIVER_LIBS) -o $@

$(BUILD)/generator/templates.c: generator/embed.sh $(TEMPLATES) schemas/messages.md
	$(call say,EMBED,$@)mkdir -p $(@D) && generator/embed.sh $(TEMPLATES) schemas/messages.md > $@

$(BUILD)/liborm.pc: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(prefix)' 'libdir=$(libdir)' 'includedir=$(includedir)' '' 'Name: liborm' \
	    'Description: The runtime of code that ormc generates' 'Version: $(VERSION)' 'Requires.private: libpq, sqlite3' \
	    'Libs: -L$${libdir} -lorm' 'Libs.private: -pthread -lm' 'Cflags: -I$${includedir}' > $@

# --- schemas and tests -----------------------------------------------------------------------------------------------
# ormc leaves a file alone whose bytes would not change; the stamp says that it ran.
define generate
$(BUILD)/schemas/$(1)/generated: $(2) $(BUILD)/ormc
	$$(call say,ORMC,$(2))mkdir -p $$(@D) && $(BUILD)/ormc generate $(2) -o $$(@D) $(if $(filter tests/%,$(2)),-w) && touch $$@
$(BUILD)/schemas/$(1)/$(1).c $(BUILD)/schemas/$(1)/$(1).h: $(BUILD)/schemas/$(1)/generated
	@:
$(BUILD)/schemas/$(1)/$(1): $(OBJ)/schemas/$(1)/main.o $(OBJ)/schemas/$(1)/$(1).o $(BUILD)/liborm.a
	$$(call say,LINK,$$@)$$(LINK) $$^ $$(DRIVER_LIBS) -o $$@
$(OBJ)/schemas/$(1)/main.o: $(BUILD)/schemas/$(1)/$(1).h
endef
$(foreach yaml,$(YAMLS),$(eval $(call generate,$(basename $(notdir $(yaml))),$(yaml))))

$(OBJ)/schemas/blog/server.o: $(BUILD)/schemas/blog/blog.h
$(BUILD)/schemas/blog/server: $(OBJ)/schemas/blog/server.o $(OBJ)/schemas/blog/blog.o $(BUILD)/liborm.a
	$(call say,LINK,$@)$(LINK) $^ $(DRIVER_LIBS) -o $@

$(DATABASE) $(RANDOM): | $(STAMPS)
$(patsubst tests/%.c,$(OBJ)/tests/%.o,$(wildcard tests/faults/*.c)): | $(STAMPS)
$(BUILD)/tests/database/database: $(DATABASE) $(GENERATED) $(BUILD)/liborm.a
	$(call say,LINK,$@)mkdir -p $(@D) && $(LINK) $^ $(CHECK_LIBS) $(UV_LIBS) $(DRIVER_LIBS) -o $@

$(BUILD)/tests/random/random: $(RANDOM) $(OBJ)/schemas/random/random.o $(BUILD)/liborm.a
	$(call say,LINK,$@)mkdir -p $(@D) && $(LINK) $^ $(DRIVER_LIBS) -o $@

$(BUILD)/tests/faults/memory: $(OBJ)/schemas/natural/natural.o
$(BUILD)/tests/faults/%: $(OBJ)/tests/faults/%.o $(OBJ)/schemas/blog/blog.o $(BUILD)/liborm.a
	$(call say,LINK,$@)mkdir -p $(@D) && $(LINK) $^ $(DRIVER_LIBS) -o $@

$(BUILD)/tests/unit/%: $(OBJ)/tests/unit/%.o $(BUILD)/libormc.a $(BUILD)/liborm.a
	$(call say,LINK,$@)mkdir -p $(@D) && $(LINK) $^ $(CHECK_LIBS) $(YAML_LIBS) $(DRIVER_LIBS) -o $@

$(BUILD)/tests/fuzz/replay-%: $(OBJ)/tests/fuzz/%.o $(OBJ)/tests/fuzz/replay.o $(BUILD)/libormc.a $(BUILD)/liborm.a
	$(call say,LINK,$@)mkdir -p $(@D) && $(LINK) $^ $(YAML_LIBS) $(DRIVER_LIBS) -o $@

$(BUILD)/tests/fuzz/fuzz-schema: $(OBJ)/tests/fuzz/mutate.o
$(BUILD)/tests/fuzz/fuzz-%: $(OBJ)/tests/fuzz/%.o $(BUILD)/libormc.a $(BUILD)/liborm.a
	$(call say,LINK,$@)mkdir -p $(@D) && $(LINK) -fsanitize=fuzzer $^ $(YAML_LIBS) $(DRIVER_LIBS) -o $@

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
